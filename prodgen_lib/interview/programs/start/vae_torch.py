import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def program(pictures, seconds):
    torch.manual_seed(0)
    data = torch.from_numpy(pictures).float().flatten(1) / 255
    encoder = nn.Sequential(nn.Linear(3072, 128), nn.ReLU(), nn.Linear(128, 32))
    decoder = nn.Sequential(nn.Linear(16, 128), nn.ReLU(), nn.Linear(128, 3072), nn.Sigmoid())
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 1e-3)
    for _ in range(300):
        batch = data[torch.randint(len(data), (64,))]
        mean, log_variance = encoder(batch).chunk(2, 1)
        codes = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
        loss = F.mse_loss(decoder(codes), batch) + kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def encode(pictures):
        given = torch.from_numpy(pictures).float().flatten(1) / 255
        return [half.numpy() for half in encoder(given).chunk(2, 1)]

    @torch.no_grad()
    def decode(codes):
        return decoder(torch.from_numpy(codes.astype(np.float32))).reshape(-1, 32, 32, 3).numpy()

    return encode, decode
