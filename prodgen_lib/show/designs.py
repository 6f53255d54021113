"""Three designs of a language model that draws, as one picture."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

WORD, PICTURE, NETWORK = "#cfe3f5", "#f8d9b0", "#e4e4e4"
DESIGNS = (
    (
        "1  one row of tokens",
        (
            (0.0, 1.6, WORD, "words"),
            (2.0, 2.2, NETWORK, "one\ntransformer"),
            (4.6, 1.8, PICTURE, "picture\ntokens"),
            (6.8, 1.6, NETWORK, "decoder"),
        ),
    ),
    (
        "2  one transformer, its own head for pictures",
        (
            (0.0, 1.6, WORD, "words"),
            (2.0, 2.2, NETWORK, "one\ntransformer"),
            (4.6, 1.8, PICTURE, "diffusion\nof patches"),
            (6.8, 1.6, NETWORK, "decoder"),
        ),
    ),
    (
        "3  a language model writes the condition",
        (
            (0.0, 1.6, WORD, "words"),
            (2.0, 2.2, NETWORK, "language\nmodel"),
            (4.6, 1.8, WORD, "condition"),
            (6.8, 1.6, PICTURE, "diffusion\nmodel"),
        ),
    ),
)


def designs() -> Figure:
    """Each design as a chain of boxes: words in blue, what becomes the picture in orange."""
    fig = Figure(figsize=(7.2, 4.2))
    ax = fig.add_axes((0.01, 0.01, 0.98, 0.98))
    ax.set(xlim=(-0.2, 9.8), ylim=(-0.4, 6.4))
    ax.set_axis_off()
    for number, (title, boxes) in enumerate(DESIGNS):
        low = 4.2 - 2.2 * number
        ax.text(0, low + 1.45, title, fontsize=12, weight="bold")
        for left, wide, colour, text in boxes:
            shape = FancyBboxPatch(
                (left, low),
                wide,
                1.1,
                boxstyle="round,pad=0.04",
                facecolor=colour,
                edgecolor="#555",
            )
            ax.add_patch(shape)
            ax.text(left + wide / 2, low + 0.55, text, ha="center", va="center", fontsize=11)
        ends = [left + wide for left, wide, _, _ in boxes]
        starts = [left for left, *_ in boxes[1:]] + [9.1]
        for end, start in zip(ends, starts, strict=True):
            ax.annotate(
                "",
                (start - 0.06, low + 0.55),
                (end + 0.06, low + 0.55),
                arrowprops={"arrowstyle": "->"},
            )
        ax.text(9.15, low + 0.55, "picture", va="center", fontsize=11)
    ax.set_xlim(-0.2, 10.4)
    return fig
