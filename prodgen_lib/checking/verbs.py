"""The four verbs of a notebook: ``check``, ``hint``, ``status`` and ``reset``."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from prodgen_lib.checking import names, progress
from prodgen_lib.checking.check import Verdict, check_answer, source_of
from prodgen_lib.checking.exercise import (
    Exercise,
    Framework,
    exercise_names,
    find_exercise,
    load_exercises,
    topics,
)
from prodgen_lib.checking.language import Text, language
from prodgen_lib.checking.own import Watch
from prodgen_lib.checking.sentences import NOT_ANSWERED
from prodgen_lib.checking.source import brief, stub
from prodgen_lib.checking.tell import box, button, table, tell

GOES_ON = Text(
    "The chapter goes on with the course's own version.", "本章接下来使用课程自己的版本。"
)
HINT = Text("Hint {} of {}: ", "提示 {}/{}：")
MINUTES = Text("{} min", "{} 分钟")
SOLVED = Text("{} of {} solved in {}.", "已完成 {}/{}（{}）。")
RIGHT = Text("`{}` is right: all {} stages pass", "`{}` 正确：{} 个阶段全部通过")
WRONG = Text("`{}`: {} of {} stages pass", "`{}`：{}/{} 个阶段通过")
LOOK_AT = Text("At *{}*: ", "在*{}*这一步：")
UNKNOWN = Text("No chapter has the topic {}. There are:", "没有主题为 {} 的章节。现有：")
SHOW_HINT = Text("Hint", "提示")
FRESH = Text(
    "A fresh {} stands in the cell below, with its check; yours is untouched. Only the exercise's "
    "own cell is graded: when you are done, copy your answer there.",
    "下面的单元格里是一个全新的 {} 和它的检查；你写的保持不动。"
    "评分只看练习原来的单元格：写好后请把答案复制过去。",
)
AS_IT_CAME = Text(
    f"{NOT_ANSWERED.en}: this is the candidate's code as it came. Find its faults and mend them.",
    f"{NOT_ANSWERED.zh}：这还是候选人原来的代码。请找出其中的错误并改正。",
)
OWN = Text(
    f"{NOT_ANSWERED.en}: `{{0}}` is now the course's own version, or calls it. Run the cell with "
    "your answer, then this one.",
    f"{NOT_ANSWERED.zh}：`{{0}}` 现在是课程自己的版本，或调用了它。"
    "请先运行写有你答案的单元格，再运行这一格。",
)
_hints_given: Counter[str] = Counter()


class CheckFailed(AssertionError):
    """Raised in a strict run (``PRODGEN_STRICT=1``): a wrong answer stops the notebook."""


def check(exercise_id: str, answer: Callable, *, framework: str) -> Callable:
    """Check ``answer``, print one line, and return a function that works.

    That is the learner's own when it is right and the answer key's when it is not, so that the
    chapter runs to its end at every stage of the work. What nobody wrote, a stub, a candidate's
    code as it came or the course's own version, is no attempt, and nothing is recorded. The seed
    of the inputs is the exercise's own, or the environment variable ``PRODGEN_SEED``.
    """
    exercise = find_exercise(exercise_id)
    verdict = _verdict(exercise, answer, Framework(framework))
    if verdict.answered:
        progress.record(exercise_id, framework, verdict)
    if verdict.correct:
        tell(line(verdict), _shown(verdict, framework))
        return answer
    if os.environ.get("PRODGEN_STRICT") == "1":
        raise CheckFailed(line(verdict))
    tell(f"{line(verdict)}\n{GOES_ON.in_(language())}", _shown(verdict, framework))
    button(SHOW_HINT.in_(language()), partial(hint, exercise_id))
    return exercise.solution(Framework(framework))


def _verdict(exercise: Exercise, answer: Callable, framework: Framework) -> Verdict:
    """As `check_answer`, but what the learner did not write counts as not answered."""
    if _as_it_came(exercise, answer, framework.name):
        return Verdict(exercise.id, 0, 1, AS_IT_CAME, answered=False)
    seed = os.environ.get("PRODGEN_SEED")
    watch = Watch(answer, exercise.solution(framework))
    verdict = check_answer(
        exercise, answer, framework, seed=int(seed) if seed else None, watch=watch
    )
    if watch.called:
        name = exercise.name
        return Verdict(exercise.id, 0, verdict.stages, OWN.format(name), answered=False)
    return verdict


def _as_it_came(exercise: Exercise, answer: Callable, framework: str) -> bool:
    """Whether this is the candidate's code of a review, unchanged but for prose and space."""
    source = source_of(answer) if callable(answer) and exercise.review else None
    if source is None:
        return False
    came = exercise.candidate(framework, exercise.source(framework))
    return names.without_prose(textwrap.dedent(source)) == names.without_prose(came)


def sign(verdict: Verdict) -> str:
    """✓ right, ✗ wrong, – not answered."""
    return "✓" if verdict.correct else "✗" if verdict.answered else "–"


def line(verdict: Verdict) -> str:
    """The one line that a person reads and nbval compares.

    A failing line carries the time of day, so a stored failure never equals a new one, and a
    notebook saved with failures can't pass nbval by failing in the same way again.
    """
    head = f"{verdict.exercise}  {sign(verdict)} {verdict.passed}/{verdict.stages}"
    if verdict.correct:
        return head
    return f"{head}  {datetime.now():%H:%M:%S}  {verdict.text.in_(language())}"


def _shown(verdict: Verdict, framework: str) -> str:
    """The same for the eye: what passes, the sentence, and how many of the chapter are solved."""
    here = language()
    if verdict.correct:
        head = RIGHT.format(verdict.exercise, verdict.stages)
        solved, of = _solved(verdict.exercise.partition(".")[0], framework)
        return box("✓", head.in_(here), SOLVED.format(solved, of, framework).in_(here))
    wrong = WRONG.format(verdict.exercise, verdict.passed, verdict.stages)
    head = wrong if verdict.answered else Text(*2 * (f"`{verdict.exercise}`",))
    words = verdict.text.in_(here)
    if verdict.answered and verdict.stage.en:
        words = f"{LOOK_AT.format(verdict.stage.in_(here)).in_(here)}{words}"
    return box(sign(verdict), head.in_(here), words, GOES_ON.in_(here))


def hint(exercise_id: str) -> None:
    """Show the next hint: first a question, then the property that fails, then an outline."""
    exercise = find_exercise(exercise_id)
    number = _hints_given[exercise_id] % len(exercise.hints)
    _hints_given[exercise_id] += 1
    head = HINT.format(number + 1, len(exercise.hints)).in_(language())
    words = exercise.hints[number].in_(language())
    tell(head + words, box("–", head.strip(" :："), words))


def _solved(topic: str, framework: str) -> tuple[int, int]:
    """How many exercises of a topic were ever solved, of how many."""
    tried, names = progress.solved(framework), exercise_names(topic)
    return sum(tried.get(f"{topic}.{name}", False) for name in names), len(names)


def status(topic: str = "", *, framework: str) -> None:
    """Show where each exercise of a chapter stands, for example ``status("gan")``.

    What was solved once stays solved. Without a topic it is this notebook's; where there is none,
    and for a topic that there isn't, all are counted.
    """
    tried, here = progress.solved(framework), language()
    topic = (topic or _of_this_notebook()).partition(".")[0]
    if topic not in topics():
        told = [SOLVED.format(*_solved(one, framework), one).in_(here) for one in topics()]
        if topic:
            told.insert(0, UNKNOWN.format(topic).in_(here))
        tell("\n".join(told), box("–", told[0], *told[1:]))
        return
    rows = []
    for exercise in load_exercises(topic).values():
        right = tried.get(exercise.id)
        mark = "–" if right is None else "✓" if right else "✗"
        minutes = MINUTES.format(exercise.minutes).in_(here)
        rows.append((mark, exercise.id, dots(exercise.difficulty), minutes))
    solved = SOLVED.format(*_solved(topic, framework), framework).in_(here)
    text = [f"{mark}  {name:<40} {level}  {minutes}" for mark, name, level, minutes in rows]
    tell("\n".join([*text, solved]), table(rows, solved))


def _of_this_notebook() -> str:
    """The topic in the notebook's name, which the Jupyter server tells its kernels."""
    words = Path(os.environ.get("JPY_SESSION_NAME", "")).stem.split("_")
    return next((word for word in words if word in topics()), "")


def dots(level: int) -> str:
    """A level from 1 to 5 as dots."""
    return "●" * level + "○" * (5 - level)


def reset(exercise_id: str, *, framework: str) -> None:
    """Put a fresh, empty exercise cell below this one; what was written stays where it is."""
    from IPython import get_ipython

    exercise = find_exercise(exercise_id)
    source = exercise.source(framework)
    text = brief(exercise.candidate(framework, source) or stub(source))
    shell = get_ipython()
    if shell is None:
        print(text)
    else:
        name = exercise.name
        again = f'{text}\n\n\n{name} = check("{exercise_id}", {name})'
        shell.set_next_input(again, replace=False)
        told = FRESH.format(exercise.name).in_(language())
        tell(told, box("–", told))
