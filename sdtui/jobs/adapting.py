"""Which files a picture's prompts and its document ask for beside the checkpoint: LoRAs, hypernetworks, embeddings, a VAE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct

from sdtui.errors import ModelError, UsageError
from sdtui.prompt.adapters import hypernetworks, loras, read_hypernetwork, read_lora
from sdtui.prompt.calling import embedding_words, listed_embeddings, stem_of
from sdtui.prompt.embeddings import ListedEmbeddings, mentions
from sdtui.prompt.names import LABEL, TAG_KINDS, Known, NameKind, fits
from sdtui.prompt.nodes import Prompt, Tag
from sdtui.prompt.parser import parse, plain
from sdtui.spec.adapter import Embedding, Network
from sdtui.spec.document import Document
from sdtui.spec.model import ModelFile, ModelKind, ModelRecord
from sdtui.weights.families import FAMILY

Prompts = tuple[str, str]


class Models(Protocol):
    """The model files there are, as the planner asks for them."""

    @property
    def records(self) -> Iterable[ModelRecord]:
        """All of them."""
        ...

    def find(self, kind: ModelKind, name: str) -> ModelRecord:
        """The one of this name, as it is on disk now; raises ModelError with the nearest names, or with what is wrong with it."""
        ...

    def find_vae(self, name: str, checkpoint: ModelRecord) -> ModelRecord | None:
        """The VAE that a document with this name uses with a checkpoint, None for the checkpoint's own; raises ModelError."""
        ...


class Added(Struct, frozen=True, kw_only=True):
    """What one picture adds to its checkpoint."""

    networks: tuple[Network, ...] = ()
    embeddings: tuple[Embedding, ...] = ()


NOTHING = Added()


class Adapting(Struct, frozen=True, kw_only=True):
    """What each pair of prompts adds, the VAE of them all, and sentences about what was left out."""

    added: Mapping[Prompts, Added] = {}
    vae: ModelFile | None = None
    notes: tuple[str, ...] = ()


NOT_ADAPTED = Adapting()


def adapt(
    document: Document, emphasis: str, prompts: Iterable[Prompts], checkpoint: ModelRecord, models: Models
) -> Adapting:
    """The files that a job uses beside its checkpoint, every one of them there and of the checkpoint's family.

    Raises UsageError for a tag that cannot be read, ModelError for a name that means nothing or a file that does not fit.
    An embedding of another family is left out, so that its word is a word; that is noted.
    """
    vae = models.find_vae(document.vae, checkpoint)
    if vae is not None:
        _refuse_other_family(vae, "VAE", checkpoint)
    finder = _Finder(checkpoint, models, emphasis)
    added = {pair: finder.added(pair) for pair in dict.fromkeys(prompts)}
    return Adapting(added=added, vae=file_of(vae) if vae else None, notes=tuple(finder.notes))


def file_of(record: ModelRecord) -> ModelFile:
    """The version of a model that a render names."""
    return ModelFile(
        name=record.name, path=record.path, size=record.size, mtime_ns=record.mtime_ns, sha256=record.sha256
    )


class _Finder:
    """Finds what prompts name; every name is looked up once. Implements `Names`."""

    def __init__(self, checkpoint: ModelRecord, models: Models, emphasis: str) -> None:
        self.notes: list[str] = []
        self._checkpoint = checkpoint
        self._models = models
        self._read = plain if emphasis == "None" else parse
        self._found: dict[tuple[NameKind, str], ModelRecord] = {}
        embeddings = [record for record in models.records if record.kind == "embedding"]
        fitting = [record for record in embeddings if fits(record.family, checkpoint.family)]
        self._words = embedding_words(fitting)
        self._embeddings = listed_embeddings(fitting)
        self._others = embedding_words(record for record in embeddings if not fits(record.family, checkpoint.family))
        self._misfits = listed_embeddings(self._others.values())
        words = {word.casefold() for word in (*self._words, *self._others)}
        broken = {stem_of(record): record for record in embeddings if record.problem}
        self._broken = {word: record for word, record in broken.items() if word.casefold() not in words}
        self._unusable = ListedEmbeddings(dict.fromkeys(self._broken, 1))

    def added(self, pair: Prompts) -> Added:
        """What a prompt and a negative prompt name."""
        for text in pair:
            self._refuse_broken(text)
        # looked at both, so that both are noted
        worth_reading = [self._may_name(text) for text in pair]
        if not any(worth_reading):
            return NOTHING
        prompts = (self._read(pair[0]), self._read(pair[1], negative=True))
        for prompt, where in zip(prompts, ("prompt", "negative_prompt"), strict=True):
            for tag in prompt.tags:
                self._check(tag, prompt, where)
        return Added(networks=tuple(self._networks(prompts)), embeddings=tuple(self._embedded(prompts)))

    def _may_name(self, text: str) -> bool:
        """Whether a text is worth reading: most name nothing."""
        for mention in self._misfits.find(text):
            record = self._others[mention.name]
            note = f"The embedding {mention.name} is for {_family(record)}; the checkpoint {self._checkpoint.name} is"
            note += f" {_family(self._checkpoint)}, so it is read as words."
            if mention.name not in self._words and note not in self.notes:
                self.notes.append(note)
        return "<" in text or "\\" in text or bool(self._embeddings.find(text))

    def _refuse_broken(self, text: str) -> None:
        """Raises when a text names an embedding whose file cannot be used; where only the letters' case differs, that is noted."""
        if not self._unusable.find(text):
            return
        prompt = self._read(text)
        for mention in mentions(prompt, self._unusable):
            record = self._broken[mention.name]
            if prompt.text[mention.start : mention.end] == mention.name:
                raise ModelError(
                    f"The embedding {mention.name}, which the prompt names, cannot be used: {record.problem}",
                    where=record.path,
                    todo="Take the word out, or the file out of the folder.",
                )
            note = f"The embedding {mention.name} cannot be used, so its name is read as words: {record.problem}"
            if note not in self.notes:
                self.notes.append(note)

    def find(self, kind: NameKind, name: str) -> Known | None:
        """What is known of a name that was checked."""
        record = self._found.get((kind, name))
        return Known(record.name, record.family) if record else None

    def nearest(self, kind: NameKind, name: str) -> tuple[str, ...]:
        """Nobody asks."""
        return ()

    def _networks(self, prompts: tuple[Prompt, ...]) -> Iterator[Network]:
        for lora in loras(*prompts, names=self):
            file = file_of(self._record("lora", lora.name))
            yield Network(kind="lora", file=file, te=lora.te, unet=lora.unet, dyn=lora.dyn)
        for net in hypernetworks(*prompts, names=self):
            file = file_of(self._record("hypernetwork", net.name))
            yield Network(kind="hypernetwork", file=file, te=net.multiplier, unet=net.multiplier)

    def _embedded(self, prompts: tuple[Prompt, ...]) -> Iterator[Embedding]:
        named = {mention.name for prompt in prompts for mention in mentions(prompt, self._embeddings)}
        for word in sorted(named):
            yield Embedding(word=word, file=file_of(self._record("embedding", self._words[word].name)))

    def _check(self, tag: Tag, prompt: Prompt, where: str) -> None:
        """Raises when a tag is of no kind, names nothing, or has a number that is none."""
        written = prompt.text[tag.start : tag.end]
        kind = TAG_KINDS.get(tag.kind)
        if kind is None:
            raise UsageError(
                f"There is no tag '{tag.kind}'.",
                where=where,
                todo="Tags are <lora:name:weight> and <hypernet:name:multiplier>.",
            )
        if not tag.name:
            raise UsageError(f"The tag {written} names no {LABEL[kind]}.", where=where)
        if (read_lora(tag) if kind == "lora" else read_hypernetwork(tag)) is None:
            raise UsageError(f"The tag {written} has a weight that is no number.", where=where, todo="Write it as 0.8.")
        record = self._record(kind, tag.name)
        _refuse_other_family(record, LABEL[kind], self._checkpoint)

    def _record(self, kind: NameKind, name: str) -> ModelRecord:
        found = self._found.get((kind, name))
        if found is None:
            found = self._models.find(kind, name)
            self._found[kind, name] = self._found[kind, found.name] = found
        return found


def _refuse_other_family(record: ModelRecord, label: str, checkpoint: ModelRecord) -> None:
    if not fits(record.family, checkpoint.family):
        raise ModelError(
            f"The {label} {record.name} is made for {_family(record)}, the checkpoint {checkpoint.name} is {_family(checkpoint)}.",
            where=record.path,
            todo=f"Use a {label} for {_family(checkpoint)}, or another checkpoint.",
        )


def _family(record: ModelRecord) -> str:
    known = FAMILY.get(record.family)
    return known.label if known else record.family
