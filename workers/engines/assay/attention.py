"""The attention of our passes: over the path that leads to a pass, and over the pass itself.

transformers calls it by its name, in whichever model asks its interface for an attention.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

from workers.engines.assay.parts import Rule, additive, attend, merge
from workers.engines.assay.passes import Block, Pass

#: The name of the attention while our passes go through a model.
NAME = "assay"
#: What transformers hands to an attention and we understand, or need not.
_OPTIONS = {
    "cache_position", "dropout", "is_causal", "output_attentions", "output_hidden_states",
    "output_router_logits", "position_ids", "past_key_values", "scaling", "sliding_window",
    "softcap", "use_cache",
}  # fmt: skip
_current: ContextVar["PathAttention"] = ContextVar("assay_attention")


class UnusableError(Exception):
    """This model can't be computed this way; the text says why."""


class PathAttention:
    """Keys and values of the present path, for each layer that attends.

    Attributes:
        calls: how often layers have attended.
    """

    def __init__(self, longest: int) -> None:
        """Serve passes whose paths have at most `longest` positions."""
        self.calls = 0
        self._longest = longest
        self._stacks: dict[torch.nn.Module, tuple[Tensor, Tensor]] = {}

    @contextmanager
    def of(self, one: Pass) -> Iterator[None]:
        """Serve this pass."""
        self._pass = one
        self._windows: dict[int, tuple[int, Tensor] | None] = {}
        self._masks: dict[Block, Tensor] = {}
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def attend(
        self, module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, rule: Rule
    ) -> Tensor:
        """Return `[positions, heads, width]`, and keep what the next pass needs.

        Args:
            module: the layer.
            query: `[heads, positions, width]`; their heads may be a multiple of those of the keys.
            key: `[key heads, positions, width]`.
            value: likewise.
            rule: the layer's.
        """
        self.calls += 1
        query = query.reshape(key.shape[0], -1, *query.shape[1:])
        new = key.unsqueeze(1), value.unsqueeze(1)
        stack = self._stack(module, new)
        window = self._window(rule, query)
        if window is None:
            out = self._whole(rule, query, new, stack)
        else:
            out = _within(rule, query, new, stack, window)
        self._keep(stack, new)
        return out.flatten(0, 1).transpose(0, 1).to(query.dtype)

    def _stack(self, module: torch.nn.Module, new: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        if module not in self._stacks:
            key, value = (
                part.new_empty(*part.shape[:2], self._longest, part.shape[-1]) for part in new
            )
            self._stacks[module] = key, value
        return self._stacks[module]

    def _keep(self, stack: tuple[Tensor, Tensor], new: tuple[Tensor, Tensor]) -> None:
        kept, at = torch.from_numpy(self._pass.kept).to(new[0].device), self._pass.kept_at
        for whole, part in zip(stack, new, strict=True):
            whole[:, :, at : at + len(kept)] = part.index_select(2, kept)

    def _whole(
        self,
        rule: Rule,
        query: Tensor,
        new: tuple[Tensor, Tensor],
        stack: tuple[Tensor, Tensor],
    ) -> Tensor:
        out = query.new_empty((*query.shape[:-1], new[1].shape[-1]), dtype=torch.float32)
        sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
        for block in self._pass.blocks:
            here, there = slice(*block.queries), slice(*block.keys)
            key, value = (part[:, :, there] for part in new)
            mask = self._mask(block, query)
            part = attend(query[:, :, here], key, value, rule, causal=block.causal, mask=mask)
            if block.is_own:
                out[:, :, here], sums[:, :, here] = part
            else:
                merge(out[:, :, here], sums[:, :, here], part)
        for path in self._pass.paths:
            here = slice(path.start, path.stop)
            key, value = (whole[:, :, : path.length] for whole in stack)
            merge(out[:, :, here], sums[:, :, here], attend(query[:, :, here], key, value, rule))
        return out

    def _mask(self, block: Block, query: Tensor) -> Tensor | None:
        if block.mask is None:
            return None
        if block not in self._masks:
            self._masks[block] = additive(torch.from_numpy(block.mask), query)
        return self._masks[block]

    def _window(self, rule: Rule, query: Tensor) -> tuple[int, Tensor] | None:
        """Return where in the path a window begins, and its mask; None if it hides nothing."""
        if rule.window is None:
            return None
        if rule.window not in self._windows:
            seen = self._pass.windowed(rule.window)
            self._windows[rule.window] = seen and (
                seen[0],
                additive(torch.from_numpy(seen[1]), query),
            )
        return self._windows[rule.window]


def _within(
    rule: Rule,
    query: Tensor,
    new: tuple[Tensor, Tensor],
    stack: tuple[Tensor, Tensor],
    window: tuple[int, Tensor],
) -> Tensor:
    first, mask = window
    before = slice(first, first + mask.shape[1] - mask.shape[0])
    key, value = (
        torch.cat([whole[:, :, before], part], dim=2)
        for whole, part in zip(stack, new, strict=True)
    )
    return attend(query, key, value, rule, mask=mask)[0]


def _attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **options: Any,
) -> tuple[Tensor, None]:
    """Be what transformers' `AttentionInterface` calls.

    Raises:
        UnusableError: for what we would compute otherwise than the model means it.
    """
    unknown = [
        name for name, value in options.items() if name not in _OPTIONS and value is not None
    ]
    if unknown or attention_mask is not None:
        raise UnusableError(f"its attention asks for {', '.join(unknown) or 'a mask of its own'}")
    if query.shape[0] != 1 or query.shape[2] != key.shape[2]:
        raise UnusableError("its queries and keys are not of the same positions")
    rule = Rule(options.get("scaling"), options.get("sliding_window"), options.get("softcap"))
    out = _current.get().attend(module, query[0], key[0], value[0], rule)
    return out.unsqueeze(0).contiguous(), None


AttentionInterface.register(NAME, _attention)


@contextmanager
def our_attention(model: torch.nn.Module) -> Iterator[None]:
    """Let a model attend our way, and its own way again afterwards."""
    configs: list[Any] = [getattr(part, "config", None) for part in model.modules()]
    found = {id(config): config for config in configs if hasattr(config, "_attn_implementation")}
    # A configuration hands its attention on to those inside of it: outer ones come first.
    before = [(config, config._attn_implementation) for config in found.values()]
    try:
        for config in found.values():
            config._attn_implementation = NAME
        yield
    finally:
        for config, name in before:
            config._attn_implementation = name
