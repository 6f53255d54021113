import torch
from torch import nn


def program(points, seconds):
    torch.manual_seed(0)
    data = torch.from_numpy(points)
    network = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(500):
        real = data[torch.randint(len(data), (256,))]
        noise, t = torch.randn_like(real), torch.rand(256, 1)
        mixed = (1 - t) * real + t * noise
        loss = ((network(mixed) - (noise - real)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def draw(count, seed):
        torch.manual_seed(seed)
        x = torch.randn(count, 2)
        for _ in range(5):
            x = x + network(x) / 5
        return x.numpy()

    return draw
