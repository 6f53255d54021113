"""Pictures out of the outputs of notebooks: each becomes one file, whoever shows it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

from nbformat import NotebookNode

from prodgen_lib.checking.language import Text
from prodgen_lib.site.markdown import code, directive

DATA = re.compile(r"data:image/(png|jpeg|gif|webp);base64,(.+)", re.DOTALL)
INERT = "To use this, open the notebook"
NOTE = Text(
    "*A widget in the notebook; here it stands still.*",
    "这是笔记本里的交互控件，在这里是静止的。",
)
FEW = 4


class Figures:
    """The pictures seen so far, by file name."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def keep(self, address: str) -> str | None:
        """The file name for a picture that is written out in its address; None for another."""
        if not (found := DATA.fullmatch(address)):
            return None
        content = base64.b64decode(found[2])
        name = f"{hashlib.sha256(content).hexdigest()[:12]}.{found[1]}"
        self.files[name] = content
        return name

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


def shown(output: NotebookNode, figures: Figures, language: str = "en") -> str:
    """An output of a cell as Markdown; nothing of what went to the error stream."""
    if output.output_type == "stream":
        return code(output.text, "text") if output.name == "stdout" else ""
    data = output.get("data", {})
    if "text/html" in data:
        return from_html(data["text/html"], figures, language)
    if "text/markdown" in data:
        return data["text/markdown"]
    return code(data["text/plain"], "text") if "text/plain" in data else ""


def from_html(html: str, figures: Figures, language: str = "en") -> str:
    """Pictures and paragraphs in their order; many pictures in a row show every few of them.

    On a Chinese page the words, which a program said in English, stand in a listing as others do.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    shown = [item for item in reader.found if isinstance(item, dict)]
    parts = [item for item in reader.found if isinstance(item, str) and INERT not in item]
    rows = [_image(one, figures) for one in some(shown)]
    if len(rows) > 1:
        rows = [directive("div", "strip", "\n\n".join(rows))]
    if parts and language == "zh":
        parts = [code("\n".join(parts), "text")]
    note = NOTE.in_(language) if INERT in html else ""
    return "\n\n".join(filter(None, [*parts, *rows, note]))


def pictures(html: str) -> list[dict[str, str]]:
    """The pictures of an output, by their attributes."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [item for item in reader.found if isinstance(item, dict)]


def some(pictures: list[dict]) -> list[dict]:
    """All of a few pictures, else about a handful from the first to the last."""
    if len(pictures) <= 2 * FEW:
        return pictures
    step = (len(pictures) - 1) / FEW
    return [pictures[round(number * step)] for number in range(FEW + 1)]


def _image(attributes: dict[str, str], figures: Figures) -> str:
    name = figures.keep(attributes.get("src", ""))
    if name is None:
        return ""
    words = " ".join(attributes.get("alt", "").split())
    options = {"alt": words, "loading": "lazy"}
    if width := attributes.get("width"):
        options["width"] = f"{width}px"
    return directive("image", f"/figures/{name}", "", **options)


class _Reader(HTMLParser):
    """Collects the pictures (their attributes) and the words of a cell's HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str] | str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attributes: list) -> None:
        if tag == "img":
            self.found.append({key: value or "" for key, value in attributes})

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "h3", "tr"):
            self.flush()
        elif tag == "td":
            self.words += ": "

    def handle_data(self, data: str) -> None:
        self.words += data

    def flush(self) -> None:
        if words := " ".join(self.words.split()).rstrip(": "):
            self.found.append(words)
        self.words = ""

    def close(self) -> None:
        super().close()
        self.flush()
