"""The two languages of the course, and which one a reader wants."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from prodgen_lib.paths import home

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Text:
    """The same words in English and in Chinese."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        """The words in ``en`` or ``zh``."""
        return self.zh if language == "zh" else self.en

    def format(self, *values: object, **named: object) -> Text:
        """Both with their braces filled in, as ``str.format`` does."""
        return Text(self.en.format(*values, **named), self.zh.format(*values, **named))


def language() -> str:
    """What a reader chose: ``PRODGEN_LANGUAGE``, else ``settings.json`` beside the progress."""
    wanted = os.environ.get("PRODGEN_LANGUAGE")
    return wanted if wanted in LANGUAGES else _settings().get("language", "en")


def choose_language(name: str) -> None:
    """Keep the choice beside the progress, for every later notebook and command."""
    settings = {**_settings(), "language": name}
    home().mkdir(parents=True, exist_ok=True)
    fresh = home() / ".settings.json.new"
    fresh.write_text(json.dumps(settings, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(home() / "settings.json")


def _settings() -> dict:
    """The settings; none where there is no file, or one that is damaged."""
    try:
        found = json.loads((home() / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = isinstance(found, dict) and found.get("language", "en") in LANGUAGES
    return found if known else {}
