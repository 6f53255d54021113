"""Interview questions, in English and Chinese: one YAML file beside each chapter.

`load_questions` reads and validates a file, `load_bank` all of them; `render` makes Markdown of
questions, and `question_cells` makes the text cells of a chapter's drill.
"""

from prodgen_lib.questions.bank import (
    LEVELS,
    FollowUp,
    Point,
    Question,
    Source,
    Text,
    load_bank,
    load_questions,
)
from prodgen_lib.questions.render import question_cells, render

__all__ = [
    "LEVELS",
    "FollowUp",
    "Point",
    "Question",
    "Source",
    "Text",
    "load_bank",
    "load_questions",
    "question_cells",
    "render",
]
