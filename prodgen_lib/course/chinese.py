"""A chapter in Chinese: ``chapters/NN_topic.zh.md`` holds its words, the English file the rest.

Above each text stands what it translates, ``<!-- 3fa2c1 -->``: a digest of the English. A figure's
alternative text is a piece of its own, ``<!-- 77aa12 alt -->``, at the place of its code cell.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from prodgen_lib.checking import names
from prodgen_lib.course.chapter import Chapter, chapter_files, read_chapter
from prodgen_lib.course.correspond import CHINESE, differences, wordless
from prodgen_lib.course.project import read_text
from prodgen_lib.course.punctuation import signs, terms

MARK = re.compile(r"(?m)^<!-- ([0-9a-f]{6})((?: \w+)*) -->[ \t]*$")
NOW = re.compile(r"\n*^~~~~english\n(?P<text>.*?)\n?~~~~$", re.MULTILINE | re.DOTALL)
LINE_END = re.compile(
    r"(?<=[\u3400-\u9fff，。：；？！（）、“”])[ ]*\n(?=[\u3400-\u9fff（“《])"
    r"|(?<=[，。：；？！（、])[ ]*\n(?=[A-Za-z*`$](?!`|\$|\* ))"
)
WIDTH = 44  # Chinese characters a line of an alternative text in code
# What a line's end does not part there: a Latin word, and a sign from what it follows.
UNBROKEN = re.compile(r"(?:[!-~]+|.)[，。：；？！）、》”…—]* ?")
UNTRANSLATED = "> 这一章还没有中文版，正文以英文显示。"


@dataclass(frozen=True)
class Piece:
    """A text to translate: that of a text cell, or the alternative text of a figure.

    ``cell`` counts the chapter's cells from 0; ``span`` is where an alternative text stands in its
    cell, and None for a text cell.
    """

    digest: str
    kind: str
    text: str
    cell: int
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Translation:
    """What a Chinese file holds of one piece: ``words`` are what its marker says besides."""

    digest: str
    words: tuple[str, ...]
    text: str

    @property
    def kind(self) -> str:
        return "alt" if "alt" in self.words else "text"


def digest(*texts: str) -> str:
    """Six hex digits for a text, or several; other line breaks do not change them."""
    words = "\0".join(" ".join(text.split()) for text in texts)
    return hashlib.sha256(words.encode()).hexdigest()[:6]


def chinese_path(chapter: Chapter) -> Path:
    return chapter.path.with_suffix(".zh.md")


def pieces(chapter: Chapter) -> list[Piece]:
    """What there is to translate, in order."""
    found: list[Piece] = []
    for number, cell in enumerate(chapter.cells):
        if cell.cell_type == "code":
            for start, end, text in _alts(cell.source):
                found.append(Piece(digest(text), "alt", text, number, (start, end)))
        else:
            found.append(Piece(digest(cell.source), "text", cell.source.strip(), number))
    return found


def _alts(source: str) -> Iterator[tuple[int, int, str]]:
    """Where each alternative text of a cell stands, and what it says, as of an f-string."""
    tree = ast.parse(names.as_python(source) or "")
    called = [
        keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "alt"
    ]
    kept = {value.id for value in called if isinstance(value, ast.Name)}
    for node in ast.walk(tree):  # what is put together before: alt = …, alt += …
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id in kept for one in targets):
                called.append(node.value)
    found = [(*_span(source, value), _said(value)) for value in called]
    yield from sorted(one for one in found if re.search(r"[A-Za-z]", re.sub(r"{.*}", "", one[2])))


def _span(source: str, node: ast.expr) -> tuple[int, int]:
    """The place of an expression in its text: Python counts columns in bytes."""
    lines = names.lines(source)

    def place(line: int, column: int) -> int:
        before = lines[line - 1].encode()[:column].decode()
        return sum(len(one) + 1 for one in lines[: line - 1]) + len(before)

    return place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)


def _said(node: ast.expr) -> str:
    """A string expression as the inside of an f-string; braces are doubled only in one."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr():
            return ast.unparse(node)[2:-1]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _said(left) + _said(right)
    return f"{{{ast.unparse(node)}}}"


def read_chinese(path: Path) -> list[Translation]:
    """The translations of a file in order; what stands above the first marker is a remark."""
    return parse(read_text(path))


def parse(text: str) -> list[Translation]:
    _, *parts = MARK.split(text)
    return [
        Translation(mark, tuple(words.split()), body.strip())
        for mark, words, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def faults(chapter: Chapter) -> list[str]:
    """One entry for each cell whose translation is missing, has aged, or does not correspond."""
    path = chinese_path(chapter)
    if not path.exists():
        return []
    found, mine, number = [], pieces(chapter), chapter.number
    theirs = read_chinese(path)
    for place, (english, chinese) in enumerate(zip_longest(mine, theirs), start=1):
        where = f"chapters/{path.name}, piece {place}"
        if english is None or chinese is None or english.kind != chinese.kind:
            whole = f"{len(mine)} pieces in English, {len(theirs)} in Chinese"
            found.append(
                f"{where}: number or order differ ({whole}): run `prodgen translate {number}`."
                + both(english.text if english else "", chinese.text if chinese else "")
            )
            break
        found += [f"{where}: {one}" for one in piece_faults(english, chinese)]
    return found


def piece_faults(english: Piece, chinese: Translation) -> Iterator[str]:
    """What is wrong with one translation, with both texts below it."""
    texts = both(english.text, chinese.text)
    words = CHINESE.search(chinese.text) or wordless(english.text)
    if chinese.digest != english.digest or "moved" in chinese.words:
        told = f"the English has moved on: translate it again, and write {english.digest} above."
        yield f"{told}{texts}"
    elif "new" in chinese.words or not words:
        yield f"is not translated yet; the word `new` goes when it is.{texts}"
    else:
        said = chinese.text
        for sentence in (*differences(english.text, said), *signs(said), *terms(said)):
            yield f"{sentence}{texts}"
        if english.kind == "alt" and _fields(english.text) != _fields(chinese.text):
            yield f"what stands in braces is code and stays as it is.{texts}"


def _fields(text: str) -> list[str]:
    return sorted(re.findall(r"\{.*?\}", text))


def both(english: str, chinese: str) -> str:
    return f"\n  English: {english or '(nothing)'}\n  Chinese: {chinese or '(nothing)'}"


def chapter_in(path: Path, language: str) -> Chapter:
    """A chapter as it is read in ``en`` or ``zh``."""
    chapter = read_chapter(path)
    return translated(chapter) if language == "zh" else chapter


def translated(chapter: Chapter) -> Chapter:
    """The chapter with Chinese words: its cells keep their English source as ``english``.

    A piece whose translation is missing or has aged stays English, and so does a chapter without a
    Chinese file, which says so.
    """
    cells = [NotebookNode(cell) for cell in chapter.cells]
    for cell in cells:
        cell.metadata = nbformat.from_dict({**cell.metadata, "english": cell.source})
    path = chinese_path(chapter)
    if not path.exists():
        cells[0].source = f"{cells[0].source}\n\n{UNTRANSLATED}"
        return replace(chapter, cells=tuple(cells))
    for piece, text in reversed(list(paired(chapter))):  # from the end, so that places stay
        cell = cells[piece.cell]
        if piece.span is None:
            cell.source = unwrapped(text)
        else:
            start, end = piece.span
            cell.source = cell.source[:start] + literal(text, piece.text) + cell.source[end:]
    return replace(chapter, cells=tuple(cells))


def paired(chapter: Chapter) -> Iterator[tuple[Piece, str]]:
    """The pieces that have a translation, each with it; what stands twice is taken in order."""
    path = chinese_path(chapter)
    there: dict[tuple[str, str], list[str]] = {}
    for one in read_chinese(path) if path.exists() else ():
        if not {"new", "moved", "gone"} & set(one.words):
            there.setdefault((one.digest, one.kind), []).append(one.text)
    for piece in pieces(chapter):
        if texts := there.get((piece.digest, piece.kind)):
            yield piece, texts.pop(0)


def headings(root: Path) -> dict[str, str]:
    """The headings of all chapters that are translated, from English to Chinese."""
    found: dict[str, str] = {}
    for path in chapter_files(root):
        for piece, chinese in paired(read_chapter(path)):
            mine, theirs = (re.findall(r"(?m)^#+ (.+)$", text) for text in (piece.text, chinese))
            found |= dict(zip(mine, theirs, strict=False))
    return found


def unwrapped(text: str) -> str:
    """The text with lines joined that a Chinese sentence goes over: a line's end shows as a space.

    Lists, tables, headings, listings and displayed formulas begin a line of their own.
    """
    parts = re.split(r"(?ms)^(`{3,}.*?^`{3,}\s*$)", text)
    parts[::2] = [LINE_END.sub("", part) for part in parts[::2]]
    return "".join(parts)


def literal(text: str, english: str) -> str:
    """A string of Python for an alternative text, folded where it is long."""
    words = " ".join(text.split())
    if "{" in english:
        return f'f"{words}"'
    lines = [""]
    for part in UNBROKEN.findall(words):
        if len(lines[-1] + part) > WIDTH and lines[-1]:
            lines.append("")
        lines[-1] += part
    quoted = ['"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"' for line in lines]
    return quoted[0] if len(quoted) == 1 else "(\n        " + "\n        ".join(quoted) + "\n    )"
