"""``prodgen translate``: skeletons of translations, and what is missing in them.

What was translated is never written over. A text whose English has moved on keeps its words, is
marked ``moved``, and has the English of now below it; one whose English is gone goes to the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from prodgen_lib.checking.exercise import Exercise, find_exercise
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.chapter import Chapter, chapter_files, read_chapter
from prodgen_lib.course.chinese import (
    NOW,
    Piece,
    Translation,
    chinese_path,
    faults,
    parse,
    pieces,
    read_chinese,
)
from prodgen_lib.course.chinese_task import english_tasks, task_digest, task_faults, task_path
from prodgen_lib.course.contents import exercises
from prodgen_lib.course.correspond import wordless
from prodgen_lib.course.project import CourseError

FEW = 3  # more differences than these are easier to read in two texts
TOKEN = re.compile(r"\([^()]*\)|`[^`]*`|\s+|[^\s(`]+|.")


def chosen(root: Path, wanted: tuple[str, ...]) -> tuple[list[Chapter], list[Exercise]]:
    """Chapters, with their exercises, and exercises by their ids; all chapters by default."""
    ids = [name for name in wanted if re.fullmatch(r"[a-z]\w*\.\w+", name)]
    try:
        single = [find_exercise(name) for name in ids]
    except ValueError as error:
        raise CourseError(str(error)) from None
    names = [name for name in wanted if name not in ids]
    files = chapter_files(root, names) if names or not wanted else []
    chapters = [read_chapter(path) for path in files]
    own = [one for chapter in chapters if chapter.frameworks for one in exercises(chapter)]
    return chapters, [*own, *single]


def missing(root: Path, wanted: tuple[str, ...]) -> Iterator[str]:
    """What has no translation, and every fault of those that there are."""
    chapters, tasks = chosen(root, wanted)
    for chapter in chapters:
        if not chinese_path(chapter).exists():
            yield f"chapters/{chinese_path(chapter).name} is missing."
        yield from faults(chapter)
    for exercise in tasks:
        if not task_path(exercise).exists():
            yield f"exercises/{exercise.topic}/zh/{exercise.name}.md is missing."
        yield from task_faults(exercise)


def write_skeletons(root: Path, wanted: tuple[str, ...]) -> Iterator[str]:
    """Write what is missing or has moved on; yields a sentence for each file."""
    chapters, tasks = chosen(root, wanted)
    todo = [(chinese_path(one), pieces(one)) for one in chapters]
    todo += [(task_path(one), task_pieces(one)) for one in tasks]
    for path, mine in todo:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        text = _head(before) + skeleton(mine, parse(before))
        place = "/".join(path.parts[-2 if path.name.endswith(".zh.md") else -4 :])
        if text == before:
            yield f"{place}: unchanged"
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        left = sum(bool({"new", "moved", "gone"} & set(one.words)) for one in parse(text))
        yield f"{place}: {left} of {len(mine)} to be translated"


def _head(text: str) -> str:
    """What stands above the first marker, which is the author's own."""
    start = text.find("<!-- ")
    return text[:start] if start > 0 else ""


def task_pieces(exercise: Exercise) -> list[Piece]:
    """One text for both frameworks, or two; as the file has it, else whichever reads better."""
    texts, path = english_tasks(exercise), task_path(exercise)
    torch, tensorflow = texts.values()
    both, places = merged(torch, tensorflow)
    one = places <= FEW
    if path.exists():
        one = not any(set(found.words) & set(FRAMEWORKS) for found in read_chinese(path))
    if one:
        return [Piece(task_digest(exercise), "text", both, 0)]
    return [Piece(task_digest(exercise, f), f, texts[f], 0) for f in FRAMEWORKS]


def merged(torch: str, tensorflow: str) -> tuple[str, int]:
    """Both texts as one, with ``{{A || B}}`` where they differ, and how often they do."""
    mine, theirs = (TOKEN.findall(text) for text in (torch, tensorflow))
    keys = [[" " if re.fullmatch(" |\n", token) else token for token in t] for t in (mine, theirs)]
    parts: list[list[str]] = []  # [common] or [torch, tensorflow]
    for kind, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        ours, other = "".join(mine[a:b]), "".join(theirs[c:d])
        short = parts and kind == "equal" and len(ours.split()) < 3 and "\n\n" not in ours
        if kind == "equal" and not short:
            parts.append([ours])
        elif parts and len(parts[-1]) == 2:
            parts[-1] = [parts[-1][0] + ours, parts[-1][1] + other]
        else:
            parts.append([ours, other])
    texts = [_either(*part) if len(part) == 2 else part[0] for part in parts]
    return "".join(texts), sum(len(part) == 2 for part in parts)


def _either(ours: str, other: str) -> str:
    """A place where frameworks differ; the space around it stays outside."""
    if ours == other:
        return ours
    one = ours if ours.strip() else other
    before, after = one[: len(one) - len(one.lstrip())], one[len(one.rstrip()) :]
    return f"{before}{{{{{ours.strip()} || {other.strip()}}}}}{after}"


def skeleton(mine: list[Piece], there: list[Translation]) -> str:
    """The file with its texts where they belong."""
    old = [one for one in there if "gone" not in one.words]
    gone = [one for one in there if "gone" in one.words]
    keys = [(p.digest, p.kind) for p in mine], [(t.digest, _kind(t)) for t in old]
    lines: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if kind == "equal":
            lines += [_shown(t.digest, t.words, t.text) for t in old[c:d]]
            continue
        waiting = old[c:d]
        for piece in mine[a:b]:
            match = next((one for one in waiting if _kind(one) == piece.kind), None)
            if match is not None:
                waiting.remove(match)
            lines.append(_moved(piece, match))
        gone += [one for one in waiting if "new" not in one.words]
    lines += [
        _shown(one.digest, (*_about(_kind(one)), "gone"), NOW.sub("", one.text)) for one in gone
    ]
    return "\n\n".join(lines) + "\n"


def _kind(one: Translation) -> str:
    return next((w for w in one.words if w in FRAMEWORKS), one.kind)


def _about(kind: str) -> tuple[str, ...]:
    return () if kind == "text" else (kind,)


def _moved(piece: Piece, old: Translation | None) -> str:
    """A piece that has no translation, or one of what its English was."""
    about = _about(piece.kind)
    if old is None or "new" in old.words:
        words = about if wordless(piece.text) else (*about, "new")
        return _shown(piece.digest, words, piece.text)
    body = f"{NOW.sub('', old.text)}\n\n~~~~english\n{piece.text}\n~~~~"
    return _shown(piece.digest, (*about, "moved"), body)


def _shown(mark: str, words: tuple[str, ...], text: str) -> str:
    return f"<!-- {' '.join((mark, *words))} -->\n\n{text}"
