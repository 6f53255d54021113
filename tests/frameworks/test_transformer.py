"""The small transformer: its cache, what a place may see, and how it hears a prompt."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from prodgen_lib.parity import random_weights

IDS, WORDS, PLACES = 11, 2, 5


@pytest.fixture
def on(fw) -> SimpleNamespace:
    """The answer key of one framework, and numbers to tensors and back."""
    key, drawing = (
        importlib.import_module(f"prodgen_lib.{fw.name}.{name}")
        for name in ("transformer", "drawing")
    )
    return SimpleNamespace(
        key=key, ids=drawing.to_tokens, bridge=fw.bridge, array=fw.bridge.to_numpy
    )


def build(on, rng, **options):
    """A network that is zero nowhere."""
    meanings = rng.normal(0, 1, (IDS, 3)).astype(np.float32)
    sizes = dict(places=PLACES, words=WORDS, width=8, depth=2, heads=2) | options
    network = on.key.Transformer(meanings, **sizes)
    on.bridge.set_weights(network, random_weights(on.bridge.weights(network), rng))
    return network


def test_shapes_and_that_a_prompt_says_nothing_to_places_at_first(on, rng):
    network = on.key.Transformer(
        np.zeros((IDS, 3), np.float32), places=PLACES, words=WORDS, width=8
    )
    tokens = on.ids(rng.integers(0, IDS, (4, WORDS + PLACES)))
    assert on.array(network(tokens)).shape == (4, WORDS + PLACES, IDS)
    told, spoken = network.read(tokens[:, :WORDS])
    assert on.array(told).shape == (4, 8)
    assert on.array(spoken).shape == (4, WORDS + PLACES, 8) and not on.array(spoken).any()


def test_later_tokens_do_not_change_earlier_logits(on, rng):
    network, tokens = build(on, rng), rng.integers(0, IDS, (3, WORDS + PLACES))
    logits = on.array(network(on.ids(tokens)))
    for place in range(WORDS, WORDS + PLACES):
        other = tokens.copy()
        other[:, place] = (other[:, place] + 1) % IDS
        again = on.array(network(on.ids(other)))
        assert np.allclose(again[:, :place], logits[:, :place], atol=1e-6)
        assert (np.abs(again[:, place:] - logits[:, place:]).max(axis=(1, 2)) > 1e-4).all()


def test_without_a_mask_each_token_is_seen_from_everywhere(on, rng):
    network = build(on, rng, causal=False)
    tokens = rng.integers(0, IDS, (1, WORDS + PLACES))
    other = tokens.copy()
    other[:, -1] = (other[:, -1] + 1) % IDS
    apart = np.abs(on.array(network(on.ids(tokens))) - on.array(network(on.ids(other))))
    assert (apart.max(axis=(0, 2)) > 1e-5).all()


@pytest.mark.parametrize("parts", [(1, 1, 1, 1, 1), (3, 2), (5,)])
def test_the_cache_gives_what_all_at_once_gives(on, rng, parts):
    network, tokens = build(on, rng), rng.integers(0, IDS, (3, WORDS + PLACES))
    logits, cache = network.step(on.ids(tokens[:, :WORDS]), None)
    found, end = [on.array(logits)], WORDS
    for part in parts:
        end += part
        logits, cache = network.step(on.ids(tokens[:, :end]), cache)
        assert on.array(logits).shape[1] == part
        found.append(on.array(logits))
    whole = on.array(network(on.ids(tokens)))
    assert np.allclose(np.concatenate(found, axis=1), whole, atol=1e-5)
    assert len(cache) == 2 and on.array(cache[0][0]).shape == (3, 2, WORDS + PLACES, 4)


@pytest.mark.parametrize("causal", [True, False])
def test_what_a_prompt_says_to_a_place_is_heard_where_it_is_guessed(on, rng, causal):
    """In a causal network one place earlier than in one that sees all places."""
    network = build(on, rng, causal=causal)
    spoken = on.array(network.read(on.ids([[0, 1]]))[1])[0]
    first = WORDS - causal
    heard = np.abs(spoken).max(axis=1) > 0
    assert heard.tolist() == [first <= place < first + PLACES for place in range(WORDS + PLACES)]


def test_the_order_of_words_counts(on, rng):
    network = build(on, rng)
    one, other = (on.array(network.read(on.ids([words]))[0]) for words in ([3, 4], [4, 3]))
    assert np.abs(one - other).max() > 1e-4
