"""Pages of what was measured, of the terms of the field, and of the documents."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from prodgen_lib.checking.exercise import load_exercises
from prodgen_lib.checking.language import Text
from prodgen_lib.checking.source import FRAMEWORKS
from prodgen_lib.course.compose import TITLES
from prodgen_lib.course.project import read_text
from prodgen_lib.site.exercises import mistakes_label, ordered_topics
from prodgen_lib.site.markdown import Pages, anchor, relink, table
from prodgen_lib.site.words import topic_title

DOCUMENTS = ("docs/teaching.md", "CONTRIBUTING.md", "SECURITY.md")
GLOSSARY = Path(__file__).with_name("glossary.yaml")
GRADERS = """# The graders, graded

Each check is tested on wrong answers, which it must refuse, and on right ones in another style,
which it must pass. *Told apart*: mistakes that the check names in a sentence of their own.
*Refused*: further wrong answers. *Honest*: other right answers that pass."""
MUTANTS = """ *Mutants*: the answer key with
one small fault at a time, how many of them fail."""


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


def graders_page(root: Path) -> str:
    """Each exercise by what its check was tried on."""
    honest, killed = honest_answers(root), mutants(root)
    counted = ("Honest", "Mutants") if killed else ("Honest",)
    columns = [f"{what}, {TITLES[f]}" for what in counted for f in FRAMEWORKS]
    parts = [GRADERS + MUTANTS * bool(killed)]
    for topic in ordered_topics(root):
        rows = [
            [
                f"[`{one.name}`](#{mistakes_label(one)})",
                str(len(one.wrong)),
                str(len(one.others)),
                *(str(honest[f, one.id]) for f in FRAMEWORKS),
                *(killed.get(f, {}).get(one.id, "–") for f in FRAMEWORKS if killed),
            ]
            for one in load_exercises(topic).values()
        ]
        head = ["Exercise", "Told apart", "Refused", *columns]
        parts.append(f"## {topic_title(topic).en}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


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


def mutants(root: Path) -> dict[str, dict[str, str]]:
    """What `make mutants` last counted: ``killed of all`` by framework and exercise."""
    path = root / "benchmarks" / "mutants.json"
    if not path.exists():
        return {}
    record = json.loads(read_text(path))
    return {
        framework: {identity: f"{killed} of {count}" for identity, (killed, count) in rows.items()}
        for framework, rows in record.items()
    }


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
