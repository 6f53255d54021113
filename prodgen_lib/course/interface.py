"""What commands say, in the reader's language: one table, ``interface.yaml``, looked up by English.

A sentence is known by its form, in which ``{}`` stands for what varies: so it needs no change where
it is made, and one that is not in the table stays English.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click

from prodgen_lib.checking.language import Text, language

TABLE = Path(__file__).with_name("interface.yaml")
SUFFIX = re.compile(r"\s+\[[^\]]*\]$")  # what click puts after an option: its default
CUT = "..."
USAGE, COLON = Text("Usage: ", "用法："), Text(":", "：")


def spoken(sentence: str) -> str:
    """The sentence as the reader wants it."""
    return in_chinese(sentence) if language() == "zh" else sentence


def in_chinese(sentence: str) -> str:
    """The sentence in Chinese, if the table has it; what varies in it may be a sentence, too."""
    plain = sentence.strip()
    if plain in table():
        return sentence.replace(plain, table()[plain])
    for form, chinese in forms():
        if found := form.fullmatch(plain):
            parts = [in_chinese(part) if " " in part else part for part in found.groups()]
            return sentence.replace(plain, chinese.format(*parts))
    return sentence


@cache
def table() -> dict[str, str]:
    """From English to Chinese."""
    import yaml  # half of the time that help in English may take

    return yaml.safe_load(TABLE.read_text(encoding="utf-8"))


@cache
def forms() -> list[tuple[re.Pattern, str]]:
    """The sentences with something that varies, those with most words first."""
    varying = sorted((one for one in table() if "{}" in one), key=len, reverse=True)
    return [
        (re.compile("(.*?)".join(map(re.escape, one.split("{}")))), table()[one]) for one in varying
    ]


def echo(sentence: object = "", err: bool = False) -> None:
    """``click.echo`` in the reader's language."""
    click.echo(spoken(str(sentence)), err=err)


class Formatter(click.HelpFormatter):
    """Help in the reader's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or USAGE.in_(language()))

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{spoken(heading)}{COLON.in_(language())}\n")

    def write_text(self, text: str) -> None:
        super().write_text("\n\n".join(map(_help, text.split("\n\n"))))

    def write_dl(self, rows, *layout, **named) -> None:
        super().write_dl([(name, _described(text)) for name, text in rows], *layout, **named)


def _help(paragraph: str) -> str:
    """A paragraph of help; one of examples keeps its lines."""
    if "\b" in paragraph:
        head, *lines = paragraph.strip("\b\n").split("\n")
        known = spoken(paragraph.strip("\b\n"))
        return (
            f"\b\n{known}"
            if known != paragraph.strip("\b\n")
            else "\n".join(["\b", spoken(head), *lines])
        )
    plain = " ".join(paragraph.split())
    return spoken(plain) if spoken(plain) != plain else paragraph


def _described(text: str) -> str:
    """What stands beside the name of an option or a command, which click may have cut short."""
    suffix = found[0] if (found := SUFFIX.search(text)) else ""
    plain = " ".join(text.removesuffix(suffix).split())
    if plain.endswith(CUT):
        begins = (one for one in table() if one.startswith(plain.removesuffix(CUT)))
        plain = next(begins, plain)
    return f"{spoken(plain)}{suffix}"


class Complaint(click.ClickException):
    """A mistake in one sentence, in the reader's language."""

    def show(self, file=None) -> None:
        click.echo(spoken(f"Error: {self.message}"), file=file, err=file is None)
