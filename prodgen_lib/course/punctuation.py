"""One rule for signs in Chinese, as docs/chinese.md has it; and terms against the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import yaml

from prodgen_lib.checking.language import Text
from prodgen_lib.course.correspond import ADDRESS, COMMENT, FENCE, FORMULA, PLACE
from prodgen_lib.course.project import read_text

HAN = r"\u3400-\u9fff"
GLOSSARY = Path(__file__).resolve().parents[1] / "site" / "glossary.yaml"
FULL = "，。：；？！（）、《》“”"
CODE = re.compile(r"(`+)(?!`)(?:.+?)(?<!`)\1(?!`)", re.DOTALL)
STRING = re.compile(r'"[\w.:-]+"', re.ASCII)  # a name in code: "budget"
TAG = re.compile(r"</?[A-Za-z][^>]*>")
BRACKETS = re.compile(rf"(?P<before>[A-Za-z0-9)·/]?)\((?P<inside>[^()]*[{HAN}][^()]*)\)")
FORMULA_IN_WORDS = re.compile(r", | [-+×=] |[·₀-₉]")
RULES = {
    "half width beside Chinese": re.compile(rf"[{HAN}][,;?!:](?!//)|[,;?!:]\s?[{HAN}]"),
    "a half-width full stop": re.compile(rf"[{HAN}]\.(?![\w.])", re.ASCII),
    "a space beside full width": re.compile(rf"[ ][{FULL[:-2]}]|[{FULL[:-2]}][ ](?=\S)(?![|*])"),
    "no space beside Latin, code or a formula": re.compile(
        rf"[{HAN}][A-Za-z0-9`$]|[A-Za-z0-9`$%][{HAN}]"
    ),
    "a space inside Chinese": re.compile(rf"(?<![·=] )[{HAN}]+ [{HAN}]"),
    "straight quotes around Chinese": re.compile(rf'"[^"\n]*[{HAN}][^"\n]*"'),
    "an ellipsis of one sign": re.compile(rf"[{HAN}]…(?!…)"),
}


def signs(text: str) -> Iterator[str]:
    """What breaks the rule, a sentence each, with the letters around it."""
    plain = words_of(text)
    bare = BRACKETS.sub(lambda found: "(x)" if _is_formula(found) else found[0], plain)
    for what, form in RULES.items():
        for found in form.finditer(bare):
            yield f"{what}: “{_around(bare, found)}”."
    for found in BRACKETS.finditer(plain):
        if not _is_formula(found):
            yield f"half-width brackets around words: “{_around(plain, found)}”."


def _is_formula(found: re.Match) -> bool:
    """Whether brackets hold arguments, a tuple or a difference, though their names are Chinese."""
    after = found.string[found.end() : found.end() + 1]
    return bool(found["before"] or FORMULA_IN_WORDS.search(found[0]) or (after and after in "·²"))


def words_of(text: str) -> str:
    """The text with code, formulas and tags as one Latin letter each, in their signs."""
    plain = TAG.sub("", COMMENT.sub("", FENCE.sub("", text)))
    plain = FORMULA.sub("$x$", CODE.sub("`x`", PLACE.sub("x", plain)))
    plain = re.sub(r"(?m)^ {4,}.*$", "", STRING.sub("`x`", plain))  # the formulas of a task
    plain = re.sub(r"\[([^\]\n]*)\]\([^)\s]+\)", r"\1", plain)
    return re.sub(
        r"(?<=[。：！？])\*\* |\*\*|(?m:^\s*(?:[-+*]|\d+\.|#+|>)\s+)|(?<=\|) | (?=\|)",
        "",
        ADDRESS.sub("]", plain),
    )


def _around(text: str, found: re.Match) -> str:
    return text[max(0, found.start() - 10) : found.end() + 10].replace("\n", "⏎")


def terms(text: str) -> Iterator[str]:
    """Words that the glossary does not want, a sentence each."""
    for word, term in avoided().items():
        if word in text.replace(term, ""):
            yield f"the glossary says {term}, not {word}."


@cache
def avoided() -> dict[str, str]:
    """Words that are not to be used, with the term that is."""
    entries = yaml.safe_load(read_text(GLOSSARY))
    return {word: one["name"]["zh"] for one in entries for word in one.get("avoid", ())}


def chinese_of(value: object) -> Iterator[str]:
    """All Chinese in a value of dataclasses and tuples, as a question is."""
    if isinstance(value, Text):
        yield value.zh
    elif is_dataclass(value):
        for one in fields(value):
            yield from chinese_of(getattr(value, one.name))
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from chinese_of(inner)
