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
