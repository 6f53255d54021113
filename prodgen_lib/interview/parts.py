"""What the widgets of practice are made of."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from ipywidgets import Button, Layout

LANGUAGES = [("English", "en"), ("中文", "zh"), ("English + 中文", "both")]
FRAMEWORKS = [("PyTorch", "torch"), ("TensorFlow", "tensorflow")]


def wide() -> Layout:
    """As wide as a line of text may be."""
    return Layout(width="46rem", max_width="100%", overflow="visible")


def a_button(text: str, action: Callable[[], None], style: str = "", key: str = "") -> Button:
    """A button; `key` is the key that presses it as well, inside a `wired` box."""
    button = Button(description=text, button_style=style, layout=Layout(width="auto"))
    button.on_click(lambda _: action())
    if key:
        button.add_class(f"prodgen-key-{key}")
    return button


def bind(action: Callable, value: object) -> Callable[[], None]:
    """The action with its value, for a click."""
    return lambda: action(value)


def spoken(text: str, language: str = "en") -> str:
    """A line that screen readers are told about."""
    code = "zh" if language == "zh" else "en"
    return f'<p role="status" lang="{code}">{escape(text)}</p>'
