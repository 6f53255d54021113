"""Which files of the library stand behind a notebook, found by reading its imports.

What is imported by a computed name is known by rule: the data package loads any of its modules, a
check of ``gan.generator_loss`` loads that exercise, its page and the answer key of ``gan``, a
parity table both answer keys, and an f-string that names a module stands for all that it may name,
``*`` alone being a framework.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from prodgen_lib.checking import names, source

FRAMEWORKS = source.FRAMEWORKS
LIBRARY = "prodgen_lib"
WHOLE = {f"{LIBRARY}.data"}
CHECK = re.compile(r"""\bcheck\(\s*["'](\w+)\.(\w+)""")
CONTENTS = f"{LIBRARY}.course.contents"
STATUS = re.compile(r"""\bstatus\(["'](\w+)""")


def files_behind(cells: Iterable[str], framework: str) -> list[Path]:
    """The files that a run of these code cells may read: modules, and weights that they name."""
    texts = list(cells)
    waiting = [module for text in texts for module in _imported(text)]
    waiting += [module for text in texts for module in _checked(text, framework)]
    found: dict[Path, str] = {}
    while waiting:
        for path in _files(waiting.pop()):
            if path not in found:
                found[path] = path.read_text(encoding="utf-8") if path.suffix == ".py" else ""
                waiting += _imported(found[path])
                if path.parent.name not in ("checking", "parity"):  # see `_checked`
                    waiting += _computed(found[path])
    found |= dict.fromkeys(_pages(texts), "")
    weights = source.PACKAGE.glob("weights/*.safetensors")
    mentioned = "\n".join([*texts, *found.values()])
    return sorted([*found, *(path for path in weights if path.stem in mentioned)])


@lru_cache(maxsize=4096)  # most files stand behind most notebooks
def _imported(text: str) -> tuple[str, ...]:
    return tuple(_imports(text))


def _imports(text: str) -> Iterator[str]:
    """Modules of the library that a text imports; also ``a.b`` where ``from a import b``."""
    for node in ast.walk(ast.parse(names.as_python(text) or "")):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(LIBRARY))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(LIBRARY):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@lru_cache(maxsize=4096)
def _computed(text: str) -> tuple[str, ...]:
    return tuple(_names_made(text))


def _names_made(text: str) -> Iterator[str]:
    """Names of modules with ``*`` for what is computed, one name for each framework."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "*" for p in node.values)
            name = "".join(parts)
            if re.fullmatch(rf"{LIBRARY}\.[\w.*]+", name):
                yield from (name.replace(".*.", f".{framework}.") for framework in FRAMEWORKS)


def _checked(text: str, framework: str) -> Iterator[str]:
    """What stands behind ``check("gan.generator_loss")`` and ``parity_table("gan")``."""
    for topic, name in set(CHECK.findall(text)):
        yield f"{LIBRARY}.exercises.{topic}.{name}"
        yield from (f"{LIBRARY}.{framework}.{topic}", f"{LIBRARY}.plain.{topic}")
    for topic in set(re.findall(r"""\bparity_table\(["'](\w+)""", text)):
        yield f"{LIBRARY}.parity.{topic}"
        yield from (f"{LIBRARY}.{name}.{topic}" for name in FRAMEWORKS)


def _pages(texts: Iterable[str]) -> Iterator[Path]:
    """The pages of exercises that are checked, and all of a topic whose status is shown.

    A table of contents holds what the heads of all pages and all chapters say.
    """
    folder, text = source.PACKAGE / "exercises", "\n".join(texts)
    for topic, name in CHECK.findall(text):
        yield from (folder / topic).glob(f"{name}.md")
    for topic in STATUS.findall(text):
        yield from (folder / topic).glob("*.md")
    if CONTENTS in text:
        yield from folder.glob("*/*.md")
        chapters = (source.PACKAGE.parent / "chapters").glob("*.md")
        yield from (path for path in chapters if not path.stem.endswith(".zh"))


def _files(module: str) -> Iterator[Path]:
    """The file of a module and of the packages around it; a package of ``WHOLE`` in full."""
    parts = module.split(".")[1:]
    if "*" in module:
        yield from source.PACKAGE.glob(f"{'/'.join(parts)}.py")
        return
    for depth in range(1, len(parts) + 1):
        place = source.PACKAGE.joinpath(*parts[:depth])
        if ".".join([LIBRARY, *parts[:depth]]) in WHOLE:
            files = (path for path in place.rglob("*") if "__pycache__" not in path.parts)
            yield from (path for path in files if path.is_file())
            return
        yield from (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file())
