"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import torch
import torch.nn.functional as F

from prodgen_lib.torch.tokens import codebook_loss, nearest_code, straight_through

# From features to ids, and back.


def nearest_code__distances(features, codebook):
    return torch.cdist(features, codebook).argmin(dim=-1)


def nearest_code__all_three_terms(features, codebook):
    own = features.pow(2).sum(-1, keepdim=True)
    return (own - 2 * torch.einsum("npd,kd->npk", features, codebook) + codebook.pow(2).sum(1)).min(
        dim=-1
    )[1]


def nearest_code__most_alike(features, codebook):
    alike = torch.matmul(features, codebook.t()) - 0.5 * (codebook * codebook).sum(dim=-1)
    return torch.argmax(alike, -1)


def nearest_code__flat(features, codebook):
    rows = features.reshape(-1, features.shape[-1])
    apart = torch.addmm(codebook.pow(2).sum(1), rows, codebook.T, alpha=-2)
    return apart.argmin(1).reshape(features.shape[:2])


def nearest_code__code_by_code(features, codebook):
    best, ids = torch.full(features.shape[:-1], torch.inf), torch.zeros(features.shape[:-1])
    for k, code in enumerate(codebook):
        apart = (features - code).square().sum(-1)
        ids, best = torch.where(apart < best, k, ids), torch.minimum(apart, best)
    return ids.long()


def nearest_code__sorted(features, codebook):
    apart = codebook.norm(dim=1) ** 2 - 2 * features @ codebook.T
    return (apart * 1.0).round(decimals=4).sort(dim=-1, stable=True).indices[..., 0]


def nearest_code__row_by_row(features, codebook):
    lengths = codebook.square().sum(dim=1)
    return torch.stack([(lengths - 2 * row @ codebook.T).argmin(dim=1) for row in features])


def straight_through__codes_and_nothing(features, quantised):
    return quantised.detach() + (features - features.detach())


def straight_through__each_cut_off(features, quantised):
    return features - features.detach() + quantised.detach()


def straight_through__without_gradients(features, quantised):
    with torch.no_grad():
        step = quantised - features
    return step + features


class Passing(torch.autograd.Function):
    @staticmethod
    def forward(ctx, features, quantised):
        return quantised.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def straight_through__own_gradient(features, quantised):
    return Passing.apply(features, quantised)


def straight_through__data(features, quantised):
    return torch.add(features, quantised.data - features.data)


def codebook_loss__library(features, quantised, *, beta):
    return F.mse_loss(quantised, features.detach()) + beta * F.mse_loss(
        features, quantised.detach()
    )


def codebook_loss__one_mean(features, quantised, *, beta):
    codes = (quantised - features.detach()) ** 2
    commitment = (quantised.detach() - features) ** 2
    return (codes + beta * commitment).mean()


def codebook_loss__sum_over_size(features, quantised, *, beta):
    codes = torch.sum((quantised - features.detach()) ** 2)
    commitment = torch.sum((features - quantised.detach()) ** 2)
    return (codes + commitment * beta) / features.numel()


def codebook_loss__products(features, quantised, *, beta):
    fixed, held = features.detach(), quantised.detach()
    gap = fixed - quantised
    return torch.mean(gap * gap) + torch.mean(beta * (features - held) * (features - held))


def codebook_loss__row_by_row(features, quantised, *, beta):
    rows = [
        (f.detach() - q).pow(2).mean() + beta * (f - q.detach()).pow(2).mean()
        for f, q in zip(features, quantised, strict=True)
    ]
    return torch.stack(rows).mean()


def codebook_loss__without_gradients(features, quantised, *, beta):
    with torch.no_grad():
        fixed, held = features.clone(), quantised.clone()
    return F.mse_loss(fixed, quantised) + F.mse_loss(held, features).mul(beta)


def perplexity__entropy_of_a_distribution(ids, *, size):
    counts = torch.bincount(ids.reshape(-1), minlength=size).float()
    return torch.distributions.Categorical(probs=counts).entropy().exp()


def perplexity__codes_that_occur(ids, *, size):
    counts = ids.unique(return_counts=True)[1].float()
    shares = counts / counts.sum()
    return torch.exp(-(shares * shares.log()).sum())


def perplexity__one_hot(ids, *, size):
    shares = F.one_hot(ids.long().flatten(), size).float().mean(dim=0)
    return torch.exp(-torch.sum(shares * torch.log(shares + 1e-10)))


def perplexity__bits(ids, *, size):
    shares = torch.stack([(ids == k).float().mean() for k in range(size)])
    bits = -(shares * shares.clamp(min=1e-12).log2()).sum()
    return 2**bits


def perplexity__product(ids, *, size):
    shares = torch.histc(ids.float(), bins=size, min=-0.5, max=size - 0.5) / ids.numel()
    return torch.prod(shares**-shares)


def perplexity__entr(ids, *, size):
    counts = torch.zeros(size).index_add_(0, ids.flatten().long(), torch.ones(ids.numel()))
    return torch.special.entr(counts / counts.sum()).sum().exp()


def finite_values(levels):
    return [torch.linspace(-1, 1, count) for count in levels]


def round_levels__nearest_of_the_values(features, *, levels):
    bounded, ids = torch.tanh(features), 0
    quantised = torch.zeros_like(bounded)
    for k, values in enumerate(finite_values(levels)):
        digit = (bounded[..., k, None] - values).abs().argmin(dim=-1)
        quantised[..., k] = values[digit]
        ids = ids * levels[k] + digit
    return bounded + (quantised - bounded).detach(), ids


def round_levels__around_zero(features, *, levels):
    half = (torch.tensor(levels) - 1) / 2
    bounded = half * features.tanh()
    offset = half % 1
    rounded = torch.round(bounded - offset) + offset
    passed = bounded + (rounded - bounded).detach()
    base = torch.tensor([1, *levels[:0:-1]]).cumprod(0).flip(0)
    return passed / half, ((rounded + half).round().long() * base).sum(-1)


def round_levels__sigmoid_of_twice(features, *, levels):
    steps = torch.tensor([float(count - 1) for count in levels])
    stretched = torch.sigmoid(2 * features) * steps
    digits = stretched + (stretched.round() - stretched).detach()
    ids = torch.zeros(features.shape[:-1], dtype=torch.int64)
    for k, count in enumerate(levels):
        ids = ids * count + digits[..., k].detach().round().long()
    return digits / steps * 2 - 1, ids


def round_levels__list_of_both(features, *, levels):
    steps = features.new_tensor(levels) - 1
    bounded = torch.tanh(features)
    digits = torch.floor((bounded + 1) * steps / 2 + 0.5).detach()
    weights = torch.ones(len(levels), dtype=torch.long)
    for k in range(len(levels) - 1, 0, -1):
        weights[k - 1] = weights[k] * levels[k]
    return [bounded - bounded.detach() + (digits * 2 / steps - 1), digits.long() @ weights]


def round_levels__column_by_column(features, *, levels):
    values, ids = [], 0
    for column, count in zip(features.unbind(-1), levels, strict=True):
        bounded = column.tanh()
        with torch.no_grad():
            digit = ((bounded + 1) * (count - 1) / 2).round()
        ids = ids * count + digit.to(torch.int64)
        values.append(bounded + (2 * digit / (count - 1) - 1 - bounded).detach())
    return torch.stack(values, dim=-1), ids


def review_tokenizer__in_full(features, codebook, *, beta):
    own = features.pow(2).sum(-1, keepdim=True)
    ids = (own - 2 * features @ codebook.T + codebook.pow(2).sum(1)).argmin(-1)
    quantised = F.embedding(ids, codebook)
    codes = F.mse_loss(quantised, features.detach())
    loss = codes + beta * F.mse_loss(features, quantised.detach())
    return features + (quantised - features).detach(), ids, loss


def review_tokenizer__one_hot(features, codebook, *, beta):
    ids = nearest_code(features, codebook)
    quantised = F.one_hot(ids, len(codebook)).to(codebook.dtype) @ codebook
    gaps = (quantised - features.detach()) ** 2 + beta * (quantised.detach() - features) ** 2
    return [straight_through(features, quantised), ids, gaps.mean()]


def review_tokenizer__flat(features, codebook, *, beta):
    rows = features.reshape(-1, features.shape[-1])
    ids = torch.cdist(rows, codebook).argmin(dim=1)
    codes = codebook.index_select(0, ids)
    loss = codebook_loss(rows, codes, beta=beta)
    decoded = rows + (codes - rows).detach()
    return decoded.view(features.shape), ids.view(features.shape[:-1]), loss


def review_tokenizer__without_gradients(features, codebook, *, beta):
    with torch.no_grad():
        ids = nearest_code(features, codebook)
        fixed, held = features.clone(), codebook[ids]
    loss = F.mse_loss(codebook[ids], fixed) + beta * F.mse_loss(features, held)
    return held + (features - fixed), ids, loss


def review_tokenizer__looked_up_twice(features, codebook, *, beta):
    ids = nearest_code(features.detach(), codebook.detach())
    loss = codebook_loss(features, codebook[ids], beta=beta)
    return straight_through(features, codebook.detach()[ids]), ids, loss
