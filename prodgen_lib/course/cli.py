"""The command line. Each command imports what it needs when it runs, so that --help is instant."""

from __future__ import annotations

from pathlib import Path

import click


class Course(click.Group):
    """A group whose commands answer a mistake with one sentence and a non-zero status."""

    def invoke(self, context: click.Context):
        from prodgen_lib.course.project import CourseError

        try:
            return super().invoke(context)
        except CourseError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            reason = error.strerror or str(error)
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{reason}.") from None


framework_option = click.option(
    "--framework", type=click.Choice(["torch", "tensorflow"]), help="Only this framework."
)


@click.group(cls=Course, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--root",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="The course's folder; by default it is looked for from here upwards.",
)
@click.version_option(package_name="prodgen")
@click.pass_context
def main(context: click.Context, root: Path | None) -> None:
    """A hands-on interview course on generative models for product images.

    \b
    Learners:  prodgen learn         open the notebooks
               prodgen check         grade your notebooks
               prodgen reset 06      start a notebook anew, keeping a backup
               prodgen doctor        what works on this machine
    Authors:   prodgen build         make the notebooks from chapters/
               prodgen run 06        run a chapter from the command line
    """
    context.obj = root


def _root(context: click.Context) -> Path:
    from prodgen_lib.course.project import find_root

    return find_root(context.obj)


@main.command()
@click.argument("chapters", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is stale.")
@click.option("--execute/--no-execute", default=True, help="Execute solutions that have changed.")
@click.option("--profile", help="The profile to execute with; by default the chapter's own.")
@framework_option
@click.pass_context
def build(context, chapters, check, execute, profile, framework) -> None:
    """Make notebooks/ and solutions/ from CHAPTERS (numbers or topics; all by default).

    A solution is executed only if something that its run depends on has changed.

    \b
    prodgen build                  everything that changed
    prodgen build 06 --no-execute  text and code only, in a second
    prodgen build --check          is everything up to date?
    """
    from prodgen_lib.course import build as builder

    root = _root(context)
    if check:
        found = builder.stale(root, chapters, framework)
    else:
        found = builder.build(
            root, chapters, framework=framework, profile=profile, run=execute, say=click.echo
        )
    for sentence in found:
        click.echo(sentence, err=True)
    if found:
        context.exit(1)
    if check:
        click.echo("Everything is up to date.")
