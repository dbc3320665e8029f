"""Small pickled models, of which torch opens only tensors: embeddings, hypernetworks, LoRAs and VAEs, told by their outlines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sdtui.spec.model import ModelKind
from sdtui.weights.families import CONTEXT_WIDTHS, UNKNOWN
from sdtui.weights.header import TensorInfo
from sdtui.weights.pickles import read_outline
from sdtui.weights.telling import tell

KINDS: frozenset[ModelKind] = frozenset({"lora", "embedding", "hypernetwork", "vae"})
"""The kinds that may be pickled."""
EMBEDDING_KEYS = ("emb_params", "clip_l")


class Told(NamedTuple):
    """What an outline says; `vectors` as in ModelRecord."""

    kind: ModelKind
    family: str
    vectors: int = 0


def tell_pickled(path: Path, expected: ModelKind) -> Told | None:
    """What a pickled file is; None for no kind that may be pickled. Raises ModelError when it is damaged or could run code."""
    held = read_outline(path)
    if not isinstance(held, Mapping):
        return None
    parameters = held.get("string_to_param")
    if isinstance(parameters, Mapping):
        return _embedding(next((one for one in parameters.values() if isinstance(one, TensorInfo)), None))
    if any(isinstance(width, int) and isinstance(pair, tuple | list) for width, pair in held.items()):
        families = [CONTEXT_WIDTHS[width] for width in (768, 1024, 2048) if width in held]
        return Told("hypernetwork", families[0] if len(families) == 1 else UNKNOWN)
    state = held.get("state_dict", held)
    tensors = (
        {str(name): one for name, one in state.items() if isinstance(one, TensorInfo)}
        if isinstance(state, Mapping)
        else {}
    )
    found = tell(tensors)
    if found is None and expected == "embedding" and len(tensors) == 1:
        return _embedding(next(iter(tensors.values())))
    if found is None or found[0] not in KINDS:
        return None
    return Told(*found, vectors_in(tensors) if found[0] == "embedding" else 0)


def vectors_in(tensors: Mapping[str, TensorInfo]) -> int:
    """How many vectors an embedding's tensors hold."""
    name = next((key for key in EMBEDDING_KEYS if key in tensors), next(iter(tensors), None))
    shape = tensors[name].shape if name is not None else ()
    return shape[0] if len(shape) == 2 else 1


def _embedding(tensor: TensorInfo | None) -> Told | None:
    if tensor is None or len(tensor.shape) not in {1, 2}:
        return None
    return Told("embedding", CONTEXT_WIDTHS.get(tensor.shape[-1], UNKNOWN), vectors_in({"": tensor}))
