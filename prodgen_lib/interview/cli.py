"""``prodgen practice`` and ``prodgen cards``: the week before the interview, in a terminal."""

from __future__ import annotations

import random
from pathlib import Path

import click

from prodgen_lib.checking.language import language as reader_language
from prodgen_lib.course.interface import echo
from prodgen_lib.course.option import OwnPath
from prodgen_lib.interview import prompts, words, written
from prodgen_lib.interview.markup import tell
from prodgen_lib.interview.mock import LEAST, MOST
from prodgen_lib.interview.terminal import (
    LEAVE,
    ask,
    first,
    keyed,
    mark,
    say,
    tell_share,
    ticked,
    typed,
)
from prodgen_lib.interview.words import interval
from prodgen_lib.interview.written import framework_option, language_option
from prodgen_lib.questions.bank import LEVELS, Question

by_option = click.option(
    "--by",
    metavar="DAY",
    help="Be ready by this day: 2026-12-04, or friday; none ends it. It is kept for later.",
)
minutes_option = click.option(
    "--minutes-a-day", type=int, metavar="N", help="The minutes that you have each day until then."
)
exercises_option = click.option(
    "--with-exercises",
    type=click.Choice(["torch", "tensorflow", "none"]),
    help="Whether exercises count too until then, and in which framework.",
)
FILE = OwnPath(dir_okay=False, path_type=Path)
KEYS = {"1": "again", "2": "hard", "3": "good", "4": "easy"}


def _desk(context: click.Context):
    from prodgen_lib.interview.desk import Desk

    return Desk(context.find_root().obj)


def _ready_by(command):
    """The three options of a day to be ready by, for one command."""
    return by_option(minutes_option(exercises_option(command)))


def _prepare(desk, by, minutes, exercises, language: str):
    """Set the day where one is named, and say where that leaves the candidate today."""
    from prodgen_lib.course.project import CourseError
    from prodgen_lib.interview.preparation import set_goal

    goal = desk.preparation.goal
    if (minutes or exercises) and not (by or goal):
        raise CourseError("Minutes a day and exercises belong to a day: name it with --by.")
    if by or minutes or exercises:
        framework = "" if exercises == "none" else exercises
        set_goal(desk.history, by or goal.by.isoformat(), desk.now(), minutes, framework)
    ahead = desk.preparation
    if told := ahead.told(first(language)):
        echo(told)
    return ahead


@click.group(short_help="Cards, drills and mock interviews, offline.")
def practice() -> None:
    """Cards, drills and mock interviews; all offline, your history stays on this machine.

    \b
    Examples:
      prodgen practice cards --language both
      prodgen practice cards --by 2026-12-04 --minutes-a-day 40
      prodgen practice drill vae.kl_divergence
      prodgen practice test vae.kl_divergence
      prodgen practice mock --level senior --minutes 45
      prodgen practice marking vae.what_is_it
      prodgen practice program vae.program_codes
      prodgen practice progress progress.html
    """


@practice.command()
@click.option("--about", metavar="SUBJECT", help="Only this subject, for example vae.")
@click.option(
    "--most", type=click.IntRange(1), help="By default 20, or what the plan until --by has today."
)
@_ready_by
@language_option
@click.pass_context
def cards(context, about, most, by, minutes_a_day, with_exercises, language) -> None:
    """Study the flashcards that are due, weak subjects first."""
    desk, code = _desk(context), first(language)
    ahead = _prepare(desk, by, minutes_a_day, with_exercises, language)
    waiting = desk.due(about)[: most or (None if ahead.goal else 20)]
    if not waiting:
        click.echo(prompts.NOT_DUE.in_(code))
    for number, card in enumerate(waiting, start=1):
        level = words.LEVELS[card.level].in_(code)
        place = prompts.CARD.in_(code).format(number, len(waiting), card.subject, level)
        click.echo(f"\n{place}")
        head, _, rest = say(card.front, language).partition("\n\n")
        tell(f"**{head}**\n\n{rest}")
        if typed(prompts.ENTER_SHOWS_Q.in_(code), {"": "", LEAVE: LEAVE}, code) == LEAVE:
            break
        tell(say(card.back, language))
        waits = {name: interval(wait.total_seconds()) for name, wait in desk.preview(card).items()}
        keys = ", ".join(
            f"{key} {words.RATINGS[name].in_(code)} ({waits[name]})" for key, name in KEYS.items()
        )
        answers = {**KEYS, **keyed(KEYS.values()), LEAVE: LEAVE, "m": "m"}
        question = desk.bank.get(card.id)
        points = {p.id: p.text for p in question.points} if question else {}
        more = (prompts.MORE_TICK if points else prompts.MORE).in_(code)
        answers |= {"t": "t"} if points else {}
        rating = typed(prompts.HOW_WELL.in_(code).format(keys, more), answers, code)
        while rating in ("m", "t"):
            if rating == "m":
                tell(say(card.more, language))
            else:
                said = ticked(points, code)
                desk.tick(question, said)
                tell_share(question, said, code)
            rating = typed(keys, answers, code)
        if rating == LEAVE:
            break
        due = desk.review(card, rating)
        click.echo(prompts.COMES_AGAIN.in_(code).format(f"{due.astimezone():%Y-%m-%d %H:%M}"))


@practice.command(short_help="One exercise in a notebook of its own.")
@click.argument("exercise", required=False)
@click.option("--again", is_flag=True, help="The exercise that comes back first today.")
@framework_option
@_ready_by
@language_option
@click.pass_context
def drill(context, exercise, again, framework, by, minutes_a_day, with_exercises, language) -> None:
    """Make a short notebook with EXERCISE alone, in work/drills/.

    Its check is the chapter's own. An earlier drill keeps its file. With --again it is the exercise
    that you need most: one that failed, or that you solved a while ago, in an empty cell and on
    other inputs; how it goes decides when it comes back. With a day to be ready by, it is today's
    next one.

    \b
    Examples:
      prodgen practice drill vae.kl_divergence
      prodgen practice drill --again
      prodgen practice drill --by friday --with-exercises torch
    """
    from prodgen_lib.course.drill import write_drill
    from prodgen_lib.course.project import CourseError, short
    from prodgen_lib.course.work import work_folder

    desk = _desk(context)
    ahead = _prepare(desk, by, minutes_a_day, with_exercises, language)
    if exercise and not again:
        path = short(write_drill(exercise, framework, work_folder(desk.root) / "drills"))
    elif again or ahead.goal:
        if not again and ahead.goal.framework:
            framework = ahead.goal.framework
        new = [] if again else ahead.exercises_today
        waiting = [name for name in desk.returning() if exercise in (None, name)]
        if not (new or waiting):
            click.echo(prompts.NO_EXERCISE.in_(first(language)))
            return
        path = short(desk.draw((new or waiting)[0], framework))
    else:
        raise CourseError("Name an exercise such as gan.train_step, or say --again or --by DAY.")
    click.echo(prompts.READY.in_(first(language)).format(path))


@practice.command(short_help="Sit a mock interview, by the clock.")
@click.option("--role", default="ML engineer", show_default=True)
@click.option("--level", type=click.Choice(LEVELS), default="senior", show_default=True)
@click.option("--minutes", type=click.IntRange(LEAST, MOST), default=45, show_default=True)
@click.option("--seed", type=int, help="The same seed asks the same; by default a new one.")
@click.option("--transcript", type=FILE, help="Also write the transcript to this new file.")
@click.option(
    "--export-prompt",
    type=FILE,
    help="Ask nothing: write the interview to this new file, as text for any assistant.",
)
@framework_option
@_ready_by
@language_option
@click.pass_context
def mock(
    context,
    role,
    level,
    minutes,
    seed,
    transcript,
    export_prompt,
    framework,
    by,
    minutes_a_day,
    with_exercises,
    language,
) -> None:
    """Sit a mock interview: you answer aloud or on paper, then tick what you said.

    \b
    Roles: research scientist, ML engineer, computer-vision engineer,
           applied scientist in e-commerce
    """
    from prodgen_lib.course.project import CourseError
    from prodgen_lib.interview.transcript import ending

    desk = _desk(context)
    _prepare(desk, by, minutes_a_day, with_exercises, language)
    for file in filter(None, (transcript, export_prompt)):
        if file.exists():
            raise CourseError(f"{file} exists already: choose another name.")
    seed = random.randrange(10**6) if seed is None else seed
    interview = desk.interview(role, level, minutes, seed, framework)
    if export_prompt:
        from prodgen_lib.interview.prompt import interview_prompt

        text = interview_prompt(interview, first(language))
        export_prompt.write_text(text, encoding="utf-8")
        told = prompts.PROMPT_WRITTEN.in_(first(language))
        click.echo(told.format(export_prompt, len(interview.items)))
        return
    while interview.current and ask(interview, language):
        pass
    if not interview.answered:
        click.echo(words.NOTHING.in_(first(language)))
        return
    text = desk.keep(interview, "zh" if language == "zh" else "en")
    tell(ending(text))
    if transcript:
        transcript.write_text(text, encoding="utf-8")


@practice.command(short_help="Mark sample answers; see how far you are from the reference.")
@click.argument("question", required=False)
@click.option("--seed", type=int, help="Of the order of the answers; by default a new one.")
@language_option
@click.pass_context
def marking(context, question, seed, language) -> None:
    """Mark three sample answers to QUESTION by its checklist, then compare with the reference.

    Without QUESTION it is one that you have not marked, weak subjects first. What you mark is kept,
    and tells how far you agree with the reference over all of them.

    \b
    Example:
      prodgen practice marking vae.what_is_it --language both
    """
    desk, code = _desk(context), first(language)
    answers = desk.marking(question, seed)
    if not mark(answers, language):
        return
    tell(answers.compared(code))
    desk.keep_marks(answers)
    tell(desk.how_far(code))


@practice.command(name="plan")
@_ready_by
@language_option
@click.pass_context
def plan_command(context, by, minutes_a_day, with_exercises, language) -> None:
    """Show what is still unseen, day by day, and what today is for.

    \b
    Example:
      prodgen practice plan --by friday --minutes-a-day 40 --with-exercises torch
    """
    from prodgen_lib.interview.burndown import as_text

    desk = _desk(context)
    ahead = _prepare(desk, by, minutes_a_day, with_exercises, language)
    if ahead.goal is None:
        click.echo(prompts.NAME_A_DAY.in_(first(language)))
        return
    echo(f"\n{as_text(ahead.picture, first(language))}\n")
    for name in ahead.exercises_today:
        echo(f"prodgen practice drill {name} --framework {ahead.goal.framework}")
    if waiting := desk.returning():
        click.echo(prompts.BACK_TODAY.in_(first(language)).format(", ".join(waiting)))


@practice.command()
@click.argument("page", type=FILE, default="progress.html")
@_ready_by
@language_option
@click.pass_context
def progress(context, page, by, minutes_a_day, with_exercises, language) -> None:
    """Write where you stand to PAGE, a file of HTML."""
    from prodgen_lib.interview.progress_page import write_progress

    desk = _desk(context)
    _prepare(desk, by, minutes_a_day, with_exercises, language)
    write_progress(desk.progress_html(first(language)), page, first(language))
    click.echo(prompts.PAGE.in_(first(language)).format(page))


@practice.command()
@click.argument("file", type=FILE)
@click.pass_context
def export(context, file) -> None:
    """Write your whole history as JSON to FILE, which must be new."""
    _desk(context).history.export(file)
    click.echo(prompts.EXPORTED.in_(reader_language()).format(file))


@practice.command()
@click.argument("file", type=FILE)
@click.pass_context
def backup(context, file) -> None:
    """Copy your history to FILE, which must be new. A copy a day is made in any case."""
    _desk(context).history.backup(file)
    click.echo(prompts.COPIED.in_(reader_language()).format(file))


@click.group(name="cards")
def cards_group() -> None:
    """The question bank as flashcards for other programs."""


@cards_group.command(name="export")
@click.argument("deck", type=FILE)
@click.option("--about", metavar="SUBJECT", help="Only this subject, for example vae.")
@click.option(
    "--language",
    type=click.Choice(["en", "zh", "both"]),
    default="both",
    show_default=True,
)
@click.pass_context
def export_deck(context, deck, about, language) -> None:
    """Write the questions to DECK (.apkg) for Anki.

    Import a newer deck over an older one: texts change, your review history stays.
    """
    from prodgen_lib.course.project import CourseError, find_root
    from prodgen_lib.interview.anki import write_deck
    from prodgen_lib.questions.bank import load_bank

    chapters = find_root(context.find_root().obj) / "chapters"
    try:
        bank = load_bank(chapters)
    except ValueError as error:
        raise CourseError(str(error)) from None
    questions: list[Question] = [q for q in bank.values() if about in (None, q.subject)]
    if not questions:
        known = ", ".join(dict.fromkeys(q.subject for q in bank.values()))
        raise CourseError(f"There are no questions about {about!r}; there are: {known}.")
    notes = write_deck(questions, deck, language=language, folder=chapters)
    echo(f"{deck} holds {notes} notes.")


practice.add_command(written.test)
practice.add_command(written.program)
