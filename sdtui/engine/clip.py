"""CLIP's text encoder, OpenAI's and OpenCLIP's, with transformers' tensor names.

Ours because transformers costs two seconds at every start of a worker, and because clip skip and embeddings need the inside.
Parity with `transformers.CLIPTextModel` is a test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

TOKENS = 77
Splices = Sequence[tuple[int, Tensor]]
"""Vectors (count, width), each with the place of the first token that they replace."""
END_ID = 49407


def quick_gelu(x: Tensor) -> Tensor:
    """x · sigmoid(1.702 x), the activation that OpenAI trained CLIP with."""
    return x * torch.sigmoid(1.702 * x)


PROJECTING = "CLIPTextModelWithProjection"
"""The architecture, in transformers' configs, of an encoder with a projection."""
ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {"quick_gelu": quick_gelu, "gelu": functional.gelu}


class ClipAttention(nn.Module):
    """Causal self-attention with biases."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, tokens, width)."""
        query, key, value = (
            project(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out_proj(seen.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class ClipPerceptron(nn.Module):
    """Two linear layers around CLIP's activation."""

    def __init__(self, width: int, hidden: int, activation: str) -> None:
        super().__init__()
        self.activation: Callable[[Tensor], Tensor] = ACTIVATIONS[activation]
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, tokens, width)."""
        return self.fc2(self.activation(self.fc1(x)))  # type: ignore[no-any-return]


class ClipLayer(nn.Module):
    """One transformer layer, norms first."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        width, eps = config["hidden_size"], config.get("layer_norm_eps", 1e-5)
        self.self_attn = ClipAttention(width, config["num_attention_heads"])
        self.layer_norm1 = nn.LayerNorm(width, eps=eps)
        self.mlp = ClipPerceptron(width, config["intermediate_size"], config.get("hidden_act", "quick_gelu"))
        self.layer_norm2 = nn.LayerNorm(width, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, tokens, width)."""
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))  # type: ignore[no-any-return]


class Reading(NamedTuple):
    """What an encoder says to token ids: (batch, 77, width), and (batch, projection) where it has a projection."""

    context: Tensor
    pooled: Tensor | None = None


class ClipTextEncoder(nn.Module):
    """Token ids to one vector a token, and one for all where its config names a projection.

    The names of its tensors are those of transformers ≥ 5.6.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.embeddings = ClipEmbeddings(config)
        self.encoder = ClipLayers(config)
        self.final_layer_norm = nn.LayerNorm(config["hidden_size"], eps=config.get("layer_norm_eps", 1e-5))
        self.text_projection: nn.Linear | None = None
        if PROJECTING in config.get("architectures", ()):
            self.text_projection = nn.Linear(config["hidden_size"], config["projection_dim"], bias=False)

    @property
    def width(self) -> int:
        """The width of what it says to each token."""
        return int(self.final_layer_norm.normalized_shape[0])

    @property
    def depth(self) -> int:
        """How many layers there are, and the deepest clip skip."""
        return len(self.encoder.layers)

    def forward(self, ids: Tensor, clip_skip: int = 1, *, normed: bool = True, spliced: Splices = ()) -> Reading:
        """The output of layer depth + 1 − clip_skip, after the final layer norm when `normed`; pooled is always the last one's.

        ids: (batch, 77), whole numbers. clip_skip: 1..depth. spliced: vectors (count, width) that take the place of tokens.
        """
        until = self.depth + 1 - clip_skip
        encoded = self.encoder(self.embeddings(ids, spliced), 0, until)
        context = self.final_layer_norm(encoded) if normed else encoded
        if self.text_projection is None:
            return Reading(context)
        last = self.final_layer_norm(self.encoder(encoded, until, self.depth))
        ends = (ids == END_ID).int().argmax(dim=-1)
        return Reading(context, self.text_projection(last[torch.arange(len(ids), device=ids.device), ends]))


class ClipEmbeddings(nn.Module):
    """What a token is, plus where it stands."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        width = config["hidden_size"]
        # made from an empty tensor: drawing random numbers for it imports torch's compiler, which takes two seconds
        self.token_embedding = _embedding(config.get("vocab_size", 49408), width)
        self.position_embedding = _embedding(config.get("max_position_embeddings", TOKENS), width)

    def forward(self, ids: Tensor, spliced: Splices = ()) -> Tensor:
        """ids: (batch, tokens); returns (batch, tokens, width)."""
        tokens = self.token_embedding(ids)
        for place, vectors in spliced:
            tokens[:, place : place + len(vectors)] = vectors.to(tokens)
        return tokens + self.position_embedding.weight[: ids.shape[1]]  # type: ignore[no-any-return]


def _embedding(rows: int, width: int) -> nn.Embedding:
    made: nn.Embedding = nn.Embedding.from_pretrained(torch.empty(rows, width))  # type: ignore[no-untyped-call]
    return made


class ClipLayers(nn.Module):
    """The stack of transformer layers."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(ClipLayer(config) for _ in range(config["num_hidden_layers"]))

    def forward(self, x: Tensor, start: int, end: int) -> Tensor:
        """The layers from `start` until before `end`, one after another; x: (batch, tokens, width)."""
        for layer in self.layers[start:end]:
            x = layer(x)
        return x
