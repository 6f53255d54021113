"""How long a learner waits for a check: CPU seconds of every exercise, the slowest ten printed.

    python benchmarks/check_speed.py            both frameworks, one after the other
    python benchmarks/check_speed.py torch

Each exercise is checked once before it is timed, as a notebook's first check pays for imports. The
right answer is the answer key; the wrong one is the known wrong answer that takes longest of three.
"""

from __future__ import annotations

import subprocess
import sys
import time

from prodgen_lib.checking.check import check_answer
from prodgen_lib.checking.exercise import Exercise, Framework, load_exercises, topics

MOST = {"right": 1.0, "wrong": 2.0}


def seconds(exercise: Exercise, answer, framework: Framework) -> float:
    """CPU seconds of one check in this process."""
    start = time.process_time()
    check_answer(exercise, answer, framework)
    return time.process_time() - start


def times(exercise: Exercise, framework: Framework) -> dict[str, float]:
    """The second check of the right answer, and the slowest of three wrong ones."""
    right = exercise.solution(framework)
    seconds(exercise, right, framework)
    wrong = exercise.known_wrong(framework.name)
    answers = [exercise.wrong_answer(one, framework) for one in (wrong[0], wrong[-1])]
    answers.append(lambda *arguments, **options: None)
    return {
        "right": seconds(exercise, right, framework),
        "wrong": max(seconds(exercise, answer, framework) for answer in answers),
    }


def measure(name: str) -> None:
    """Time every exercise in one framework, and print the slowest ten of each kind."""
    if name == "torch":
        import torch

        torch.set_num_threads(1)
    framework = Framework(name)
    found = {
        exercise.id: times(exercise, framework)
        for topic in topics()
        for exercise in load_exercises(topic).values()
    }
    for kind, most in MOST.items():
        slowest = sorted(found, key=lambda one: -found[one][kind])[:10]
        over = sum(one[kind] > most for one in found.values())
        print(f"\n{name}, {kind} answers, CPU s; {over} of {len(found)} above {most:g}")
        for one in slowest:
            print(f"  {found[one][kind]:6.2f}  {one}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1])
    else:
        for each in ("torch", "tensorflow"):
            subprocess.run([sys.executable, __file__, each], check=True)
