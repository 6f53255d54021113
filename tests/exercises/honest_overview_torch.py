"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import numpy as np
import torch
from scipy.optimize import least_squares, minimize
from torch import nn

from prodgen_lib.torch.overview import descend, distances


def _residuals(sizes, losses):
    x, y = sizes.numpy(), np.log(losses.numpy())

    def miss(logs):
        return np.log(np.exp(logs[0]) + np.exp(logs[1]) * x ** -logs[2]) - y

    return miss


def _law(logs):
    return torch.tensor([np.exp(logs[0]), np.exp(logs[1]), logs[2]], dtype=torch.float64)


def power_law__least_squares(sizes, losses, starts):
    miss = _residuals(sizes, losses)
    ends = [least_squares(miss, start, xtol=1e-15, ftol=1e-15, gtol=1e-15) for start in starts]
    return _law(min(ends, key=lambda end: end.cost).x)


def power_law__nelder_mead(sizes, losses, starts):
    miss = _residuals(sizes, losses)
    tight = {"xatol": 1e-10, "fatol": 1e-16, "maxiter": 4000}

    def error(logs):
        return (miss(logs) ** 2).mean()

    ends = [minimize(error, s, method="Nelder-Mead", options=tight) for s in starts.numpy()]
    return _law(min(ends, key=lambda end: end.fun).x)


def power_law__sum_of_squares(sizes, losses, starts):
    x = sizes.log()

    def error(logs):
        prediction = torch.logaddexp(logs[0].expand(len(x)), logs[1] - logs[2] * x)
        return ((prediction - losses.log()) ** 2).sum()

    best, lowest = None, float("inf")
    for start in starts:
        end, value = descend(error, start)
        if value < lowest:
            best, lowest = end, value
    return torch.stack([best[0].exp(), best[1].exp(), best[2]])


def power_law__torch_lbfgs(sizes, losses, starts):
    best, lowest = None, float("inf")
    for start in starts:
        logs = start.clone().requires_grad_(True)
        search = torch.optim.LBFGS(
            [logs], max_iter=2000, tolerance_grad=1e-13, tolerance_change=1e-16,
            line_search_fn="strong_wolfe",
        )  # fmt: skip

        def error(logs=logs):
            said = logs[0].exp() + logs[1].exp() * torch.exp(-logs[2] * sizes.log())
            return (torch.log(said / losses) ** 2).mean()

        def closure(search=search, error=error):
            search.zero_grad()
            value = error()
            value.backward()
            return value

        search.step(closure)
        value = error().item()
        if value < lowest:
            best, lowest = logs.detach(), value
    return torch.cat([best[:2].exp(), best[2:]])


def power_law__all_ends_judged(sizes, losses, starts):
    def error(logs):
        said = torch.exp(logs[0]) + torch.exp(logs[1]) * torch.pow(sizes, -logs[2])
        return torch.mean((torch.log(said) - torch.log(losses)).pow(2))

    ends = torch.stack([descend(error, start)[0] for start in starts])
    found = ends[torch.stack([error(end) for end in ends]).argmin()]
    return torch.cat((torch.exp(found[:2]), found[2:]))


def memorised__broadcast(generated, training, held_out):
    count = min(training.shape[0], held_out.shape[0])

    def nearest(others):
        apart = generated[:, None] - others[None, :count]
        return apart.square().flatten(2).sum(dim=2).min(dim=1).values

    near, far = nearest(training), nearest(held_out)
    return ((near < far).float() + (near <= far).float()).mean() / 2


def memorised__one_by_one(generated, training, held_out):
    count, found = min(len(training), len(held_out)), []
    for picture in generated:
        near = min((picture - other).norm().item() for other in training[:count])
        far = min((picture - other).norm().item() for other in held_out[:count])
        found.append(1.0 if near < far else 0.5 if near == far else 0.0)
    return torch.tensor(found).mean()


def memorised__cdist(generated, training, held_out):
    count = min(len(training), len(held_out))
    rows = [x.reshape(len(x), -1) for x in (generated, training[:count], held_out[:count])]
    exact = {"compute_mode": "donot_use_mm_for_euclid_dist"}
    near = torch.cdist(rows[0], rows[1], **exact).min(dim=1)[0]
    far = torch.cdist(rows[0], rows[2], **exact).min(dim=1)[0]
    return torch.heaviside(far - near, torch.tensor(0.5)).mean()


def memorised__argmin_of_both(generated, training, held_out):
    count = min(len(training), len(held_out))
    both = torch.cat([training[:count], held_out[:count]]).flatten(1)
    apart = distances(generated.flatten(1), both)
    near, far = apart[:, :count].amin(1), apart[:, count:].amin(1)
    return torch.where(near == far, 0.5, (near < far).float()).mean()


def memorised__sums(generated, training, held_out):
    count = min(len(training), len(held_out))
    near = distances(generated.flatten(1), training[:count].flatten(1)).min(dim=1).values
    far = distances(generated.flatten(1), held_out[:count].flatten(1)).min(dim=1).values
    return ((near < far).sum() + 0.5 * (near == far).sum()) / len(generated)


def saliency__backward(network, images, labels):
    leaf = images.clone().requires_grad_()
    network(leaf)[torch.arange(len(labels)), labels].sum().backward()
    return leaf.grad.abs().max(dim=1).values


def saliency__ones(network, images, labels):
    leaf = images.detach().clone().requires_grad_()
    chosen = network(leaf)[range(len(labels)), labels]
    (slope,) = torch.autograd.grad(chosen, leaf, torch.ones_like(chosen))
    return torch.maximum(slope.amax(dim=1), -slope.amin(dim=1))


def saliency__one_hot(network, images, labels):
    with torch.enable_grad():
        leaf = nn.Parameter(images.clone())
        logits = network(leaf)
        hot = nn.functional.one_hot(labels, logits.shape[1])
        (slope,) = torch.autograd.grad((hot * logits).sum(), [leaf])
    return torch.max(torch.abs(slope), dim=1)[0]


def saliency__picture_by_picture(network, images, labels):
    maps = []
    for image, label in zip(images, labels, strict=True):
        leaf = image[None].clone().requires_grad_()
        (slope,) = torch.autograd.grad(network(leaf)[0, label], leaf)
        maps.append(slope[0].abs().amax(dim=0))
    return torch.stack(maps)


def saliency__functional(network, images, labels):
    def chosen(pictures):
        return network(pictures).gather(1, labels.reshape(-1, 1)).sum()

    slope = torch.autograd.functional.jacobian(chosen, images.clone())
    return slope.square().amax(dim=1).sqrt()


def integrated_gradients__linspace(network, images, baseline, labels, *, steps):
    slopes = []
    for share in (torch.arange(steps) + 0.5) / steps:
        point = torch.lerp(baseline, images, share).requires_grad_()
        network(point)[torch.arange(len(labels)), labels].sum().backward()
        slopes.append(point.grad)
    return (images - baseline) * torch.stack(slopes).mean(dim=0)


def integrated_gradients__one_batch(network, images, baseline, labels, *, steps):
    shares = ((torch.arange(steps) + 0.5) / steps).reshape(-1, 1, 1, 1, 1)
    points = (baseline + shares * (images - baseline)).flatten(0, 1).requires_grad_()
    chosen = network(points).gather(1, labels.repeat(steps)[:, None]).sum()
    (slopes,) = torch.autograd.grad(chosen, points)
    return (images - baseline) * slopes.reshape(steps, *images.shape).mean(dim=0)


def integrated_gradients__backwards(network, images, baseline, labels, *, steps):
    way, total = images - baseline, 0
    for step in reversed(range(steps)):
        point = (images - (step + 0.5) / steps * way).detach().requires_grad_()
        value = network(point).gather(1, labels[:, None]).sum()
        total = total + torch.autograd.grad(value, point)[0] / steps
    return total * way


def integrated_gradients__picture_by_picture(network, images, baseline, labels, *, steps):
    found = []
    for image, start, label in zip(images, baseline, labels, strict=True):
        total = torch.zeros_like(image)
        for k in range(steps):
            point = (start + (k + 0.5) / steps * (image - start))[None].requires_grad_()
            network(point)[0, label].backward()
            total += point.grad[0]
        found.append(total * (image - start) / steps)
    return torch.stack(found)


def integrated_gradients__summed_pieces(network, images, baseline, labels, *, steps):
    piece = (images - baseline) / steps
    point, total = (baseline + piece / 2).detach(), torch.zeros_like(images)
    for _ in range(steps):
        leaf = point.clone().requires_grad_()
        (slope,) = torch.autograd.grad(network(leaf).gather(1, labels[:, None]).sum(), leaf)
        total, point = total + slope * piece, point + piece
    return total


def inside_share__einsum(maps, masks):
    return torch.einsum("nhw,nhw->n", maps, masks) / torch.einsum("nhw->n", maps)


def inside_share__flat(maps, masks):
    rows = maps.flatten(1)
    return (rows * masks.flatten(1)).sum(1) / rows.sum(1)


def inside_share__shares_first(maps, masks):
    shares = maps / maps.sum(dim=(1, 2), keepdim=True)
    return (shares * masks).sum(dim=(1, 2))


def inside_share__one_by_one(maps, masks):
    pairs = zip(maps, masks, strict=True)
    return torch.stack([(one * mask).sum() / one.sum() for one, mask in pairs])


def inside_share__less_outside(maps, masks):
    return 1 - (maps * (1 - masks)).sum((1, 2)) / maps.sum((1, 2))
