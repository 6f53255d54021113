import time

import numpy as np
import torch
from torch import nn

SCALE = 0.07  # of the Gaussian likelihood: what an error of one value may be


def program(pictures, seconds):
    start = time.monotonic()
    torch.manual_seed(0)
    data = torch.from_numpy(pictures).float().permute(0, 3, 1, 2) / 255
    encoder = nn.Sequential(
        nn.Conv2d(3, 24, 4, 2, 1), nn.ReLU(),
        nn.Conv2d(24, 48, 4, 2, 1), nn.ReLU(),
        nn.Conv2d(48, 64, 4, 2, 1), nn.ReLU(),
        nn.Flatten(), nn.Linear(1024, 32),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(16, 1024), nn.ReLU(), nn.Unflatten(1, (64, 4, 4)),
        nn.ConvTranspose2d(64, 48, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(48, 24, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(24, 3, 4, 2, 1), nn.Sigmoid(),
    )  # fmt: skip
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 2e-3)
    steps = 800
    for step in range(steps):
        if time.monotonic() - start > 0.8 * seconds:
            break
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / steps)
        batch = data[torch.randint(len(data), (64,))]
        mean, log_variance = encoder(batch).chunk(2, 1)
        codes = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        # both terms in nats a picture: a sum over values, and one over dimensions
        error = ((decoder(codes) - batch) ** 2).sum((1, 2, 3)).mean() / (2 * SCALE**2)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
        loss = error + min(1.0, step / 150) * kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def encode(pictures):
        given = torch.from_numpy(pictures).float().permute(0, 3, 1, 2) / 255
        return [half.numpy() for half in encoder(given).chunk(2, 1)]

    @torch.no_grad()
    def decode(codes):
        drawn = decoder(torch.from_numpy(codes.astype(np.float32)))
        return drawn.permute(0, 2, 3, 1).numpy()

    return encode, decode
