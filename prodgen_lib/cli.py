"""The command line. Each command imports what it needs when it runs, so that --help is instant."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import click

from prodgen_lib.checking.language import Text
from prodgen_lib.classroom import cli as classroom
from prodgen_lib.course.interface import Complaint, Formatter, echo, spoken
from prodgen_lib.course.option import OwnPath
from prodgen_lib.interview import cli as interview
from prodgen_lib.interview import progress_cli
from prodgen_lib.site import cli as pages

REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class Course(click.Group):
    """A group whose commands answer a mistake with one sentence and a non-zero status."""

    def invoke(self, context: click.Context):
        from prodgen_lib.course.project import CourseError

        try:
            return super().invoke(context)
        except CourseError as error:
            raise Complaint(str(error)) from None
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            reason = error.strerror or str(error)
            where = f"{error.filename}: " if error.filename else ""
            more = " `prodgen doctor` says what must be writable." * (error.errno in REFUSED)
            raise Complaint(f"{where}{reason}.{more}") from None


click.Context.formatter_class = Formatter
COLON = Text(": ", "：")
PROFILE = click.Choice(["quick", "full"])
framework_option = click.option(
    "--framework", type=click.Choice(["torch", "tensorflow"]), help="Only this framework."
)


@click.group(cls=Course, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--root",
    type=OwnPath(file_okay=False, exists=True, path_type=Path),
    help="The course's folder; by default it is looked for from here upwards.",
)
@click.version_option(package_name="prodgen")
@click.pass_context
def main(context: click.Context, root: Path | None) -> None:
    """A hands-on interview course on generative models for product images.

    \b
    Learners:  prodgen learn         open the notebooks
               prodgen check         grade your notebooks
               prodgen reset NAME    start a notebook anew, keeping a backup
               prodgen practice      cards, drills, mock interviews
               prodgen progress      where you stand; share the log if you want to
               prodgen doctor        what works on this machine
    Teachers:  prodgen release 06    a zip file for students
               prodgen grade FOLDER  grade what they submit
               prodgen report MARKS  what a class shows about the exercises
               prodgen slides 06     a chapter's figures as slides
    Authors:   prodgen build         make the notebooks from chapters/
               prodgen site          make the pages to read
               prodgen translate 06  begin a chapter's Chinese
               prodgen run 06        run a chapter from the command line
               prodgen new exercise TOPIC.NAME
    """
    for stream in (sys.stdout, sys.stderr):  # a pipe that knows no ✓ gets ? and no traceback
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    context.obj = root


def _root(context: click.Context) -> Path:
    from prodgen_lib.course.project import find_root

    return find_root(context.obj)


@main.command(short_help="Make the notebooks from the chapters.")
@click.argument("chapters", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is stale.")
@click.option("--execute/--no-execute", default=True, help="Execute solutions that have changed.")
@click.option(
    "--profile", type=PROFILE, help="The profile to execute with; by default the chapter's own."
)
@framework_option
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="zh: make notebooks/zh/, in Chinese and without outputs, and nothing else.",
)
@click.pass_context
def build(context, chapters, check, execute, profile, framework, language) -> None:
    """Make notebooks/ and solutions/ from CHAPTERS (numbers or topics; all by default).

    A solution is executed only if something that its run depends on has changed.

    \b
    Examples:
      prodgen build                  everything that changed
      prodgen build 06 --no-execute  text and code only, in a second
      prodgen build --check          is everything up to date?
    """
    from prodgen_lib.course import build as builder
    from prodgen_lib.course.project import need_clone

    root = need_clone(_root(context))
    if language == "zh":
        found = builder.build_chinese(root, chapters, framework=framework, say=echo)
    elif check:
        found = builder.stale(root, chapters, framework)
    else:
        found = builder.build(
            root, chapters, framework=framework, profile=profile, run=execute, say=echo
        )
    for sentence in found:
        echo(sentence, err=True)
    if found:
        context.exit(1)
    if check:
        echo("Everything is up to date.")


@main.command(short_help="Execute chapters; leave notebooks and pages.")
@click.argument("chapters", nargs=-1)
@click.option(
    "--profile", type=PROFILE, default="quick", show_default=True, help="How much work to do."
)
@click.option("--dataset", help="The pictures: catalogue, fashion_mnist, …, or folder:PATH")
@click.option("--seed", type=int, help="The seed; by default the chapter's own.")
@click.option(
    "--tree",
    type=click.Choice(["solutions", "notebooks", "work"]),
    default="solutions",
    show_default=True,
    help="Which notebooks: the course's two trees, or your own copies.",
)
@click.option(
    "--out",
    type=OwnPath(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Where the executed notebooks and pages go.",
)
@framework_option
@click.pass_context
def run(context, chapters, profile, dataset, seed, tree, out, framework) -> None:
    """Execute CHAPTERS (all by default) and leave notebooks and HTML pages.

    \b
    Examples:
      prodgen run 06 --framework torch --dataset grocery_store
      prodgen run --tree notebooks       what learners start from, all of it
    """
    from prodgen_lib.course import run as runner
    from prodgen_lib.course.project import short

    dataset = runner.check_dataset(dataset)
    paths = runner.notebooks(_root(context), chapters, framework, tree)
    wanted = {"profile": profile, "dataset": dataset, "seed": seed}
    parameters = {name: value for name, value in wanted.items() if value is not None}
    out.mkdir(parents=True, exist_ok=True)
    failed, pages = False, [path.stem for path in paths]
    for path in paths:
        echo(f"{short(path)}: executing")
        strict = tree == "solutions"
        done = runner.run(path, parameters, out=out, strict=strict, pages=pages)
        echo(f"Error: {done.problem}" if done.problem else done.page, err=bool(done.problem))
        failed = failed or bool(done.problem)
    context.exit(int(failed))


@main.command(short_help="Grade your answers in work/.")
@click.argument("notebooks", nargs=-1, metavar="[NOTEBOOK]...")
@click.pass_context
def check(context, notebooks) -> None:
    """Grade your answers in NOTEBOOK (by default every notebook in work/).

    Only the cells that your answers need are run. The exit status is 0 only if all pass.

    \b
    Examples:
      prodgen check work/06_gan_torch.ipynb
      prodgen check gan_torch
    """
    from prodgen_lib.course.grade import grade_all
    from prodgen_lib.course.work import copies, find_copy

    root = _root(context)
    paths = [find_copy(root, name) for name in notebooks] or copies(root)
    context.exit(0 if grade_all(root, paths, say=echo) else 1)


@main.command(short_help="Start a notebook anew, keeping a backup.")
@click.argument("notebook")
@click.pass_context
def reset(context, notebook) -> None:
    """Start NOTEBOOK anew; yours is first kept in work/backups/.

    \b
    Examples:
      prodgen reset 06_gan_torch
      prodgen reset work/06_gan_torch.ipynb
    """
    from prodgen_lib.course.project import short
    from prodgen_lib.course.work import reset as restore

    copy, backup = restore(_root(context), notebook)
    echo(f"{short(copy)} is as the course made it.")
    if backup:
        echo(f"What you had is in {short(backup)}.")


@main.command(
    context_settings={"ignore_unknown_options": True},
    short_help="Copy the notebooks to work/ and open JupyterLab.",
)
@click.option(
    "--framework",
    type=click.Choice(["torch", "tensorflow", "all"]),
    default="all",
    show_default=True,
    help="Whose notebooks to copy; only installed frameworks count.",
)
@click.option("--browser/--no-browser", default=None, help="By default if there is one here.")
@click.option("--port", type=click.IntRange(1, 65535), help="By default 8888, or the next free.")
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    help="Of notebooks, messages and practice; kept for later. Those in Chinese: work/zh/.",
)
@click.option("--copy-only", is_flag=True, help="Make the copies in work/ and stop.")
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def learn(context, framework, browser, port, language, copy_only, jupyter_options) -> None:
    """Make your own copies of the notebooks in work/ and open JupyterLab on the first.

    What is in work/ is never overwritten. Further options go to JupyterLab.

    \b
    Examples:
      prodgen learn --framework torch
      prodgen learn --no-browser --ip=0.0.0.0
    """
    from prodgen_lib.checking.language import choose_language
    from prodgen_lib.checking.language import language as chosen
    from prodgen_lib.course import learn as lab
    from prodgen_lib.course.project import CourseError, install
    from prodgen_lib.course.work import copy_notebooks, installed

    root = _root(context)
    if language:
        choose_language(language)
    frameworks = tuple(name for name in installed() if framework in ("all", name))
    if not frameworks:
        missing = "A framework" if framework == "all" else framework
        raise CourseError(
            f"{missing} is not installed: run `make learn FRAMEWORK={framework}`, or "
            f"{install(framework)}."
        )
    for sentence in copy_notebooks(root, frameworks, chosen()):
        echo(sentence)
    if copy_only:
        return
    browser = lab.has_browser() if browser is None else browser
    echo("JupyterLab is starting; Ctrl-C stops it. Its address follows.", err=True)
    lab.start_lab(lab.lab_command(root, browser=browser, port=port, extra=jupyter_options))


@main.command(short_help="Say what works here, and what to do about the rest.")
@click.pass_context
def doctor(context) -> None:
    """Say what works on this machine, and what to do about what does not."""
    from prodgen_lib.checking.language import language
    from prodgen_lib.course.doctor import examine

    well = True
    for finding in examine(_root(context)):
        mark = "✓" if finding.well else "✗" if finding.needed else "–"
        colon = COLON.in_(language())
        remedy = "" if finding.well else f"{colon}{spoken(finding.remedy)}"
        click.echo(f"{mark} {spoken(finding.what)}{remedy}")
        well = well and (finding.well or not finding.needed)
    context.exit(int(not well))


@main.command(short_help="Begin the Chinese of a chapter, or say what it lacks.")
@click.argument("chapters", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if anything is missing.")
@click.pass_context
def translate(context, chapters, check) -> None:
    """Write what is to be translated of CHAPTERS: chapters/NN_topic.zh.md and the exercises' tasks.

    What is translated is never written over. A chapter is a number or a topic; TOPIC.NAME is one
    exercise; all by default. docs/chinese.md says how to write.

    \b
    Examples:
      prodgen translate 06           the English to replace, and what has moved on
      prodgen translate 06 --check   what is missing or does not correspond
    """
    from prodgen_lib.course import translate as translator
    from prodgen_lib.course.project import need_clone

    root = need_clone(_root(context))
    if not check:
        for sentence in translator.write_skeletons(root, chapters):
            echo(sentence)
        return
    found = list(translator.missing(root, chapters))
    echo("\n".join(found) if found else "Everything is translated.")
    context.exit(int(bool(found)))


@main.group(short_help="Begin an exercise or a question.")
def new() -> None:
    """Begin an exercise or a question: skeletons with all that they need."""


@new.command(short_help="Write the two files of an exercise.")
@click.argument("identity", metavar="TOPIC.NAME")
@click.pass_context
def exercise(context, identity) -> None:
    """Write the two files of an exercise, for a function that is in both answer keys.

    \b
    Example:
      prodgen new exercise gan.generator_loss
    """
    from prodgen_lib.course.new import new_exercise
    from prodgen_lib.course.project import need_clone, short

    for path in new_exercise(need_clone(_root(context)), identity):
        echo(f"{short(path)}: fill in what says TODO")


@new.command()
@click.argument("identity", metavar="TOPIC.NAME")
@click.pass_context
def question(context, identity) -> None:
    """Add a question to the end of a chapter's file.

    \b
    Example:
      prodgen new question gan.mode_collapse
    """
    from prodgen_lib.course.new import new_question
    from prodgen_lib.course.project import need_clone, short

    path = new_question(need_clone(_root(context)), identity)
    echo(f"{short(path)}: fill in what says TODO at its end")


main.add_command(interview.practice)
main.add_command(interview.cards_group)
main.add_command(progress_cli.progress)
main.add_command(classroom.release)
main.add_command(classroom.grade)
main.add_command(classroom.report)
main.add_command(pages.slides)
main.add_command(pages.site)

if __name__ == "__main__":
    main(prog_name="prodgen")
