"""Saying something in a notebook: as HTML that wraps and has colour, with a text twin.

The twin is what a terminal or a plain viewer shows; with ``PRODGEN_PLAIN=1``, as for stored and
graded runs, it is all that there is. Colours are told apart by sign and shade too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from html import escape

from prodgen_lib.checking.language import language

COLOURS = {"✓": "#009e73", "✗": "#d55e00", "–": "#767676"}  # Okabe and Ito's, and grey
LATIN = "[A-Za-z0-9_*]"
BOX = (
    "border-left:4px solid {colour};padding:.4em .8em;margin:.2em 0;max-width:46rem;"
    "overflow-wrap:break-word;line-height:1.5;font-family:var(--jp-content-font-family,sans-serif);"
    "color:var(--jp-content-font-color1,inherit)"
)


def tell(text: str, html: str | None = None) -> None:
    """Show ``html`` in a notebook with ``text`` as its twin; print ``text`` elsewhere."""
    if html is None or not in_notebook():
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": html}, raw=True)


def in_notebook() -> bool:
    """Whether this runs in a kernel, whose front end shows HTML."""
    if os.environ.get("PRODGEN_PLAIN") == "1":
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def box(sign: str, head: str, *sentences: str) -> str:
    """A bar in the colour of ``sign``, a bold head and sentences with their `code` and *stress*."""
    colour = COLOURS[sign]
    rest = "".join(f"<div>{prose(one)}</div>" for one in sentences)
    return (
        f'<div role="status" lang="{language()}" style="{BOX.format(colour=colour)}">'
        f'<strong><span style="color:{colour}">{sign}</span> {prose(head)}</strong>{rest}</div>'
    )


def table(rows: list[tuple[str, str, str, str]], caption: str) -> str:
    """Rows of (sign, name, level, minutes) under a caption."""
    lines = "".join(
        f'<tr><td style="color:{COLOURS[sign]}">{sign}</td><td style="text-align:left">'
        f"<code>{escape(name)}</code></td><td>{level}</td><td>{escape(minutes)}</td></tr>"
        for sign, name, level, minutes in rows
    )
    return (
        f'<table lang="{language()}"><caption style="text-align:left">{escape(caption)}</caption>'
        f"<tbody>{lines}</tbody></table>"
    )


def prose(text: str) -> str:
    """Markdown's `code` and *stress* as HTML; all else is plain text."""
    return marked(escape(text))


def marked(safe: str) -> str:
    """The same for a text in which HTML is escaped already.

    A star beside a Latin letter or a digit multiplies; beside a Chinese one, which stands without
    a space, it marks stress.
    """
    safe = re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)
    return re.sub(rf"(?<!{LATIN})\*(\w(?:[^*<>]*\w)?)\*(?!{LATIN})", r"<em>\1</em>", safe)


def button(label: str, action: Callable[[], None]) -> None:
    """A button below, whose action shows its output beneath it; nothing outside a notebook."""
    if not in_notebook():
        return
    from IPython.display import display
    from ipywidgets import Button, Layout, Output, VBox

    below = Output()
    press = Button(description=label, layout=Layout(width="auto"))

    def act(_: object) -> None:
        with below:
            action()

    press.on_click(act)
    display(VBox([press, below]))
