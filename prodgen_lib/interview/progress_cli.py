"""``prodgen progress``: where you stand, and the log, if you choose to hand it in."""

from __future__ import annotations

from pathlib import Path

import click

from prodgen_lib.course.option import OwnPath


@click.command(short_help="What you solved; hand in the log if you want to.")
@click.option(
    "--share",
    "file",
    type=OwnPath(dir_okay=False, path_type=Path),
    help="Write your log to this new file, to hand in. You are first told what is in it.",
)
@click.option("--yes", is_flag=True, help="Don't ask again before it is written.")
def progress(file, yes) -> None:
    """Say how many exercises you solved, and whether FSRS predicts what you recall.

    Your log stays on this machine. Only --share writes a file that you may hand in; it sends it
    nowhere, and says exactly what is in it before it is written.

    \b
    Examples:
      prodgen progress
      prodgen progress --share ada.json
    """
    from prodgen_lib.checking.progress import attempts
    from prodgen_lib.course.project import CourseError
    from prodgen_lib.interview.history import History
    from prodgen_lib.interview.share import gather

    if file is not None and file.exists():
        raise CourseError(f"{file} exists already: choose another name.")
    log = gather(attempts(), History())
    if file is None:
        _stand(log)
        return
    if not (log.attempts or log.recalls):
        raise CourseError("There is nothing to share yet: nothing was checked or reviewed.")
    click.echo(f"This is what {file} will hold:")
    for sentence in log.contents:
        click.echo(f"- {sentence}")
    if not (yes or click.confirm("Write it?")):
        click.echo("Nothing was written.")
        return
    file.write_text(log.to_json(), encoding="utf-8")
    click.echo(f"{file} is written; it is plain text, and nothing was sent anywhere.")


def _stand(log) -> None:
    from prodgen_lib.plain.calibration import calibration

    tried = {one.exercise for one in log.attempts}
    solved = {one.exercise for one in log.attempts if one.correct}
    click.echo(f"{len(solved)} exercises solved of {len(tried)} tried, {len(log.attempts)} checks.")
    bins = calibration((one.predicted, one.recalled) for one in log.recalls)
    if not bins:
        click.echo("No card has come back on a later day yet.")
        return
    click.echo("\nWhat FSRS predicted, and what you recalled on a later day:")
    click.echo(f"{'predicted':>12} {'recalled':>9} {'95 % interval':>16} {'reviews':>8}")
    for one in bins:
        interval = f"{one.interval[0]:.0%} to {one.interval[1]:.0%}"
        click.echo(f"{one.predicted:>12.0%} {one.recalled:>9.0%} {interval:>16} {one.reviews:>8}")
