"""Attention a few queries at a time, for when memory is short: the same sums, up to rounding, in a fraction of the room."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

QUERIES = 1024


class SlicedAttention:
    """A processor of diffusers' Attention in a UNet: `queries` of one row at a time, under all keys."""

    def __init__(self, queries: int = QUERIES) -> None:
        self._queries = queries

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        temb: Tensor | None = None,
        **_: Any,
    ) -> Tensor:
        """hidden_states: (rows, queries, width) to the same; encoder_hidden_states: (rows, keys, context width)."""
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context)
        made = torch.empty_like(query)
        for row in range(query.shape[0]):
            keys, values = _heads(key[row], attn.heads), _heads(value[row], attn.heads)
            for at in range(0, query.shape[1], self._queries):
                queries = _heads(query[row, at : at + self._queries], attn.heads)
                attended = functional.scaled_dot_product_attention(queries, keys, values)
                made[row, at : at + self._queries] = attended[0].transpose(0, 1).flatten(1)
        mixed: Tensor = attn.to_out[1](attn.to_out[0](made)) / attn.rescale_output_factor
        return mixed


def slice_attention(unet: nn.Module, queries: int = QUERIES) -> None:
    """Have every plain attention of a UNet work in slices; one with norms of its own stays as it is."""
    plain: list[Any] = [module for module in unet.modules() if hasattr(module, "set_processor") and _is_plain(module)]
    for attention in plain:
        attention.set_processor(SlicedAttention(queries))


def _is_plain(attn: Any) -> bool:
    extras = ("norm_cross", "group_norm", "spatial_norm", "norm_q", "norm_k", "add_k_proj")
    return not attn.residual_connection and all(getattr(attn, name, None) is None for name in extras)


def _heads(tokens: Tensor, heads: int) -> Tensor:
    """(tokens, width) to (1, heads, tokens, width / heads)."""
    return tokens.view(len(tokens), heads, -1).transpose(0, 1)[None]
