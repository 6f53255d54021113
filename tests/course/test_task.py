import ast
import re
import textwrap

import pytest

from prodgen_lib.checking.exercise import load_exercises, topics
from prodgen_lib.checking.source import FRAMEWORKS, brief, function_source, stub
from prodgen_lib.course.formula import display, latex
from prodgen_lib.course.task import as_markdown, docstring


def tasks():
    for framework in FRAMEWORKS:
        for topic in topics():
            for exercise in load_exercises(topic).values():
                yield exercise.id, function_source(framework, topic, exercise.name)


def test_every_formula_of_every_task_is_set():
    for identity, source in tasks():
        text = as_markdown(docstring(source))
        assert "```" not in text, f"{identity} holds a formula that stays code"
        assert not re.search(r"BAR|\\\\text\{\}", text), identity


def test_a_stub_of_every_task_keeps_its_first_line():
    for identity, source in tasks():
        short = brief(stub(source))
        assert docstring(short) == docstring(source).splitlines()[0], identity
        assert max(map(len, short.split("\n"))) <= 100, f"{identity}: shorten its first line"
        assert ast.unparse(ast.parse(short).body[0].args) == ast.unparse(
            ast.parse(source).body[0].args
        )


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("r²(a_d)", r"r^{2}(a_{d})"),
        ("length_scales_d", r"\text{length}\_\text{scales}_{d}"),
        ("sum over i of x", r"\text{sum over}\ i\ \text{of}\ x"),
        ("Σ_k x_k + tr Σ_a", r"\sum_{k}\ x_{k} + \operatorname{tr} \Sigma _{a}"),
        ("K⁻¹ (yᵀ)^½", r"K^{-1}\ (y^{\top})^{1/2}"),
        ("x̄ȳ + σxy", r"\bar{x}\bar{y} + \sigma_{xy}"),
        ("η √(b_t² - (a_t / a_s)²) ε", r"\eta \sqrt{b_{t}^{2} - (a_{t} / a_{s})^{2}} \varepsilon"),
        ("√(x ☃)", None),
        ("a ☃ b", None),
    ],
)
def test_a_typed_formula_is_set(typed, set_):
    assert latex(typed) == set_


def test_rows_stand_below_each_other_and_a_remark_below_the_formula():
    assert display(["a = 1", "b = 2"]) == r"$$\begin{aligned}& a = 1 \\ & b = 2\end{aligned}$$"
    assert display(["a   (arXiv:1706.08500)"]) == "$$a$$\n\n(arXiv:1706.08500)"


def test_prose_keeps_its_signs_and_gains_code_and_links():
    text = textwrap.dedent(
        """\
        Pictures (N, C + K, H, W), N×C×H×W, or `f(x, y)` (see this); a < b
        - c_i of arXiv:1406.2661 and doi:10.1109/TIP.2003.819861.

            a ☃ b"""
    )
    assert as_markdown(text) == textwrap.dedent(
        """\
        Pictures `(N, C + K, H, W)`, `N×C×H×W`, or `f(x, y)` (see this); a \\< b
        \\- c_i of [arXiv:1406.2661](https://arxiv.org/abs/1406.2661) and \
[doi:10.1109/TIP.2003.819861](https://doi.org/10.1109/TIP.2003.819861).

        ```text
        a ☃ b
        ```"""
    )
