"""What practice asks in a terminal: keys, points to tick, an item of a mock interview."""

from __future__ import annotations

import time

import click

from prodgen_lib.course.interface import echo, spoken
from prodgen_lib.interview.markup import count_down, tell
from prodgen_lib.questions.render import follow_ups

LEAVE = "q"
DONE = "Enter when you are done, q ends"
WHICH = "Which of these did you say? Numbers such as 1 3; Enter for none"


def ask(interview, language: str) -> bool:
    """Ask the current item and its follow-up; False when the candidate leaves."""
    from prodgen_lib.interview import transcript as told
    from prodgen_lib.interview.words import KINDS

    item, code = interview.current, first(language)
    number = f"{len(interview.answered) + 1} of {len(interview.items)}"
    echo(f"\n[{number}] {KINDS[item.kind].in_(code)}, {item.minutes} minutes")
    tell(f"**{told.title(item.asked, code, item.kind)}**")
    tell(told.task(item, code))
    start = time.monotonic()
    prompt = count_down(60 * item.minutes, spoken(DONE), code)
    if typed(prompt, {"": "", LEAVE: LEAVE}) == LEAVE:
        return False
    seconds = time.monotonic() - start
    echo(f"{seconds / 60:.1f} of {item.minutes} minutes.\n")
    tell(told.rubric(item, code))
    if points := item.checklist:
        said = ticked(points, code)
        tell_share(item, said, code)
        more = interview.tick(said, seconds)
    else:
        more = interview.answer(scored(), seconds)
    if more:
        tell(f"**{say(more.question, language)}**")
        typed("Enter shows the answer", {"": ""})
        tell(say(more.answer, language))
        tell(follow_ups(item.asked, code))
        interview.answer_follow_up(scored())
    return True


def tell_share(asked, said: list[str], language: str) -> None:
    """The share of the points of a question or item that were said, and the level they make."""
    from prodgen_lib.interview.mock import SCORES
    from prodgen_lib.interview.words import SCORES as NAMES
    from prodgen_lib.interview.words import SHARE

    level = NAMES[SCORES[asked.score(said)]].in_(language)
    echo(SHARE.in_(language).format(asked.share(said), level))


def ticked(points: dict, language: str) -> list[str]:
    """The ids of the points that the candidate says to have said."""
    for number, text in enumerate(points.values(), start=1):
        tell(f"{number}. {text.in_(language)}")
    while True:
        answer = click.prompt(spoken(WHICH), default="", show_default=False)
        numbers = answer.replace(",", " ").split()
        if all(one.isdigit() and 1 <= int(one) <= len(points) for one in numbers):
            names = list(points)
            return [names[number - 1] for number in sorted({int(one) for one in numbers})]
        echo(f"Type numbers from 1 to {len(points)}.")


def scored() -> int:
    from prodgen_lib.interview.mock import SCORES

    names = ", ".join(f"{number} {name}" for number, name in enumerate(SCORES))
    answers = {str(number): number for number in range(len(SCORES))}
    answers |= keyed(SCORES, range(len(SCORES)))
    return typed(f"At which level was your answer? {names}", answers)


def keyed(names, values=None) -> dict:
    """Each name and its first letter for the value that it stands for, by default itself."""
    pairs = list(zip(names, values or names, strict=True))
    return {name: value for name, value in pairs} | {name[0]: value for name, value in pairs}


def typed(prompt: str, answers: dict):
    """What was typed, asked again until it is one of these."""
    while True:
        answer = click.prompt(
            spoken(prompt), default="", show_default=False, prompt_suffix=": " * bool(prompt)
        ).strip()
        if answer.lower() in answers:
            return answers[answer.lower()]
        echo(f"Type one of: {', '.join(key or 'Enter' for key in answers)}.")


def say(text, language: str) -> str:
    both = [text.en, text.zh] if language == "both" else [getattr(text, language)]
    return "\n\n".join(dict.fromkeys(both))


def first(language: str) -> str:
    return "zh" if language == "zh" else "en"
