"""Texts to contexts: tokens, chunks, the text encoder, weights; and a cache, because prompts are rendered many times."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.clip import TOKENS
from sdtui.engine.emphasis import weigh
from sdtui.engine.requests import Encode, Encoded, Text
from sdtui.engine.shelf import Key, key_of
from sdtui.errors import RenderError
from sdtui.prompt.chunks import Chunk, chunk
from sdtui.prompt.tokens import ClipTokenizer

START_ID, END_ID = 49406, 49407
CACHE_BYTES = 64 << 20
EMPTY: Text = ()


class _Wish(NamedTuple):
    """All that an encoding depends on."""

    model: Key
    text: Text
    clip_skip: int
    emphasis: str
    comma_backtrack: int


class TextEncoding:
    """Serves Encode requests; keeps the newest encodings up to `cache_bytes`."""

    def __init__(self, cache_bytes: int = CACHE_BYTES) -> None:
        self.tokenizer = ClipTokenizer()
        self._cache_bytes = cache_bytes
        self._cached: OrderedDict[_Wish, tuple[Tensor, ...]] = OrderedDict()
        self._held_bytes = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of the encodings that are kept."""
        return self._held_bytes

    def serve(self, request: Encode, checkpoint: Checkpoint) -> Encoded:
        """The encodings of the request's texts; raises RenderError when clip skip is deeper than the encoder."""
        depth = checkpoint.text_encoder.depth
        if request.clip_skip > depth:
            raise RenderError(
                f"Clip skip {request.clip_skip} is too deep: the text encoder of {checkpoint.name} has {depth} layers.",
                todo=f"Use a clip skip from 1 to {depth}.",
            )
        (empty,) = self._encoding(EMPTY, request, checkpoint)
        return Encoded(tuple(self._encoding(text, request, checkpoint) for text in request.texts), empty)

    def forget(self) -> None:
        """Drop every encoding."""
        self._cached.clear()
        self._held_bytes = 0

    def _encoding(self, text: Text, request: Encode, checkpoint: Checkpoint) -> tuple[Tensor, ...]:
        if request.emphasis == "Ignore":
            text = tuple(run._replace(weight=1.0) for run in text)
        wish = _Wish(key_of(request.model), text, request.clip_skip, request.emphasis, request.comma_backtrack)
        found = self._cached.get(wish)
        if found is not None:
            self._cached.move_to_end(wish)
            return found
        chunks = chunk(text, self.tokenizer, request.comma_backtrack)
        weighted = any(weight != 1 for piece in chunks for weight in piece.weights)
        empty = self._encoding(EMPTY, request, checkpoint)[0] if text and weighted else None
        made = encode_chunks(checkpoint, chunks, request.clip_skip, request.emphasis, empty)
        self._keep(wish, made)
        return made

    def _keep(self, wish: _Wish, made: tuple[Tensor, ...]) -> None:
        self._cached[wish] = made
        self._held_bytes += _size(made)
        while self._held_bytes > self._cache_bytes and len(self._cached) > 1:
            self._held_bytes -= _size(self._cached.popitem(last=False)[1])


def encode_chunks(
    checkpoint: Checkpoint, chunks: tuple[Chunk, ...], clip_skip: int, emphasis: str, empty: Tensor | None
) -> tuple[Tensor, ...]:
    """Each chunk through the text encoder alone, start, end and padding added: (77, width) in the checkpoint's dtype."""
    made = []
    for piece in chunks:
        fill = TOKENS - 1 - len(piece.ids)
        ids = torch.tensor([[START_ID, *piece.ids, *[END_ID] * fill]], device=checkpoint.compute.device)
        encoded = checkpoint.text_encoder(ids, clip_skip)[0].float()
        if empty is not None:
            weights = torch.tensor([1.0, *piece.weights, *[1.0] * fill], device=encoded.device)
            encoded = weigh(encoded, weights, emphasis, empty.float())
        made.append(encoded.to(checkpoint.compute.dtype))
    return tuple(made)


def _size(tensors: tuple[Tensor, ...]) -> int:
    return sum(tensor.nbytes for tensor in tensors)
