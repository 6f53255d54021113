"""Tokens: the same ids, losses, attention, draws and gradients, from the same numbers."""

from __future__ import annotations

from functools import partial

import numpy as np

from prodgen_lib.parity import Numbers, modules


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    key, bridge = modules(framework, "tokens", "bridge")
    rng = np.random.default_rng(seed)
    seen = _codes(key, bridge, rng) | _levels(key, bridge, rng)
    return seen | _transformer(key, bridge, rng) | _draws(key, bridge, rng)


def _codes(key, bridge, rng) -> dict[str, Numbers]:
    """Ids and losses of a codebook, with what each moves."""
    features, quantised = map(bridge.to_tensor, rng.normal(0, 1, (2, 3, 5, 4)))
    codebook = bridge.to_tensor(rng.normal(0, 1, (7, 4)))
    ids = key.nearest_code(features, codebook)
    decoded, chosen, loss = key.review_tokenizer(features, codebook, beta=0.5)
    slopes = partial(_slopes, key, bridge)
    tokenizer = partial(key.review_tokenizer, beta=0.5)
    return {
        "nearest codes": {"": bridge.to_numpy(ids)},
        "perplexity": {"": bridge.to_numpy(key.perplexity(ids, size=7))},
        "straight through": slopes(key.straight_through, features, quantised),
        "codebook loss": slopes(partial(key.codebook_loss, beta=0.25), features, quantised),
        "tokenizer": _numbers(bridge, decoded=decoded, ids=chosen, loss=loss),
        "tokenizer: what the decoder moves": slopes(
            lambda f, c: tokenizer(f, 1.0 * c)[0], features, codebook
        ),
        "tokenizer: what the loss moves": slopes(
            lambda f, c: tokenizer(f, 1.0 * c)[2], features, codebook
        ),
    }


def _levels(key, bridge, rng) -> dict[str, Numbers]:
    """Numbers rounded to odd and even levels."""
    features, levels = bridge.to_tensor(rng.normal(0, 1, (3, 5, 4))), [8, 5, 2, 3]
    values, ids = key.round_levels(features, levels=levels)
    return {
        "levels": _numbers(bridge, values=values, ids=ids),
        "levels: gradient": _slopes(
            key, bridge, lambda x: key.round_levels(x, levels=levels)[0], features
        ),
    }


def _transformer(key, bridge, rng) -> dict[str, Numbers]:
    """Attention, with a cache and without, and both losses."""
    queries, keys, values = map(bridge.to_tensor, rng.normal(0, 1, (3, 2, 2, 6, 4)))
    logits = bridge.to_tensor(rng.normal(0, 1, (3, 6, 9)))
    tokens = _ids(key, bridge, rng.integers(0, 9, (3, 6)))
    pictures, texts = map(bridge.to_tensor, rng.normal(0, 1, (2, 4, 3)))
    scale = bridge.to_tensor(np.log(5.0))
    same = bridge.to_tensor(np.eye(4)[[0, 1, 1, 3]]) > 0.5  # the third caption is the second's too
    slopes = partial(_slopes, key, bridge)
    return {
        "attention": slopes(key.causal_attention, queries, keys, values),
        "attention: last places": slopes(key.causal_attention, queries[..., -2:, :], keys, values),
        "next token": slopes(lambda x: key.next_token_loss(x, tokens, prefix=2), logits),
        "contrast": slopes(key.contrastive_loss, pictures, texts, scale),
        "contrast: equal captions": slopes(
            partial(key.contrastive_loss, same=same), pictures, texts, scale
        ),
    }


def _draws(key, bridge, rng) -> dict[str, Numbers]:
    """Tokens drawn one by one, in a loop and several at once."""
    logits, table = bridge.to_tensor(rng.normal(0, 2, (40, 9))), rng.normal(0, 2, (9, 9))
    uniform = bridge.to_tensor(rng.uniform(0, 1, 40))
    allowed = bridge.to_tensor([0, 0, 1, 1, 1, 0, 1, 1, 1]) > 0.5
    draw = partial(key.draw_token, logits, uniform)
    kept = bridge.to_numpy(key.nucleus(logits, share=0.8))
    tokens = rng.integers(0, 8, (3, 6))
    tokens[:, 1:5] = 8
    unmasked = key.unmask(
        _ids(key, bridge, tokens), bridge.to_tensor(rng.normal(0, 2, (3, 6, 9))),
        *map(bridge.to_tensor, rng.uniform(0, 1, (2, 3, 6))), keep=2, mask_id=8,
    )  # fmt: skip
    drawn = key.review_drawing(
        lambda tokens: bridge.to_tensor(table[bridge.to_numpy(tokens)]),
        _ids(key, bridge, rng.integers(0, 3, (5, 2))), bridge.to_tensor(rng.uniform(0, 1, (5, 7))),
        first=3, temperature=0.8,
    )  # fmt: skip
    return {
        "drawn": _numbers(
            bridge, plain=draw(), cold=draw(temperature=0.3), few=draw(top_k=3),
            all=draw(temperature=2.0, top_k=4, allowed=allowed),
        ),
        "nucleus": {"": np.where(np.isfinite(kept), kept, -99)},
        "unmasked": _numbers(bridge, tokens=unmasked),
        "drawing loop": _numbers(bridge, tokens=drawn),
        "schedule": {
            "": np.array([key.still_missing(step, steps=8, places=64) for step in range(1, 9)])
        },
    }  # fmt: skip


def _numbers(bridge, **tensors) -> Numbers:
    return {name: bridge.to_numpy(tensor) for name, tensor in tensors.items()}


def _ids(key, bridge, numbers: np.ndarray):
    """Whole numbers as ids: each is the nearest code to itself."""
    codebook = bridge.to_tensor(np.arange(numbers.max() + 1)[:, None])
    return key.nearest_code(bridge.to_tensor(numbers[..., None]), codebook)


def _slopes(key, bridge, function, *tensors) -> Numbers:
    """The values of a function, and the gradient of their mean square, which counts each of them.

    The commitment to 0 is that mean square, and serves in both frameworks.
    """
    values = function(*tensors)
    _, gradients = bridge.value_and_gradients(
        lambda *given: key.codebook_loss(found := function(*given), 0 * found, beta=1.0), *tensors
    )
    return {"values": bridge.to_numpy(values)} | {
        f"gradient {k}": gradient for k, gradient in enumerate(gradients)
    }
