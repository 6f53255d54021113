"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import math

import torch
import torch.nn.functional as F

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
