"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def build_encoder__in_a_loop(*, latents=64, width=16, channels=3):
    found = []
    for before, after in pairwise([channels, width, 2 * width, 4 * width]):
        found += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
    return nn.Sequential(*found, nn.Conv2d(4 * width, latents, (4, 4)), nn.Flatten(1))


def build_encoder__as_a_class(*, latents=64, width=16, channels=3):
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            sizes = [channels, width, 2 * width, 4 * width]
            self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(sizes))
            self.last = nn.Conv2d(4 * width, latents, 4)

        def forward(self, pictures):
            for layer in self.down:
                pictures = F.leaky_relu(layer(pictures), 0.2)
            return self.last(pictures)[:, :, 0, 0]

    return Encoder()


def build_encoder__padding_of_its_own(*, latents=64, width=16, channels=3):
    blocks = [
        nn.Sequential(nn.ZeroPad2d(1), nn.Conv2d(before, after, 4, 2), nn.LeakyReLU(0.2))
        for before, after in ((channels, width), (width, 2 * width), (2 * width, 4 * width))
    ]
    return nn.Sequential(*blocks, nn.Conv2d(4 * width, latents, 4), nn.Flatten(), nn.Identity())


def build_decoder__in_a_loop(*, latents=64, width=16, channels=3):
    found = [nn.Unflatten(1, (latents, 1, 1)), nn.ConvTranspose2d(latents, 4 * width, 4)]
    for before, after in pairwise([4 * width, 2 * width, width, channels]):
        found += [nn.LeakyReLU(0.2), nn.ConvTranspose2d(before, after, 4, 2, 1)]
    return nn.Sequential(*found, nn.Sigmoid())


def build_decoder__as_a_class(*, latents=64, width=16, channels=3):
    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.ConvTranspose2d(latents, 4 * width, 4)
            sizes = [4 * width, 2 * width, width, channels]
            self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in pairwise(sizes))

        def forward(self, codes):
            hidden = self.first(codes[:, :, None, None])
            for layer in self.up:
                hidden = layer(F.leaky_relu(hidden, 0.2))
            return torch.sigmoid(hidden)

    return Decoder()


def build_decoder__first_of_stride_two(*, latents=64, width=16, channels=3):
    net = nn.Sequential(nn.Unflatten(-1, (-1, 1, 1)))
    net.append(nn.ConvTranspose2d(latents, 4 * width, 4, stride=2))
    for before, after in ((4, 2), (2, 1)):
        net.append(nn.LeakyReLU(negative_slope=0.2))
        net.append(nn.ConvTranspose2d(before * width, after * width, 4, 2, padding=1))
    net.extend([nn.LeakyReLU(0.2), nn.ConvTranspose2d(width, channels, 4, 2, 1), nn.Sigmoid()])
    return net


def walk__in_a_loop(decoder, start, end, *, steps):
    rows = [start * (1 - i / (steps - 1)) + end * (i / (steps - 1)) for i in range(steps)]
    return decoder(torch.stack(rows))


def walk__lerp(decoder, start, end, *, steps):
    weight = torch.linspace(0, 1, steps).unsqueeze(1)
    return decoder(torch.lerp(start[None], end[None], weight))


def walk__one_by_one(decoder, start, end, *, steps):
    places = np.linspace(0, 1, steps)
    return torch.cat([decoder(((1 - s) * start + s * end)[None]) for s in places.tolist()])


def add_noise__numpy_generator(pictures, *, sigma, seed):
    noise = np.random.default_rng(seed).normal(0, 1, tuple(pictures.shape)).astype(np.float32)
    return torch.clip(pictures + sigma * torch.from_numpy(noise), 0, 1)


def add_noise__global_seed(pictures, *, sigma, seed):
    torch.manual_seed(seed)
    return (pictures + sigma * torch.randn_like(pictures)).clip(min=0, max=1)


def add_noise__into_a_copy(pictures, *, sigma, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    noisy = pictures.clone()
    noisy += torch.empty_like(noisy).normal_(generator=generator) * sigma
    return noisy.clamp_(0.0, 1.0)


def masked_loss__chosen_values(output, pictures, mask):
    hidden = mask.expand_as(pictures) > 0.5
    if not hidden.any():
        return (0 * output).sum()
    return F.mse_loss(output[hidden], pictures[hidden])


def masked_loss__broadcast(output, pictures, mask):
    mask = mask.expand(pictures.shape)
    return ((output - pictures) ** 2 * mask).sum() / max(mask.sum(), torch.tensor(1.0))


def masked_loss__masked_difference(output, pictures, mask):
    difference = (output - pictures) * mask
    count = torch.count_nonzero(mask) * output.shape[1]
    return F.mse_loss(difference, torch.zeros_like(difference), reduction="sum") / count.clamp(1)


def anomaly_score__unfold(output, pictures, *, window=4):
    errors = ((output - pictures) ** 2).mean(1)
    windows = errors.unfold(1, window, 1).unfold(2, window, 1)
    return windows.mean(dim=(-2, -1)).flatten(1).max(dim=1).values


def anomaly_score__channels_last(output, pictures, *, window=4):
    local = F.avg_pool2d((output - pictures).square(), window, stride=1).mean(dim=1)
    return local.flatten(1).amax(dim=1)


def anomaly_score__convolution(output, pictures, *, window=4):
    errors = (output - pictures).pow(2).mean(dim=1, keepdim=True)
    kernel = torch.full((1, 1, window, window), 1 / window**2)
    return torch.stack([row.max() for row in F.conv2d(errors, kernel)])


def auroc__in_a_loop(scores, defective):
    bad, good = scores[defective], scores[~defective]
    won = sum(float(b > g) + 0.5 * float(b == g) for b in bad for g in good)
    return torch.tensor(won / (len(bad) * len(good)))


def auroc__signs(scores, defective):
    table = torch.sign(scores[defective].unsqueeze(1) - scores[~defective].unsqueeze(0))
    return (table.mean() + 1) / 2


def auroc__ranks(scores, defective):
    order, counts = torch.unique(scores, return_inverse=True, return_counts=True)[1:]
    ranks = (counts.cumsum(0) - (counts - 1) / 2)[order]
    bad = defective.sum()
    won = ranks[defective].sum() - bad * (bad + 1) / 2
    return won / (bad * (len(scores) - bad))


def review_autoencoder__in_two_parts(*, latents):
    encoder = [nn.Conv2d(3, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU()]
    code = [nn.Flatten(), nn.Linear(2048, latents), nn.Linear(latents, 2048), nn.ReLU()]
    decoder = [nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(16, 3, 4, 2, 1)]
    return nn.Sequential(*encoder, *code, nn.Unflatten(1, (32, 8, 8)), *decoder, nn.Sigmoid())


def review_autoencoder__as_a_class(*, latents):
    class Autoencoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 16, 4, 2, 1), nn.Conv2d(16, 32, 4, 2, 1)
            self.code, self.back = nn.Linear(2048, latents), nn.Linear(latents, 2048)
            self.up = nn.ConvTranspose2d(32, 16, 4, 2, 1)
            self.last = nn.ConvTranspose2d(16, 3, 4, 2, 1)

        def forward(self, pictures):
            hidden = F.relu(self.second(F.relu(self.first(pictures))))
            hidden = F.relu(self.back(self.code(hidden.flatten(1))))
            return torch.sigmoid(self.last(F.relu(self.up(hidden.view(-1, 32, 8, 8)))))

    return Autoencoder()


def review_autoencoder__nested(*, latents):
    encoder = nn.Sequential(
        nn.Conv2d(3, 16, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 32, 4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Flatten(start_dim=1),
        nn.Linear(32 * 64, latents),
    )
    decoder = nn.Sequential(
        nn.Linear(latents, 32 * 64),
        nn.ReLU(),
        nn.Unflatten(-1, (32, 8, 8)),
        nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 3, 4, stride=2, padding=1),
    )
    return nn.Sequential(encoder, decoder, nn.Sigmoid())


def review_step__cleared_first(model, optimizer, pictures, noise):
    optimizer.zero_grad(set_to_none=False)
    noisy = torch.clip(pictures + noise / 10, 0, 1)
    loss = ((model(noisy) - pictures) ** 2).mean()
    loss.backward()
    optimizer.step()
    return loss


def review_step__criterion(model, optimizer, pictures, noise):
    criterion = nn.MSELoss()
    output = model(torch.clamp(torch.add(pictures, noise, alpha=0.1), min=0, max=1))
    loss = criterion(output, pictures)
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def review_step__gradients_asked_for(model, optimizer, pictures, noise):
    noisy = (0.1 * noise).add(pictures).clamp(0, 1)
    loss = (pictures - model(noisy)).square().sum() / pictures.numel()
    weights = list(model.parameters())
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimizer.step()
    return loss


def build_encoder__nested_blocks(*, latents=64, width=16, channels=3):
    def block(before, after):
        convolution = nn.Conv2d(before, after, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1))
        return nn.Sequential(convolution, nn.LeakyReLU(negative_slope=0.2))

    down = nn.Sequential(block(channels, width), block(width, 2 * width))
    last = nn.Sequential(nn.Conv2d(4 * width, latents, 4, 1, 0), nn.Flatten(start_dim=1))
    return nn.Sequential(down, block(2 * width, 4 * width), last)


def build_encoder__maximum_for_leaky(*, latents=64, width=16, channels=3):
    class Leaky(nn.Module):
        def forward(self, x):
            return torch.maximum(x, 0.2 * x)

    sizes = [channels, *(width * 2**i for i in range(3))]
    found = []
    for i in range(3):
        found.extend([nn.Conv2d(sizes[i], sizes[i + 1], 4, stride=2, padding=1), Leaky()])
    found.extend([nn.Conv2d(sizes[-1], latents, 4), nn.Flatten()])
    return nn.Sequential(*found)


def build_encoder__functional(*, latents=64, width=16, channels=3):
    class Encoder(nn.Sequential):
        def forward(self, pictures):
            *down, last = self
            for layer in down:
                pictures = torch.where((y := layer(pictures)) > 0, y, y / 5)
            return last(pictures).squeeze(-1).squeeze(-1)

    return Encoder(
        nn.Conv2d(channels, width, 4, 2, 1),
        nn.Conv2d(width, width * 2, 4, 2, 1),
        nn.Conv2d(width * 2, width * 4, 4, 2, 1),
        nn.Conv2d(width * 4, latents, 4),
    )


def build_decoder__nested_blocks(*, latents=64, width=16, channels=3):
    def block(before, after):
        return nn.Sequential(nn.LeakyReLU(0.2), nn.ConvTranspose2d(before, after, 4, 2, 1))

    first = nn.Sequential(nn.Unflatten(1, (-1, 1, 1)), nn.ConvTranspose2d(latents, width * 4, 4))
    body = nn.Sequential(block(width * 4, width * 2), block(width * 2, width))
    return nn.Sequential(first, body, block(width, channels), nn.Sigmoid())


def build_decoder__functional(*, latents=64, width=16, channels=3):
    class Decoder(nn.Sequential):
        def forward(self, codes):
            hidden = codes.reshape(len(codes), -1, 1, 1)
            for place, layer in enumerate(self):
                hidden = layer(hidden if place == 0 else torch.maximum(hidden, hidden / 5))
            return 1 / (1 + torch.exp(-hidden))

    return Decoder(
        nn.ConvTranspose2d(latents, 4 * width, 4),
        nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
        nn.ConvTranspose2d(width, channels, 4, 2, 1),
    )


def build_decoder__by_index(*, latents=64, width=16, channels=3):
    sizes = [latents, 4 * width, 2 * width, width, channels]
    network = nn.Sequential(nn.Unflatten(1, (latents, 1, 1)))
    for i in range(4):
        stride, padding = (2, 1) if i else (1, 0)
        network.append(nn.ConvTranspose2d(sizes[i], sizes[i + 1], 4, stride, padding))
        network.append(nn.LeakyReLU(0.2) if i < 3 else nn.Sigmoid())
    return network


def walk__weights_of_both(decoder, start, end, *, steps):
    shares = torch.arange(steps) / (steps - 1)
    weights = torch.stack([1 - shares, shares], dim=1)
    with torch.no_grad():
        return decoder(weights @ torch.stack([start, end]))


def walk__each_dimension(decoder, start, end, *, steps):
    columns = [
        torch.linspace(a, b, steps) for a, b in zip(start.tolist(), end.tolist(), strict=True)
    ]
    return decoder(torch.stack(columns, dim=-1)).detach()


def walk__outer(decoder, start, end, *, steps):
    way = torch.outer(torch.linspace(0.0, 1.0, steps=steps), end.sub(start))
    with torch.inference_mode():
        return decoder(way.add(start))


def add_noise__in_a_loop(pictures, *, sigma, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    noisy = [one + sigma * torch.randn(one.shape, generator=generator) for one in pictures]
    return torch.stack(noisy).clamp(min=0.0, max=1.0)


def add_noise__normal_about_the_pictures(pictures, *, sigma, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        noisy = torch.distributions.Normal(0.0, 1.0).sample(pictures.shape) * sigma + pictures
    return torch.minimum(torch.maximum(noisy, torch.tensor(0.0)), torch.tensor(1.0))


def add_noise__in_float64(pictures, *, sigma, seed):
    rng = np.random.default_rng([seed, 7])
    noisy = pictures.double() + torch.tensor(rng.normal(scale=sigma, size=tuple(pictures.shape)))
    return F.hardtanh(noisy, 0.0, 1.0).float()


def masked_loss__einsum(output, pictures, mask):
    error = output - pictures
    total = torch.einsum("nchw,nchw,nihw->", error, error, mask)
    return total / torch.clamp_min(mask.sum() * error.size(1), 1)


def masked_loss__picture_by_picture(output, pictures, mask):
    total, count = (output * 0).sum(), 0.0
    for one, target, hidden in zip(output, pictures, mask, strict=True):
        total = total + (hidden * (one - target) ** 2).sum()
        count += float(hidden.sum()) * len(one)
    return total / count if count else total


def masked_loss__where(output, pictures, mask):
    def filled():
        return torch.where(mask > 0, output, pictures)

    count = mask.expand_as(pictures).sum()
    return (filled() - pictures).pow(2).sum().div(torch.where(count > 0, count, 1.0))


def anomaly_score__in_loops(output, pictures, *, window=4):
    errors = ((pictures - output) ** 2).mean(dim=1)
    height, width = errors.shape[1:]
    means = [
        errors[:, y : y + window, x : x + window].mean(dim=(1, 2))
        for y in range(height - window + 1)
        for x in range(width - window + 1)
    ]
    return torch.stack(means).max(dim=0).values


def anomaly_score__in_float64(output, pictures, *, window=4):
    errors = (output.double() - pictures.double()).square().mean(1)
    sums = F.pad(errors.cumsum(1).cumsum(2), (1, 0, 1, 0))
    w = window
    boxes = sums[:, w:, w:] - sums[:, :-w, w:] - sums[:, w:, :-w] + sums[:, :-w, :-w]
    return (boxes.amax(dim=(1, 2)) / w**2).float()


def anomaly_score__rows_then_columns(output, pictures, *, window=4):
    errors = (output - pictures).pow(2).sum(1, keepdim=True) / pictures.size(1)
    rows = F.avg_pool2d(errors, (window, 1), stride=1)
    return F.adaptive_max_pool2d(F.avg_pool2d(rows, (1, window), stride=1), 1).flatten()


def auroc__heaviside(scores, defective):
    bad, good = scores[defective], scores[torch.logical_not(defective)]
    table = torch.heaviside(bad[None, :] - good[:, None], torch.tensor(0.5, dtype=scores.dtype))
    return table.mean()


def auroc__sorted_places(scores, defective):
    good = scores[~defective].sort().values
    bad = scores[defective].contiguous()
    below = torch.searchsorted(good, bad, right=False)
    up_to = torch.searchsorted(good, bad, right=True)
    return (below + up_to).float().sum() / (2 * len(good) * len(bad))


def auroc__area_under_the_curve(scores, defective):
    levels = torch.cat([scores.unique().flip(0)])
    hits = [(scores[defective] >= level).float().mean() for level in levels]
    alarms = [(scores[~defective] >= level).float().mean() for level in levels]
    zero = torch.zeros(())
    return torch.trapezoid(torch.stack([zero, *hits]), torch.stack([zero, *alarms]))


def review_autoencoder__in_loops(*, latents):
    layers = []
    for before, after in ((3, 16), (16, 32)):
        layers += [nn.Conv2d(before, after, 4, 2, 1), nn.ReLU()]
    layers += [nn.Flatten(), nn.Linear(2048, latents), nn.Linear(latents, 2048), nn.ReLU()]
    layers += [nn.Unflatten(1, torch.Size([32, 8, 8]))]
    for before, after, last in ((32, 16, nn.ReLU()), (16, 3, nn.Sigmoid())):
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1), last]
    return nn.Sequential(*layers)


def review_autoencoder__functional(*, latents):
    class Autoencoder(nn.Sequential):
        def forward(self, pictures):
            first, second, code, back, up, last = self
            hidden = second(first(pictures).relu()).clamp(min=0)
            hidden = back(code(hidden.reshape(len(hidden), -1))).relu()
            return last(up(hidden.reshape(-1, 32, 8, 8)).relu()).sigmoid()

    return Autoencoder(
        nn.Conv2d(3, 16, 4, 2, 1),
        nn.Conv2d(16, 32, 4, 2, 1),
        nn.Linear(2048, latents),
        nn.Linear(latents, 2048),
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.ConvTranspose2d(16, 3, 4, 2, 1),
    )


def review_autoencoder__padding_layers(*, latents):
    return nn.Sequential(
        nn.ZeroPad2d(1),
        nn.Conv2d(3, 16, kernel_size=4, stride=2),
        nn.ReLU(),
        nn.ZeroPad2d((1, 1, 1, 1)),
        nn.Conv2d(16, 32, kernel_size=4, stride=2),
        nn.ReLU(),
        nn.Flatten(1, -1),
        nn.Linear(2048, latents),
        nn.Identity(),
        nn.Linear(latents, 2048),
        nn.ReLU(),
        nn.Unflatten(1, (32, 8, 8)),
        nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 3, kernel_size=4, stride=2, padding=1),
        nn.Sigmoid(),
    )


def review_step__closure(model, optimizer, pictures, noise):
    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(model((pictures + noise * 0.1).clip(0.0, 1.0)), pictures)
        loss.backward()
        return loss

    return optimizer.step(closure).detach()


def review_step__helper_inside(model, optimizer, pictures, noise):
    def shown():
        return F.hardtanh(torch.lerp(pictures, pictures + noise, 0.1), 0.0, 1.0)

    for weight in model.parameters():
        weight.grad = None
    error = model(shown()) - pictures
    loss = torch.einsum("nchw,nchw->", error, error) / error.numel()
    torch.autograd.backward(loss)
    optimizer.step()
    return loss.detach().clone()


def review_step__into_a_copy(model, optimizer, pictures, noise):
    noisy = pictures.clone()
    noisy.add_(noise, alpha=0.1).clamp_(0, 1)
    losses = (model(noisy) - pictures).pow(2).flatten(1).mean(dim=1)
    optimizer.zero_grad()
    losses.mean().backward()
    optimizer.step()
    return losses.detach().mean()
