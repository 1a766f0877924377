"""Parts of an attention, and how they are put together.

A part is queries that all see the same keys, or a mask's choice of them. Softmax over two parts is
their average, weighted by the sums of their exponentials (Dao et al., FlashAttention, 2022,
section 3.1), so nothing before a pass is ever copied, and no mask over it is made.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

#: What a part gives: `[key heads, groups, queries, width]`, and the logarithm of each query's sum.
Part = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Rule:
    """What a layer says of its attention.

    Attributes:
        scale: that scores are multiplied with; None stands for one over the root of the width.
        window: of how many positions a query sees at most, itself included; None for all.
        softcap: that scores are bent to stay below; None for no bound.
    """

    scale: float | None = None
    window: int | None = None
    softcap: float | None = None


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    rule: Rule,
    *,
    causal: bool = False,
    mask: Tensor | None = None,
) -> Part:
    """Return one part; each query must see at least one key.

    Args:
        query: `[key heads, groups, queries, width]`.
        key: `[key heads, 1, keys, width]`.
        value: likewise.
        rule: the layer's; its window is the mask's business.
        causal: the first query sees the first key, each next one another one.
        mask: is added to the scores, `[queries, keys]`.
    """
    key = key.expand(-1, query.shape[1], -1, -1)
    value = value.expand(-1, query.shape[1], -1, -1)
    scale = rule.scale if rule.scale is not None else 1 / math.sqrt(query.shape[-1])
    if query.device.type == "cpu" and not rule.softcap and key.shape[-1] == value.shape[-1]:
        # What torch's own attention takes on a CPU, but with the sums.
        flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
        out, sums = flash(query, key, value, 0.0, causal, attn_mask=mask, scale=scale)
        return out, sums
    return _plain(query, key, value, rule, scale=scale, causal=causal, mask=mask)


def _plain(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    rule: Rule,
    *,
    scale: float,
    causal: bool,
    mask: Tensor | None,
) -> Part:
    scores = torch.matmul(query, key.transpose(-1, -2)) * scale
    if rule.softcap:
        scores = torch.tanh(scores / rule.softcap) * rule.softcap
    if causal:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(hidden, -math.inf)
    if mask is not None:
        scores = scores + mask
    scores = scores.float()
    sums = torch.logsumexp(scores, dim=-1)
    weights = torch.exp(scores - sums.unsqueeze(-1)).to(value.dtype)
    return torch.matmul(weights, value), sums


def merge(out: Tensor, sums: Tensor, part: Part) -> None:
    """Add a part to what there is, in place."""
    other, other_sums = part
    weight = torch.sigmoid(other_sums - sums).unsqueeze(-1)
    out.lerp_(other.to(out.dtype), weight.to(out.dtype))
    torch.logaddexp(sums, other_sums, out=sums)


def additive(seen: Tensor, like: Tensor) -> Tensor:
    """Return the mask that hides what isn't seen, in the type and on the device of `like`."""
    mask = torch.zeros(seen.shape, dtype=like.dtype, device=like.device)
    return mask.masked_fill_(~seen.to(like.device), -math.inf)
