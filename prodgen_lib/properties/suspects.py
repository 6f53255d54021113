"""Who is put before a learner's test: right answers, which it must let pass, and wrong ones.

All are text, so that they can be compiled wherever they are to run. Right are the answer key and
the honest alternatives of the course's tests; wrong are the known wrong answers, the others that
must fail, and mutants of the answer key, but for those that the exercise's own check lets pass.
"""

from __future__ import annotations

import ast
import json
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from prodgen_lib.checking import names
from prodgen_lib.checking.exercise import Exercise, Framework
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.mutants import SAME, mutants
from prodgen_lib.checking.page import Wrong
from prodgen_lib.checking.source import FRAMEWORKS, PACKAGE, edited

KEY, HONEST, KNOWN, OTHER, MUTANT = "key", "honest", "known", "other", "mutant"
MOST_MUTANTS = 24
SURVIVORS = Path(__file__).with_name("survivors.json")
"""Mutants that do what the answer key does, by framework and exercise; a test renews the list."""
# What a mutant changed, told without a line of the answer: a piece of its name, then the words.
CHANGES = (
    ("arguments swapped", Text("two arguments are swapped", "两个参数互换了")),
    ("one line up", Text("two lines are swapped", "两行互换了")),
    ("without the minus", Text("a minus is missing", "少了一个负号")),
    ("without", Text("a part is left out", "漏掉了一部分")),
    ("= True", Text("a switch is turned", "一个开关反了")),
    ("= False", Text("a switch is turned", "一个开关反了")),
    (("Add", "Sub", "Mult", "Div"), Text("an operation is another", "一个运算换成了另一个")),
    (("Lt", "LtE", "NotEq"), Text("a comparison is another", "一个比较换成了另一个")),
)
NUMBER = Text("a number is another", "一个数换成了另一个")
ANOTHER_NAME = Text("a name is another", "一个名字换成了另一个")


@dataclass(frozen=True)
class Suspect:
    """An answer: its kind, what to call it, and text that defines the exercise's function."""

    kind: str
    name: Text
    source: str
    wrong: Wrong | None = None

    @property
    def right(self) -> bool:
        return self.kind in (KEY, HONEST)


def suspects(exercise: Exercise, framework: str) -> list[Suspect]:
    """All of them: the answer key first, then honest answers, then wrong ones as the page has them.

    The same list in every call, so that a place in it names one of them.
    """
    key = exercise.source(framework)
    found = [Suspect(KEY, Text("the course's own answer", "课程自己的答案"), key)]
    found += [Suspect(HONEST, Text(name, name), text) for name, text in honest(exercise, framework)]
    for kind, wrongs in ((KNOWN, exercise.wrong), (OTHER, exercise.others)):
        for wrong in wrongs:
            if edits := wrong.edits(framework):
                name = Text(*2 * (wrong.name,))
                found.append(Suspect(kind, name, edited(key, edits), wrong))
    return found + [
        Suspect(MUTANT, _change(what), text) for what, text in faulty(exercise, framework)
    ]


def faulty(exercise: Exercise, framework: str) -> list[tuple[str, str]]:
    """(what was changed, text) of mutants that the exercise's check kills, evenly chosen."""
    same = _survivors().get(framework, {}).get(exercise.id, [])
    every = [one for one in mutants(exercise.source(framework)) if one[0] not in same]
    count = min(MOST_MUTANTS, len(every))
    return [every[place * len(every) // count] for place in range(count)]


@lru_cache
def _survivors() -> dict[str, dict[str, list[str]]]:
    return json.loads(SURVIVORS.read_text(encoding="utf-8")) if SURVIVORS.exists() else {}


def _change(what: str) -> Text:
    """What a mutant changed, in words that give no line of the answer away."""
    for pieces, words in CHANGES:
        if isinstance(pieces, str) and pieces in what:
            return words
        if isinstance(pieces, tuple) and what.endswith(tuple(f"→ {piece}" for piece in pieces)):
            return words
    return NUMBER if what.rpartition("→ ")[2].replace(".", "").isdigit() else ANOTHER_NAME


def honest_folder() -> Path:
    """Where the honest answers lie: with a clone's tests, or with the course that a wheel holds."""
    clone, wheel = PACKAGE.parent / "tests", PACKAGE / "the_course" / "tests"
    return (clone if clone.is_dir() else wheel) / "exercises"


def honest_file(topic: str, framework: str) -> Path | None:
    """The honest answers of a topic; one that needs no framework has one file for both."""
    places = (honest_folder() / f"honest_{topic}{end}.py" for end in (f"_{framework}", ""))
    return next((place for place in places if place.is_file()), None)


def honest(exercise: Exercise, framework: str) -> Iterator[tuple[str, str]]:
    """(name, text) of each honest answer, with the imports and helpers beside it that it needs."""
    if (path := honest_file(exercise.topic, framework)) is None:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    start = f"{exercise.name}__"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith(start):
            told = node.name.removeprefix(start).replace("_", " ")
            node.name = exercise.name
            yield told, _with_needs(tree, node)


def _with_needs(tree: ast.Module, function: ast.FunctionDef) -> str:
    kept, needed = [function], names.used(ast.unparse(function))
    while True:
        more = [n for n in tree.body if n not in kept and _binds(n) & needed and not _is_answer(n)]
        if not more:
            break
        kept += more
        needed = needed.union(*(names.used(ast.unparse(node)) for node in more))
    parts = []
    for node in sorted(kept, key=lambda node: node.lineno):
        if isinstance(node, ast.Import | ast.ImportFrom):
            few = [a for a in node.names if (a.asname or a.name).partition(".")[0] in needed]
            node = type(node)(**{**dict(ast.iter_fields(node)), "names": few})
        parts.append(ast.unparse(node))
    return "\n".join(parts)


def _binds(node: ast.stmt) -> set[str]:
    return names.bound(ast.Module([node], []))


def _is_answer(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and "__" in node.name


def imports(exercise: Exercise) -> dict[str, list[str]]:
    """By framework, the import statements of its honest answers, which are better made once."""
    found: dict[str, list[str]] = {}
    for framework in FRAMEWORKS:
        texts = [text for _, text in honest(exercise, framework)]
        nodes = [node for text in texts for node in ast.parse(text).body]
        kept = (ast.unparse(n) for n in nodes if isinstance(n, ast.Import | ast.ImportFrom))
        found[framework] = list(dict.fromkeys(kept))
    return found


def compiled(source: str, topic: str, name: str, framework: str) -> Callable:
    """The function that a suspect's text defines, among the other functions of its module."""
    label = f"<an answer to {topic}.{name}>"
    linecache.cache[label] = (len(source), None, source.splitlines(True), label)  # for AutoGraph
    namespace = dict(vars(Framework(framework).module(topic)))
    namespace[SAME] = lambda value: value
    exec(compile(source, label, "exec"), namespace)
    return namespace[name]
