"""Drawing what a prompt asks for: calls, schedules, what was left open, and naming."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from prodgen_lib.parity import random_weights
from prodgen_lib.plain.picture_tokens import Rounding, word_count, word_ids

COUNTS, PLACES = (3, 2), 6
FIRST = word_count(COUNTS)
ROUNDING = Rounding(1.0, levels=3, group=2)
SMALL = dict(width=8, depth=1, heads=2)


@pytest.fixture
def on(fw) -> SimpleNamespace:
    """The answer key of one framework, and tensors to numbers."""
    key, tokens = (
        importlib.import_module(f"prodgen_lib.{fw.name}.{name}") for name in ("drawing", "tokens")
    )
    return SimpleNamespace(key=key, tokens=tokens, bridge=fw.bridge, array=fw.bridge.to_numpy)


def drawer(on, rng, *, causal=True, network=None):
    """An untrained network that is zero nowhere, or one of a test's own, as a drawer."""
    if network is None:
        network = on.key.build(ROUNDING, places=PLACES, counts=COUNTS, causal=causal, **SMALL)
        on.bridge.set_weights(network, random_weights(on.bridge.weights(network), rng))
    return on.key.Drawer(network, ROUNDING, COUNTS, {})


class Watched:
    """A network that counts its calls and the rows of each."""

    def __init__(self, network):
        self._network, self.rows, self.new = network, [], []

    def __getattr__(self, name):
        return getattr(self._network, name)

    def __call__(self, tokens):
        self.rows.append(len(tokens))
        self.new.append(int((np.asarray(tokens)[0] == len(self.meanings) - 1).sum()))
        return self._network(tokens)

    def step(self, tokens, cache):
        logits, kept = self._network.step(tokens, cache)
        self.rows.append(len(tokens))
        self.new.append(logits.shape[1])
        return logits, kept

    def quick_step(self, tokens, cache):  # TensorFlow's, of one graph
        return self.step(tokens, cache) if self.causal else (self(tokens), None)


PROMPTS = np.array([[0, 0], [2, 1], [3, 2], [1, 2]])


def test_with_and_without_a_cache_the_same_is_drawn(on, rng):
    one = drawer(on, rng)
    drawn = [on.key.draw(one, PROMPTS, cached=cached, seed=3) for cached in (True, False)]
    assert drawn[0].shape == (4, PLACES * 2) and np.array_equal(*drawn)
    assert np.array_equal(ROUNDING.decode(ROUNDING.encode(drawn[0])), drawn[0])


def test_a_cache_asks_about_new_places_alone(on, rng):
    for cached, asked in ((True, [2, 1, 1, 1, 1, 1]), (False, [2, 3, 4, 5, 6, 7])):
        watched = Watched(drawer(on, rng).network)
        on.key.draw(drawer(on, rng, network=watched), PROMPTS, cached=cached)
        assert watched.new == asked


@pytest.mark.parametrize(("scale", "rows"), [(1.0, 4), (1.5, 8)])
def test_guidance_asks_twice_and_scale_1_once(on, rng, scale, rows):
    watched = Watched(drawer(on, rng).network)
    on.key.draw(drawer(on, rng, network=watched), PROMPTS, scale=scale)
    assert watched.rows == PLACES * [rows]


def test_half_of_what_is_asked_has_no_words(on, rng):
    asked = on.array(on.key.asked_twice(drawer(on, rng), PROMPTS, 2.0))
    assert np.array_equal(asked[:4], word_ids(PROMPTS, counts=COUNTS))
    assert np.array_equal(asked[4:], 4 * [[3, 6]])
    once = on.array(on.key.asked_twice(drawer(on, rng), PROMPTS, 1.0))
    assert np.array_equal(once, asked[:4])


def test_where_no_word_was_said_guidance_changes_nothing(on, rng):
    one, unsaid = drawer(on, rng), np.tile(COUNTS, (3, 1))
    drawn = [on.key.draw(one, unsaid, scale=scale, seed=1) for scale in (1.0, 1.5, 4.0)]
    assert np.array_equal(drawn[0], drawn[1]) and np.array_equal(drawn[0], drawn[2])


def test_more_prompts_than_fit_at_once_are_drawn_alike(on, rng):
    one, many = drawer(on, rng), np.tile(PROMPTS, (126, 1))  # 504
    drawn = on.key.draw(one, many, seed=5)
    assert drawn.shape == (504, PLACES * 2)
    # The numbers that decide are drawn for all rows at once, so the first 500 are the same alone.
    assert np.array_equal(on.key.draw(one, many[:500], seed=5), drawn[:500])


def test_only_ids_of_pictures_are_drawn(on, rng):
    """A network that would like words and the mask best."""

    class Eager(Watched):
        def step(self, tokens, cache):
            logits, kept = self._network.step(tokens, cache)
            best = np.zeros(len(self.meanings))
            best[:FIRST] = best[-1] = 1000
            return logits + on.bridge.to_tensor(best), kept

    drawn = on.key.draw(drawer(on, rng, network=Eager(drawer(on, rng).network)), PROMPTS)
    assert np.isfinite(drawn).all() and np.abs(drawn).max() <= 2.5


@pytest.mark.parametrize("rounds", [1, 3, 6])
def test_in_each_round_as_many_are_missing_as_the_schedule_says(on, rng, rounds):
    watched = Watched(drawer(on, rng, causal=False).network)
    drawn = on.key.draw_at_once(drawer(on, rng, network=watched), PROMPTS, rounds=rounds)
    left = [on.tokens.still_missing(k, steps=rounds, places=PLACES) for k in range(rounds)]
    assert watched.new == left and left[0] == PLACES and watched.rows == rounds * [8]
    assert np.array_equal(ROUNDING.decode(ROUNDING.encode(drawn)), drawn)


def test_the_seed_decides_what_is_drawn(on, rng):
    one, other = drawer(on, rng), drawer(on, rng, causal=False)
    for draw in (lambda s: on.key.draw(one, PROMPTS, seed=s),
                 lambda s: on.key.draw_at_once(other, PROMPTS, rounds=2, seed=s)):  # fmt: skip
        assert np.array_equal(draw(1), draw(1)) and not np.array_equal(draw(1), draw(2))


def test_naming_is_the_likelihood_of_the_picture_under_each_word(on, rng):
    one = drawer(on, rng)
    codes = rng.normal(0, 1.5, (4, PLACES * 2))
    for factor, known in ((0, None), (1, np.array(4 * [[2, 0]]))):
        scores = on.key.name(one, codes, factor=factor, known=known)
        assert scores.shape == (4, COUNTS[factor])
        for value in range(COUNTS[factor]):
            prompts = np.tile(COUNTS, (4, 1)) if known is None else known.copy()
            prompts[:, factor] = value
            rows = np.concatenate(
                [word_ids(prompts, counts=COUNTS), ROUNDING.encode(codes) + FIRST], axis=1
            )
            logits = on.array(one.network(on.key.to_tokens(rows))).astype(np.float64)
            logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
            said = np.take_along_axis(logits[:, 1:-1], rows[:, 2:, None], axis=2)
            assert scores[:, value] == pytest.approx(said.sum(axis=(1, 2)), rel=1e-4)


def test_naming_leaves_what_is_known_as_it_was(on, rng):
    known = np.array([[2, 0]])
    on.key.name(drawer(on, rng), np.zeros((1, PLACES * 2)), factor=0, known=known)
    assert known.tolist() == [[2, 0]]


def test_a_masked_step_learns_from_hidden_places_alone(on, rng):
    """Where tokens are hidden, what stands there does not reach the network."""
    rows = np.array([[0, 4, *(FIRST + rng.integers(0, 9, PLACES))]])
    hidden = np.array([[1, 0, 1, 0, 0, 1]])
    seen = Watched(drawer(on, rng, causal=False).network)
    optimizer = on.bridge.adam(seen._network, 0.0)
    loss = on.key.train_masked_step(
        seen, optimizer, on.key.to_tokens(rows), on.bridge.to_tensor(hidden)
    )
    assert seen.new == [3]
    shown = np.where(np.concatenate([[[0, 0]], hidden], axis=1), FIRST + 9, rows)
    logits = on.array(seen._network(on.key.to_tokens(shown)))[0, 2:].astype(np.float64)
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    expected = -np.mean([logits[k, rows[0, 2 + k]] for k in (0, 2, 5)])
    assert float(loss) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("causal", [True, False])
def test_training_learns_what_the_words_say(on, rng, causal):
    """Two words, each with pictures of its own: after a few steps these are told apart."""
    prompts = np.stack([rng.integers(0, 3, 60), rng.integers(0, 2, 60)], axis=1)
    codes = np.repeat([[-2.0], [2.0]], PLACES * 2, axis=1)[prompts[:, 1]]
    seen = []
    made = on.key.train(
        ROUNDING, codes, prompts, counts=COUNTS, causal=causal, steps=60, batch_size=16,
        learning_rate=1e-2, decay=0.8, progress=False,
        on_step=lambda step, so_far, losses: seen.append((step, losses["loss"])), **SMALL,
    )  # fmt: skip
    assert [step for step, _ in seen] == list(range(60))
    assert np.allclose([loss for _, loss in seen], made.history["loss"])
    assert made.history["loss"][-5:].mean() < 0.4 * made.history["loss"][0]
    draw = on.key.draw if causal else on.key.draw_at_once
    drawn = draw(made, np.array(10 * [[3, 0]] + 10 * [[3, 1]]), scale=2.0)
    assert (np.sign(drawn.mean(axis=1)) == np.repeat([-1, 1], 10)).mean() >= 0.9
    if causal:
        assert on.key.name(made, codes[:20], factor=1).argmax(axis=1).tolist() == (
            prompts[:20, 1].tolist()
        )
