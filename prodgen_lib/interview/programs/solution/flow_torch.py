import time

import torch
from torch import nn


def program(points, seconds):
    start = time.monotonic()
    torch.manual_seed(0)
    data = torch.from_numpy(points)
    network = nn.Sequential(
        nn.Linear(3, 128), nn.SiLU(),
        nn.Linear(128, 128), nn.SiLU(),
        nn.Linear(128, 128), nn.SiLU(),
        nn.Linear(128, 2),
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    steps = 2000
    for step in range(steps):
        if time.monotonic() - start > 0.8 * seconds:
            break
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / steps)
        real = data[torch.randint(len(data), (256,))]
        noise, t = torch.randn_like(real), torch.rand(256, 1)
        mixed = (1 - t) * real + t * noise
        found = network(torch.cat([mixed, t], 1))  # what lies ahead depends on the time
        loss = ((found - (noise - real)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def draw(count, seed):
        torch.manual_seed(seed)
        x, calls = torch.randn(count, 2), 30
        for step in range(calls):  # from noise, t = 1, against the velocity to t = 0
            t = torch.full((count, 1), 1 - step / calls)
            x = x - network(torch.cat([x, t], 1)) / calls
        return x.numpy()

    return draw
