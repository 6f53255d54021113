"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import torch

from prodgen_lib.torch.diffusion import read, signal_and_noise


def shares(t, pictures, path):
    a, b = signal_and_noise(t, path=path)
    shape = (len(t),) + (1,) * (pictures.dim() - 1)
    return a.view(shape), b.view(shape)


def mix__shares_reshaped(pictures, noise, t, *, path="linear"):
    a, b = shares(t, pictures, path)
    return a * pictures + b * noise


def mix__lerp(pictures, noise, t, *, path="linear"):
    a, b = shares(t, pictures, path)
    return torch.lerp(pictures, noise, b) + (a + b - 1) * pictures


def mix__one_by_one(pictures, noise, t, *, path="linear"):
    a, b = signal_and_noise(t, path=path)
    return torch.stack([a[i] * pictures[i] + b[i] * noise[i] for i in range(len(t))])


def mix__einsum(pictures, noise, t, *, path="linear"):
    a, b = signal_and_noise(t, path=path)
    return torch.einsum("n,n...->n...", a, pictures) + torch.einsum("n,n...->n...", b, noise)


def mix__formulas(pictures, noise, t, *, path="linear"):
    while t.dim() < pictures.dim():
        t = t.unsqueeze(-1)
    if path == "linear":
        return pictures + t * (noise - pictures)
    return torch.cos(math.pi / 2 * t) * pictures + torch.sin(math.pi / 2 * t) * noise


def mix__flattened(pictures, noise, t, *, path="linear"):
    a, b = signal_and_noise(t[:, None], path=path)
    return (a * pictures.flatten(1) + b * noise.flatten(1)).view_as(pictures)


def split__noise_from_the_picture(mixed, velocity, t):
    pictures = mixed - t.view(-1, *[1] * (mixed.dim() - 1)) * velocity
    return pictures, pictures + velocity


def split__picture_from_the_noise(mixed, velocity, t):
    noise = mixed + (1 - t).view(-1, *[1] * (mixed.dim() - 1)) * velocity
    return noise - velocity, noise


def split__read(mixed, velocity, t):
    return read(mixed, velocity, t, kind="velocity", path="linear")


def split__one_by_one(mixed, velocity, t):
    rows = [(m - at * v, m + (1 - at) * v) for m, v, at in zip(mixed, velocity, t, strict=True)]
    return torch.stack([row[0] for row in rows]), torch.stack([row[1] for row in rows])


def split__list(mixed, velocity, t):
    pictures = mixed - torch.einsum("n,n...->n...", t, velocity)
    return [pictures, velocity + pictures]


def split__a_step_of_length_t(mixed, velocity, t):
    step = t.reshape(len(t), *(1 for _ in mixed.shape[1:])) * velocity
    return mixed - step, mixed + velocity - step


def guide__from_the_conditional(conditional, unconditional, *, scale):
    return conditional + (scale - 1) * (conditional - unconditional)


def guide__weights(conditional, unconditional, *, scale):
    return scale * conditional + (1 - scale) * unconditional


def guide__lerp(conditional, unconditional, *, scale):
    return torch.lerp(unconditional, conditional, scale)


def guide__paper(conditional, unconditional, *, scale):
    w = scale - 1
    return (1 + w) * conditional - w * unconditional


def guide__towards(conditional, unconditional, *, scale):
    towards = conditional - unconditional
    return torch.add(unconditional, towards, alpha=scale)


def guide__stacked(conditional, unconditional, *, scale):
    weights = torch.tensor([scale, 1 - scale])
    return torch.einsum("k,k...->...", weights, torch.stack([conditional, unconditional]))
