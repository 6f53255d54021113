"""The board of parameters, pictures and budget: words, picture and twin."""

from __future__ import annotations

from prodgen_lib.plain.costs import Law
from prodgen_lib.show.cost_board import Machine, cost_board, draw

LAW = Law(0.5, 16.0, 0.4, 400.0, 0.5)
MACHINE = Machine(peak=1e11, use=0.5, price=1.0, power=100.0)


def board():
    return cost_board(LAW, MACHINE, places=64, measured=(1e9, 1e12), activations=1000)


def test_sliders_move_words_and_picture():
    made = board()
    box, words = made.children[:2]
    sliders, picture = box.children
    assert "Within what was measured" in words.value and 'role="status"' in words.value
    before = picture.value
    sliders.children[0].value = 8.0
    assert picture.value != before
    assert "100,000,000 parameters" in words.value and "above what was measured" in words.value
    sliders.children[0].value = 3.0
    sliders.children[1].value = 2.0
    assert "below what was measured" in words.value


def test_it_leaves_a_picture_without_a_kernel():
    still = board()._repr_mimebundle_()["text/html"]
    assert still.count("<img") == 1 and "each a valley" in still


def test_a_curve_a_budget_and_its_lowest_point():
    fig = draw(LAW, [1e10, 1e12], places=64, chosen=(1e4, 1e4))
    assert len(fig.axes[0].lines) == 6  # two curves, two points, the choice, the floor
