"""What a text and its translation must have in common: all that is no words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
FENCE = re.compile(r"^(?P<mark>`{3,}|~{3,}).*?^(?P=mark)\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$(?!\s)([^$]+?)(?<!\s)\$", re.DOTALL)
PLACE = re.compile(r"\{\{.*?\}\}")
ADDRESS = re.compile(r"(!?)\]\(([^)\s]+)[^)]*\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)[^)]*\)")
TAG = re.compile(r"</?([A-Za-z]\w*)[^>]*>")
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d(?:[\d,]*\d)?(?:\.\d+)?")
CHINESE = re.compile(r"[\u3400-\u9fff]")
WORDS = {
    **{"zero": 0, "half": 2, "once": 1, "twice": 2, "both": 2, "third": 3, "quarter": 4},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14},
    **{"fifteen": 15, "sixteen": 16, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50},
    **{"sixty": 60, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000, "first": 1},
    **{"second": 2, "fourth": 4, "fifth": 5, "sixth": 6, "tenth": 10, "dozen": 12, "million": 0},
}
"""English number words: where one stands, a translation may have digits more."""


def differences(english: str, chinese: str) -> list[str]:
    """One sentence for each thing that a text has and its translation has not, or the reverse."""
    en, zh = COMMENT.sub("", english), COMMENT.sub("", chinese)
    found = [_difference(what, read(en), read(zh)) for what, read in PARTS.items()]
    return [sentence for sentence in (*found, _numbers(en, zh), _emphasis(en, zh)) if sentence]


def wordless(text: str) -> bool:
    """Whether there is nothing to translate in a text."""
    return not re.search(r"[A-Za-z]{2}", TAG.sub("", _prose(COMMENT.sub("", text))))


def _difference(what: str, mine: Counter | list, theirs: Counter | list) -> str:
    if mine == theirs:
        return ""
    if isinstance(mine, list):
        return f"{what}: {_listed(mine)} in English, {_listed(theirs)} in Chinese."
    lost, more = mine - theirs, theirs - mine
    parts = [f"{_listed(lost)} is missing in Chinese"] * bool(lost)
    parts += [f"{_listed(more)} is not in English"] * bool(more)
    return f"{what}: {'; '.join(parts)}."


def _listed(values: Counter | list) -> str:
    return ", ".join(map(str, values)) or "none"


def _plain(text: str) -> str:
    """The text without fences, code and formulas: nothing in these is a heading or a table."""
    return FORMULA.sub("", CODE.sub("", FENCE.sub("", text)))


def _prose(text: str) -> str:
    """The words alone."""
    return PLACE.sub("", ADDRESS.sub("]", _plain(text)))


def _headings(text: str) -> list[Hashable]:
    return [f"level {len(mark)}" for mark in re.findall(r"(?m)^(#{1,6}) ", _plain(text))]


def _tables(text: str) -> list[Hashable]:
    """The cells in each row of each table."""
    bare = FORMULA.sub("", CODE.sub("", text)).replace(r"\|", "")
    tables = re.findall(r"(?m)(?:^\|.*\|[ \t]*\n?)+", bare)
    cells = [[row.count("|") - 1 for row in table.strip().split("\n")] for table in tables]
    return [f"{len(one)} rows of {'/'.join(map(str, sorted(set(one))))} cells" for one in cells]


def _lists(text: str) -> list[Hashable]:
    marks = re.findall(r"(?m)^( *)(?:([-*+])|\d+\.) ", _plain(text))
    return [f"{'  ' * (len(space) // 2)}{'-' if mark else '1.'}" for space, mark in marks]


def _places(text: str) -> Counter:
    return Counter(PLACE.findall(text))


def _links(text: str) -> Counter:
    return Counter(a for _, a in ADDRESS.findall(IMAGE.sub("", FENCE.sub("", text))))


def _images(text: str) -> Counter:
    return Counter(IMAGE.findall(FENCE.sub("", text)))


def _formulas(text: str) -> Counter:
    """Each formula once, without space and the words in it."""
    formulas = (one or two for one, two in FORMULA.findall(CODE.sub("", FENCE.sub("", text))))
    bare = (re.sub(r"\\text\{[^{}]*\}|\s", "", formula) for formula in formulas)
    return Counter(dict.fromkeys(bare, 1))


def _inline(text: str) -> Counter:
    return Counter(dict.fromkeys((code for _, code in CODE.findall(FENCE.sub("", text))), 1))


def _fences(text: str) -> list[Hashable]:
    return [found[0].strip() for found in FENCE.finditer(text)]


def _tags(text: str) -> Counter:
    return Counter(TAG.findall(_plain(text)))


PARTS: dict[str, Callable[[str], Counter | list]] = {
    "headings": _headings,
    "tables": _tables,
    "lists": _lists,
    "places to be filled in": _places,
    "links": _links,
    "images": _images,
    "formulas": _formulas,
    "code": _inline,
    "listings": _fences,
    "tags": _tags,
}


def _numbers(en: str, zh: str) -> str:
    """Digits stay digits; more of them only where English has a number in words."""
    mine, theirs = (
        {n.replace(",", "") for n in NUMBER.findall(re.sub(r"(?m)^ *\d+\. ", "", _prose(text)))}
        for text in (en, zh)
    )
    words = {str(WORDS[w]) for w in re.findall(r"[a-z]+", en.lower()) if w in WORDS}
    lost, more = sorted(mine - theirs), sorted(theirs - mine)
    if not lost and (not more or words):
        return ""
    return _difference("numbers", Counter(lost), Counter([] if words else more))


def _emphasis(en: str, zh: str) -> str:
    """Stars that Markdown leaves standing: beside full-width signs they open and close nothing."""
    standing = [part for part in _visible(zh) if "*" in part]
    if len(standing) <= sum("*" in part for part in _visible(en)):
        return ""
    at = standing[0].index("*")
    return f"emphasis: stars stay visible in “{standing[0][max(0, at - 8) : at + 8]}”."


def _visible(text: str) -> list[str]:
    """The words that a reader sees, in pieces."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt().enable("table").parse(PLACE.sub("x", FORMULA.sub("x", text)))
    return [p.content for token in tokens for p in token.children or () if p.type == "text"]
