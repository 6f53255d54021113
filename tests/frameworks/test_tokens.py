"""Visual tokens: by hand, against peers and by what must hold, in both frameworks."""

from __future__ import annotations

import importlib
import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest


@pytest.fixture
def on(fw) -> SimpleNamespace:
    """The answer key of one framework, and numbers to tensors and back."""
    look = importlib.import_module(f"prodgen_lib.exercises.probe_{fw.name}")
    return SimpleNamespace(
        key=importlib.import_module(f"prodgen_lib.{fw.name}.tokens"),
        floats=fw.bridge.to_tensor,
        ids=lambda numbers: look.tensor(np.asarray(numbers), "int64"),
        bools=lambda flags: fw.bridge.to_tensor(flags) > 0.5,
        array=fw.bridge.to_numpy,
        slopes=look.value_and_gradients,
    )


# From features to ids, and back.


def test_nearest_code_is_that_of_all_distances(on, rng):
    features, codebook = rng.normal(0, 1, (2, 9, 3)), rng.normal(0, 1, (6, 3))
    found = on.array(on.key.nearest_code(on.floats(features), on.floats(codebook)))
    apart = ((features[:, :, None] - codebook) ** 2).sum(axis=-1)
    assert found.dtype == np.int64 and np.array_equal(found, apart.argmin(axis=-1))


def test_of_equally_near_codes_the_first_is_taken(on):
    features, codebook = on.floats([[[1], [3], [2]]]), on.floats([[4], [0], [4], [0]])
    assert on.array(on.key.nearest_code(features, codebook)).tolist() == [[1, 0, 0]]


def test_straight_through_has_values_of_one_and_gradients_of_the_other(on, rng):
    features, quantised, weights = map(on.floats, rng.normal(0, 1, (3, 2, 4, 3)))
    values, (to_features, to_quantised) = on.slopes(
        lambda *given: weights * on.key.straight_through(*given), features, quantised
    )
    assert np.allclose(values, on.array(weights * quantised), atol=1e-6)
    assert np.array_equal(to_features, on.array(weights)) and not to_quantised.any()


def test_codebook_loss_moves_codes_fully_and_features_by_beta(on):
    value, (feature, code) = on.slopes(
        lambda *given: on.key.codebook_loss(*given, beta=0.25), on.floats([3]), on.floats([1])
    )
    assert (float(value), feature.tolist(), code.tolist()) == (5.0, [1.0], [-4.0])


@pytest.mark.parametrize(
    ("ids", "size", "right"),
    [
        ([[0, 1], [2, 3]], 4, 4),
        ([[2, 2, 2]], 4, 1),
        ([5, 1, 5, 1], 300, 2),
        ([0, 0, 0, 1], 2, 4 / 27**0.25),
    ],
)
def test_perplexity_counts_codes_in_use(on, ids, size, right):
    found = on.array(on.key.perplexity(on.ids(ids), size=size))
    assert found.dtype == np.float32 and found == pytest.approx(right, rel=1e-6)


def test_codes_used_alike_are_no_better_known_than_the_ids_there_are(on, rng):
    """Few ids can't show a large codebook: 64 drawn evenly from 512 use about 60 of them."""
    few, many = (
        float(on.key.perplexity(on.ids(rng.integers(0, 512, count)), size=512))
        for count in (64, 100_000)
    )
    assert few < 64 and many > 505


# Levels.


def test_levels_by_hand(on):
    values, ids = on.key.round_levels(on.floats([[[0, 2]]]), levels=[3, 2])
    assert on.array(values).tolist() == [[[0, 1]]] and on.array(ids).tolist() == [[3]]


@pytest.mark.parametrize("levels", [(2,), (3, 4), (5, 2, 4), (8, 5, 5, 5)])
def test_ids_and_values_go_with_each_other_one_to_one(on, levels):
    digits = np.array(list(itertools.product(*map(range, levels))))
    right = 2 * digits / (np.array(levels) - 1) - 1
    features = np.arctanh(np.clip(right, -0.999, 0.999))
    values, ids = on.key.round_levels(on.floats(features[None]), levels=levels)
    assert np.array_equal(on.array(ids)[0], np.arange(len(digits)))
    assert np.allclose(on.array(values)[0], right, atol=1e-6)


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_each_number_becomes_the_nearest_of_values_evenly_spaced(on, count):
    features = np.linspace(-4, 4, 400).reshape(1, -1, 1)
    values, _ = on.key.round_levels(on.floats(features), levels=[count])
    allowed = np.linspace(-1, 1, count)
    nearest = allowed[abs(np.tanh(features) - allowed).argmin(axis=-1)]
    assert np.allclose(on.array(values)[..., 0], nearest, atol=1e-6)


def test_gradients_pass_the_rounding_and_then_tanh(on, rng):
    features = rng.normal(0, 1, (2, 5, 3)).astype(np.float32)
    _, (slopes,) = on.slopes(
        lambda x: on.key.round_levels(x, levels=[4, 3, 2])[0], on.floats(features)
    )
    assert np.allclose(slopes, 1 - np.tanh(features) ** 2, atol=1e-6)


# The quantiser as a whole.


def test_each_part_of_a_tokenizer_moves_what_it_should(on, rng):
    features, codebook = rng.normal(0, 1, (2, 5, 3)), rng.normal(0, 1, (6, 3))
    codebook[4] = 50  # nobody's nearest
    given, beta = (on.floats(features), on.floats(codebook)), 0.5
    decoded, ids, loss = on.key.review_tokenizer(*given, beta=beta)
    chosen = codebook[on.array(ids)]
    assert np.allclose(on.array(decoded), chosen, atol=1e-6)
    assert float(loss) == pytest.approx((1 + beta) * ((features - chosen) ** 2).mean(), rel=1e-5)

    def part(place):
        told = lambda f, c: on.key.review_tokenizer(f, 1.0 * c, beta=beta)[place]  # noqa: E731
        return on.slopes(told, *given)[1]

    to_features, to_codes = part(0)
    assert (to_features == 1).all() and not to_codes.any()
    to_features, to_codes = part(2)
    gaps = 2 * (features - chosen) / features.size
    assert np.allclose(to_features, beta * gaps, atol=1e-6)
    summed = np.stack([-gaps[on.array(ids) == k].sum(axis=0) for k in range(6)])
    assert np.allclose(to_codes, summed, atol=1e-6) and not to_codes[4].any()


# Attention that looks back.


def test_attention_is_that_of_the_library(on, rng):
    torch = pytest.importorskip("torch")
    given = rng.normal(0, 2, (3, 2, 4, 7, 5)).astype(np.float32)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.tensor, given), is_causal=True
    )
    found = on.array(on.key.causal_attention(*map(on.floats, given)))
    assert np.allclose(found, theirs, atol=1e-5)


@pytest.mark.parametrize("asked", [1, 3])
def test_the_last_queries_see_all_that_a_cache_holds(on, rng, asked):
    torch = pytest.importorskip("torch")
    queries, keys, values = rng.normal(0, 1, (3, 2, 6, 4)).astype(np.float32)
    seen = torch.ones(asked, 6, dtype=torch.bool).tril(6 - asked)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.tensor, (queries[:, -asked:], keys, values)), attn_mask=seen
    )
    found = on.key.causal_attention(*map(on.floats, (queries[:, -asked:], keys, values)))
    whole = on.key.causal_attention(*map(on.floats, (queries, keys, values)))
    assert np.allclose(on.array(found), theirs, atol=1e-5)
    assert np.allclose(on.array(found), on.array(whole)[:, -asked:], atol=1e-6)


def test_no_place_sees_a_later_one(on, rng):
    queries, keys, values = map(on.floats, rng.normal(0, 1, (3, 1, 5, 4)))
    found = on.array(on.key.causal_attention(queries, keys, values))
    assert np.allclose(found[0, 0], on.array(values)[0, 0], atol=1e-6)
    _, slopes = on.slopes(
        lambda *given: on.key.causal_attention(*given)[:, :3], queries, keys, values
    )
    for slope in slopes:
        assert not slope[:, 3:].any() and np.isfinite(slope).all()


# The loss of the next token.


def test_who_knows_nothing_pays_the_log_of_the_number_of_ids(on):
    logits, tokens = on.floats(np.zeros((2, 5, 8))), on.ids(np.arange(10).reshape(2, 5) % 8)
    loss = float(on.key.next_token_loss(logits, tokens, prefix=2))
    assert loss == pytest.approx(math.log(8), rel=1e-6)


def test_each_place_is_judged_by_the_token_that_comes_next(on, rng):
    tokens = rng.integers(0, 6, (3, 7))
    known = np.eye(6)[np.roll(tokens, -1, axis=1)] * 30
    assert float(on.key.next_token_loss(on.floats(known), on.ids(tokens), prefix=1)) < 1e-5
    copied = np.eye(6)[tokens] * 30
    assert float(on.key.next_token_loss(on.floats(copied), on.ids(tokens), prefix=1)) > 5


def test_prompt_and_last_place_teach_nothing(on, rng):
    tokens = on.ids(rng.integers(0, 6, (2, 7)))
    _, (slopes,) = on.slopes(
        lambda logits: on.key.next_token_loss(logits, tokens, prefix=3),
        on.floats(rng.normal(0, 1, (2, 7, 6))),
    )
    moved = abs(slopes).sum(axis=(0, 2)) > 0
    assert moved.tolist() == [False, False, True, True, True, True, False]


# Drawing.

SHARES = np.array([0.2, 0.5, 0.3])


def draw(on, logits, uniform, **options):
    rows = on.floats(np.tile(logits, (len(uniform), 1)))
    found = on.array(on.key.draw_token(rows, on.floats(uniform), **options))
    assert found.dtype == np.int64
    return found


def test_tokens_by_hand(on):
    assert draw(on, np.log(SHARES), [0.1, 0.25, 0.6, 0.75]).tolist() == [0, 1, 1, 2]
    halves = on.floats([[0, 0], [0, 0]])
    assert on.array(on.key.draw_token(halves, on.floats([0.5, 0.499]))).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("options", "right"),
    [
        ({}, SHARES),
        ({"temperature": 0.5}, SHARES**2 / (SHARES**2).sum()),
        ({"temperature": 100.0}, np.full(3, 1 / 3)),
        ({"top_k": 2}, np.array([0, 5, 3]) / 8),
        ({"top_k": 7}, SHARES),
        ({"top_k": 1}, np.array([0, 1, 0])),
    ],
)
def test_even_numbers_draw_each_id_by_its_share(on, options, right):
    uniform = (np.arange(2000) + 0.5) / 2000
    counts = np.bincount(draw(on, np.log(SHARES), uniform, **options), minlength=3)
    assert np.allclose(counts / 2000, right, atol=0.004)


def test_what_is_not_allowed_never_comes_and_makes_room_for_what_is(on):
    uniform = (np.arange(1000) + 0.5) / 1000
    allowed = on.bools([1, 0, 1])
    counts = np.bincount(draw(on, np.log(SHARES), uniform, allowed=allowed), minlength=3)
    assert np.allclose(counts / 1000, [0.4, 0, 0.6], atol=0.002)
    assert (draw(on, np.log(SHARES), uniform, allowed=allowed, top_k=1) == 2).all()


def test_of_equal_logits_the_lower_ids_are_kept(on):
    assert draw(on, [1, 2, 2, 2], [0.0, 0.49, 0.51, 0.999], top_k=2).tolist() == [1, 1, 2, 2]


def test_a_sum_just_below_one_draws_the_last_id_that_has_a_share(on):
    shares = on.floats([[0.3, 0.6, 0.0]])
    assert on.array(on.key.inverse(shares, on.floats([0.95]))).tolist() == [1]


def test_nucleus_keeps_the_likeliest_that_reach_the_share(on):
    logits = on.floats(np.log([[0.1, 0.4, 0.2, 0.3]]))
    for share, kept in {0.05: [1], 0.5: [1, 3], 0.75: [1, 2, 3], 1.0: [0, 1, 2, 3]}.items():
        found = on.array(on.key.nucleus(logits, share=share))[0]
        assert np.flatnonzero(np.isfinite(found)).tolist() == kept
        assert np.array_equal(found[kept], on.array(logits)[0, kept])


def unmask(on, tokens, shares, uniform, noise, *, keep):
    given = on.ids(tokens), on.floats(np.log(shares)), on.floats(uniform), on.floats(noise)
    return on.array(on.key.unmask(*given, keep=keep, mask_id=3)).tolist()


def test_the_surest_missing_tokens_are_kept_by_hand(on):
    """Place 0 is known; 1 draws a token of share .6, 2 one of .1 and 3 one of .8."""
    shares = [[[0.9, 0.05, 0.04, 0.01], [0.6, 0.3, 0.05, 0.05], [0.8, 0.1, 0.05, 0.05],
               [0.1, 0.8, 0.05, 0.05]]]  # fmt: skip
    tokens, uniform, none = [[2, 3, 3, 3]], [[0.5, 0.5, 0.9, 0.5]], [[0, 0, 0, 0]]
    assert unmask(on, tokens, shares, uniform, none, keep=1) == [[2, 3, 3, 1]]
    assert unmask(on, tokens, shares, uniform, none, keep=2) == [[2, 0, 3, 1]]
    assert unmask(on, tokens, shares, uniform, none, keep=9) == [[2, 0, 1, 1]]
    assert unmask(on, tokens, shares, uniform, [[9, 0, 5, 0]], keep=1) == [[2, 3, 1, 3]]


def test_known_tokens_stay_and_as_many_come_as_are_to_be_kept(on, rng):
    tokens = rng.integers(0, 3, (4, 9))
    tokens[:, 2:8] = 3
    shares = rng.dirichlet(np.ones(4), (4, 9))
    found = np.array(unmask(on, tokens, shares, *rng.uniform(0, 1, (2, 4, 9)), keep=4))
    assert np.array_equal(found[tokens != 3], tokens[tokens != 3])
    assert ((found == 3).sum(axis=1) == 2).all()


def test_the_cosine_schedule_starts_slowly_and_leaves_nothing(on):
    missing = [on.key.still_missing(step, steps=8, places=64) for step in range(1, 9)]
    kept = -np.diff([64, *missing])
    assert missing[-1] == 0 and missing[3] == 45 and (np.diff(missing) < 0).all()
    assert kept[0] == 2 and kept[0] < kept[3] < kept[6]


def test_a_drawing_loop_asks_for_one_token_after_another(on):
    """The network's favourite is always one more than the last token; words are 0, 1, 2."""
    asked = []

    def network(tokens):
        seen = on.array(tokens)
        asked.append(seen.shape)
        return on.floats(20.0 * np.eye(6)[(seen + 1) % 6])

    drawn = on.key.review_drawing(
        network, on.ids([[0, 2], [1, 4]]), on.floats(np.full((2, 3), 0.5)), first=3, temperature=0.5
    )
    found = on.array(drawn)
    assert asked == [(2, 2), (2, 3), (2, 4)] and found.shape == (2, 3)
    assert found[0].tolist() == [3, 4, 5] and found[1, 0] == 5 and (found >= 3).all()


# Words and pictures.


def test_contrast_is_the_mean_of_both_cross_entropies(on, rng):
    pictures, texts = rng.normal(0, 1, (2, 5, 3))
    given = on.floats(pictures * [[1], [2], [3], [4], [5]]), on.floats(texts), on.floats(1.5)
    unit = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in (pictures, texts)]
    logits = np.exp(1.5) * unit[0] @ unit[1].T
    own = np.diag(logits)
    right = [np.log(np.exp(logits).sum(axis=axis)) - own for axis in (0, 1)]
    assert float(on.key.contrastive_loss(*given)) == pytest.approx(np.mean(right), rel=1e-5)


def test_pairs_that_belong_together_are_neither_right_nor_wrong(on, rng):
    """Two equal captions: with what is the same left out, each picture meets its own text alone."""
    pictures = rng.normal(0, 1, (2, 4))
    given = on.floats(pictures), on.floats(pictures[[0, 0]]), on.floats(2.0)
    everything = on.bools(np.ones((2, 2)))
    assert float(on.key.contrastive_loss(*given, same=everything)) == pytest.approx(0, abs=1e-6)
    nothing = on.bools(np.eye(2))
    plain = float(on.key.contrastive_loss(*given))
    assert (
        float(on.key.contrastive_loss(*given, same=nothing)) == pytest.approx(plain) and plain > 0
    )
