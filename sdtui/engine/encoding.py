"""Texts to contexts: tokens, chunks, the text encoder, weights; and a cache, because prompts are rendered many times.

What is kept is a chunk without its weights, so that another weight, and another text in the last chunk of a long prompt, cost
nothing but what is new.
"""

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
from sdtui.prompt.chunks import Chunk, Spliced, chunk
from sdtui.prompt.tokens import ClipTokenizer

START_ID, END_ID = 49406, 49407
CACHE_BYTES = 64 << 20
EMPTY_CHUNK = Chunk((), ())


class _Wish(NamedTuple):
    """All that the encoding of a chunk depends on, before its weights."""

    model: Key
    ids: tuple[int, ...]
    spliced: tuple[Spliced, ...]
    clip_skip: int


class TextEncoding:
    """Serves Encode requests; keeps the newest encodings of chunks, without their weights, up to `cache_bytes`."""

    def __init__(self, cache_bytes: int = CACHE_BYTES) -> None:
        self.tokenizer = ClipTokenizer()
        self._cache_bytes = cache_bytes
        self._cached: OrderedDict[_Wish, Tensor] = OrderedDict()
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
        empty = self._encoded(EMPTY_CHUNK, request, checkpoint)
        return Encoded(tuple(self._texts(text, request, checkpoint, empty) for text in request.texts), empty)

    def forget(self) -> None:
        """Drop every encoding."""
        self._cached.clear()
        self._held_bytes = 0

    def _texts(self, text: Text, request: Encode, checkpoint: Checkpoint, empty: Tensor) -> tuple[Tensor, ...]:
        """Each chunk of a text with its weights applied: (77, width) in the checkpoint's dtype."""
        made = []
        for piece in chunk(text, self.tokenizer, request.comma_backtrack):
            encoded = self._encoded(piece, request, checkpoint)
            if any(weight != 1 for weight in piece.weights):
                fill = TOKENS - 1 - len(piece.weights)
                weights = torch.tensor([1.0, *piece.weights, *[1.0] * fill], device=encoded.device)
                weighed = weigh(encoded.float(), weights, request.emphasis, empty.float())
                encoded = weighed.to(encoded.dtype)
            made.append(encoded)
        return tuple(made)

    def _encoded(self, piece: Chunk, request: Encode, checkpoint: Checkpoint) -> Tensor:
        """A chunk through the text encoder, without its weights."""
        wish = _Wish(key_of(request.model), piece.ids, piece.spliced, request.clip_skip)
        found = self._cached.get(wish)
        if found is not None:
            self._cached.move_to_end(wish)
            return found
        made = encode_chunk(checkpoint, piece, request.clip_skip)
        self._cached[wish] = made
        self._held_bytes += made.nbytes
        while self._held_bytes > self._cache_bytes and len(self._cached) > 1:
            self._held_bytes -= self._cached.popitem(last=False)[1].nbytes
        return made


def encode_chunk(checkpoint: Checkpoint, piece: Chunk, clip_skip: int) -> Tensor:
    """A chunk through the text encoder, start, end and padding added: (77, width) in the checkpoint's dtype."""
    fill = TOKENS - 1 - len(piece.ids)
    ids = torch.tensor([[START_ID, *piece.ids, *[END_ID] * fill]], device=checkpoint.compute.device)
    encoded: Tensor = checkpoint.text_encoder(ids, clip_skip)[0]
    return encoded.to(checkpoint.compute.dtype)
