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
