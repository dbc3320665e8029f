"""Texts to contexts: tokens, chunks, the text encoder, weights; and a cache, because prompts are rendered many times.

What is kept is a chunk without its weights, so that another weight, and another text in the last chunk of a long prompt, cost
nothing but what is new.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import torch
from torch import Tensor

from sdtui.engine.adapters.embeddings import NO_EMBEDDINGS, EmbeddingFiles, Vocabulary
from sdtui.engine.checkpoint import Checkpoint
from sdtui.engine.clip import END_ID, TOKENS, Reading
from sdtui.engine.emphasis import weigh
from sdtui.engine.requests import Added, Cue, Encode, Encoded, EncodedText
from sdtui.engine.shelf import Key, key_of
from sdtui.engine.traits import Reader
from sdtui.errors import RenderError
from sdtui.prompt.chunks import Chunk, Spliced, chunk
from sdtui.prompt.tokens import ClipTokenizer

START_ID = 49406
CACHE_BYTES = 64 << 20
READ_AT = 2
EMPTY_CHUNK = Chunk((), ())


class _Wish(NamedTuple):
    """All that the encoding of a chunk depends on, before its weights."""

    model: Key
    adapters: tuple[str, ...]
    ids: tuple[int, ...]
    spliced: tuple[Spliced, ...]
    versions: tuple[tuple[str, ...], ...]
    clip_skip: int


class Held(NamedTuple):
    """A chunk as it is kept. context: (77, width of all encoders); pooled: (projection,) where the family has one."""

    context: Tensor
    pooled: Tensor | None

    @property
    def nbytes(self) -> int:
        """Bytes of its tensors."""
        return self.context.nbytes + (0 if self.pooled is None else self.pooled.nbytes)


class TextEncoding:
    """Serves Encode requests; keeps the newest encodings of chunks, without their weights, up to `cache_bytes`."""

    def __init__(self, cache_bytes: int = CACHE_BYTES) -> None:
        self.tokenizer = ClipTokenizer()
        self._cache_bytes = cache_bytes
        self._cached: OrderedDict[_Wish, Held] = OrderedDict()
        self._files = EmbeddingFiles()
        self._held_bytes = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of the encodings that are kept."""
        return self._held_bytes

    def serve(self, request: Encode, checkpoint: Checkpoint) -> Encoded:
        """The encodings of the request's cues.

        Raises RenderError when clip skip is deeper than the encoder, ModelError when an embedding cannot be used.
        """
        _check_clip_skip(request, checkpoint)
        vocabulary = self._files.vocabulary(request.embeddings, checkpoint)
        made: dict[object, EncodedText] = {}
        texts = []
        for cue in request.cues:
            # the two sides of a picture share what their family does not tell apart
            key = (cue.text, checkpoint.traits.told(request.size_px, negative=cue.negative), _zeroed(cue, checkpoint))
            if key not in made:
                made[key] = self._text(cue, request, checkpoint, vocabulary)
            texts.append(made[key])
        return Encoded(tuple(texts), (*vocabulary.notes, *_clip_skip_notes(request, checkpoint)), vocabulary.unread)

    def forget(self) -> None:
        """Drop every encoding."""
        self._cached.clear()
        self._held_bytes = 0

    def _text(self, cue: Cue, request: Encode, checkpoint: Checkpoint, vocabulary: Vocabulary) -> EncodedText:
        """A text as the UNet gets it, weights applied, in the checkpoint's dtype."""
        empty = self._encoded(EMPTY_CHUNK, request, checkpoint, vocabulary)
        if _zeroed(cue, checkpoint):
            context = torch.zeros_like(empty.context)
            pooled = None if empty.pooled is None else torch.zeros_like(empty.pooled)
            return EncodedText((context,), context, _added(pooled, cue, request, checkpoint))
        pieces = chunk(cue.text, self.tokenizer, request.comma_backtrack, vocabulary.embeddings)
        held = [self._encoded(piece, request, checkpoint, vocabulary) for piece in pieces]
        chunks = (
            _weighed(piece, one.context, empty.context, request.emphasis, checkpoint)
            for piece, one in zip(pieces, held, strict=True)
        )
        return EncodedText(tuple(chunks), empty.context, _added(held[0].pooled, cue, request, checkpoint))

    def _encoded(self, piece: Chunk, request: Encode, checkpoint: Checkpoint, vocabulary: Vocabulary) -> Held:
        """A chunk through the text encoders, without its weights."""
        clip_skip = request.clip_skip if checkpoint.traits.clip_skip_counts else 0
        versions = tuple(vocabulary.versions[each.name] for each in piece.spliced)
        wish = _Wish(key_of(request.model), checkpoint.adapters, piece.ids, piece.spliced, versions, clip_skip)
        found = self._cached.get(wish)
        if found is not None:
            self._cached.move_to_end(wish)
            return found
        made = encode_chunk(checkpoint, piece, clip_skip, vocabulary)
        self._cached[wish] = made
        self._held_bytes += made.nbytes
        while self._held_bytes > self._cache_bytes and len(self._cached) > 1:
            self._held_bytes -= self._cached.popitem(last=False)[1].nbytes
        return made


def encode_chunk(checkpoint: Checkpoint, piece: Chunk, clip_skip: int, vocabulary: Vocabulary = NO_EMBEDDINGS) -> Held:
    """A chunk through the text encoders, start, end and padding added, side by side in the checkpoint's dtype."""
    readings = [_read(reader, checkpoint, piece, clip_skip, vocabulary) for reader in checkpoint.traits.readers]
    contexts = [reading.context[0] for reading in readings]
    context = contexts[0] if len(contexts) == 1 else torch.cat(contexts, dim=-1)
    pooled = readings[-1].pooled
    dtype = checkpoint.compute.dtype
    return Held(context.to(dtype), None if pooled is None else pooled[0].to(dtype))


def _read(reader: Reader, checkpoint: Checkpoint, piece: Chunk, clip_skip: int, vocabulary: Vocabulary) -> Reading:
    """A chunk through one text encoder."""
    fill = TOKENS - 2 - len(piece.ids)
    ids = [START_ID, *piece.ids, END_ID, *[reader.padding] * fill]
    tensor = torch.tensor([ids], device=checkpoint.compute.device)
    encoder = checkpoint.text_encoders[reader.component]
    # behind the start token
    spliced = [(1 + offset, vectors) for offset, vectors in vocabulary.splices(piece.spliced, encoder.width)]
    made: Reading = encoder(tensor, reader.layer or clip_skip, normed=reader.normed, spliced=spliced)
    return made


def _weighed(piece: Chunk, context: Tensor, empty: Tensor, emphasis: str, checkpoint: Checkpoint) -> Tensor:
    """A chunk's context with its weights applied, to each encoder's share of it alone, as A1111."""
    if all(weight == 1 for weight in piece.weights):
        return context
    fill = TOKENS - 1 - len(piece.weights)
    weights = torch.tensor([1.0, *piece.weights, *[1.0] * fill], device=context.device)
    widths = [checkpoint.text_encoders[reader.component].width for reader in checkpoint.traits.readers]
    parts = zip(torch.split(context.float(), widths, -1), torch.split(empty.float(), widths, -1), strict=True)
    return torch.cat([weigh(part, weights, emphasis, none) for part, none in parts], dim=-1).to(context.dtype)


def _zeroed(cue: Cue, checkpoint: Checkpoint) -> bool:
    """SDXL was trained with zeros for no prompt at all, and A1111 gives them to it for an empty negative prompt."""
    return bool(checkpoint.traits.numbers) and cue.negative and not any(run.text.strip() for run in cue.text)


def _added(pooled: Tensor | None, cue: Cue, request: Encode, checkpoint: Checkpoint) -> Added | None:
    numbers = checkpoint.traits.told(request.size_px, negative=cue.negative)
    if pooled is None or not numbers:
        return None
    return Added(pooled, torch.tensor(numbers, device=pooled.device))


def _clip_skip_notes(request: Encode, checkpoint: Checkpoint) -> tuple[str, ...]:
    """A sentence where a clip skip is asked for that such models do not know; 1 and 2 are what they are read with anyway."""
    if checkpoint.traits.clip_skip_counts or request.clip_skip <= READ_AT:
        return ()
    return (
        f"Clip skip {request.clip_skip} changes nothing with {checkpoint.name}: texts are read at the last layer but one, "
        "as the model was trained.",
    )


def _check_clip_skip(request: Encode, checkpoint: Checkpoint) -> None:
    depth = min(encoder.depth for encoder in checkpoint.text_encoders.values())
    if checkpoint.traits.clip_skip_counts and request.clip_skip > depth:
        raise RenderError(
            f"Clip skip {request.clip_skip} is too deep: the text encoder of {checkpoint.name} has {depth} layers.",
            todo=f"Use a clip skip from 1 to {depth}.",
        )
