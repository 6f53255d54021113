"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F

from prodgen_lib.torch.diffusion import (
    beside,
    diffusion_loss,
    flow_loss,
    flow_sample,
    guide,
    mix,
    read,
    signal_and_noise,
    split,
    target,
)


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


def flow_loss__through_the_path(network, pictures, noise, t, labels):
    at = beside(t, pictures)
    errors = network((1 - at) * pictures + at * noise, t, labels) + pictures - noise
    return torch.mean(errors**2)


def flow_loss__diffusion_loss(network, pictures, noise, t, labels):
    return diffusion_loss(network, pictures, noise, t, labels, kind="velocity", path="linear")


def flow_loss__library(network, pictures, noise, t, labels):
    predicted = network(mix(pictures, noise, t), t, labels)
    return F.mse_loss(predicted, noise - pictures)


def flow_loss__sum_over_size(network, pictures, noise, t, labels):
    errors = noise - pictures - network(mix(pictures, noise, t, path="linear"), t, labels)
    return torch.sum(errors * errors) / math.prod(pictures.shape)


def flow_loss__means_of_means(network, pictures, noise, t, labels):
    mixed = pictures + beside(t, noise) * (noise - pictures)
    rows = (network(mixed, t, labels) - noise + pictures) ** 2
    while len(rows.shape) > 1:
        rows = rows.mean(dim=-1)
    return torch.mean(rows)


def flow_loss__target_by_name(network, pictures, noise, t, labels):
    wanted = target(pictures, noise, t, kind="velocity", path="linear")
    got = network(mix(pictures, noise, t), t, labels)
    return torch.mean(abs(wanted - got) ** 2)


def flow_sample__countdown(network, start, labels, *, steps):
    mixed, count = start, start.shape[0]
    for left in range(steps, 0, -1):
        mixed = mixed - network(mixed, torch.full((count,), left / steps), labels) / steps
    return mixed


def flow_sample__linspace(network, start, labels, *, steps):
    times = np.linspace(1, 0, steps + 1)
    mixed, count = start, start.shape[0]
    for t, s in itertools.pairwise(times):
        mixed = mixed + float(s - t) * network(mixed, torch.full((count,), float(t)), labels)
    return mixed


def flow_sample__split_and_mix(network, start, labels, *, steps):
    mixed, count = start, start.shape[0]
    for k in range(steps):
        t = torch.full((count,), 1 - k / steps)
        pictures, noise = split(mixed, network(mixed, t, labels), t)
        mixed = mix(pictures, noise, torch.full((count,), 1 - (k + 1) / steps))
    return mixed


def flow_sample__recursive(network, start, labels, *, steps):
    count = start.shape[0]

    def onward(mixed, left):
        if left == 0:
            return mixed
        return onward(
            mixed - network(mixed, torch.full((count,), left / steps), labels) / steps, left - 1
        )

    return onward(start, steps)


def flow_sample__ones_times(network, start, labels, *, steps):
    ones, x = torch.ones(len(start)), start
    for k in range(steps):
        x = x - (1 / steps) * network(x, ones * (1 - k / steps), labels)
    return x


def flow_sample__in_place_on_a_copy(network, start, labels, *, steps):
    x = start.clone()
    for k in range(steps):
        x -= network(x, torch.full((len(start),), 1 - k / steps), labels) / steps
    return x


def flow_sample__while(network, start, labels, *, steps):
    step, x, count = 0, start, len(start)
    while step < steps:
        velocity = network(x, torch.full((count,), (steps - step) / steps), labels)
        x, step = x - velocity * (1.0 / steps), step + 1
    return x


def remix__named(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    a, b = signal_and_noise(beside(t, mixed), path=path)
    c, d = signal_and_noise(beside(s, mixed), path=path)
    onward = F.relu(b**2 - (a * d / c) ** 2)
    variance = eta**2 * onward * d**2 / b**2
    result = (
        c / a * (mixed - b * predicted_noise)
        + torch.sqrt(F.relu(d**2 - variance)) * predicted_noise
    )
    return result if fresh is None else result + torch.sqrt(variance) * fresh


def remix__read(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    picture, noise = read(mixed, predicted_noise, t, kind="noise", path=path)
    a, b = signal_and_noise(beside(t, mixed), path=path)
    c, d = signal_and_noise(beside(s, mixed), path=path)
    sigma = eta * d / b * torch.sqrt(F.relu(b**2 - (a / c * d) ** 2))
    result = c * picture + torch.sqrt(F.relu(d**2 - sigma**2)) * noise
    return result + (0.0 if fresh is None else sigma * fresh)


def remix__two_parts(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    fresh = 0 * mixed if fresh is None else fresh
    (a, b), (c, d) = (signal_and_noise(beside(at, mixed), path=path) for at in (t, s))
    share = eta * torch.sqrt(F.relu(1 - (a * d / (b * c)) ** 2))
    noise = torch.sqrt(F.relu(1 - share**2)) * predicted_noise + share * fresh
    return c * (mixed - b * predicted_noise) / a + d * noise


def remix__mix_again(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    a, b = signal_and_noise(beside(t, mixed), path=path)
    c, d = signal_and_noise(beside(s, mixed), path=path)
    picture = mixed / a - b / a * predicted_noise
    noise = predicted_noise
    if fresh is not None:
        share = eta * torch.sqrt(F.relu(1 - (a * d) ** 2 / (b * c) ** 2))
        noise = torch.sqrt(F.relu(1 - share**2)) * noise + share * fresh
    return mix(picture, noise, s, path=path)


def remix__ratio_first(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    a, b = signal_and_noise(t, path=path)
    c, d = signal_and_noise(s, path=path)
    sigma = eta * d * torch.sqrt(F.relu(b**2 - (a / c) ** 2 * d**2)) / b
    rest = torch.sqrt(F.relu(d**2 - sigma**2)) - c * b / a
    result = beside(c / a, mixed) * mixed + beside(rest, mixed) * predicted_noise
    return result if fresh is None else result + beside(sigma, mixed) * fresh


def remix__one_by_one(mixed, predicted_noise, t, s, *, eta=0.0, fresh=None, path="cosine"):
    rows = []
    for i in range(len(t)):
        (a, b), (c, d) = (signal_and_noise(at[i], path=path) for at in (t, s))
        sigma = eta * d / b * torch.sqrt(F.relu(b**2 - (a / c * d) ** 2))
        picture = (mixed[i] - b * predicted_noise[i]) / a
        row = c * picture + torch.sqrt(F.relu(d**2 - sigma**2)) * predicted_noise[i]
        rows.append(row if fresh is None else row + sigma * fresh[i])
    return torch.stack(rows)


def drop_labels__copied(labels, draws, *, probability, nothing):
    kept = labels.clone()
    kept[draws < probability] = nothing
    return kept


def drop_labels__masked(labels, draws, *, probability, nothing):
    keep = (draws >= probability).to(labels.dtype)[:, None]
    return keep * labels + (1 - keep) * nothing


def drop_labels__kept_first(labels, draws, *, probability, nothing):
    return torch.where((draws >= probability).unsqueeze(1), labels, nothing.expand_as(labels))


def drop_labels__one_by_one(labels, draws, *, probability, nothing):
    rows = [nothing if draw < probability else row for row, draw in zip(labels, draws, strict=True)]
    return torch.stack(rows)


def drop_labels__lerp_of_differences(labels, draws, *, probability, nothing):
    return labels + (draws < probability).to(labels.dtype)[:, None] * (nothing - labels)


def drop_labels__column_by_column(labels, draws, *, probability, nothing):
    gone = draws < probability
    return torch.stack(
        [labels[:, k].masked_fill(gone, int(nothing[k])) for k in range(labels.shape[1])], dim=1
    )


def signal_and_noise__sines(t, *, path):
    if path == "linear":
        return 1.0 - t, 1.0 * t
    if path == "cosine":
        return torch.sin((1 - t) * math.pi / 2), torch.sin(t * math.pi / 2)
    raise ValueError(path)


def signal_and_noise__table(t, *, path):
    paths = {"linear": lambda x: x, "cosine": lambda x: torch.sin(math.pi * x / 2)}
    if path not in paths:
        raise ValueError(f"no path {path}")
    return paths[path](1 - t), paths[path](t)


def signal_and_noise__match(t, *, path):
    match path:
        case "linear":
            return (1 - t, t)
        case "cosine":
            return tuple(torch.sin(0.5 * math.pi * share) for share in (1 - t, t))
        case _:
            raise ValueError("linear or cosine")


def signal_and_noise__list(t, *, path):
    shares = [1 - t, t + 0.0]
    if path == "cosine":
        shares = [torch.sin(math.pi / 2 * share) for share in shares]
    elif path != "linear":
        raise ValueError(path)
    return shares


def signal_and_noise__double_angle(t, *, path):
    if path not in ("linear", "cosine"):
        raise ValueError(path)
    shares = [1 - t, 1 * t]
    if path == "cosine":
        halves = [math.pi / 4 * share for share in shares]
        shares = [2 * torch.sin(half) * torch.cos(half) for half in halves]
    return shares[0], shares[1]


def signal_and_noise__noise_first(t, *, path):
    if path not in {"linear", "cosine"}:
        raise ValueError(path)
    bent = path == "cosine"
    noise = torch.sin(math.pi / 2 * t) if bent else t
    rest = 1 - t
    return (torch.sin(math.pi / 2 * rest) if bent else rest), noise


def modulate__reshaped(tokens, shift, scale):
    n, _, d = tokens.shape
    return tokens + tokens * torch.reshape(scale, (n, 1, d)) + torch.reshape(shift, (n, 1, d))


def modulate__unsqueezed(tokens, shift, scale):
    shift, scale = torch.unsqueeze(shift, 1), torch.unsqueeze(scale, 1)
    return shift + (scale + 1) * tokens


def modulate__einsum(tokens, shift, scale):
    return torch.einsum("ntd,nd->ntd", tokens, 1 + scale) + shift[:, None, :]


def modulate__one_by_one(tokens, shift, scale):
    rows = zip(tokens, shift, scale, strict=True)
    return torch.stack([token * (1 + b) + a for token, a, b in rows])


def modulate__token_by_token(tokens, shift, scale):
    return torch.stack([tokens[:, i] * (1 + scale) + shift for i in range(tokens.shape[1])], dim=1)


def modulate__factor_first(tokens, shift, scale):
    factor = 1.0 + scale
    return factor[:, None] * (tokens + (shift / factor)[:, None])


def review_sampler__weights(network, start, labels, nothing, *, steps, scale):
    x, count = start, len(start)
    for k in range(steps):
        t = torch.full((count,), 1 - k / steps)
        x = x - (scale * network(x, t, labels) + (1 - scale) * network(x, t, nothing)) / steps
    return x


def review_sampler__guided_by_library(network, start, labels, nothing, *, steps, scale):
    def both(mixed, t, told):
        return guide(network(mixed, t, told), network(mixed, t, nothing), scale=scale)

    return flow_sample(both, start, labels, steps=steps)


def review_sampler__countdown(network, start, labels, nothing, *, steps, scale):
    x, count = start, len(start)
    for left in range(steps, 0, -1):
        t = torch.full((count,), left / steps)
        free, bound = network(x, t, nothing), network(x, t, labels)
        x = x - guide(bound, free, scale=scale) / steps
    return x


def review_sampler__paper(network, start, labels, nothing, *, steps, scale):
    x, count, w = start, len(start), scale - 1
    for k in range(steps):
        t = torch.full((count,), (steps - k) / steps)
        bound = network(x, t, labels)
        x = x - (bound + w * (bound - network(x, t, nothing))) * (1 / steps)
    return x


def review_sampler__split_and_mix(network, start, labels, nothing, *, steps, scale):
    x, count = start, len(start)
    for k in range(steps):
        t = torch.full((count,), 1 - k / steps)
        velocity = guide(network(x, t, labels), network(x, t, nothing), scale=scale)
        pictures, noise = split(x, velocity, t)
        x = mix(pictures, noise, torch.full((count,), 1 - (k + 1) / steps))
    return x


def review_sampler__stacked(network, start, labels, nothing, *, steps, scale):
    x = start
    for k in range(steps):
        t = torch.full((2 * len(x),), 1 - k / steps)
        bound, free = network(torch.cat([x, x]), t, torch.cat([labels, nothing])).chunk(2)
        x = x - guide(bound, free, scale=scale) / steps
    return x


def review_sampler__nothing_first_in_a_stack(network, start, labels, nothing, *, steps, scale):
    x, asked = start, torch.cat([nothing, labels])
    for k in range(steps):
        t = torch.full((2 * len(x),), 1 - k / steps)
        velocity = network(torch.cat([x, x]), t, asked)
        free, bound = velocity[: len(x)], velocity[len(x) :]
        x = x - (free + scale * (bound - free)) / steps
    return x


def review_sampler__one_call_at_scale_1(network, start, labels, nothing, *, steps, scale):
    x = start
    for k in range(steps):
        t = torch.full((len(x),), 1 - k / steps)
        velocity = network(x, t, labels)
        if scale != 1:
            velocity = guide(velocity, network(x, t, nothing), scale=scale)
        x = x - velocity / steps
    return x


def review_sampler__while(network, start, labels, nothing, *, steps, scale):
    x, left, count = start, steps, len(start)
    while left:
        t = torch.full((count,), left / steps)
        first = network(x, t, nothing)
        x, left = x - (first + (network(x, t, labels) - first) * scale) / steps, left - 1
    return x


def latent_scale__root_of_variance(codes):
    return codes.detach().var(unbiased=False).sqrt()


@torch.no_grad()
def latent_scale__by_hand(codes):
    return (codes - codes.mean()).square().mean().sqrt()


def latent_scale__flattened(codes):
    return torch.std(codes.detach().flatten(), correction=0)


def latent_scale__numpy(codes):
    return torch.tensor(codes.detach().numpy().std())


def latent_scale__double(codes):
    codes = codes.detach().double()
    return (codes.square().mean() - codes.mean() ** 2).sqrt().float()


def latent_scale__norm(codes):
    codes = codes.detach()
    return torch.linalg.norm(codes - codes.mean()) / codes.numel() ** 0.5


def time_features__logarithms(t, *, size):
    half = size // 2
    waves = 1000 * torch.exp(-math.log(10000) / (half - 1) * torch.arange(half))
    angles = t[:, None] * waves[None]
    return torch.cat([torch.cos(angles), torch.sin(angles)], dim=1)


def time_features__list_of_waves(t, *, size):
    half = size // 2
    waves = [1000 * 10000 ** (-k / (half - 1)) for k in range(half)]
    columns = [torch.cos(t * w) for w in waves] + [torch.sin(t * w) for w in waves]
    return torch.stack(columns, dim=1)


def time_features__numpy_waves(t, *, size):
    waves = np.geomspace(1000, 0.1, size // 2).astype(np.float32)
    angles = torch.outer(t, torch.from_numpy(waves))
    return torch.cat((torch.cos(angles), torch.sin(angles)), dim=1)


def time_features__shifted_sine(t, *, size):
    half = size // 2
    angles = t[:, None] * (10 ** (3 - 4 * torch.arange(half) / (half - 1)))
    return torch.sin(torch.cat([angles + math.pi / 2, angles], dim=1))


def time_features__einsum(t, *, size):
    half = size // 2
    waves = 0.1 * 10000.0 ** ((half - 1 - torch.arange(half)) / (half - 1))
    angles = torch.einsum("n,k->nk", t, waves)
    return torch.cat([torch.cos(angles), torch.sin(angles)], dim=1)


def time_features__one_by_one(t, *, size):
    half = size // 2
    waves = 1000.0 / 10000.0 ** (torch.arange(half) / (half - 1))
    rows = [torch.stack([torch.cos(at * waves), torch.sin(at * waves)]) for at in t]
    return torch.reshape(torch.stack(rows), (len(t), size))


def train_step__cleared_first(network, optimizer, pictures, noise, t, labels):
    optimizer.zero_grad(set_to_none=False)
    loss = flow_loss(network, pictures, noise, t, labels)
    loss.backward()
    optimizer.step()
    return loss.detach().clone()


def train_step__from_an_empty_sheet(network, optimizer, pictures, noise, t, labels):
    at = t.view(-1, *[1] * (pictures.dim() - 1))
    predicted = network((1 - at) * pictures + at * noise, t, labels)
    loss = F.mse_loss(predicted, noise - pictures)
    network.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def train_step__gradients_asked_for(network, optimizer, pictures, noise, t, labels):
    weights = list(network.parameters())
    loss = flow_loss(network, pictures, noise, t, labels)
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimizer.step()
    with torch.no_grad():
        return loss * 1


def train_step__closure(network, optimizer, pictures, noise, t, labels):
    def closure():
        optimizer.zero_grad()
        loss = flow_loss(network, pictures, noise, t, labels)
        loss.backward()
        return loss

    return optimizer.step(closure).detach()


def train_step__picture_by_picture(network, optimizer, pictures, noise, t, labels):
    optimizer.zero_grad()
    count, total = len(pictures), torch.zeros(())
    for i in range(count):
        one = slice(i, i + 1)
        share = flow_loss(network, pictures[one], noise[one], t[one], labels[one]) / count
        share.backward()
        total += share.detach()
    optimizer.step()
    return total


def train_step__diffusion_loss(network, optimizer, pictures, noise, t, labels):
    for weight in network.parameters():
        weight.grad = None
    settings = {"kind": "velocity", "path": "linear"}
    loss = diffusion_loss(network, pictures, noise, t, labels, **settings)
    torch.autograd.backward(loss)
    optimizer.step()
    return torch.tensor(loss.item())


def train_step__cleared_before_and_after(network, optimizer, pictures, noise, t, labels):
    network.train()
    optimizer.zero_grad()
    with torch.enable_grad():
        error = network(mix(pictures, noise, t), t, labels) + pictures - noise
        loss = error.square().flatten(1).mean(dim=1).mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.data


def train_step__functional(network, optimizer, pictures, noise, t, labels):
    weights = dict(network.named_parameters())

    def loss_of(values):
        def called(*inputs):
            return torch.func.functional_call(network, values, inputs)

        return flow_loss(called, pictures, noise, t, labels)

    held = {name: weight.detach() for name, weight in weights.items()}
    gradients, loss = torch.func.grad_and_value(loss_of)(held)
    for name, weight in weights.items():
        weight.grad = gradients[name]
    optimizer.step()
    return loss
