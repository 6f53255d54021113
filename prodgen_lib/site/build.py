"""``prodgen site``: write the pages of both languages, and have Sphinx make them a site."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from prodgen_lib.checking.source import PACKAGE
from prodgen_lib.course.compose import Target
from prodgen_lib.course.project import CourseError
from prodgen_lib.site.chapters import Shelf, chapter_pages
from prodgen_lib.site.exercises import mistake_pages
from prodgen_lib.site.figures import Figures
from prodgen_lib.site.front import MADE, front_page
from prodgen_lib.site.markdown import Pages
from prodgen_lib.site.questions import question_pages
from prodgen_lib.site.tables import (
    document_pages,
    documents,
    glossary_page,
    terms,
)
from prodgen_lib.site.words import chapters

NEEDED = ("sphinx", "myst_parser", "sphinx_design", "furo", "jieba")
MARK = ".prodgen-site"
"""A file in the folder of a site, by which a later build knows that it may replace it."""


@dataclass(frozen=True)
class Built:
    """What a build left: pages a language, bytes of all files, seconds, those of processors."""

    pages: dict[str, int]
    size: int
    seconds: float
    processor: float


def build_site(root: Path, out: Path, address: str = "", say: Callable = print) -> Built:
    """Make the site in ``out``. Raises ``CourseError`` where Sphinx warns of anything."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise CourseError(
            f"{', '.join(missing)} is not installed: `pip install -c constraints.txt -e .[site]`."
        )
    _make_way(out)
    start, busy = time.perf_counter(), _processor()
    figures = Figures()
    trees = {"en": english(root, figures), "zh": chinese(root, figures)}
    with tempfile.TemporaryDirectory() as place:
        sources = {language: Path(place, language) for language in trees}
        for language, pages in trees.items():
            write(sources[language], pages, configuration(language, trees, address))
        for source in sources.values():
            figures.write(source / "figures")
        say(f"{sum(map(len, trees.values()))} pages, {len(figures.files)} pictures; Sphinx runs")
        _sphinx(sources, {"en": out, "zh": out / "zh"})
    files = [path for path in out.rglob("*") if path.is_file()]
    return Built(
        {language: len(pages) for language, pages in trees.items()},
        sum(path.stat().st_size for path in files),
        time.perf_counter() - start,
        _processor() - busy,
    )


def _processor() -> float:
    """Seconds of processors that this process and the Sphinx that it started have used."""
    return sum(os.times()[:4])


def english(root: Path, figures: Figures) -> Pages:
    """The pages of the English tree; the pictures go to ``figures``."""
    places = documents(root) | notebook_places(root)
    pages = chapter_pages(Shelf(root, places, figures))
    pages |= mistake_pages(root, "en") | question_pages(root, "en")
    pages |= {"glossary": glossary_page(root, "en")}
    pages |= document_pages(root, places)
    figures.files[Path(MADE).name] = (root / MADE).read_bytes()
    return {"index": front_page(root, pages, "en"), **pages}


def chinese(root: Path, figures: Figures) -> Pages:
    """The pages of the Chinese tree: all that has Chinese, and nothing else."""
    pages = chapter_pages(Shelf(root, notebook_places(root, "zh"), figures, "zh"))
    pages |= mistake_pages(root, "zh") | question_pages(root, "zh")
    pages |= {"glossary": glossary_page(root, "zh")}
    return {"index": front_page(root, pages, "zh"), **pages}


def notebook_places(root: Path, language: str = "en") -> dict[str, str]:
    """Which page shows which notebook, in both trees of notebooks."""
    return {
        Target(chapter, framework, learner, language).file: f"chapters/{chapter.name}"
        for chapter in chapters(root, language)
        for framework in chapter.variants
        for learner in (True, False)
    }


def write(folder: Path, pages: Pages, settings: str) -> None:
    """The sources of one language as Sphinx wants them."""
    for name, text in pages.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    (folder / "conf.py").write_text(settings, encoding="utf-8")
    words = "".join(f"{term.name.zh}\n" for term in terms())
    (folder / "words.txt").write_text(words, encoding="utf-8")


def configuration(language: str, trees: dict[str, Pages], address: str) -> str:
    """The ``conf.py`` of one language: what differs; the rest is in `settings.py`."""
    other = next(name for name in trees if name != language)
    twins = sorted(trees[language].keys() & trees[other].keys())
    base = f"{address.rstrip('/')}/" if address else ""
    return (
        "from prodgen_lib.site.settings import *\n"
        f"language = {'zh_CN' if language == 'zh' else 'en'!r}\n"
        f"html_baseurl = {base + 'zh/' * (language == 'zh') if base else ''!r}\n"
        f"prodgen_address = {base!r}\n"
        f"prodgen_twins = {[*twins, 'search']!r}\n"
    )


def _make_way(out: Path) -> None:
    """An empty folder for the site; what is there already is replaced only if it is a site."""
    if out.exists() and any(out.iterdir()):
        if not (out / MARK).exists():
            raise CourseError(
                f"{out} holds something that is no site of ours: name another folder."
            )
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()


def _sphinx(sources: dict[str, Path], outs: dict[str, Path]) -> None:
    """One Sphinx a language, side by side; every warning is an error."""
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "PYTHONHASHSEED": "0"}
    runs = {
        language: subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sphinx",
                "-n",
                "-W",
                "--keep-going",
                "-q",
                "-b",
                "html",
                "-d",
                folder.with_name(f"{language}-trees"),
                folder,
                outs[language],
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        for language, folder in sources.items()
    }
    said = {language: run.communicate()[0] for language, run in runs.items()}
    if wrong := [said[language] for language, run in runs.items() if run.returncode]:
        raise CourseError("Sphinx complains:\n" + "\n".join(wrong).strip())
