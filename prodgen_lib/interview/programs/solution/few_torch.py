import time

import torch
from torch import nn
from torch.nn import functional as F


def to_input(pictures):
    """From bytes to (N, 3, 32, 32) in [-1, 1]."""
    return torch.from_numpy(pictures).float().permute(0, 3, 1, 2) / 127.5 - 1


def augmented(batch):
    """Turned a little, shifted, scaled, mirrored; channels mixed: a category has any colour."""
    count = len(batch)
    angle, scale = 0.3 * (2 * torch.rand(count) - 1), 0.8 + 0.4 * torch.rand(count)
    flip = torch.randint(2, (count,)) * 2.0 - 1
    cos, sin = scale * angle.cos(), scale * angle.sin()
    shift = 0.25 * (2 * torch.rand(2, count) - 1)
    rows = torch.stack([cos * flip, -sin, shift[0], sin * flip, cos, shift[1]], 1)
    grid = F.affine_grid(rows.reshape(count, 2, 3), batch.shape, align_corners=False)
    moved = F.grid_sample(batch, grid, padding_mode="border", align_corners=False)
    mixed = moved[:, torch.randperm(3)]
    return mixed * (0.6 + 0.8 * torch.rand(count, 1, 1, 1))


def program(pictures, labels, seconds):
    start = time.monotonic()
    torch.manual_seed(0)
    data, labels = to_input(pictures), torch.from_numpy(labels)
    network = nn.Sequential(
        nn.Conv2d(3, 24, 4, 2, 1), nn.BatchNorm2d(24), nn.ReLU(),
        nn.Conv2d(24, 48, 4, 2, 1), nn.BatchNorm2d(48), nn.ReLU(),
        nn.Conv2d(48, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(256, 10),
    )  # fmt: skip
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=0.05)
    steps = 500
    for step in range(steps):
        if time.monotonic() - start > 0.8 * seconds:
            break
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 - step / steps)
        index = torch.randint(len(data), (64,))
        loss = F.cross_entropy(network(augmented(data[index])), labels[index], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    network.eval()

    @torch.no_grad()
    def predict(pictures):
        return network(to_input(pictures)).argmax(1).numpy()

    return predict
