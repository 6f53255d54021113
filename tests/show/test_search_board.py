"""Steps of a search: one column each in the figure, and a slider that moves picture and words."""

import numpy as np
import pytest

from prodgen_lib.show.search_board import Step, draw_steps, search_slider


def step(trials: int, chosen: float) -> Step:
    places = np.linspace(0, 1, 20)
    tried = np.stack([np.linspace(0, 1, trials), np.arange(trials) - 1.5])
    return Step(places, places, places, places + 0.1, places**2, tried, chosen)


def test_a_column_a_step_with_the_next_trial_in_both_rows():
    fig = draw_steps([step(3, 0.25), step(4, 0.5), step(5, 0.75)])
    assert len(fig.axes) == 6
    for ax, chosen in zip(fig.axes, 2 * [0.25, 0.5, 0.75], strict=True):
        assert any(np.allclose(line.get_xdata(), chosen) for line in ax.lines)
    assert [ax.get_title() for ax in fig.axes[:3]] == [f"after {n} trials" for n in (3, 4, 5)]


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="no steps"):
        draw_steps([])


def test_slider_moves_picture_and_words():
    slider, picture, words = search_slider([step(3, 0.25), step(4, 0.5)]).children[:3]
    assert "3 trials, lowest value -1.50; next at 0.25" in words.value
    before = picture.value
    slider.value = 1
    assert picture.value != before
    assert "4 trials" in words.value and 'role="status"' in words.value
    assert "next at 0.50" in picture.value
