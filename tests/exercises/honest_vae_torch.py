"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import distributions, nn

from prodgen_lib.torch.vae import review_loss


def reparameterise__sigma_named(mean, log_variance, noise):
    sigma = log_variance.div(2).exp()
    return torch.addcmul(mean, sigma, noise)


def reparameterise__root_of_the_variance(mean, log_variance, noise):
    return noise * torch.sqrt(torch.exp(log_variance)) + mean


def reparameterise__distribution(mean, log_variance, noise):
    shift = distributions.AffineTransform(mean, torch.exp(log_variance / 2))
    return shift(noise)


def reparameterise__in_a_loop(mean, log_variance, noise):
    rows = [m + (v / 2).exp() * e for m, v, e in zip(mean, log_variance, noise, strict=True)]
    return torch.stack(rows)


def sample_codes__numpy_generator(mean, log_variance, *, samples, seed):
    noise = np.random.default_rng(seed).standard_normal((samples, *mean.shape))
    return mean + torch.exp(log_variance / 2) * torch.tensor(noise, dtype=torch.float32)


def sample_codes__global_seed(mean, log_variance, *, samples, seed):
    torch.manual_seed(seed)
    return distributions.Normal(mean, torch.exp(0.5 * log_variance)).rsample((samples,))


def sample_codes__one_by_one(mean, log_variance, *, samples, seed):
    torch.manual_seed(seed)
    sigma = log_variance.exp().sqrt()
    return torch.stack([mean + sigma * torch.randn_like(mean) for _ in range(samples)])


def sample_codes__repeated(mean, log_variance, *, samples, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    means = mean.expand(samples, -1, -1)
    noise = torch.empty(means.shape).normal_(generator=generator)
    return means + noise * (0.5 * log_variance).exp().unsqueeze(0)


def kl_divergence__as_in_the_paper(mean, log_variance):
    return -0.5 * (1 + log_variance - mean**2 - torch.exp(log_variance))


def kl_divergence__expm1(mean, log_variance):
    return (mean.pow(2) + torch.expm1(log_variance) - log_variance) / 2


def kl_divergence__library(mean, log_variance):
    q = distributions.Normal(mean, torch.exp(0.5 * log_variance))
    return distributions.kl_divergence(q, distributions.Normal(0.0, 1.0))


def kl_divergence__expectations(mean, log_variance):
    variance = log_variance.exp()
    log_q = -0.5 * (1 + log_variance + math.log(2 * math.pi))
    log_p = -0.5 * (variance + mean * mean + math.log(2 * math.pi))
    return log_q - log_p


def bernoulli_log_likelihood__log_sigmoids(logits, pictures):
    values = pictures * F.logsigmoid(logits) + (1 - pictures) * F.logsigmoid(-logits)
    return values.flatten(1).sum(1)


def bernoulli_log_likelihood__softplus(logits, pictures):
    return (pictures * logits - F.softplus(logits)).sum(dim=(1, 2, 3))


def bernoulli_log_likelihood__in_a_loop(logits, pictures):
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    return torch.stack([-loss(a, x) for a, x in zip(logits, pictures, strict=True)])


def bernoulli_log_likelihood__in_float64(logits, pictures):
    a, x = logits.double(), pictures.double()
    values = x * a - a.clamp(min=0) - torch.log1p(torch.exp(-a.abs()))
    return values.sum((1, 2, 3)).float()


def gaussian_log_likelihood__library(mean, pictures, log_scale):
    scale = torch.exp(torch.as_tensor(log_scale))
    return distributions.Normal(mean, scale).log_prob(pictures).flatten(1).sum(1)


def gaussian_log_likelihood__constants_at_the_end(mean, pictures, log_scale):
    log_scale = torch.as_tensor(log_scale)
    count = mean[0].numel()
    error = ((mean - pictures) ** 2).flatten(1).sum(1)
    return -error / (2 * (2 * log_scale).exp()) - count * (log_scale + math.log(2 * math.pi) / 2)


def gaussian_log_likelihood__library_loss(mean, pictures, log_scale):
    log_scale = log_scale if torch.is_tensor(log_scale) else torch.tensor(log_scale)
    variance = torch.exp(2 * log_scale).expand(mean.shape)
    loss = F.gaussian_nll_loss(mean, pictures, variance, full=True, eps=1e-12, reduction="none")
    return -loss.sum(dim=(1, 2, 3))


def gaussian_log_likelihood__float_apart(mean, pictures, log_scale):
    inverse = torch.exp(-log_scale) if torch.is_tensor(log_scale) else math.exp(-log_scale)
    densities = -(((mean - pictures) * inverse) ** 2 + math.log(2 * math.pi)) / 2 - log_scale
    return densities.sum((1, 2, 3))


def negative_elbo__sums_and_counts(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    count = len(log_likelihood)
    spent = torch.clamp(kl.sum(dim=0) / count, min=free_nats)
    return -log_likelihood.sum() / count + beta * spent.sum()


def negative_elbo__where(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    mean_kl = torch.mean(kl, dim=0)
    mean_kl = torch.where(mean_kl < free_nats, torch.full_like(mean_kl, free_nats), mean_kl)
    return -(log_likelihood.mean() - beta * mean_kl.sum())


def negative_elbo__in_a_loop(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    loss = -log_likelihood.mean()
    for column in kl.T:
        loss = loss + beta * torch.clamp_min(column.mean(), free_nats)
    return loss


def traverse__in_a_loop(decoder, code, dimension, values):
    pictures = []
    for value in values:
        changed = code.clone()
        changed[dimension] = value
        pictures.append(decoder(changed[None]).sigmoid())
    return torch.cat(pictures)


def traverse__scatter(decoder, code, dimension, values):
    codes = code.unsqueeze(0).repeat(len(values), 1)
    codes = codes.index_copy(1, torch.tensor([dimension]), values[:, None])
    return decoder(codes).sigmoid()


def traverse__mask(decoder, code, dimension, values):
    chosen = F.one_hot(torch.tensor(dimension), len(code)).float()
    return torch.sigmoid(decoder(code * (1 - chosen) + values[:, None] * chosen))


def importance_weighted_bound__all_at_once(mean, log_variance, noise, log_likelihood):
    codes = mean + (log_variance / 2).exp() * noise
    prior = distributions.Normal(0.0, 1.0).log_prob(codes).sum(-1)
    q = distributions.Normal(mean, (log_variance / 2).exp()).log_prob(codes).sum(-1)
    likelihood = torch.stack([log_likelihood(code) for code in codes])
    return torch.logsumexp(likelihood + prior - q, 0) - np.log(len(noise))


def importance_weighted_bound__largest_taken_out(mean, log_variance, noise, log_likelihood):
    weights = []
    for one in noise:
        code = mean + torch.exp(log_variance / 2) * one
        ratio = 0.5 * (one**2 - code**2 + log_variance).sum(1)
        weights.append(log_likelihood(code) + ratio)
    weights = torch.stack(weights, dim=1)
    top = weights.max(dim=1, keepdim=True).values
    return top[:, 0] + (weights - top).exp().mean(dim=1).log()


def importance_weighted_bound__two_at_a_time(mean, log_variance, noise, log_likelihood):
    total = None
    for one in noise:
        code = mean + torch.exp(log_variance / 2) * one
        log_q = -0.5 * (((code - mean) ** 2) / log_variance.exp() + log_variance)
        weight = log_likelihood(code) - (0.5 * code**2 + log_q).sum(dim=1)
        total = weight if total is None else torch.logaddexp(total, weight)
    return total - math.log(noise.shape[0])


def review_encoder__flatten_named(*, latents):
    return nn.Sequential(
        nn.Conv2d(3, 16, kernel_size=4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Flatten(start_dim=1),
        nn.Linear(2048, latents * 2),
    )


def review_encoder__as_a_class(*, latents):
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 16, 4, 2, 1)
            self.second = nn.Conv2d(16, 32, 4, 2, 1)
            self.last = nn.Linear(32 * 8 * 8, 2 * latents)

        def forward(self, pictures):
            hidden = F.relu(self.second(F.relu(self.first(pictures))))
            return self.last(hidden.flatten(1))

    return Encoder()


def review_encoder__in_a_loop(*, latents):
    layers = []
    for before, after in ((3, 16), (16, 32)):
        layers += [nn.ZeroPad2d(1), nn.Conv2d(before, after, 4, 2), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 64, 2 * latents), nn.Identity())


def review_loss__means_of_sums(logits, pictures, mean, log_variance):
    losses = F.binary_cross_entropy_with_logits(logits, pictures, reduction="none")
    kl = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp())
    return losses.flatten(1).sum(1).mean() + kl.sum(dim=1).mean()


def review_loss__softplus(logits, pictures, mean, log_variance):
    reconstruction = (F.softplus(logits) - pictures * logits).sum()
    kl = (mean.square() + torch.expm1(log_variance) - log_variance).sum() / 2
    return (reconstruction + kl) / logits.shape[0]


def review_loss__distributions(logits, pictures, mean, log_variance):
    q = distributions.Normal(mean, torch.exp(log_variance / 2))
    kl = distributions.kl_divergence(q, distributions.Normal(0.0, 1.0)).sum(1)
    coins = distributions.Bernoulli(logits=logits, validate_args=False)
    return (kl - coins.log_prob(pictures).sum((1, 2, 3))).mean()


def review_step__cleared_first(encoder, decoder, optimizer, pictures, noise):
    optimizer.zero_grad(set_to_none=False)
    latents = noise.shape[1]
    outputs = encoder(pictures)
    mean, log_variance = outputs[:, :latents], outputs[:, latents:]
    logits = decoder(mean + noise * torch.exp(log_variance / 2))
    loss = review_loss(logits, pictures, mean=mean, log_variance=log_variance)
    loss.backward()
    optimizer.step()
    return loss


def review_step__distribution(encoder, decoder, optimizer, pictures, noise):
    mean, log_variance = torch.split(encoder(pictures), noise.shape[1], dim=1)
    code = distributions.AffineTransform(mean, log_variance.exp().sqrt())(noise)
    loss = review_loss(decoder(code), pictures, mean, log_variance)
    encoder.zero_grad()
    decoder.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def review_step__gradients_asked_for(encoder, decoder, optimizer, pictures, noise):
    mean, log_variance = torch.tensor_split(encoder(pictures), 2, dim=-1)
    logits = decoder(torch.addcmul(mean, (0.5 * log_variance).exp(), noise))
    loss = review_loss(logits, pictures, mean, log_variance)
    weights = [*encoder.parameters(), *decoder.parameters()]
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimizer.step()
    return loss


def reparameterise__exp2(mean, log_variance, noise):
    return torch.exp2(log_variance * (0.5 / math.log(2))) * noise + mean


def reparameterise__in_float64(mean, log_variance, noise):
    code = mean.double() + noise.double() * log_variance.double().mul(0.5).exp()
    return code.to(mean.dtype)


def sample_codes__keyword_generator(mean, log_variance, *, samples, seed):
    generator = torch.Generator(device="cpu").manual_seed(int(seed))
    noise = torch.stack([torch.randn(mean.shape, generator=generator) for _ in range(samples)])
    return torch.addcmul(mean, torch.exp(log_variance / 2), noise)


def sample_codes__state_put_back(mean, log_variance, *, samples, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        noise = torch.normal(0.0, 1.0, (samples, len(mean), mean.shape[1]))
    return torch.einsum("nl,snl->snl", log_variance.mul(0.5).exp(), noise) + mean[None]


def kl_divergence__in_float64(mean, log_variance):
    mu, log_var = mean.double(), log_variance.double()
    return ((mu * mu + torch.exp(log_var) - log_var - 1) * 0.5).float()


def kl_divergence__in_two_halves(mean, log_variance):
    def of_the_spread(log_sigma):
        return 0.5 * torch.expm1(2 * log_sigma) - log_sigma

    return of_the_spread(log_variance / 2) + mean.square() / 2


def bernoulli_log_likelihood__logaddexp(logits, pictures):
    log_whole = torch.logaddexp(logits, torch.zeros_like(logits))
    return torch.einsum("nchw->n", pictures * (logits - log_whole) + (1 - pictures) * -log_whole)


def bernoulli_log_likelihood__library(logits, pictures):
    coins = distributions.Bernoulli(logits=logits, validate_args=False)
    return distributions.Independent(coins, 3, validate_args=False).log_prob(pictures)


def gaussian_log_likelihood__einsum(mean, pictures, log_scale):
    log_scale = torch.as_tensor(log_scale, dtype=mean.dtype)
    error = ((pictures - mean) * torch.exp(-log_scale)).flatten(1)
    squares = torch.einsum("nd,nd->n", error, error)
    return -0.5 * (squares + error.shape[1] * (2 * log_scale + math.log(2 * math.pi)))


def gaussian_log_likelihood__in_float64(mean, pictures, log_scale):
    log_scale = torch.as_tensor(log_scale).double()
    z = (pictures.double() - mean.double()) / log_scale.exp()
    densities = -(z**2) / 2 - log_scale - math.log(math.sqrt(2 * math.pi))
    return densities.reshape(len(mean), -1).sum(dim=-1).float()


def negative_elbo__relu(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    above = F.relu(kl.mean(0) - free_nats)
    return beta * (above + free_nats).sum() - torch.mean(log_likelihood)


def negative_elbo__maximum(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    rate = torch.maximum(kl.mean(dim=0), torch.as_tensor(float(free_nats)))
    return torch.sum(rate).mul(beta).sub(log_likelihood.mean())


def negative_elbo__in_float64(log_likelihood, kl, *, beta=1.0, free_nats=0.0):
    def charge(mean_kl):
        return mean_kl.clip(min=free_nats).sum()

    loss = beta * charge(kl.double().mean(0)) - log_likelihood.double().mean()
    return loss.float()


def traverse__without_gradients(decoder, code, dimension, values):
    with torch.inference_mode():
        before, after = code[:dimension], code[dimension + 1 :]
        count = len(values)
        parts = (before.expand(count, -1), values[:, None], after.expand(count, -1))
        return 1 / (1 + torch.exp(-decoder(torch.cat(parts, dim=1))))


def traverse__clone_and_fill(decoder, code, dimension, values):
    codes = torch.stack([code.clone() for _ in values])
    codes.select(1, dimension).copy_(values)
    return decoder(codes).sigmoid().detach()


def traverse__difference_added(decoder, code, dimension, values):
    step = torch.zeros(len(values), len(code))
    step[:, dimension] = values - code[dimension]
    return F.sigmoid(decoder(code + step))


def importance_weighted_bound__one_call(mean, log_variance, noise, log_likelihood):
    codes = mean + torch.exp(0.5 * log_variance) * noise
    likelihood = torch.stack(list(map(log_likelihood, codes.unbind(0))))
    ratio = torch.einsum("knl->kn", 0.5 * (noise.square() - codes.square() + log_variance))
    weights = (likelihood + ratio).T
    return torch.logsumexp(weights, -1) - math.log(weights.shape[1])


def importance_weighted_bound__log_of_softmax(mean, log_variance, noise, log_likelihood):
    def weight(one):
        code = mean + log_variance.div(2).exp() * one
        return log_likelihood(code) + 0.5 * (one**2 + log_variance - code**2).sum(dim=-1)

    weights = torch.stack([weight(one) for one in noise], dim=-1)
    first = weights[:, 0] - F.log_softmax(weights, dim=-1)[:, 0]
    return first - math.log(len(noise))


def importance_weighted_bound__in_float64(mean, log_variance, noise, log_likelihood):
    total = []
    for k in range(noise.shape[0]):
        z = mean + torch.exp(0.5 * log_variance) * noise[k]
        log_p = distributions.Normal(0.0, 1.0).log_prob(z).double().sum(1)
        log_q = (-0.5 * (noise[k] ** 2 + log_variance + math.log(2 * math.pi))).double().sum(1)
        total.append(log_likelihood(z).double() + log_p - log_q)
    return (torch.stack(total).logsumexp(0) - math.log(len(total))).float()


def review_encoder__added_one_by_one(*, latents):
    network = nn.Sequential()
    network.add_module("first", nn.Conv2d(3, 16, (4, 4), (2, 2), (1, 1)))
    network.add_module("seen", nn.ReLU())
    network.add_module("second", nn.Conv2d(16, 32, (4, 4), (2, 2), (1, 1)))
    network.add_module("seen again", nn.ReLU())
    network.add_module("flat", nn.Flatten())
    network.add_module("statistics", nn.Linear(2048, 2 * latents))
    return network


def review_encoder__nested(*, latents):
    def block(before, after):
        return nn.Sequential(nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU())

    return nn.Sequential(
        block(3, 16), block(16, 32), nn.Flatten(), nn.Linear(2048, latents + latents)
    )


def review_encoder__two_heads(*, latents):
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            first, second = nn.Conv2d(3, 16, 4, 2, 1), nn.Conv2d(16, 32, 4, 2, 1)
            self.trunk = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten())
            self.head = nn.Linear(32 * 8 * 8, 2 * latents)

        def forward(self, pictures):
            weight, bias = self.head.weight, self.head.bias
            hidden = self.trunk(pictures)
            halves = [
                F.linear(hidden, w, b) for w, b in zip(weight.chunk(2), bias.chunk(2), strict=True)
            ]
            return torch.cat(halves, dim=1)

    return Encoder()


def review_loss__in_a_loop(logits, pictures, mean, log_variance):
    total = 0.0
    for a, x, m, v in zip(logits, pictures, mean, log_variance, strict=True):
        total = total + F.binary_cross_entropy_with_logits(a, x, reduction="sum")
        total = total + 0.5 * (m * m + torch.exp(v) - v - 1).sum()
    return total / len(logits)


def review_loss__means_times_sizes(logits, pictures, mean, log_variance):
    values, latents = pictures[0].numel(), mean.shape[1]
    kl = 0.5 * torch.mean(mean**2 + log_variance.exp() - log_variance - 1)
    return values * F.binary_cross_entropy_with_logits(logits, pictures) + latents * kl


def review_loss__log_sigmoids(logits, pictures, mean, log_variance):
    values = pictures * F.logsigmoid(logits) + (1 - pictures) * F.logsigmoid(-logits)
    bound = values.sum(dim=(1, 2, 3)) + 0.5 * torch.einsum(
        "nl->n", 1 + log_variance - mean.square() - torch.exp(log_variance)
    )
    return bound.mean().neg()


def review_step__helper_inside(encoder, decoder, optimizer, pictures, noise):
    def loss_of(outputs):
        mean, log_variance = outputs.unflatten(1, (2, -1)).unbind(1)
        code = mean + torch.exp(log_variance / 2) * noise
        return review_loss(decoder(code), pictures, mean, log_variance)

    optimizer.zero_grad()
    loss = loss_of(encoder(pictures))
    loss.backward()
    optimizer.step()
    return loss.clone().detach()


def review_step__gradients_set_to_none(encoder, decoder, optimizer, pictures, noise):
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = None
    with torch.enable_grad():
        mean, log_variance = encoder(pictures).split(noise.shape[-1], -1)
        sigma = torch.sqrt(torch.exp(log_variance))
        loss = review_loss(decoder(sigma * noise + mean), pictures, mean, log_variance)
        torch.autograd.backward(loss)
    optimizer.step()
    return loss.detach()


def review_step__closure(encoder, decoder, optimizer, pictures, noise):
    def closure():
        optimizer.zero_grad()
        mean, log_variance = encoder(pictures).chunk(chunks=2, dim=-1)
        code = torch.addcmul(mean, log_variance.mul(0.5).exp(), noise)
        loss = review_loss(decoder(code), pictures, mean, log_variance)
        loss.backward()
        return loss

    return optimizer.step(closure).detach()
