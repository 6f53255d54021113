"""The VAE: weights cross through the canonical layout; pictures, codes and noise are the same."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from prodgen_lib.parity import Numbers, modules, random_weights


def observe(framework: str, *, seed: int = 0) -> dict[str, Numbers]:
    """Everything that one framework computes, by what it is and then by name."""
    vae, bridge = modules(framework, "vae", "bridge")
    rng = np.random.default_rng(seed)
    networks = {
        "encoder": vae.build_encoder(latents=6, width=4),
        "decoder": vae.build_decoder(latents=6, width=4),
    }
    for network in networks.values():
        bridge.set_weights(network, random_weights(bridge.weights(network), rng))
    pictures, logits = rng.uniform(0, 1, (5, 32, 32, 3)), rng.normal(0, 2, (5, 32, 32, 3))
    pictures, logits = bridge.image_tensor(pictures), bridge.image_tensor(logits)
    mean, log_variance, noise = map(bridge.to_tensor, rng.normal(0, 1, (3, 5, 6)))
    seen = _terms(vae, bridge, mean, log_variance, noise)
    seen |= _likelihoods(vae, bridge, logits, pictures)
    draws = bridge.to_tensor(rng.normal(0, 1, (7, 5, 6)))
    seen |= _networks(vae, bridge, networks, pictures, noise, draws)
    return seen | _training(vae, bridge, networks, pictures, noise)


def _terms(vae: ModuleType, bridge: ModuleType, *tensors) -> dict[str, Numbers]:
    """A code and its price, and the slopes of both."""
    mean, log_variance, _ = tensors

    def code(*inputs):
        return (vae.reparameterise(*inputs) ** 3)[0, 0]

    def price(*inputs):
        return vae.negative_elbo(-inputs[0][:, 0], vae.kl_divergence(*inputs), beta=2.0)

    _, slopes = bridge.value_and_gradients(code, *tensors)
    value, price_slopes = bridge.value_and_gradients(price, mean, log_variance)
    return {
        "code": {"": bridge.to_numpy(vae.reparameterise(*tensors))},
        "code: gradients": dict(enumerate(slopes)),
        "KL": {"": bridge.to_numpy(vae.kl_divergence(mean, log_variance))},
        "bound with β = 2": {"": np.array(value)},
        "bound: gradients": dict(enumerate(price_slopes)),
    }


def _likelihoods(vae: ModuleType, bridge: ModuleType, logits, pictures) -> dict[str, Numbers]:
    """Value and slope of each likelihood, the Gaussian one also for its scale."""
    scale = bridge.to_tensor(-0.7)
    found = {}
    for name, inputs in {
        "bernoulli_log_likelihood": (logits, pictures),
        "gaussian_log_likelihood": (logits, pictures, scale),
    }.items():
        likelihood = getattr(vae, name)

        def first(*given, likelihood=likelihood):
            return likelihood(*given)[0]

        _, slopes = bridge.value_and_gradients(first, *inputs)
        found[name] = {"": bridge.to_numpy(likelihood(*inputs))}
        found[f"{name}: gradients"] = {
            i: bridge.image_array(bridge.to_tensor(slope)) if slope.ndim == 4 else slope
            for i, slope in enumerate(slopes)
        }
    return found


def _networks(vae, bridge, networks, pictures, noise, draws) -> dict[str, Numbers]:
    """Forward passes, a traversal, and the importance-weighted bound."""
    encoder, decoder = networks.values()
    mean, log_variance = vae.posterior(encoder, pictures)

    def log_likelihood(code):
        return vae.gaussian_log_likelihood(decoder(code), pictures, -1.0)

    rows = vae.traverse(decoder, noise[0], 2, bridge.to_tensor([-1.0, 0.5, 2.0]))
    bound = vae.importance_weighted_bound(mean, log_variance, draws, log_likelihood)
    return {
        "encoder": {"mean": bridge.to_numpy(mean), "log": bridge.to_numpy(log_variance)},
        "decoder: logits": {"": bridge.image_array(decoder(noise))},
        "traversal": {"": bridge.image_array(rows)},
        "importance-weighted bound": {"": bridge.to_numpy(bound)},
    }


def _training(vae, bridge, networks, pictures, noise) -> dict[str, Numbers]:
    """Both networks after one step of training."""
    optimizers = [
        bridge.adam(network, 1e-3, (0.9, 0.999), epsilon=1e-12) for network in networks.values()
    ]
    losses = vae.train_step(*networks.values(), *optimizers, pictures, noise, free_nats=0.1)
    return {
        "one training step: losses": {k: bridge.to_numpy(v) for k, v in losses.items()},
        **{f"one training step: {k}": bridge.weights(v) for k, v in networks.items()},
    }
