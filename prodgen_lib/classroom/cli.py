"""The instructor's commands. What they need is imported when they run."""

from __future__ import annotations

from pathlib import Path

import click

from prodgen_lib.course.interface import echo
from prodgen_lib.course.option import OwnPath


@click.command(short_help="Make the zip file for students.")
@click.argument("chapters", nargs=-1, required=True, metavar="CHAPTER...")
@click.option(
    "--framework", type=click.Choice(["torch", "tensorflow"]), help="Only this framework."
)
@click.option(
    "--out",
    type=OwnPath(dir_okay=False, path_type=Path),
    help="The zip file; by default one in releases/, named by chapter, version and text.",
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Of the notebooks; they are graded alike.",
)
@click.option(
    "--variants",
    type=OwnPath(dir_okay=False, exists=True, path_type=Path),
    metavar="STUDENTS",
    help="Own numbers for each student: a file with an id a line, as your platform names them.",
)
@click.pass_context
def release(context, chapters, framework, out, language, variants) -> None:
    """Make the zip file for students and remember what it gave out.

    The notebooks are kept in releases/ too, so that `prodgen grade` can grade with the very version
    that the class began with: keep that folder.

    With --variants the zip file has a folder for each student, whose notebook draws and prints its
    own numbers; what they are is kept in releases/, so that grading names who hands in another's.

    \b
    Examples:
      prodgen release 06
      prodgen release 06 --framework torch --out gan.zip
      prodgen release 06 --variants students.txt
    """
    from prodgen_lib.classroom.release import release as make
    from prodgen_lib.course.project import find_root, short

    if variants:
        from prodgen_lib.classroom.variants import read_students, release_variants

        if language != "en":
            raise click.ClickException("Variants are released in English: leave out --language.")
        root, students = find_root(context.obj), read_students(variants)
        echo(short(release_variants(root, chapters, students, framework, out)))
        return
    echo(short(make(find_root(context.obj), chapters, framework, out, language)))


@click.command(short_help="Grade what students submitted.")
@click.argument("submissions", type=OwnPath(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=OwnPath(file_okay=False, path_type=Path),
    help="The folder for marks. With one that has some, the class goes on where it stopped.",
)
@click.option("--chapter", "chapters", multiple=True, help="Only this chapter; may be repeated.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    help="Of the hidden inputs; by default drawn, and kept in MARKS/run.json.",
)
@click.option("--jobs", type=click.IntRange(1), help="Notebooks at a time; by default the cores.")
@click.option("--only", metavar="EXERCISE", help="Grade this one again; other marks stay.")
@click.option("--scheduler", metavar="ADDRESS", help="Of a dask.distributed cluster to grade on.")
@click.option("--no-sandbox", is_flag=True, help="Run submissions with all your rights. Dangerous.")
@click.option(
    "--weights",
    type=OwnPath(dir_okay=False, path_type=Path),
    help="A file with a line as `gan.train_step: 3` for each exercise that doesn't weigh 1.",
)
@click.option("--late", metavar="POLICY", help="Percents to take off: 10/day, 1/hour or 20.")
@click.option("--due", metavar="TIME", help="When the work was due, as 2026-11-30T23:59.")
@click.option(
    "--scale", type=click.FloatRange(0, min_open=True), help="Full marks in Moodle or Canvas [100]."
)
@click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    help="Of the students' pages; by default the last run's, else English.",
)
@click.pass_context
def grade(context, submissions, out, chapters, only, jobs, scheduler, no_sandbox, **given) -> None:
    """Grade SUBMISSIONS, a folder or zip file from nbgrader, Moodle or Canvas.

    Submissions run in a sandbox, on inputs that nobody has seen. MARKS gets marks.csv, class.html,
    a page for each student in reports/, a file that Moodle or Canvas imports, and log.jsonl.
    Nothing there is changed without a copy in backups/.

    \b
    Examples:
      prodgen grade submissions.zip --out marks
      prodgen grade submitted/ --out marks --weights weights.yaml --late 10/day
      prodgen grade submissions.zip --out marks --only gan.train_step
    """
    import multiprocessing
    from functools import partial

    from prodgen_lib.classroom.grading import grading
    from prodgen_lib.classroom.grading.engines import engine
    from prodgen_lib.classroom.marks.marks import read_weights
    from prodgen_lib.classroom.marks.settings import settle
    from prodgen_lib.classroom.release import pristine
    from prodgen_lib.classroom.variants import kept
    from prodgen_lib.course.project import CourseError, find_root

    root = find_root(context.obj)
    known = pristine(root, chapters)
    if given["weights"]:
        exercises = {name for one in known for name in one.exercises}
        given["weights"] = read_weights(given["weights"], exercises)
    if not submissions.exists():
        raise CourseError(f"{submissions} does not exist; expected a folder or a zip file.")
    run = engine(jobs=jobs, scheduler=scheduler, no_sandbox=no_sandbox)
    settings = settle(out, given)
    order = grading.Order(submissions, out, known, settings, only, partial(kept, root))
    try:
        _say(grading.grade_class(order, run(settings.seed)))
    except KeyboardInterrupt:
        # What still runs would keep this process from ending.
        for process in multiprocessing.active_children():
            process.kill()
        raise CourseError("Stopped. The same command goes on from here.") from None


@click.command(short_help="What a class shows about the exercises.")
@click.argument(
    "marks",
    nargs=-1,
    required=True,
    metavar="MARKS...",
    type=OwnPath(file_okay=False, exists=True, path_type=Path),
)
@click.option(
    "--out", required=True, type=OwnPath(dir_okay=False, path_type=Path), help="The page to write."
)
@click.option(
    "--csv",
    "table",
    type=OwnPath(dir_okay=False, path_type=Path),
    help="The table without names; by default beside the page.",
)
@click.option(
    "--shared",
    type=OwnPath(path_type=Path),
    help="A folder of logs that learners chose to hand in (`prodgen progress --share`).",
)
def report(marks, out, table, shared) -> None:
    """Write a page on what a class shows: which exercises separate, and which faults have no name.

    MARKS are folders that `prodgen grade` made. The page names nobody. Beside it goes a table with
    salted ids, without names and answers; the salt stays in PRODGEN_HOME on this machine.

    \b
    Examples:
      prodgen report marks --out report.html
      prodgen report marks-06 marks-07 --out report.html --shared logs
    """
    from prodgen_lib.classroom.evidence import logs as shared_logs
    from prodgen_lib.classroom.evidence.answers import read_marks
    from prodgen_lib.classroom.evidence.page import report_page
    from prodgen_lib.classroom.evidence.table import anonymous_csv, write
    from prodgen_lib.classroom.salt import salt
    from prodgen_lib.course.project import short

    answers = read_marks(marks)
    logs, told = shared_logs.read_logs(shared) if shared else ({}, [])
    mine = shared_logs.whose(logs, {one.student: one.name for one in answers})
    table = table or out.with_suffix(".csv")
    for path, text in (
        (out, report_page(answers, logs, told)),
        (table, anonymous_csv(answers, mine, salt())),
    ):
        write(path, text)
        click.echo(short(path))
    for sentence in told:
        click.echo(f"Look at this: {sentence}", err=True)


def _say(outcome) -> None:
    """The outcome in a few lines; what strangers wrote can't steer the terminal."""
    from prodgen_lib.course.project import short
    from prodgen_lib.course.text import plain

    before = f", {outcome.before} were graded before" if outcome.before else ""
    noun = "notebook" if outcome.graded == 1 else "notebooks"
    echo(f"{outcome.graded} {noun} graded{before}.")
    for student, sentence in outcome.unread.items():
        echo(f"Not graded: {plain(student, 80)}: {plain(sentence, 300)}", err=True)
    for sentence in outcome.warnings:
        echo(f"Look at this: {plain(sentence, 300)}", err=True)
    for path in outcome.written:
        echo(short(path))
