"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import itertools
import math

import torch
import torch.nn.functional as F

from prodgen_lib.torch.tokens import (
    codebook_loss,
    draw_token,
    inverse,
    nearest_code,
    straight_through,
)

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


# Attention, drawing, words and pictures.


def causal_attention__library(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    seen = torch.ones(places, places).tril()[places - asked :] > 0
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)


def causal_attention__einsum(queries, keys, values):
    asked, places, size = queries.shape[-2], keys.shape[-2], queries.shape[-1]
    scores = torch.einsum("...qd,...kd->...qk", queries / size**0.5, keys)
    at = torch.arange(asked)[:, None] + places - asked
    scores = torch.where(torch.arange(places) <= at, scores, -torch.inf)
    return torch.einsum("...qk,...kd->...qd", F.softmax(scores, -1), values)


def causal_attention__added_mask(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    mask = torch.full((places, places), -math.inf).triu(1)[-asked:]
    scores = queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5
    return torch.softmax(scores + mask, dim=-1) @ values


def causal_attention__query_by_query(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    rows = []
    for row in range(asked):
        until = places - asked + row + 1
        scores = (keys[..., :until, :] * queries[..., row, None, :]).sum(-1)
        weights = torch.softmax(scores / math.sqrt(queries.shape[-1]), dim=-1)
        rows.append((weights[..., None] * values[..., :until, :]).sum(dim=-2))
    return torch.stack(rows, dim=-2)


def causal_attention__lowest_number(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5
    later = torch.arange(places)[None] - torch.arange(places - asked, places)[:, None] > 0
    scores = scores.masked_fill(later, torch.finfo(scores.dtype).min)
    weights = torch.exp(scores - scores.amax(dim=-1, keepdim=True))
    return weights / weights.sum(dim=-1, keepdim=True) @ values


def causal_attention__log_space(queries, keys, values):
    asked, places = queries.shape[-2], keys.shape[-2]
    scores = (queries @ keys.mT) / math.sqrt(keys.shape[-1])
    scores = scores + torch.ones(asked, places).tril(places - asked).log()
    return (scores - scores.logsumexp(dim=-1, keepdim=True)).exp() @ values


def next_token_loss__shifted_first(logits, tokens, *, prefix):
    said, right = logits[:, :-1], tokens[:, 1:]
    losses = F.cross_entropy(said.transpose(1, 2), right, reduction="none")
    return losses[:, prefix - 1 :].mean()


def next_token_loss__log_softmax(logits, tokens, *, prefix):
    told = torch.log_softmax(logits[:, prefix - 1 : logits.shape[1] - 1], dim=-1)
    return -told.gather(-1, tokens[:, prefix:, None]).mean()


def next_token_loss__ignored(logits, tokens, *, prefix):
    right = tokens[:, 1:].clone()
    right[:, : prefix - 1] = -100
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), right.reshape(-1))


def next_token_loss__place_by_place(logits, tokens, *, prefix):
    places = range(prefix, tokens.shape[1])
    losses = [F.cross_entropy(logits[:, at - 1], tokens[:, at]) for at in places]
    return sum(losses) / len(losses)


def next_token_loss__one_hot(logits, tokens, *, prefix):
    right = F.one_hot(tokens[:, prefix:], logits.shape[-1]).to(logits.dtype)
    said = logits[:, prefix - 1 : -1]
    return (said.logsumexp(dim=-1) - (said * right).sum(dim=-1)).mean()


def next_token_loss__weights(logits, tokens, *, prefix):
    counted = (torch.arange(1, tokens.shape[1]) >= prefix).float().expand(len(tokens), -1)
    losses = F.cross_entropy(logits[:, :-1].mT, tokens[:, 1:], reduction="none")
    return (losses * counted).sum() / counted.sum()


def draw_token__sorted(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    rows = []
    for row, number in zip(logits, uniform, strict=True):
        may = torch.ones(len(row), dtype=torch.bool) if allowed is None else allowed
        left = sorted((i for i in range(len(row)) if may[i]), key=lambda i: (-row[i].item(), i))
        left = sorted(left[:top_k])
        sums = torch.softmax(row[left] / temperature, dim=0).cumsum(dim=0)
        rows.append(left[min(int((sums <= number).sum()), len(left) - 1)])
    return torch.tensor(rows)


def draw_token__searchsorted(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    if allowed is not None:
        logits = torch.where(allowed, logits, -torch.inf)
    logits = logits / temperature
    if top_k is not None:
        kept = logits.sort(dim=-1, descending=True, stable=True).indices[:, :top_k]
        some = torch.full_like(logits, -torch.inf)
        logits = some.scatter(-1, kept, logits.gather(-1, kept))
    shares = logits.softmax(dim=-1)
    found = torch.searchsorted(shares.cumsum(-1), uniform[:, None].contiguous(), right=True)
    ids = torch.arange(logits.shape[-1])
    last = torch.where(shares > 0, ids, -1).amax(dim=-1)
    return torch.minimum(found[:, 0], last)


def draw_token__float64(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    logits = logits.double() / temperature
    if allowed is not None:
        logits[:, ~allowed] = -math.inf
    if top_k is not None and top_k < logits.shape[-1]:
        order = torch.argsort(-logits, dim=-1, stable=True)
        logits.scatter_(-1, order[:, top_k:], -math.inf)
    sums = torch.softmax(logits, dim=-1).cumsum(dim=-1)
    return (sums / sums[:, -1:] <= uniform[:, None]).sum(dim=-1)


def draw_token__row_by_row(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    tokens = []
    for row, number in zip(logits.tolist(), uniform.tolist(), strict=True):
        left = {k: one for k, one in enumerate(row) if allowed is None or bool(allowed[k])}
        likely = sorted(left, key=lambda k: (-left[k], k))[:top_k]
        top = max(left.values())
        weights = [math.exp((left[k] - top) / temperature) for k in sorted(likely)]
        sums = zip(sorted(likely), itertools.accumulate(weights), strict=True)
        passed = [token for token, total in sums if total > number * sum(weights)]
        tokens.append(passed[0] if passed else max(likely))
    return torch.tensor(tokens, dtype=torch.int64)


def draw_token__scaled_sum(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    size = logits.shape[-1]
    if allowed is not None:
        logits = logits + torch.zeros(size).masked_fill(~allowed, -math.inf)
    ranks = logits.argsort(dim=-1, descending=True, stable=True).argsort(dim=-1)
    logits = torch.where(ranks < (top_k or size), logits / temperature, -math.inf)
    weights = (logits - logits.amax(dim=-1, keepdim=True)).exp()
    sums = weights.cumsum(dim=-1)
    return (sums <= uniform[:, None] * sums[:, -1:]).sum(dim=-1).clamp(max=size - 1)


def draw_token__helper(logits, uniform, *, temperature=1.0, top_k=None, allowed=None):
    size = logits.shape[-1]
    may = torch.ones(size, dtype=torch.bool) if allowed is None else allowed
    logits = logits.masked_fill(~may, -math.inf)
    order = logits.argsort(dim=-1, descending=True, stable=True)[:, : min(top_k or size, size)]
    kept = F.one_hot(order, size).sum(dim=1) > 0
    return inverse(F.softmax(logits.masked_fill(~kept, -math.inf) / temperature, dim=-1), uniform)


def unmask__place_by_place(tokens, logits, uniform, noise, *, keep, mask_id):
    result = tokens.clone()
    for n, row in enumerate(tokens.tolist()):
        found = []
        for place, token in enumerate(row):
            if token == mask_id:
                told = logits[n, place].clone()
                told[mask_id] = -math.inf
                shares = torch.softmax(told, dim=0)
                drawn = int((shares.cumsum(0) <= uniform[n, place]).sum())
                found.append((-(shares[drawn].log() + noise[n, place]).item(), place, drawn))
        for _, place, drawn in sorted(found)[:keep]:
            result[n, place] = drawn
    return result


def unmask__draw_token(tokens, logits, uniform, noise, *, keep, mask_id):
    allowed = torch.arange(logits.shape[-1]) != mask_id
    drawn = draw_token(logits.flatten(0, 1), uniform.flatten(), allowed=allowed).view(tokens.shape)
    told = torch.where(allowed, logits, -math.inf).log_softmax(dim=-1)
    sure = told.gather(-1, drawn.unsqueeze(-1)).squeeze(-1) + noise
    sure[tokens != mask_id] = -math.inf
    rank = sure.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return torch.where((rank < keep) & (tokens == mask_id), drawn, tokens)


def unmask__one_hot(tokens, logits, uniform, noise, *, keep, mask_id):
    size = logits.shape[-1]
    weights = (logits - logits.amax(-1, keepdim=True)).exp() * (torch.arange(size) != mask_id)
    shares = weights / weights.sum(-1, keepdim=True)
    drawn = (shares.cumsum(-1) <= uniform[..., None]).sum(-1).clamp(max=size - 1)
    sure = (shares * F.one_hot(drawn, size)).sum(-1).log() + noise
    missing = tokens.eq(mask_id)
    order = torch.where(missing, -sure, math.inf).argsort(dim=1, stable=True)
    kept = torch.zeros(tokens.shape, dtype=torch.long).scatter_(1, order[:, :keep], 1)
    kept = kept * missing
    return kept * drawn + (1 - kept) * tokens


def unmask__top_few(tokens, logits, uniform, noise, *, keep, mask_id):
    logits = logits.clone()
    logits[:, :, mask_id] = -math.inf
    shares = logits.softmax(-1)
    drawn = inverse(shares, uniform)
    sure = torch.take_along_dim(shares, drawn[..., None], dim=-1)[..., 0].log().add(noise)
    new = tokens.clone()
    for row in range(len(tokens)):
        places = (tokens[row] == mask_id).nonzero()[:, 0]
        best = places[sure[row, places].sort(descending=True, stable=True).indices[:keep]]
        new[row, best] = drawn[row, best]
    return new


def unmask__one_after_another(tokens, logits, uniform, noise, *, keep, mask_id):
    barred = F.one_hot(torch.tensor(mask_id), logits.shape[-1]).bool()
    shares = logits.masked_fill(barred, -math.inf).softmax(-1)
    drawn = inverse(shares, uniform)
    sure = shares.gather(-1, drawn[..., None])[..., 0].log() + noise
    new = tokens.clone()
    for _ in range(min(keep, tokens.shape[1])):
        missing = new == mask_id
        place = sure.masked_fill(~missing, -math.inf).argmax(dim=1)
        rows = missing.any(dim=1).nonzero()[:, 0]
        new[rows, place[rows]] = drawn[rows, place[rows]]
    return new


def contrastive_loss__log_softmax(pictures, texts, log_scale, *, same=None):
    pictures = pictures / pictures.norm(dim=1, keepdim=True)
    texts = texts / texts.norm(dim=1, keepdim=True)
    logits = log_scale.exp() * (pictures @ texts.mT)
    if same is not None:
        logits = logits.masked_fill(same.triu(1) | same.tril(-1), -torch.inf)
    told = logits.log_softmax(dim=1).diagonal() + logits.log_softmax(dim=0).diagonal()
    return -told.mean() / 2


def contrastive_loss__cosine(pictures, texts, log_scale, *, same=None):
    count = len(pictures)
    logits = F.cosine_similarity(pictures[:, None], texts[None], dim=2) * torch.exp(log_scale)
    barred = torch.zeros(count, count) if same is None else same.float()
    barred = barred * (1 - torch.eye(count))
    logits = torch.where(barred > 0, -math.inf, logits)
    right = torch.arange(count)
    return 0.5 * F.cross_entropy(logits, right) + 0.5 * F.cross_entropy(logits.mT, right)


def contrastive_loss__row_by_row(pictures, texts, log_scale, *, same=None):
    losses = []
    a, b = (side / side.square().sum(1, keepdim=True).sqrt() for side in (pictures, texts))
    for row in range(len(a)):
        left = [k for k in range(len(a)) if same is None or k == row or not bool(same[row, k])]
        own = a[row] @ b[row] * log_scale.exp()
        for one, others in (a[row], b), (b[row], a):
            losses.append(torch.logsumexp(others[left] @ one * log_scale.exp(), dim=0) - own)
    return torch.stack(losses).mean()


def contrastive_loss__lowest_number(pictures, texts, log_scale, *, same=None):
    logits = torch.einsum("id,jd->ij", F.normalize(pictures), F.normalize(texts))
    logits = logits * log_scale.exp()
    if same is not None:
        keep = ~same
        keep.fill_diagonal_(True)
        logits = torch.where(keep, logits, torch.finfo(logits.dtype).min)
    right = torch.arange(logits.shape[0])
    return torch.stack([F.cross_entropy(side, right) for side in (logits, logits.t())]).mean()


def contrastive_loss__scaled_rows(pictures, texts, log_scale, *, same=None):
    half = (log_scale / 2).exp()
    logits = (F.normalize(pictures, dim=-1) * half) @ (F.normalize(texts, dim=-1) * half).T
    penalty = torch.zeros_like(logits)
    if same is not None:
        penalty[same] = -math.inf
        penalty.fill_diagonal_(0)
    logits = logits + penalty
    both = torch.logsumexp(logits, dim=0) + torch.logsumexp(logits, dim=1)
    return (both / 2 - logits.diagonal()).mean()


def review_drawing__list(network, prompt, uniform, *, first, temperature):
    drawn = []
    for k in range(uniform.shape[1]):
        logits = network(torch.cat([prompt, *drawn], dim=1))[:, -1].clone()
        logits[:, :first] = -math.inf
        drawn.append(draw_token(logits / temperature, uniform[:, k])[:, None])
    return torch.cat(drawn, dim=1)


def review_drawing__buffer(network, prompt, uniform, *, first, temperature):
    words, drawn = prompt.shape[1], uniform.shape[1]
    tokens = F.pad(prompt, (0, drawn))
    for at in range(words, words + drawn):
        shares = (network(tokens)[:, at - 1, first:] / temperature).softmax(dim=-1)
        tokens[:, at] = first + inverse(shares, uniform[:, at - words])
    return tokens[:, words:]


def review_drawing__codes_alone(network, prompt, uniform, *, first, temperature):
    tokens = prompt.clone()
    for number in uniform.unbind(dim=1):
        codes = network(tokens)[..., first:][:, -1]
        token = draw_token(codes, number, temperature=temperature) + first
        tokens = torch.column_stack([tokens, token])
    return tokens[:, -uniform.shape[1] :]


def review_drawing__recursive(network, prompt, uniform, *, first, temperature):
    if uniform.shape[1] == 0:
        return prompt[:, :0]
    logits = network(prompt)[:, -1]
    allowed = ~(torch.arange(logits.shape[1]) < first)
    token = draw_token(logits, uniform[:, 0], temperature=temperature, allowed=allowed)[:, None]
    longer = torch.cat([prompt, token], dim=1)
    options = {"first": first, "temperature": temperature}
    return torch.cat(
        [token, review_drawing__recursive(network, longer, uniform[:, 1:], **options)], 1
    )


def review_drawing__picture_by_picture(network, prompt, uniform, *, first, temperature):
    pictures = []
    for words, numbers in zip(prompt, uniform, strict=True):
        tokens = words
        for number in numbers:
            logits = network(tokens[None])[0, -1, first:] / temperature
            token = inverse(torch.softmax(logits, dim=0), number) + first
            tokens = torch.cat([tokens, token[None]])
        pictures.append(tokens[len(words) :])
    return torch.stack(pictures)
