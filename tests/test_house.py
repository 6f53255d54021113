"""The house: which floor stands on which, how large its rooms are, and that its signs are right."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "prodgen_lib"
# From the ground up. A module imports from floors below its own, or from its own room.
FLOORS = (
    ("paths",),
    ("data",),
    ("plain",),
    ("show",),
    ("checking",),
    ("torch", "tensorflow"),
    ("exercises", "parity"),
    ("properties",),
    ("questions",),
    ("course",),
    ("interview", "classroom", "site"),
    ("cli",),
)
WINGS = (("release",), ("sandbox", "intake"), ("marks",), ("grading", "evidence"), ("cli",))
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 400, 60
# Modules above the limit, with the reason; no other may grow beyond it.
LARGE = {
    f"{framework}/{topic}.py": "a chapter's answer key is one module, in the order of the chapter"
    for framework in ("torch", "tensorflow")
    for topic in ("autoencoder", "vae", "bayesopt", "superres", "gan", "metrics", "cgan")
}
LONG = {
    "exercises/bayesopt/optimise.py:observe": "one search, seen from all sides at once",
}


def modules() -> dict[str, ast.Module]:
    """Every module of the library by its path inside the package."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


MODULES = modules()


def imports(tree: ast.Module) -> Iterator[str]:
    """Files inside the package that a module imports from, also inside functions."""
    for node in ast.walk(tree):
        wanted = []
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            wanted = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in wanted:
            room, *parts = name.split(".")
            if room == "prodgen_lib" and parts:
                yield _file(parts) or _file(parts[:-1])


def _file(parts: list[str]) -> str:
    place = "/".join(parts)
    return next((f for f in (f"{place}.py", f"{place}/__init__.py") if f in MODULES), "")


def height(file: str, floors: tuple) -> int | None:
    """On which floor a file stands; None for the ground itself."""
    room = file.partition("/")[0].removesuffix(".py")
    return next((level for level, rooms in enumerate(floors) if room in rooms), None)


@pytest.mark.parametrize(("floors", "inside"), [(FLOORS, ""), (WINGS, "classroom/")])
def test_every_import_runs_downwards(floors, inside):
    wrong = []
    for file, tree in MODULES.items():
        mine = file.removeprefix(inside)
        for other in imports(tree):
            theirs = other.removeprefix(inside)
            if not (file.startswith(inside) and other.startswith(inside)):
                continue
            here, there = height(mine, floors), height(theirs, floors)
            same_room = mine.partition("/")[0] == theirs.partition("/")[0]
            if None not in (here, there) and not same_room and there >= here:
                wrong.append(f"{file} → {other}")
    assert not wrong, f"These imports run upwards or across: {wrong}"


def test_every_room_has_a_floor():
    rooms = {file.partition("/")[0].removesuffix(".py") for file in MODULES} - {"__init__"}
    assert rooms == {room for floor in FLOORS for room in floor}


def test_every_room_is_a_package_that_a_clone_has_too():
    """What git ignores is in no clone, and a notebook would differ from place to place."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    rooms = {f for f in folders if f.parent.name != "exercises"}  # an author adds a topic's folder
    assert [str(f) for f in rooms if not (f / "__init__.py").exists()] == []
    files = [str(p) for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    asked = subprocess.run(
        ["git", "check-ignore", *files], cwd=PACKAGE.parent, capture_output=True, text=True
    )
    if asked.returncode == 128:
        pytest.skip("not a git checkout")
    assert asked.stdout == ""


def test_no_imports_run_in_a_circle():
    graph = {file: set(imports(tree)) - {file, ""} for file, tree in MODULES.items()}
    inner = {file: {o for o in to if not o.endswith("__init__.py")} for file, to in graph.items()}
    try:
        graphlib.TopologicalSorter(inner).prepare()
    except graphlib.CycleError as error:
        raise AssertionError(f"A circle of imports: {' → '.join(error.args[1])}") from None


def test_rooms_and_functions_can_be_taken_in_at_one_sitting(capsys):
    lines = {f: len((PACKAGE / f).read_text(encoding="utf-8").splitlines()) for f in MODULES}
    functions = {
        f"{file}:{node.name}": node.end_lineno - node.lineno + 1
        for file, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    with capsys.disabled():
        for found in (lines, functions):
            largest = sorted(found.items(), key=lambda pair: -pair[1])[:10]
            print("\n" + "\n".join(f"{count:>5}  {name}" for name, count in largest))
    assert [name for name, count in lines.items() if count > MOST_LINES and name not in LARGE] == []
    long = [name for name, count in functions.items() if count > MOST_LINES_OF_A_FUNCTION]
    assert [name for name in long if name not in LONG] == []
    assert [name for name in LARGE if lines.get(name, 0) <= MOST_LINES] == []


def documents() -> list[Path]:
    files = [p for pattern in ("*.md", "docs/*.md", "chapters/*.md") for p in ROOT.glob(pattern)]
    return [*files, *PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py")]


def test_every_path_that_a_text_names_exists():
    """``prodgen_lib/…``, ``tests/…``, ``chapters/…`` in documents, docstrings and messages."""
    named = re.compile(r"(?<![\w/.-])((?:prodgen_lib|tests|chapters|docs|benchmarks)/[\w./-]*\w/?)")
    made_up = re.compile(r"topic|mini|toy|NAME|TOPIC|NN_|probe_a|honest_gan_|a\.safetensors")
    missing = []
    for path in documents():
        for place in set(named.findall(path.read_text(encoding="utf-8"))):
            if not (ROOT / place).exists() and not made_up.search(place):
                missing.append(f"{path.relative_to(ROOT)} names {place}")
    assert not missing


def test_every_module_that_a_text_names_exists():
    """Dotted names of the library in documents, docstrings and messages."""
    missing = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        for name in set(re.findall(r"(?<![\w.])prodgen_lib((?:\.[a-z_]\w*)+)", text)):
            parts = name.strip(".").split(".")
            tops = {file.partition("/")[0].removesuffix(".py") for file in MODULES}
            if parts[0] in tops:
                continue
            if not re.search(r"toy|mini|both|__|nothing", name):
                missing.append(f"{path.relative_to(ROOT)} names prodgen_lib{name}")
    assert not missing


def test_the_table_of_rooms_names_every_room():
    table = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Where things live")[2]
    )
    rooms = {f"prodgen_lib/{room}" for floor in FLOORS for room in floor}
    assert {room for room in rooms if f"`{room}" not in table} == set()


def test_importing_the_exercises_imports_no_framework_and_no_plotting():
    code = (
        "import sys; from prodgen_lib.checking.exercise import load_exercises, topics\n"
        "[load_exercises(topic) for topic in topics()]\n"
        "print({'torch', 'keras', 'tensorflow', 'matplotlib', 'ipywidgets'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
