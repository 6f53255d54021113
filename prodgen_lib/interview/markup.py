"""Markdown of questions as HTML for a notebook, and as wrapped text for a terminal."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from html import escape

import mistune

from prodgen_lib.checking.language import Text
from prodgen_lib.interview.words import clock

FORMULA = re.compile(r"\$\$.+?\$\$|\$[^\s$](?:[^$\n]*[^\s$])?\$", re.DOTALL)
CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
HEADING = re.compile(r"^(?=#+ )", re.MULTILINE)
_markdown = mistune.create_markdown(escape=True, plugins=["strikethrough", "footnotes", "table"])


def as_html(text: str) -> str:
    """Markdown as HTML; formulas stay as MathJax reads them, for Markdown would eat their ``_``."""
    formulas: list[str] = []

    def keep(found: re.Match) -> str:
        formulas.append(found[0])
        return f"FORMULA{len(formulas) - 1}END"

    parts = CODE.split(text)  # a dollar in code is a dollar
    parts[::2] = [FORMULA.sub(keep, part) for part in parts[::2]]
    html = _markdown("".join(parts))
    for number, formula in enumerate(formulas):
        html = html.replace(f"FORMULA{number}END", escape(formula))
    return html


def in_languages(text: Text, language: str) -> str:
    """The HTML of a text in "en", "zh" or "both"; Chinese is marked as such."""
    both = {text.en: "en", text.zh: "zh"} if language == "both" else {text.in_(language): language}
    return "".join(f'<div lang="{code}">{as_html(words)}</div>' for words, code in both.items())


def lowered(markdown: str, by: int) -> str:
    """The same text with each heading `by` levels lower."""
    parts = CODE.split(markdown)  # a comment in code is no heading
    parts[::2] = [HEADING.sub("#" * by, part) for part in parts[::2]]
    return "".join(parts)


def tell(text: str) -> None:
    """Print Markdown, wrapped at the terminal's width; in colours only on a terminal."""
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text, hyperlinks=False, code_theme="ansi_dark"))


def count_down(limit: float, prompt: str, language: str) -> str:
    """Ask on a terminal beside the time that is left, each second, until a line is typed.

    The line is left for whoever reads next, with the prompt that is still to be shown: none, or
    this one where there is no terminal, or none whose input can be waited for (Windows).
    """
    if os.name != "posix" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return prompt
    start = time.monotonic()
    while True:
        seconds = time.monotonic() - start
        amber = "\x1b[33m" if seconds > 0.8 * limit else ""
        told = clock(limit, seconds, language)
        print(f"\r{amber}{told}\x1b[0m · {prompt}: ", end="\x1b[K", flush=True)
        if select.select([sys.stdin], [], [], 1)[0]:
            return ""
