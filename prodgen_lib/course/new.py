"""``prodgen new``: skeletons that read as they should and fail the checks that they should."""

from __future__ import annotations

import re
from pathlib import Path

from prodgen_lib.checking.source import FRAMEWORKS, function_source
from prodgen_lib.course.project import CourseError, read_text

NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
PAGE = """\
---
difficulty: 3
importance: 3
minutes: 10
---

## Hints

1. TODO: a question that makes one look at the right place?

   中：待写：引导学习者看向正确位置的问题？

2. TODO: the property that fails in common wrong answers.

   中：待写：常见错误答案所违反的性质。

3. TODO: the outline of an answer, in words.

   中：待写：用文字概括解法。

## Messages

- `result`: TODO: what to look at when this observation differs.

  中：待写：这一项不同时应检查什么。

## Known wrong answers
"""
MODULE = '''\
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Case, Framework, Observation
from prodgen_lib.exercises.common import probe


def cases(rng: np.random.Generator) -> list[Case]:
    """TODO: a case worked by hand, whose result stands in the docstring; then seeded ones."""
    by_hand = {"values": np.array([1.0, 2.0], np.float32)}
    return [
        Case("the case worked by hand", by_hand, {"result": np.nan}),
        Case("five values", {"values": rng.normal(0, 1, 5).astype(np.float32)}),
    ]


def observe(answer: Callable, case: Case, framework: Framework) -> Observation:
    """TODO: the result and its gradients, and what must always hold."""
    look = probe(framework)
    value, gradients = look.value_and_gradients(answer, look.tensor(case.inputs["values"]))
    return {"result": value, "gradient of the values": gradients[0]}
'''
QUESTION = """\
- id: {id}
  level: senior
  topics: [TODO]
  title:
    en: "TODO: the question?"
    zh: 待写：问题？
  short:
    en: "TODO: what one says in 30 seconds."
    zh: 待写：30 秒的回答。
  full:
    en: "TODO: the whole answer."
    zh: 待写：完整回答。
  rubric:
    junior: {{en: "TODO: heard at this level.", zh: 待写：初级会说到什么。}}
    senior: {{en: "TODO: heard at this level.", zh: 待写：高级会说到什么。}}
    expert: {{en: "TODO: heard at this level.", zh: 待写：专家会说到什么。}}
  follow_ups:
    - question: {{en: "TODO: asked next?", zh: 待写：追问？}}
      answer: {{en: "TODO: its answer.", zh: 待写：回答。}}
    - question: {{en: "TODO: asked after a good answer?", zh: 待写：更难的追问？}}
      answer: {{en: "TODO: its answer.", zh: 待写：回答。}}
  mistakes:
    - {{en: "TODO: what people get wrong.", zh: 待写：常见错误。}}
  points:
    - {{id: first, level: junior, weight: 3, en: "TODO: one thing to say.", zh: 待写：要点。}}
    - {{id: second, level: senior, weight: 2, en: "TODO: another.", zh: 待写：要点。}}
    - {{id: third, level: senior, weight: 2, en: "TODO: another.", zh: 待写：要点。}}
    - {{id: fourth, level: expert, weight: 2, en: "TODO: another.", zh: 待写：要点。, asks: 2}}
  shown_by: TODO
  sources:
    - {{title: TODO, reference: "arXiv:0000.00000"}}
"""


def new_exercise(root: Path, identity: str) -> list[Path]:
    """Write the page and the module of an exercise; its function must be in both answer keys.

    Raises ``CourseError`` for a name that is none, a function that is missing, or files that exist.
    """
    topic, name = _parts(identity, "gan.generator_loss")
    try:
        for framework in FRAMEWORKS:
            function_source(framework, topic, name)
    except ValueError as error:
        raise CourseError(f"{error} Write the function first, in both frameworks.") from None
    folder = root / "prodgen_lib" / "exercises" / topic
    files = {folder / f"{name}.md": PAGE, folder / f"{name}.py": MODULE}
    for path in files:
        if path.exists():
            raise CourseError(f"{path} exists already: edit it, or choose another name.")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return list(files)


def new_question(root: Path, identity: str) -> Path:
    """Add a question to the end of its chapter's file, which must exist.

    Raises ``CourseError`` for a name that is none or is taken, and a topic without questions.
    """
    topic, _ = _parts(identity, "gan.mode_collapse")
    files = sorted((root / "chapters").glob(f"[0-9][0-9]_{topic}.yaml"))
    if not files:
        known = ", ".join(p.stem[3:] for p in sorted((root / "chapters").glob("*.yaml")))
        raise CourseError(f"No file of questions is about {topic!r}; there are: {known}.")
    text = read_text(files[0])
    if re.search(rf"(?m)^- id: {re.escape(identity)}$", text):
        raise CourseError(f"{files[0].name} has a question {identity} already: choose another id.")
    files[0].write_text(f"{text.rstrip()}\n{QUESTION.format(id=identity)}", encoding="utf-8")
    return files[0]


def _parts(identity: str, example: str) -> tuple[str, str]:
    if not NAME.fullmatch(identity):
        raise CourseError(f"{identity!r} is no id; expected TOPIC.NAME, as {example}.")
    topic, _, name = identity.partition(".")
    return topic, name
