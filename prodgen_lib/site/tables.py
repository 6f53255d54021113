"""Pages of what was measured, of the terms of the field, and of the documents."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.project import read_text
from prodgen_lib.site.markdown import Pages, anchor, relink
from prodgen_lib.site.words import topic_title

DOCUMENTS = ("docs/teaching.md", "CONTRIBUTING.md", "SECURITY.md")
GLOSSARY = Path(__file__).with_name("glossary.yaml")


@dataclass(frozen=True)
class Term:
    """A term of the field: its name and what it is, and the topic that teaches it."""

    name: Text
    meaning: Text
    topic: str


def documents(root: Path) -> dict[str, str]:
    """Which page shows which document, and which table of ``benchmarks/``."""
    tables = sorted(path.name for path in (root / "benchmarks").glob("*.md"))
    found = {f"benchmarks/{name}": f"measured/{name.removesuffix('.md')}" for name in tables}
    return found | {
        file: f"docs/{Path(file).stem.lower()}" for file in DOCUMENTS if (root / file).exists()
    }


def document_pages(root: Path, places: dict[str, str]) -> Pages:
    """Documents and measured tables as they stand, their links mended."""
    return {
        page: relink(read_text(root / file), file, page, places)
        for file, page in documents(root).items()
    }


def honest_answers(root: Path) -> Counter[tuple[str, str]]:
    """How many honest answers are tried, by framework and exercise; none without the tests."""
    found: Counter[tuple[str, str]] = Counter()
    for path in (root / "tests/exercises").glob("honest_*.py"):
        name = path.stem.removeprefix("honest_")
        topic = re.sub(rf"_({'|'.join(FRAMEWORKS)})$", "", name)
        which = [f for f in FRAMEWORKS if name == f"{topic}_{f}"] or FRAMEWORKS
        for function in re.findall(r"(?m)^def ([a-z_0-9]+?)__", read_text(path)):
            found.update((framework, f"{topic}.{function}") for framework in which)
    return found


def terms() -> list[Term]:
    """The glossary, in the order of the English names."""
    raw = yaml.safe_load(read_text(GLOSSARY))
    found = [Term(Text(**one["name"]), Text(one["en"], one["zh"]), one["topic"]) for one in raw]
    return sorted(found, key=lambda term: term.name.en.lower())


def glossary_page(root: Path, language: str) -> str:
    """Each term in both languages, what it is, and where it is taught."""
    title = Text("Glossary, English and Chinese", "术语表（中英对照）").in_(language)
    stems = {path.stem.partition("_")[2]: path.stem for path in (root / "chapters").glob("*.yaml")}
    entries = [_entry(term, stems.get(term.topic), language) for term in terms()]
    return "\n\n".join([f"# {title}", *entries])


def _entry(term: Term, stem: str | None, language: str) -> str:
    mine, other = (term.name.en, term.name.zh)[:: 1 if language == "en" else -1]
    way = f" [{topic_title(term.topic).in_(language)}](questions/{stem}.md)" if stem else ""
    named = f"({'term-' + anchor(term.name.en)})=\n"
    return f"{named}**{mine}** · {other}\n: {term.meaning.in_(language)}{way}"
