"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from prodgen_lib.torch.metrics import crop_border, luma, psnr
from prodgen_lib.torch.superres import (
    Residual,
    enlarge,
    initialise,
    resize,
    resize_matrix,
)


def degrade__sizes_first(images, *, factor):
    if any(size % factor != 0 for size in images.shape[2:]):
        raise ValueError("cut the pictures first")
    small = resize(images, *(size // factor for size in images.shape[2:]))
    return small.mul(255).round().clip(0, 255) / 255


def degrade__by_einsum(images, *, factor):
    _, _, height, width = images.shape
    if height % factor != 0 or width % factor != 0:
        raise ValueError(f"{height}×{width} is no multiple of {factor}")
    rows = resize_matrix(height, height // factor)
    columns = resize_matrix(width, width // factor)
    small = torch.einsum("ih,nchw,jw->ncij", rows, images.double(), columns)
    return (torch.floor(torch.clamp(small, 0, 1) * 255 + 0.5) / 255).float()


def degrade__through_bytes(images, *, factor):
    (height, rest), (width, other) = (divmod(size, factor) for size in images.shape[-2:])
    if rest or other:
        raise ValueError("not divisible")
    stored = (resize(images, height, width).clamp(0, 1) * 255).round().to(torch.uint8)
    return stored.float() / 255


def pixel_shuffle__assigned(features, *, factor):
    count, channels, height, width = features.shape
    pixels = features.new_zeros(count, channels // factor**2, height * factor, width * factor)
    for dy in range(factor):
        for dx in range(factor):
            pixels[:, :, dy::factor, dx::factor] = features[:, dy * factor + dx :: factor**2]
    return pixels


def pixel_shuffle__two_steps(features, *, factor):
    count, channels, height, width = features.shape
    x = features.view(count, channels // factor, factor, height, width)
    x = x.permute(0, 1, 3, 4, 2).reshape(count, channels // factor, height, width * factor)
    x = x.reshape(count, channels // factor**2, factor, height, width * factor)
    return x.transpose(2, 3).reshape(count, -1, height * factor, width * factor)


def pixel_shuffle__stacked(features, *, factor):
    parts = features.unflatten(1, (-1, factor, factor))
    rows = torch.stack([torch.stack(row.unbind(2), -1).flatten(-2) for row in parts.unbind(2)], 3)
    return rows.flatten(2, 3)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding="same")
        self.second = nn.Conv2d(width, width, 3, padding="same")

    def forward(self, x):
        return x + self.second(F.relu(self.first(x)))


def shrunk(network):
    initialise(network)
    for weight in network.parameters():
        weight.data *= 0.2
    return network


def build_network__own_block(*, factor=2, width=24, blocks=4, channels=3):
    body = [Block(width) for _ in range(blocks)]
    last = nn.Conv2d(width, channels * factor**2, 3, 1, 1)
    network = shrunk(nn.Sequential(nn.Conv2d(channels, width, 3, 1, 1), *body, last))
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return network


def build_network__as_a_class(*, factor=2, width=24, blocks=4, channels=3):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Conv2d(channels, width, 3, padding=1)
            self.body = nn.ModuleList(Block(width) for _ in range(blocks))
            self.tail = nn.Conv2d(width, channels * factor * factor, 3, padding=1)

        def forward(self, x):
            x = self.head(x)
            for block in self.body:
                x = block(x)
            return self.tail(x)

    network = shrunk(Network())
    with torch.no_grad():
        network.tail.weight.fill_(0)
    return network


def build_network__nested(*, factor=2, width=24, blocks=4, channels=3):
    def conv(before, after):
        return nn.Conv2d(before, after, (3, 3), padding=(1, 1))

    body = nn.Sequential(
        *(Residual(conv(width, width), nn.ReLU(True), conv(width, width)) for _ in range(blocks))
    )
    network = initialise(
        nn.Sequential(conv(channels, width), body, conv(width, factor**2 * channels))
    )
    for name, weight in network.named_parameters():
        weight.data.mul_(0 if name == "2.weight" else 1 / 5)
    return network


def perceptual_loss__detached(features, images, targets):
    wanted = features(targets).detach()
    return (features(images) - wanted).pow(2).mean() / (wanted**2).mean()


def perceptual_loss__sums(features, images, targets):
    seen, wanted = features(images), features(targets.detach()).detach()
    return F.mse_loss(seen, wanted, reduction="sum") / torch.sum(wanted * wanted)


def perceptual_loss__norms(features, images, targets):
    with torch.inference_mode():
        wanted = features(targets)
    wanted = wanted.clone()
    difference = features(images) - wanted
    return (difference.flatten() @ difference.flatten()) / (wanted.flatten() @ wanted.flatten())


def luma_psnr__crop_first(images, targets, *, factor):
    images, targets = crop_border(images, factor), crop_border(targets, factor)
    images = images.clip(0, 1).mul(255).round().div(255)
    return psnr(luma(images, data_range=1), luma(targets, data_range=1), data_range=1)


def luma_psnr__by_hand(images, targets, *, factor):
    images = torch.round(255 * images).clamp(0, 255) / 255
    weights = torch.tensor([65.481, 128.553, 24.966]) / 255
    error = torch.einsum("nchw,c->nhw", images - targets, weights)
    error = error[:, factor:-factor, factor:-factor]
    return -10 * torch.log10(error.square().mean(dim=(1, 2)))


def luma_psnr__one_by_one(images, targets, *, factor):
    found = []
    for image, target in zip(images.clamp(0, 1), targets, strict=True):
        pair = [luma(x, data_range=1) for x in ((image * 255).round() / 255, target)]
        pair = [x[:, factor : x.shape[1] - factor, factor : x.shape[2] - factor] for x in pair]
        found.append(psnr(*pair, data_range=1))
    return torch.stack(found)


def enlarge_tiled__into_a_canvas(network, images, *, factor, tile, overlap):
    count, channels, height, width = images.shape
    canvas = torch.empty(count, channels, height * factor, width * factor)
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            y1, x1 = min(y + tile, height), min(x + tile, width)
            top, left = max(y - overlap, 0), max(x - overlap, 0)
            bottom, right = min(y1 + overlap, height), min(x1 + overlap, width)
            large = enlarge(network, images[:, :, top:bottom, left:right], factor=factor)
            part = large[:, :, (y - top) * factor : (y1 - top) * factor]
            part = part[:, :, :, (x - left) * factor : (x1 - left) * factor]
            canvas[:, :, y * factor : y1 * factor, x * factor : x1 * factor] = part
    return canvas


def enlarge_tiled__backwards(network, images, *, factor, tile, overlap):
    def spans(length):
        starts = np.arange(0, length, tile)
        return [(max(s - overlap, 0), s, min(s + tile, length)) for s in starts.tolist()]

    rows = []
    for top, y, end in reversed(spans(images.shape[2])):
        row = []
        for left, x, right in reversed(spans(images.shape[3])):
            part = images[:, :, top : end + overlap, left : right + overlap]
            large = enlarge(network, part, factor=factor)
            large = large.narrow(2, (y - top) * factor, (end - y) * factor)
            row.insert(0, large.narrow(3, (x - left) * factor, (right - x) * factor))
        rows.insert(0, torch.cat(row, 3))
    return torch.cat(rows, 2)


def enlarge_tiled__picture_by_picture(network, images, *, factor, tile, overlap):
    return torch.cat(
        [
            enlarge_tiled__into_a_canvas(
                network, image[None], factor=factor, tile=tile, overlap=overlap
            )
            for image in images
        ]
    )


def review_network__in_two_parts(*, width):
    seen = [nn.Conv2d(3, width, 5, 1, 2), nn.ReLU(True), nn.Conv2d(width, width, 3, 1, 1)]
    return nn.Sequential(*seen, nn.ReLU(), nn.ConvTranspose2d(width, 3, 4, 2, 1), nn.Sigmoid())


def review_network__as_a_class(*, width):
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = (
                nn.Conv2d(3, width, 5, padding="same"),
                nn.Conv2d(width, width, 3, padding="same"),
            )
            self.last = nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1)

        def forward(self, x):
            return torch.sigmoid(self.last(self.second(self.first(x).relu()).relu()))

    return Network()


def review_network__in_a_list(*, width):
    layers = []
    for before, size in ((3, 5), (width, 3)):
        layers += [nn.Conv2d(before, width, size, padding=size // 2), nn.ReLU()]
    layers += [nn.ConvTranspose2d(width, 3, (4, 4), stride=(2, 2), padding=(1, 1)), nn.Sigmoid()]
    return nn.Sequential(*layers)


def review_optimizer__defaults(network):
    return torch.optim.Adam(network.parameters())


def review_optimizer__a_list(network):
    return torch.optim.Adam(list(network.parameters()), 0.001, (0.9, 0.999))


def review_optimizer__groups(network):
    return torch.optim.Adam([{"params": network.parameters(), "lr": 1e-3}], betas=(0.9, 0.999))


def review_step__cleared_first(network, optimizer, large):
    optimizer.zero_grad(set_to_none=False)
    small = F.interpolate(large, scale_factor=0.5, mode="area")
    loss = (large - network(small)).abs().mean()
    loss.backward()
    optimizer.step()
    return loss


def review_step__by_reshaping(network, optimizer, large):
    count, channels, height, width = large.shape
    blocks = large.reshape(count, channels, height // 2, 2, width // 2, 2)
    loss = nn.L1Loss()(network(blocks.mean(dim=(3, 5))), large)
    network.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def review_step__gradients_asked_for(network, optimizer, large):
    small = (large[..., ::2, :] + large[..., 1::2, :]) / 2
    small = (small[..., ::2] + small[..., 1::2]) / 2
    loss = torch.mean(torch.abs(network(small) - large))
    weights = list(network.parameters())
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimizer.step()
    return loss.detach()
