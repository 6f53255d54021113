"""Drawing: the same transformer, steps, pictures and words, from the same weights and draws."""

from __future__ import annotations

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights
from prodgen_lib.plain.picture_tokens import Rounding, word_count, word_ids
from prodgen_lib.plain.prompts import COUNTS

ROUNDING, PLACES = Rounding(1.0, levels=3, group=2), 6


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    key, bridge = modules(framework, "drawing", "bridge")
    rng = np.random.default_rng(seed)
    prompts = rng.integers(0, np.array(COUNTS) + 1, (5, 4))  # some say nothing about a factor
    codes = rng.normal(0, 1.5, (5, PLACES * ROUNDING.group))
    pictures = ROUNDING.encode(codes) + word_count()
    rows = np.concatenate([word_ids(prompts), pictures], axis=1)
    seen = {"tokens": {"": rows}}
    for causal in (True, False):
        network = key.build(ROUNDING, places=PLACES, causal=causal, width=8, depth=2, heads=2)
        bridge.set_weights(network, random_weights(bridge.weights(network), rng))
        found = _logits(key, bridge, network, rows) | _pictures(key, network, prompts, codes)
        found |= _training(key, bridge, rng, network, rows)
        kind = "causal" if causal else "at once"
        seen |= {f"{kind}: {what}": told for what, told in found.items()}
    return seen


def _logits(key, bridge, network, rows: np.ndarray) -> dict[str, Numbers]:
    """What the network says about whole rows, and, with a cache, about their last place."""
    tokens = key.to_tokens(rows)
    told, spoken = network.read(tokens[:, :4])
    seen = {
        "prompt": {"told": bridge.to_numpy(told), "spoken": bridge.to_numpy(spoken)},
        "logits": {"": bridge.to_numpy(network(tokens))},
    }
    if network.causal:
        _, cache = network.step(tokens[:, :-1], None)
        last, cache = network.step(tokens, cache)
        seen["cache"] = {"last": bridge.to_numpy(last), "keys": bridge.to_numpy(cache[1][0])}
    return seen


def _pictures(key, network, prompts, codes) -> dict[str, Numbers]:
    """Codes that are drawn, and the words that codes go with."""
    drawer = key.Drawer(network, ROUNDING, COUNTS, {})
    if not network.causal:
        ways = {"few": dict(rounds=3), "unguided": dict(rounds=4, scale=1, jitter=0.0)}
        return {"drawn": {k: key.draw_at_once(drawer, prompts, **way) for k, way in ways.items()}}
    ways = {
        "guided": dict(scale=1.5), "uncached": dict(scale=1.5, cached=False),
        "sure": dict(scale=1.0, temperature=0.5, top_k=4, share=0.8),
    }  # fmt: skip
    return {
        "drawn": {name: key.draw(drawer, prompts, **way) for name, way in ways.items()},
        "named": {str(k): key.name(drawer, codes, factor=k) for k in range(4)},
    }


def _training(key, bridge, rng, network, rows) -> dict[str, Numbers]:
    """The weights after one step, of which the gradient is shortened, and the loss before it."""
    # Without averages epsilon counts alike, see `bridge.adam`, and hides gradients of nearly 0.
    optimizer = bridge.adam(network, 1e-3, (0.0, 0.0), epsilon=1e-3)
    tokens = key.to_tokens(rows)
    if network.causal:
        gradients = bridge.weight_gradients(
            lambda: key.next_token_loss(network(tokens), tokens, prefix=4), network
        )
        loss = key.train_step(network, optimizer, tokens, longest=0.5)
    else:
        hidden = bridge.to_tensor(rng.integers(0, 2, (len(rows), PLACES)))
        loss = key.train_masked_step(network, optimizer, tokens, hidden, longest=0.5)
        gradients = {}
    seen = {"gradients": gradients} if gradients else {}
    return seen | {
        "one training step": {"loss": bridge.to_numpy(loss)},
        "weights after it": bridge.weights(network),
    }
