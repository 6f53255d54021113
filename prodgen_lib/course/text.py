"""Text that strangers wrote, made fit to print: no control characters, no tricks with direction."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# Escape sequences for terminals (ECMA-48): CSI, OSC and the short ones, in seven and eight bits.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# Marks that turn or hide the text around them (UAX 9); letters from right to left don't need them.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff\u2028\u2029]")


def plain(text: str, most: int = 2000) -> str:
    """``text`` in one line of at most ``most`` characters that can't steer a terminal or a page."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = _TURNING.sub("", _ESCAPES.sub("", text))
    text = "".join("�" if _is_control(letter) else letter for letter in text)
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc" and letter not in "\t\n\r"


def name_of(text: str) -> str:
    """A person's or file's name for people to read: one spelling of each accented letter."""
    return unicodedata.normalize("NFC", plain(text, 120)) or "unnamed"


def file_name(key: str) -> str:
    """A file name (without suffix) for ``key`` that is unique and valid on every system."""
    words = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", key)).strip("_")[:60] or "x"
    return f"{words}-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:6]}"
