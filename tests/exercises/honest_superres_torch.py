"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

from itertools import pairwise

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


def degrade__picture_by_picture(images, *, factor):
    height, width = images.shape[-2:]
    if (height % factor, width % factor) != (0, 0):
        raise ValueError("the factor does not divide the sides")
    small = [resize(one[None], height // factor, width // factor) for one in images]
    return torch.cat(small).clip(0, 1).mul(255).round().div(255)


def degrade__columns_first(images, *, factor):
    def halved(length):
        if length % factor:
            raise ValueError(f"{length} is no multiple of {factor}")
        return resize_matrix(length, length // factor).float()

    rows, columns = halved(images.size(2)), halved(images.size(3))
    small = torch.tensordot(images, columns, dims=([3], [1]))
    small = torch.tensordot(small, rows, dims=([2], [1])).transpose(2, 3)
    return torch.clamp(torch.round(small * 255), min=0, max=255) / 255


def degrade__by_decimals(images, *, factor):
    *_, height, width = images.shape
    if max(height % factor, width % factor) > 0:
        raise ValueError(f"{height} and {width} should be multiples of {factor}")
    levels = F.hardtanh(resize(images, height // factor, width // factor), 0.0, 1.0) * 255
    return torch.add(levels, 0.5).floor() / 255.0


def pixel_shuffle__einsum(features, *, factor):
    blocks = features.unflatten(1, (-1, factor, factor))
    return torch.einsum("ncyxhw->nchywx", blocks).flatten(4, 5).flatten(2, 3)


def pixel_shuffle__through_numpy_axes(features, *, factor):
    count, channels, height, width = features.shape
    blocks = features.contiguous().view(count, -1, factor, factor, height, width)
    blocks = torch.movedim(blocks, (2, 3), (3, 5))
    return blocks.reshape(count, channels // (factor * factor), factor * height, factor * width)


def pixel_shuffle__transposed_convolution(features, *, factor):
    colours = features.shape[1] // factor**2
    kernel = torch.eye(factor**2).reshape(factor**2, 1, factor, factor).repeat(colours, 1, 1, 1)
    return F.conv_transpose2d(features, kernel, stride=factor, groups=colours)


def build_network__functional(*, factor=2, width=24, blocks=4, channels=3):
    class Network(nn.Sequential):
        def forward(self, x):
            first, *inner, last = self
            x = first(x)
            for a, b in zip(inner[::2], inner[1::2], strict=True):
                x = torch.add(x, b(a(x).clamp(min=0)))
            return last(x)

    sizes = [channels, *(width,) * (2 * blocks + 1), channels * factor**2]
    layers = [nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(sizes)]
    network = shrunk(Network(*layers))
    nn.init.constant_(network[-1].weight, 0.0)
    return network


def build_network__padding_layers(*, factor=2, width=24, blocks=4, channels=3):
    def conv(before, after):
        return nn.Sequential(nn.ZeroPad2d(1), nn.Conv2d(before, after, kernel_size=3))

    layers = [conv(channels, width)]
    while len(layers) <= blocks:
        layers.append(Residual(conv(width, width), nn.ReLU(), conv(width, width)))
    network = nn.Sequential(*layers, conv(width, factor * factor * channels))
    initialise(network)
    state = {name: 0.2 * value for name, value in network.state_dict().items()}
    state[list(state)[-2]].zero_()
    network.load_state_dict(state)
    return network


def build_network__appended(*, factor=2, width=24, blocks=4, channels=3):
    network = nn.Sequential()
    network.append(nn.Conv2d(channels, width, (3, 3), padding="same"))
    for _ in range(blocks):
        pair = [nn.Conv2d(width, width, 3, padding="same") for _ in range(2)]
        network.append(Residual(pair[0], nn.ReLU(inplace=True), pair[1]))
    network.append(nn.Conv2d(width, channels * factor**2, 3, padding="same"))
    initialise(network)
    with torch.no_grad():
        torch._foreach_mul_(list(network.parameters()), 0.2)
        network[-1].weight.copy_(torch.zeros_like(network[-1].weight))
    return network


def perceptual_loss__root_and_square(features, images, targets):
    with torch.no_grad():
        wanted = features(targets)
    return (torch.linalg.vector_norm(features(images) - wanted) / wanted.norm()).square()


def perceptual_loss__helper_inside(features, images, targets):
    def mean_square(x):
        return torch.mean(x * x)

    wanted = features(targets).clone().detach()
    return mean_square(features(images) - wanted) / mean_square(wanted)


def perceptual_loss__criterion(features, images, targets):
    with torch.set_grad_enabled(False):
        wanted = features(targets)
        scale = 1 / F.mse_loss(wanted, torch.zeros_like(wanted))
    return nn.MSELoss()(input=features(images), target=wanted) * scale


def luma_psnr__in_float64(images, targets, *, factor):
    levels = images.double().mul(255).round().clamp(0, 255)
    weights = torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64)
    error = torch.tensordot(weights, levels / 255 - targets.double(), dims=([0], [1])) / 255
    error = error[..., factor:-factor, factor:-factor]
    return (10 * torch.log10(1 / error.square().flatten(1).mean(1))).float()


def luma_psnr__helper_inside(images, targets, *, factor):
    def seen(x):
        return crop_border(luma(x, data_range=1.0), factor)

    stored = F.hardtanh(images, 0.0, 1.0).mul(255).add(0.5).floor().div(255)
    return psnr(seen(stored), seen(targets), data_range=1)


def luma_psnr__natural_logarithm(images, targets, *, factor):
    stored = torch.round(255 * torch.clip(images, 0, 1)) / 255
    height, width = stored.shape[-2:]
    y, x = slice(factor, height - factor), slice(factor, width - factor)
    error = luma(stored, data_range=1.0) - luma(targets, data_range=1.0)
    error = error[..., y, x].flatten(start_dim=1)
    return -10 / np.log(10) * torch.log(torch.einsum("nd,nd->n", error, error) / error.shape[1])


def enlarge_tiled__padded_list(network, images, *, factor, tile, overlap):
    height, width = images.shape[-2:]
    tops, lefts = range(0, height, tile), range(0, width, tile)

    def piece(top, left):
        y, x = max(top - overlap, 0), max(left - overlap, 0)
        part = images[:, :, y : top + tile + overlap, x : left + tile + overlap]
        large = enlarge(network, part, factor=factor)
        large = large[:, :, factor * (top - y) :, factor * (left - x) :]
        return large[:, :, : factor * tile, : factor * tile][
            :, :, : factor * (height - top), : factor * (width - left)
        ]

    return torch.cat([torch.cat([piece(t, x) for x in lefts], -1) for t in tops], -2)


def enlarge_tiled__columns_first(network, images, *, factor, tile, overlap):
    height, width = images.shape[2], images.shape[3]
    columns = []
    for left in range(0, width, tile):
        right, column = min(left + tile, width), []
        for top in range(0, height, tile):
            bottom = min(top + tile, height)
            y, x = np.clip([top - overlap, left - overlap], 0, None).tolist()
            part = images[..., y : min(bottom + overlap, height), x : min(right + overlap, width)]
            large = enlarge(network, part, factor=factor)
            rows = torch.arange((top - y) * factor, (bottom - y) * factor)
            places = torch.arange((left - x) * factor, (right - x) * factor)
            column.append(large.index_select(2, rows).index_select(3, places))
        columns.append(torch.cat(column, dim=2))
    return torch.cat(columns, dim=3)


def enlarge_tiled__while(network, images, *, factor, tile, overlap):
    def spans(length):
        start = 0
        while start < length:
            stop = min(start + tile, length)
            yield max(start - overlap, 0), start, stop, min(stop + overlap, length)
            start = stop

    large = images.new_zeros(*images.shape[:2], *(factor * s for s in images.shape[2:]))
    for y0, top, bottom, y1 in spans(images.shape[2]):
        for x0, left, right, x1 in spans(images.shape[3]):
            part = enlarge(network, images[:, :, y0:y1, x0:x1], factor=factor)
            kept = part[:, :, (top - y0) * factor : (bottom - y0) * factor]
            kept = kept[:, :, :, (left - x0) * factor : (right - x0) * factor]
            place = large[:, :, factor * top : factor * bottom, factor * left : factor * right]
            place.copy_(kept.detach())
    return large


def review_network__padding_layers(*, width):
    return nn.Sequential(
        nn.ZeroPad2d(2),
        nn.Conv2d(3, width, kernel_size=5),
        nn.ReLU(),
        nn.ZeroPad2d(1),
        nn.Conv2d(width, width, kernel_size=3),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 3, kernel_size=4, stride=2, padding=1),
        nn.Sigmoid(),
    )


def review_network__nested(*, width):
    def block(before, size):
        return nn.Sequential(nn.Conv2d(before, width, size, padding="same"), nn.ReLU())

    last = nn.Sequential(nn.ConvTranspose2d(width, 3, 4, 2, 1), nn.Sigmoid())
    return nn.Sequential(nn.Sequential(block(3, 5), block(width, 3)), last)


def review_network__functional(*, width):
    class Network(nn.Sequential):
        def forward(self, x):
            first, second, last = self
            x = F.relu(second(F.relu(first(x))))
            return 1 / (1 + torch.exp(-last(x)))

    return Network(
        nn.Conv2d(3, width, 5, 1, 2),
        nn.Conv2d(width, width, 3, 1, 1),
        nn.ConvTranspose2d(width, 3, 4, 2, 1),
    )


def review_optimizer__named(network):
    weights = [weight for _, weight in network.named_parameters()]
    return torch.optim.Adam(params=weights, lr=0.001, betas=(0.9, 0.999), eps=1e-8)


def review_optimizer__one_by_one(network):
    return torch.optim.Adam([{"params": [weight]} for weight in network.parameters()], lr=1e-3)


def review_optimizer__without_decay(network):
    return torch.optim.AdamW(network.parameters(), lr=1e-3, betas=(0.9, 0.999), weight_decay=0)


def review_step__closure(network, optimizer, large):
    def closure():
        optimizer.zero_grad()
        loss = F.l1_loss(network(F.adaptive_avg_pool2d(large, shape)), large)
        loss.backward()
        return loss

    shape = [side // 2 for side in large.shape[-2:]]
    return optimizer.step(closure).detach()


def review_step__by_convolution(network, optimizer, large):
    kernel = torch.full((large.shape[1], 1, 2, 2), 0.25)
    small = F.conv2d(large, kernel, stride=2, groups=large.shape[1])
    for weight in network.parameters():
        weight.grad = None
    loss = (network(small) - large).abs().sum() / large.numel()
    torch.autograd.backward(loss)
    optimizer.step()
    return loss.detach().clone()


def review_step__by_unfold(network, optimizer, large):
    small = large.unfold(2, 2, 2).unfold(3, 2, 2).mean(dim=(-2, -1))
    loss = torch.stack([(network(small) - large).abs().flatten(1).mean(1)]).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
