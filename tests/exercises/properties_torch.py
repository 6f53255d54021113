"""Tests as a learner should write them, one for each chosen exercise: `<topic>__<exercise>`.

Each catches every known wrong answer and accuses no right one. They look for values worked by hand,
for what must always hold, for shapes, gradients and the edges of what may be given.
"""

import math

import numpy as np
import torch


def near(value, expected, rtol=1e-4, atol=1e-5):
    """The numbers and the shape of a float tensor."""
    assert isinstance(value, torch.Tensor) and value.is_floating_point()
    expected = expected.detach() if isinstance(expected, torch.Tensor) else expected
    wanted = np.asarray(expected, float)
    assert tuple(value.shape) == wanted.shape
    np.testing.assert_allclose(value.detach().double().numpy(), wanted, rtol=rtol, atol=atol)


def slopes(value, *given):
    """Gradients of a sum; zeros where none arrives."""
    found = torch.autograd.grad(value.sum(), given, allow_unused=True)
    return [torch.zeros_like(g) if s is None else s for g, s in zip(given, found, strict=True)]


def raises(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except ValueError:
        return
    raise AssertionError("expected a ValueError")


def augment__turn_hue(answer):
    def colours(*rows):
        return torch.tensor(rows, dtype=torch.float32)[:, :, None, None]

    red = colours([1, -1, -1])
    near(answer(red, torch.tensor([1 / 3])), colours([-1, 1, -1]))
    near(answer(red, torch.tensor([2 / 3])), colours([-1, -1, 1]))
    near(answer(red, torch.tensor([-1 / 3])), colours([-1, -1, 1]))
    images = torch.empty(3, 3, 2, 4).uniform_(-1.5, 1.5)
    near(answer(images, torch.tensor([0.0, 1, -1])), images, atol=1e-3)
    greys = images[:, :1].repeat(1, 3, 1, 1)
    near(answer(greys, torch.tensor([0.3, 0.5, 0.1])), greys)
    turns = torch.tensor([0.1, -0.2, 0.27])
    turned = answer(images, turns)
    near(answer(turned, -turns), images, atol=1e-3)
    near(turned.square().sum(1), images.square().sum(1), atol=1e-4)
    near(turned.sum(1), images.sum(1), atol=1e-4)
    for place in range(3):
        near(turned[place : place + 1], answer(images[place : place + 1], turns[place : place + 1]))
    # by 90 degrees the cross product with the axis is left, and the grey part
    axis = torch.full((3,), 1 / math.sqrt(3))
    colour = torch.tensor([0.2, -0.7, 1.1])
    expected = torch.linalg.cross(axis, colour) + colour.mean()
    near(answer(colour[None, :, None, None], torch.tensor([0.25]))[0, :, 0, 0], expected)
    images.requires_grad_()
    (slope,) = slopes(answer(images, turns) * turned, images)
    near(slope, images, atol=1e-3)


def metrics__psnr(answer):
    def psnr(images, targets, data_range=1.0):
        return answer(images, targets, data_range=data_range)

    targets = torch.full((2, 3, 4, 4), 0.5)
    away = torch.tensor([0.1, 0.05])[:, None, None, None]
    near(psnr(targets + away, targets), [20, 20 + 20 * math.log10(2)])
    near(psnr((targets + away)[0], targets[0]), 20)
    near(psnr(2 * (targets + away) - 1, 2 * targets - 1, 2.0), [20, 20 + 20 * math.log10(2)])
    images, targets = torch.rand(2, 3, 3, 5, 4).double()
    errors = (images - targets).square().mean((1, 2, 3))
    near(psnr(images, targets), 10 * (1 / errors).log10(), rtol=1e-9)
    near(psnr(images[:1], targets[:1]), 10 * (1 / errors[:1]).log10(), rtol=1e-9)
    close = targets + 1e-8 * (images - targets)
    near(psnr(close, targets), 10 * (1e16 / errors).log10(), rtol=1e-5)
    assert psnr(targets, targets).isposinf().all()
    low, high = torch.zeros(1, 1, 2, 2, dtype=torch.uint8), torch.full((1, 1, 2, 2), 255).byte()
    near(psnr(low, high, 255), [0])
    near(psnr(low + 3, low + 5, 255), [10 * math.log10(255**2 / 4)])
    near(psnr(low + 5, low + 3, 255), [10 * math.log10(255**2 / 4)])
    float32 = images.float()
    raises(psnr, float32, targets)
    raises(psnr, float32, targets.float()[:, :1])
    raises(psnr, float32 * 9, targets.float() * 9)
    raises(psnr, float32 - 9, targets.float() - 9)
    holed = float32.clone()
    holed[-1, -1, -1, -1] = math.nan
    raises(psnr, holed, targets.float())
    images.requires_grad_()
    (slope,) = slopes(psnr(images, targets), images)
    factor = -20 / math.log(10) / errors / images[0].numel()
    near(slope, factor[:, None, None, None] * (images - targets).detach())


def autoencoder__auroc(answer):
    def area(scores, defective):
        return answer(torch.tensor(scores), torch.tensor(defective))

    kinds = [False, True, False, True, False]
    near(area([0.2, 0.9, 0.5, 0.5, 0.1], kinds), 11 / 12)
    near(area([0.25] * 5, kinds), 0.5)
    near(area([0.0, 1, 0, 1, 0], kinds), 1)
    near(area([1.0, 0, 1, 0, 1], kinds), 0)
    near(area([2.0, 5], [False, True]), 1)
    near(area([0.5, 0.500002, 0.500004, 0.500006, 1000], kinds), 3 / 6)
    scores, defective = torch.randn(40).mul(5).round() / 10, torch.arange(40) % 3 == 0
    pairs = [
        1.0 if bad > good else 0.5 if bad == good else 0.0
        for bad in scores[defective].tolist()
        for good in scores[~defective].tolist()
    ]
    found = answer(scores, defective)
    near(found, sum(pairs) / len(pairs))
    near(answer(8 * scores - 3, defective), found)
    near(answer(-scores, defective), 1 - found.item())
    near(answer(scores, ~defective), 1 - found.item())


def vae__kl_divergence(answer):
    def divergence(mean, log_variance):
        return answer(torch.tensor(mean), torch.tensor(log_variance))

    near(divergence([[0.0, 0]], [[0.0, 0]]), [[0, 0]], atol=1e-7)
    worked = [[0.5, 1.5 - math.log(2), 2 + math.exp(-1) / 2]]
    near(divergence([[1.0, 0, -2]], [[0, math.log(4), -1]]), worked)
    near(divergence([[0.0], [1], [2]], [[-40.0], [-80], [-11]]), [[19.5], [40], [7.000008]])
    near(divergence([[0.0, 0]], [[5.0, 12]]), [[(math.exp(5) - 6) / 2, (math.exp(12) - 13) / 2]])
    near(divergence([[0.02, 0.01]], [[0.0, 0]]), [[2e-4, 5e-5]], atol=1e-7)
    near(divergence([[3.0, -3]], [[0.7, 0.7]])[0, :1] - 4.5, [(math.exp(0.7) - 1.7) / 2])
    near(divergence([[3.0, -3]], [[0.7, 0.7]])[:, 1:], divergence([[3.0]], [[0.7]]))
    mean, log_variance = torch.randn(5, 4), torch.randn(5, 4)
    mean.requires_grad_(), log_variance.requires_grad_()
    value = answer(mean, log_variance)
    near(value, (0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)).detach())
    to_mean, to_log_variance = slopes(value, mean, log_variance)
    near(to_mean, mean.detach())
    near(to_log_variance, (log_variance.detach().exp() - 1) / 2)


def gan__discriminator_loss(answer):
    def loss(real, fake):
        return answer(torch.tensor(real), torch.tensor(fake))

    near(loss([0.0], [0.0]), 2 * math.log(2))
    softplus = math.log1p(math.exp(-2))
    near(loss([0.0, 2], [-2.0, 0]), math.log(2) + softplus)
    near(loss([2.0], [-2.0]), 2 * softplus)
    near(loss([0.5], [-3.0]), math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-3)))
    near(loss([-100.0, -30], [100.0, 60]), 65 + 80)
    near(loss([100.0], [-100.0]), 0)
    real, fake = (2 * torch.randn(2, 7)).unbind()
    real.requires_grad_(), fake.requires_grad_()
    value = answer(real, fake)
    near(answer(real.flip(0), fake.roll(2)), value.item())
    to_real, to_fake = slopes(value, real, fake)
    near(to_real, -torch.sigmoid(-real.detach()) / 7)
    near(to_fake, torch.sigmoid(fake.detach()) / 7)


def cgan__join_labels(answer):
    noise = torch.tensor([[0.5, -1], [0, 2]])
    tables = [torch.tensor([[1.0, 2], [3, 4], [5, 6]]), torch.tensor([[-7.0], [-8]])]
    labels = torch.tensor([[2, 0], [0, 1]])
    near(answer(noise, tables, labels), [[0.5, -1, 5, 6, -7], [0, 2, 1, 2, -8]])
    near(answer(noise[:1], tables[:1], labels[:1, :1]), [[0.5, -1, 5, 6]])
    tables = [torch.randn(4, 2), torch.randn(2, 3), torch.randn(6, 1)]
    tables = [table.requires_grad_() for table in tables]
    noise = (3 * torch.randn(5, 3)).requires_grad_()
    labels = torch.tensor([[3, 1, 5], [0, 0, 2], [1, 1, 0], [3, 0, 4], [2, 1, 5]])
    joined = answer(noise, tables, labels)
    rows = [table.detach()[labels[:, k]] for k, table in enumerate(tables)]
    near(joined, torch.cat([noise.detach(), *rows], 1))
    to_noise, *to_tables = slopes(joined, noise, *tables)
    near(to_noise, np.ones((5, 3)))
    for k, slope in enumerate(to_tables):
        counts = torch.bincount(labels[:, k], minlength=len(slope))
        near(slope, counts[:, None].expand(slope.shape))


def superres__pixel_shuffle(answer):
    near(answer(torch.arange(1.0, 5).reshape(1, 4, 1, 1), factor=2), [[[[1, 2], [3, 4]]]])
    two = answer(torch.arange(1.0, 9).reshape(1, 8, 1, 1), factor=2)
    near(two, [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]])
    for count, colours, factor, height, width in (
        (2, 3, 2, 3, 4),
        (1, 2, 3, 2, 3),
        (1, 1, 1, 2, 2),
    ):
        features = torch.randn(count, colours * factor**2, height, width).mul(3).requires_grad_()
        pixels = answer(features, factor=factor)
        assert tuple(pixels.shape) == (count, colours, height * factor, width * factor)
        for dy in range(factor):
            for dx in range(factor):
                channels = features[:, dy * factor + dx :: factor**2].detach()
                near(pixels[:, :, dy::factor, dx::factor], channels)
        (slope,) = slopes(pixels * pixels.detach(), features)
        near(slope, features.detach())


def bayesopt__expected_improvement(answer):
    def improvement(mean, deviation, best):
        given = (torch.tensor(x, dtype=torch.float64) for x in (mean, deviation, best))
        return answer(*given)

    normal = 1 / math.sqrt(2 * math.pi)
    near(improvement([-1, -3], [2, 1e-3], -1), [2 * normal, 2], rtol=1e-7)
    mean, deviation, best = [0.3, -0.4, 2.0, 1.1], [0.5, 1.7, 0.4, 3.0], 0.2
    expected = []
    for m, s in zip(mean, deviation, strict=True):
        u = (best - m) / s
        share = (1 + math.erf(u / math.sqrt(2))) / 2
        expected.append(s * (u * share + math.exp(-u * u / 2) * normal))
    near(improvement(mean, deviation, best), expected, rtol=1e-7, atol=1e-12)
    near(improvement(mean[:1], deviation[:1], best), expected[:1], rtol=1e-7)
    moved = improvement([m + 5 for m in mean], deviation, best + 5)
    near(moved, expected, rtol=1e-7, atol=1e-12)
    m, s = (torch.tensor(x, dtype=torch.float64).requires_grad_() for x in (mean, deviation))
    u = (best - m.detach()) / s.detach()
    to_mean, to_deviation = slopes(answer(m, s, torch.tensor(best).double()), m, s)
    near(to_mean, -(1 + torch.erf(u / math.sqrt(2))) / 2, rtol=1e-7)
    near(to_deviation, normal * torch.exp(-u.square() / 2), rtol=1e-7)


def diffusion__split(answer):
    def parts(mixed, velocity, t):
        pictures, noise = answer(torch.tensor(mixed), torch.tensor(velocity), torch.tensor(t))
        return pictures, noise

    for value, expected in zip(parts([[1.25]], [[-3.0]], [0.25]), (2, -1), strict=True):
        near(value, [[expected]])
    for shape in ((3, 4), (2, 3, 2), (3, 2, 3, 3)):
        pictures, noise = 2 * torch.randn(2, *shape)
        pictures[0], noise[-1] = 5, -6
        t = torch.tensor([0.0, 1, 0.35])[-shape[0] :]
        for times in (t, t.flip(0)):
            along = times.reshape(-1, *[1] * (len(shape) - 1))
            mixed = (1 - along) * pictures + along * noise
            before, velocity = mixed.clone(), (noise - pictures).requires_grad_()
            first, second = answer(mixed, velocity, times)
            near(first, pictures)
            near(second, noise)
            near(mixed, before)
            (slope,) = slopes(first + 3 * second, velocity)
            near(slope, (-along + 3 * (1 - along)).expand(shape))


def tokens__causal_attention(answer):
    worked = torch.tensor([[[1.0], [1]]]), torch.tensor([[[0], [math.log(3)]]])
    near(answer(*worked, torch.tensor([[[2.0], [6]]])), [[[2], [5]]])
    for asked, places, size, out in ((5, 5, 3, 2), (2, 6, 5, 5), (1, 5, 4, 3), (1, 1, 3, 2)):
        queries, keys = torch.randn(2, 3, asked, size), torch.randn(2, 3, places, size)
        values = torch.randn(2, 3, places, out)
        given = [x.requires_grad_() for x in (queries, keys, values)]
        found, expected = answer(*given), _attended(*given)
        near(found, expected.detach())
        pull = torch.randn(found.shape)
        wanted = torch.autograd.grad((expected * pull).sum(), given)
        for slope, right in zip(slopes(found * pull, *given), wanted, strict=True):
            near(slope, right, atol=1e-4)
    queries = torch.full((1, 4, 9), 8.0)
    for sign in (1, -1):
        keys = sign * torch.tensor([6.0, 8, 7, 8])[None, :, None].expand(1, 4, 9)
        values = torch.randn(1, 4, 3)
        near(answer(queries, keys, values), _attended(queries, keys, values))


def _attended(queries, keys, values):
    """Place by place: softmax of the scores of what may be seen."""
    asked, places = queries.shape[-2], keys.shape[-2]
    rows = []
    for place in range(asked):
        seen = places - asked + place + 1
        scores = (keys[..., :seen, :] * queries[..., place : place + 1, :]).sum(-1)
        weights = (scores / math.sqrt(queries.shape[-1])).softmax(-1)
        rows.append((weights[..., None] * values[..., :seen, :]).sum(-2))
    return torch.stack(rows, -2)
