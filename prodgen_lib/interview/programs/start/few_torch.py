import torch
from torch import nn
from torch.nn import functional as F


def program(pictures, labels, seconds):
    torch.manual_seed(0)
    data, labels = torch.from_numpy(pictures).float().flatten(1) / 255, torch.from_numpy(labels)
    network = nn.Linear(3072, 10)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(300):
        loss = F.cross_entropy(network(data), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def predict(pictures):
        return network(torch.from_numpy(pictures).float().flatten(1) / 255).argmax(1).numpy()

    return predict
