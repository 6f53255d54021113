"""``prodgen practice test`` and ``program``: notebooks in which a test or a program is written."""

from __future__ import annotations

import click

from prodgen_lib.checking.language import language as reader_language
from prodgen_lib.interview import prompts
from prodgen_lib.interview.terminal import first

language_option = click.option(
    "--language",
    type=click.Choice(["en", "zh", "both"]),
    default=reader_language,
    help="English, Chinese or both; by default what `prodgen learn --language` chose.",
)
framework_option = click.option(
    "--framework",
    type=click.Choice(["torch", "tensorflow"]),
    default="torch",
    show_default=True,
)


@click.command(short_help="Write the test, not the function.")
@click.argument("exercise", required=False)
@framework_option
@click.pass_context
def test(context, exercise, framework) -> None:
    """Make a notebook that asks for a test of EXERCISE, in work/drills/.

    You write `properties(answer)`, which raises for a wrong answer and lets a right one pass; the
    check puts it before known wrong answers, and names one that gets through. Without EXERCISE, the
    exercises for which a test is asked are listed.

    \b
    Examples:
      prodgen practice test
      prodgen practice test vae.kl_divergence --framework tensorflow
    """
    from prodgen_lib.course.project import find_root, short
    from prodgen_lib.course.trial import write_test
    from prodgen_lib.course.work import work_folder
    from prodgen_lib.properties.chosen import CHOSEN

    if not exercise:
        click.echo("\n".join(CHOSEN))
        return
    folder = work_folder(find_root(context.find_root().obj)) / "drills"
    path = short(write_test(exercise, framework, folder))
    click.echo(prompts.READY.in_(reader_language()).format(path))


@click.command(short_help="A whole program: a minute of training, a figure to reach.")
@click.argument("task", required=False)
@framework_option
@language_option
@click.pass_context
def program(context, task, framework, language) -> None:
    """Make a notebook for the whole program TASK, in work/drills/; without TASK, list them.

    It holds the statement, a starting point that runs, and a cell that measures the figure.

    \b
    Example:
      prodgen practice program vae.program_codes --framework torch
    """
    from prodgen_lib.course.project import find_root, short
    from prodgen_lib.interview.desk import Desk
    from prodgen_lib.interview.programs.notebook import write_program

    desk, code = Desk(find_root(context.find_root().obj)), first(language)
    if not task:
        for one in desk.programs:
            click.echo(f"{one.id}: {one.title.in_(code)}")
        return
    path = short(write_program(desk.program(task), framework, desk.work / "drills", code))
    click.echo(prompts.PROGRAM.in_(code).format(path))
