"""What practice asks in a terminal: keys, points to tick, an item of an interview, a sample answer.

`language` is "en", "zh" or "both"; what is asked by keys is in the first of them.
"""

from __future__ import annotations

import time

import click

from prodgen_lib.checking.language import Text
from prodgen_lib.interview import prompts, words
from prodgen_lib.interview.markup import count_down, tell
from prodgen_lib.questions.render import follow_ups

LEAVE = "q"
DONE = "Enter when you are done, q ends"
WHICH = "Which of these did you say? Numbers such as 1 3; Enter for none"


def ask(interview, language: str) -> bool:
    """Ask the current item and its follow-up; False when the candidate leaves."""
    from prodgen_lib.interview import transcript as told

    item, code = interview.current, first(language)
    place = words.ITEM.in_(code).format(
        len(interview.answered) + 1,
        len(interview.items),
        words.KINDS[item.kind].in_(code),
        item.minutes,
    )
    click.echo(f"\n[{place}]")
    tell(f"**{told.title(item.asked, code, item.kind)}**")
    tell(told.task(item, code))
    start = time.monotonic()
    prompt = count_down(60 * item.minutes, prompts.WHEN_DONE.in_(code), code)
    if typed(prompt, {"": "", LEAVE: LEAVE}, code) == LEAVE:
        return False
    seconds = time.monotonic() - start
    click.echo(words.USED.in_(code).format(seconds / 60, item.minutes) + "\n")
    tell(told.rubric(item, code))
    if points := item.checklist:
        said = ticked(points, code)
        tell_share(item, said, code)
        more = interview.tick(said, seconds)
    else:
        more = interview.answer(scored(code), seconds)
    if more:
        tell(f"**{say(more.question, language)}**")
        typed(prompts.ENTER_SHOWS.in_(code), {"": ""}, code)
        tell(say(more.answer, language))
        tell(follow_ups(item.asked, code))
        interview.answer_follow_up(scored(code))
    return True


def mark(marking, language: str) -> bool:
    """Show each sample answer and ask for its points; False when the candidate leaves."""
    question, code = marking.question, first(language)
    tell(f"**{say(question.title, language)}**")
    if question.case:
        tell(say(question.case, language))
    click.echo(words.ABOUT_MARKING.in_(code))
    points = {point.id: point.text for point in question.points}
    while sample := marking.current:
        tell(f"**{words.ANSWER.in_(code).format(marking.letter)}**")
        tell(say(sample.text, language))
        if typed(prompts.GO_ON.in_(code), {"": "", LEAVE: LEAVE}, code) == LEAVE:
            return False
        marking.tick(ticked(points, code, prompts.WHICH_IT_SAYS))
    return True


def tell_share(asked, said: list[str], language: str) -> None:
    """The share of the points of a question or item that were said, and the level they make."""
    from prodgen_lib.interview.mock import SCORES

    level = words.SCORES[SCORES[asked.score(said)]].in_(language)
    click.echo(words.SHARE.in_(language).format(asked.share(said), level))


def ticked(points: dict, language: str, wanted: Text = prompts.WHICH_YOU_SAID) -> list[str]:
    """The ids of the points that were said, as the candidate says."""
    for number, text in enumerate(points.values(), start=1):
        tell(f"{number}. {text.in_(language)}")
    while True:
        answer = click.prompt(wanted.in_(language), default="", show_default=False)
        numbers = answer.replace(",", " ").replace("，", " ").split()
        if all(one.isdecimal() and 1 <= int(one) <= len(points) for one in numbers):
            names = list(points)
            return [names[number - 1] for number in sorted({int(one) for one in numbers})]
        click.echo(prompts.NUMBERS.in_(language).format(len(points)))


def scored(language: str) -> int:
    """The level of an answer, 0 to 3, as the candidate says."""
    from prodgen_lib.interview.mock import SCORES

    told = (words.SCORES[name].in_(language) for name in SCORES)
    names = ", ".join(f"{number} {name}" for number, name in enumerate(told))
    answers = {str(number): number for number in range(len(SCORES))}
    answers |= keyed(SCORES, range(len(SCORES)))
    return typed(f"{words.LEVEL.in_(language)} {names}", answers, language)


def keyed(names, values=None) -> dict:
    """Each name and its first letter for the value that it stands for, by default itself."""
    pairs = list(zip(names, values or names, strict=True))
    return {name: value for name, value in pairs} | {name[0]: value for name, value in pairs}


def typed(prompt: str, answers: dict, language: str = "en"):
    """What was typed, asked again until it is one of these."""
    while True:
        answer = click.prompt(
            prompt, default="", show_default=False, prompt_suffix=": " * bool(prompt)
        ).strip()
        if answer.lower() in answers:
            return answers[answer.lower()]
        known = ", ".join(key or prompts.ENTER.in_(language) for key in answers)
        click.echo(prompts.ONE_OF.in_(language).format(known))


def say(text, language: str) -> str:
    both = [text.en, text.zh] if language == "both" else [getattr(text, language)]
    return "\n\n".join(dict.fromkeys(both))


def first(language: str) -> str:
    return "zh" if language == "zh" else "en"
