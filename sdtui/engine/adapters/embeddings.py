"""Embeddings: files of vectors that stand in for tokens, spliced into what the text encoders read; the tokenizer never changes.

Read are A1111's and the original textual inversion's pickles (`string_to_param`), safetensors of one tensor (`emb_params`),
SDXL's pair (`clip_l`, `clip_g`), and diffusers' files of one tensor named after its token.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from sdtui.engine.adapters.tensors import check_finite, check_unchanged, read_pickle, read_tensors
from sdtui.engine.checkpoint import Checkpoint
from sdtui.errors import ModelError
from sdtui.prompt.chunks import Spliced
from sdtui.prompt.embeddings import Embeddings, ListedEmbeddings
from sdtui.spec.adapter import Embedding
from sdtui.spec.model import ModelFile
from sdtui.weights.identify import SAFE_SUFFIXES

FILES_KEPT = 256
NESTED = "string_to_param"

Vectors = Mapping[int, Tensor]
"""For each width of text encoder the vectors of an embedding, (count, width)."""


class Vocabulary(NamedTuple):
    """The embeddings that a text may name, for one checkpoint; `unread` are the words of those left out, `notes` say why."""

    embeddings: Embeddings | None = None
    vectors: Mapping[str, Vectors] = {}
    versions: Mapping[str, tuple[str, ...]] = {}
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def splices(self, spliced: Iterable[Spliced], width: int) -> list[tuple[int, Tensor]]:
        """For a text encoder of this width what stands at which place of a chunk, the first of its tokens being 0."""
        return [(each.offset, self.vectors[each.name][width][: each.vectors]) for each in spliced]


NO_EMBEDDINGS = Vocabulary()


class EmbeddingFiles:
    """Reads embeddings once; keeps the newest."""

    def __init__(self) -> None:
        self._read: OrderedDict[tuple[str, ...], Vectors] = OrderedDict()

    def vocabulary(self, embeddings: Sequence[Embedding], checkpoint: Checkpoint) -> Vocabulary:
        """These embeddings by their words; one whose width is not that of the checkpoint's encoders is left out (as A1111).

        Raises ModelError when a file is damaged or no embedding.
        """
        if not embeddings:
            return Vocabulary()
        widths = {checkpoint.text_encoders[reader.component].width for reader in checkpoint.traits.readers}
        vectors: dict[str, Vectors] = {}
        notes = []
        for each in embeddings:
            found = self._vectors(each.file)
            if widths <= found.keys():
                vectors[each.word] = found
            else:
                notes.append(
                    f"The embedding {each.word} is {_widths(found)} wide, the text encoder of {checkpoint.name} {_widths(widths)}:"
                    " it was read as words."
                )
        counts = {word: min(len(found[width]) for width in widths) for word, found in vectors.items()}
        versions = {each.word: each.file.version for each in embeddings if each.word in vectors}
        unread = tuple(each.word for each in embeddings if each.word not in vectors)
        return Vocabulary(ListedEmbeddings(counts), vectors, versions, tuple(notes), unread)

    def _vectors(self, file: ModelFile) -> Vectors:
        found = self._read.pop(file.version, None)
        if found is None:
            found = read_embedding(check_unchanged(file, "embedding"))
        self._read[file.version] = found
        while len(self._read) > FILES_KEPT:
            self._read.popitem(last=False)
        return found


def read_embedding(file: ModelFile) -> Vectors:
    """The vectors in a file, float32 on the CPU; raises ModelError when it is damaged or no embedding."""
    path = Path(file.path)
    safe = path.suffix.lower() in SAFE_SUFFIXES
    held = _tensors(read_tensors(path).tensors if safe else read_pickle(path))
    check_finite({str(number): tensor for number, tensor in enumerate(held)}, path)
    vectors = {
        tensor.shape[-1]: tensor.float().reshape(-1, tensor.shape[-1])
        for tensor in held
        if tensor.ndim in {1, 2} and tensor.numel()
    }
    if not vectors or len(vectors) != len(held):
        raise ModelError(f"{file.name} is no embedding: it holds no vectors for tokens.", where=file.path)
    return vectors


def _tensors(held: Any) -> list[Tensor]:
    """The tensors that are vectors, wherever a format keeps them."""
    if isinstance(held, Tensor):
        return [held]
    if not isinstance(held, Mapping):
        return []
    nested = held.get(NESTED)
    if nested is not None:
        parameters: Any = getattr(nested, "_parameters", nested)
        return [tensor.detach() for tensor in parameters.values() if isinstance(tensor, Tensor)][:1]
    if "clip_l" in held and "clip_g" in held:
        return [held["clip_l"], held["clip_g"]]
    tensors = [tensor.detach() for tensor in held.values() if isinstance(tensor, Tensor)]
    return tensors if len(tensors) == 1 else [held["emb_params"]] if "emb_params" in held else []


def _widths(widths: Iterable[int]) -> str:
    return " and ".join(map(str, sorted(widths)))
