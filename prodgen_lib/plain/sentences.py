"""Prompts in words: sentences written from prompts, and free sentences read back into them.

`sentences` writes what a text network is trained on; `encode` makes numbers of its words.
`understand` reads what a person typed, in English or Chinese, into category, main colour, pattern
and second colour, leaves open what was not said, and refuses in one sentence what it cannot read.
The words that it knows stand in `lexicon`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import chain

import numpy as np

from prodgen_lib.data.catalogue import CLASSES, COLOUR_NAMES
from prodgen_lib.plain.lexicon import CHINESE_NAMES, LEXICON, NOUNS, PARTS, REFUSALS, Lexeme
from prodgen_lib.plain.prompts import COUNTS, PATTERN_WORDS, check_prompts, words

Prompt = tuple[int | None, int | None, int | None, int | None]
"""Category, main colour, pattern, second colour, numbered as in `prompts`; None was left open."""


class NotUnderstood(ValueError):
    """A sentence that cannot be read, and why in one sentence of its language."""


TRAINED = (
    "a {main} {look} {thing} with {second}",
    "a {main} {look} {thing} with {second} trim",
    "a {look} {thing} in {main} and {second}",
    "{second} trim on a {main} {look} {thing}",
    "{main} {thing} with {second} details, {look}",
    "the {thing} is {look} and {main}, its {part} is {second}",
    "a {look} {thing} in {main} with a {second} {part}",
)
"""Templates that a text network is trained on."""
NEW = (
    "a {look} {main} {thing} with trim in {second}",
    "with {second} details, a {thing} in {main}, {look}",
    "{thing}, {look}, {main} with a {second} {part}",
    "the {part} is {second} and the {thing} is {look} and {main}",
)
"""Word orders that it is not trained on, of the same words."""

THINGS = [[noun for noun in group if " " not in noun][:3] for group in NOUNS]
LOOKS = [
    ["plain", "solid"],
    ["striped", "stripy"],
    ["colour-block", "banded"],
    ["two-tone", "bicolour"],
]
"""The word for each product and pattern, then its synonyms."""


def sentence(
    prompt: Sequence[int] | np.ndarray,
    template: str = TRAINED[0],
    *,
    synonyms: float = 0.0,
    rng: np.random.Generator | None = None,
) -> str:
    """One prompt (4,) in English, by a template; a share of nouns and patterns by a synonym."""
    category, main, pattern, second = (int(number) for number in prompt)
    chosen = []
    for names in (THINGS[category], LOOKS[pattern]):
        other = rng is not None and rng.random() < synonyms
        chosen.append(names[rng.integers(1, len(names))] if other else names[0])
    colours = {"main": COLOUR_NAMES[main], "second": COLOUR_NAMES[second]}
    text = template.format(thing=chosen[0], look=chosen[1], part=PARTS[category], **colours)
    return re.sub(r"\ba (?=[aeiou])", "an ", text)


def sentences(
    prompts: np.ndarray,
    rng: np.random.Generator,
    *,
    templates: Sequence[str] = TRAINED,
    synonyms: float = 0.3,
) -> list[str]:
    """A sentence for each prompt (N, 4), by templates drawn at random."""
    prompts = check_prompts(prompts, counts=COUNTS)
    drawn = rng.integers(len(templates), size=len(prompts))
    return [
        sentence(prompt, templates[number], synonyms=synonyms, rng=rng)
        for prompt, number in zip(prompts, drawn, strict=True)
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+(?:-[a-z]+)*", text.lower())


_SAID = " ".join(re.sub(r"{\w+}", " ", template) for template in (*TRAINED, "an", *NEW))
VOCABULARY = (
    "",
    *sorted({*_words(_SAID), *COLOUR_NAMES, *PARTS, *chain(*THINGS), *chain(*LOOKS)}),
)
"""Every word of the sentences that `sentences` writes; number 0 is padding."""
LENGTH = 16
"""How many words `encode` makes room for."""
_NUMBER = {word: number for number, word in enumerate(VOCABULARY)}


def encode(text: str) -> np.ndarray:
    """The words of an English sentence as numbers: int64 (LENGTH,), zeros behind the last.

    Raises NotUnderstood for a word outside VOCABULARY; `understand` knows more words than that.
    """
    spoken = _words(text)
    for word in spoken:
        if word not in _NUMBER:
            raise NotUnderstood(_unknown(word, VOCABULARY))
    if len(spoken) > LENGTH:
        raise NotUnderstood(f"A sentence has at most {LENGTH} words; this one has {len(spoken)}.")
    return np.array([_NUMBER[word] for word in spoken] + [0] * (LENGTH - len(spoken)), np.int64)


def encode_all(texts: Iterable[str]) -> np.ndarray:
    """Sentences as numbers: int64 (N, LENGTH)."""
    return np.stack([encode(text) for text in texts])


def understand(text: str) -> Prompt:
    """What a free sentence asks for, in English or Chinese; None for each factor left open.

    Colours bind to what they stand beside: in "a blue handle", "trimmed in blue", 蓝色手柄 and "red
    with blue" blue is the second colour. Others are the main colour, then the second. A part that
    has the second colour in two-tone products only says that pattern, where none is said.
    Raises NotUnderstood, with one sentence in the language of `text`.
    """
    if not isinstance(text, str):
        raise TypeError(f"A sentence is text, not {type(text).__name__}.")
    chinese = bool(re.search(r"[一-鿿]", text))
    lexemes = _parts_of_speech(_lexemes(text, chinese))
    category = _only("category", lexemes, CLASSES, chinese)
    pattern = _only("pattern", lexemes, PATTERN_WORDS, chinese)
    for item in lexemes:
        owners = item.parts | item.panels | item.bodies
        if item.kind in ("part", "body") and owners and category not in {*owners, None}:
            raise NotUnderstood(_say(chinese, "part", CLASSES[category]))
    main, second = _colours(lexemes, chinese)
    if (category, main, pattern, second) == (None,) * 4:
        raise NotUnderstood(_say(chinese, "nothing"))
    panel = any(i.kind == "part" and category in i.panels - i.parts for i in lexemes)
    if panel and pattern is None and second is not None:
        pattern = PATTERN_WORDS.index("two-tone")
    return category, main, pattern, second


def labels(prompt: Prompt) -> np.ndarray:
    """A prompt as int64 (4,), where the number behind the last answer leaves a factor open."""
    pairs = zip(prompt, COUNTS, strict=True)
    return np.array([count if number is None else number for number, count in pairs], np.int64)


def filled(prompt: Prompt, rng: np.random.Generator) -> np.ndarray:
    """A prompt as int64 (4,), with what was left open drawn at random; the colours differ."""
    drawn = [rng.integers(c) if n is None else n for n, c in zip(prompt, COUNTS, strict=True)]
    if drawn[1] == drawn[3]:
        open_one = 3 if prompt[3] is None else 1
        drawn[open_one] = (drawn[open_one] + rng.integers(1, COUNTS[3])) % COUNTS[3]
    return np.array(drawn, np.int64)


def said(prompt: Prompt) -> str:
    """What was understood, in English; "any" stands for what was left open."""
    if None not in prompt:
        return words(prompt)
    names = (CLASSES, COLOUR_NAMES, PATTERN_WORDS, COLOUR_NAMES)
    pairs = zip(prompt, names, strict=True)
    thing, main, look, second = ("any" if n is None else list_[n] for n, list_ in pairs)
    return f"{thing}: main colour {main}, pattern {look}, second colour {second}"


def _pattern_of(phrase: str) -> str:
    """A regular expression of a phrase: plurals, and hyphens for spaces, in English."""
    if not re.match(r"[a-z]", phrase):
        return re.escape(phrase)
    flexible = re.escape(phrase).replace(r"\-", "[- ]").replace(r"\ ", "[- ]")
    plural = "(?:e?s)?" if LEXICON[phrase].kind in ("category", "part", "pattern") else ""
    return rf"(?<![a-z]){flexible}{plural}(?![a-z])"


_ORDER = sorted(LEXICON, key=len, reverse=True)
_MATCH = re.compile("|".join(f"({_pattern_of(phrase)})" for phrase in _ORDER))
_SKIPPED = re.compile(r"[\s\-_'\"“”‘’《》/*·]+")


def _lexemes(text: str, chinese: bool) -> list[Lexeme]:
    """The phrases of a sentence in their order; words without a meaning of their own left out."""
    found, place, text = [], 0, text.lower().strip()
    while place < len(text):
        if gap := _SKIPPED.match(text, place):
            place = gap.end()
            continue
        match = _MATCH.match(text, place)
        if not match:
            raise NotUnderstood(_say(chinese, "word", _stranger(text[place:])))
        item = LEXICON[_ORDER[match.lastindex - 1]]
        if item.kind == "not":
            raise NotUnderstood(_say(chinese, "not", match.group()))
        if item.kind != "open":
            found.append(item)
        place = match.end()
    return found


def _stranger(text: str) -> str:
    """The unknown word at the start of a text: letters, or Chinese up to what is known again."""
    if word := re.match(r"[^\W\d_一-鿿]+|\d+", text):
        return word.group()
    for end in range(1, len(text)):
        if _MATCH.match(text, end) or not re.match(r"[一-鿿]", text[end]):
            return text[:end]
    return text


def _parts_of_speech(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Words that name a part or a product, such as a cap, as what they are in this sentence."""
    sure = {item.value for item in lexemes if item.kind == "category" and not item.parts}
    found = []
    for item in lexemes:
        if item.kind == "category" and item.parts & sure and item.value not in sure:
            item = item._replace(kind="part", value=-1)
        if item.kind == "part" and (item.bodies & sure or (item.bodies and not item.parts)):
            item = item._replace(kind="body")
        found.append(item)
    return found


def _only(kind: str, lexemes: list[Lexeme], names: Sequence[str], chinese: bool) -> int | None:
    """The one number that lexemes of a kind say, None without any."""
    values = list(dict.fromkeys(item.value for item in lexemes if item.kind == kind))
    if len(values) > 1:
        raise NotUnderstood(_say(chinese, kind, names[values[0]], names[values[1]]))
    return values[0] if values else None


def _colours(lexemes: list[Lexeme], chinese: bool) -> tuple[int | None, int | None]:
    """Main and second colour: those that are bound first, then the others in their order."""
    kinds = [item.kind for item in lexemes]
    spoken = [
        (item.value, _role(kinds, k)) for k, item in enumerate(lexemes) if item.kind == "colour"
    ]
    colours = list(dict.fromkeys(value for value, _ in spoken))
    names = [COLOUR_NAMES[value] for value in colours]
    if len(colours) > 2:
        raise NotUnderstood(_say(chinese, "colours", *names[:3]))
    main, second, weak, free = (
        {value for value, role in spoken if role == wanted}
        for wanted in ("main", "second", "with", "free")
    )
    if second & (main | free):
        raise NotUnderstood(_say(chinese, "same", COLOUR_NAMES[min(second & (main | free))]))
    if len(main) > 1 or len(second) > 1:
        raise NotUnderstood(_say(chinese, "mixed", *names))
    if not main | second and (free or len(colours) == 1):
        second = weak - free  # "with red and blue stripes" binds both so, which says nothing
    found = {"main": next(iter(main), None), "second": next(iter(second), None)}
    for value in colours:
        if value not in main | second:
            found["second" if found["main"] is not None else "main"] = value
    return found["main"], found["second"]


def _role(kinds: list[str], place: int) -> str:
    """How the colour at a place is bound: "main", "second", weakly as second ("with"), "free"."""
    after, before = [*kinds[place + 1 :], "", "", ""], ["", "", "", *kinds[:place]]
    near = {"part": "second", "body": "main"}
    trimmed_in = after[:3] == ["part", "in", "colour"]
    if after[0] in near and not trimmed_in:
        return near[after[0]]
    link = before[-1] in ("in", "with")
    holder, owner = before[-3:-1][::-1] if link else before[-2:][::-1]
    if holder in near and after[0] != "category" and (link or owner != "colour"):
        return near[holder]
    if after[0] == "on":
        return "second"
    if before[-1] == "on":
        return "main"
    if after[0] == "pattern" and after[1] != "category" and before[-1] != "in":
        return "with"
    if before[-1] == "with" and (after[0] not in ("category", "pattern") or before[-2] == "colour"):
        return "with"
    return "with" if before[-1] == "in" and before[-2] == "pattern" else "free"


def _unknown(word: str, known: Iterable[str], chinese: bool = False) -> str:
    """One sentence about an unknown word: a known one that is near, or else what can be drawn."""
    near = get_close_matches(word, [name for name in known if name], n=1, cutoff=0.5)
    if chinese:
        things = "、".join(CHINESE_NAMES[name] for name in CLASSES)
        rest = f"我认识的词里最接近的是“{near[0]}”。" if near else f"我会画的是{things}。"
        return f"我不认识“{word}”；{rest}"
    rest = f'the nearest that I know is "{near[0]}"' if near else f"I draw: {', '.join(CLASSES)}"
    return f'I do not know the word "{word}"; {rest}.'


def _say(chinese: bool, what: str, *names: str) -> str:
    """One sentence that refuses, in one of two languages."""
    if what == "word":
        content = ("category", "colour", "pattern", "part")
        known = [
            phrase
            for phrase, item in LEXICON.items()
            if item.kind in content and bool(re.match(r"[a-z]", phrase)) != chinese
        ]
        return _unknown(names[0], known, chinese)
    english, other = REFUSALS[what]
    if chinese:
        names = tuple(CHINESE_NAMES.get(name, name) for name in names)
    return (other if chinese else english).format(*names)
