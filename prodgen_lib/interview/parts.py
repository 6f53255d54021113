"""What the widgets of practice are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from ipywidgets import HTML, Button, Checkbox, Layout, VBox

from prodgen_lib.checking.language import Text
from prodgen_lib.interview.markup import as_html

POINT_STYLE = """<style>
.prodgen-point, .prodgen-point label { height: auto !important; }
.prodgen-point label { white-space: normal; line-height: 1.4; align-items: start; }
.prodgen-point p { display: inline; }
.prodgen-point label span { white-space: normal; overflow: visible; }
</style>"""
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


class Checklist:
    """Boxes to tick, one a point, whose words wrap; `said` are the ids of those ticked."""

    def __init__(self, points: Mapping[str, Text], language: str):
        self.boxes = {
            name: Checkbox(
                description=as_html(text.in_(language)).strip(),
                description_allow_html=True,
                indent=False,
                tooltip=text.in_(language),
                layout=Layout(width="auto"),
            )
            for name, text in points.items()
        }
        for box in self.boxes.values():
            box.add_class("prodgen-point")
        style = HTML(POINT_STYLE)
        self.box = VBox([style, *self.boxes.values()], layout=Layout(overflow="visible"))

    @property
    def said(self) -> list[str]:
        """The ids of the points that are ticked."""
        return [name for name, box in self.boxes.items() if box.value]
