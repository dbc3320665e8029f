"""From a document to renders: after this nothing is left to chance."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from sdtui.errors import ModelError, SdtuiError, UsageError, WorkspaceError
from sdtui.jobs.adapting import NOT_ADAPTED, NOTHING, Adapting, file_of
from sdtui.prompt.expand.combinations import count, each
from sdtui.prompt.expand.draw import draw
from sdtui.prompt.expand.nodes import Template
from sdtui.prompt.expand.source import Source
from sdtui.prompt.expand.template import parse as parse_template
from sdtui.prompt.lint import MAX_BYTES
from sdtui.spec.document import NO_REFINER, Document
from sdtui.spec.job import Job, Refiner, Render
from sdtui.spec.model import ModelRecord
from sdtui.spec.params import Params, resolve_params
from sdtui.weights.families import latents_of

MAX_PICTURES = 10_000
SEED_RANGE = 2**32
OTHER_BITS = 0x5DEECE66

FindCheckpoint = Callable[[str], ModelRecord]
T = TypeVar("T")
NamePictures = Callable[[tuple[Render, ...], float], tuple[str, ...]]


class Wish(Struct, frozen=True, kw_only=True):
    """A document with its checkpoint found and its parameters resolved and checked; seeds and names are still open."""

    document: Document
    params: Params
    checkpoint: ModelRecord
    refiner: ModelRecord | None = None


class Drawn(Struct, frozen=True, kw_only=True):
    """The resolved prompt and negative prompt of each picture; the first picture has `seed` and `variation_seed`."""

    seed: int
    variation_seed: int
    prompts: tuple[tuple[str, str], ...]

    def notes(self, wish: Wish) -> tuple[str, ...]:
        """What there is to say about the number of pictures."""
        combinations = len(self.prompts) // wish.params.count
        if wish.params.wildcards != "combinatorial" or combinations == len(self.prompts) == 1:
            return ()
        times = f" × {wish.params.count} each" if wish.params.count > 1 else ""
        return (f"{combinations:,} combinations{times}: {len(self.prompts):,} pictures.",)


def check(document: Document, find_checkpoint: FindCheckpoint) -> Wish:
    """The document made concrete; raises UsageError or ModelError with what is wrong and what would do."""
    for field, text in (("prompt", document.prompt), ("negative_prompt", document.negative_prompt)):
        if len(text) * 4 > MAX_BYTES and (size := len(text.encode(errors="surrogatepass"))) > MAX_BYTES:
            raise UsageError(
                f"This text has {size // 1024} kB; {MAX_BYTES // 1024} kB are the most.",
                where=field,
                todo="Make it shorter.",
            )
    checkpoint = find_checkpoint(document.checkpoint)
    params = resolve_params(checkpoint.defaults, document.params)
    if params.count > MAX_PICTURES:
        raise UsageError(
            f"{params.count} pictures are too many for one job.", where="batch_count", todo=f"At most {MAX_PICTURES:,}."
        )
    refiner = _find_refiner(document, checkpoint, find_checkpoint)
    return Wish(document=document, params=params, checkpoint=checkpoint, refiner=refiner)


def _find_refiner(document: Document, checkpoint: ModelRecord, find_checkpoint: FindCheckpoint) -> ModelRecord | None:
    """The checkpoint that takes over; None where that is the same one. Raises ModelError when their latents differ."""
    if document.refiner in ("", NO_REFINER):
        return None
    refiner = find_checkpoint(document.refiner)
    if refiner.path == checkpoint.path:
        return None
    if latents_of(refiner.family) != latents_of(checkpoint.family):
        raise ModelError(
            f"The refiner {refiner.name} cannot go on with what {checkpoint.name} begins: their latents differ.",
            where="refiner",
            todo="Refiner and checkpoint are both SDXL, or both SD 1.x or 2.x.",
        )
    return refiner


def draw_prompts(wish: Wish, source: Source, *, seed: int) -> Drawn:
    """The prompts of every picture, each drawn with the picture's own seed; `seed` is used where the document leaves it open.

    Raises SdtuiError when a template cannot be expanded, and UsageError when it stands for too many pictures.
    """
    first = wish.params.seed if wish.params.seed >= 0 else seed
    # another one than the seed, when both are open
    varied = wish.params.variation_seed if wish.params.variation_seed >= 0 else seed ^ OTHER_BITS
    templates = _Templates(wish, source)
    mode = wish.params.wildcards
    if mode == "off" or templates.are_plain:
        prompts = ((templates.prompt.plain, templates.negative.plain),) * wish.params.count
    elif mode == "combinatorial":
        prompts = templates.combine(first)
    else:
        prompts = tuple(templates.draw(_seed_of(wish, first, index)) for index in range(wish.params.count))
    return Drawn(seed=first, variation_seed=varied, prompts=prompts)


def plan(
    wish: Wish, drawn: Drawn, adapting: Adapting = NOT_ADAPTED, *, job_id: int, now: float, name: NamePictures
) -> Job:
    """The job: each picture has its own seeds, the prompts that were drawn for it and a path of its own.

    Picture i has seed + i; with a variation strength all have the seed, and variation seed + i.
    """
    version = file_of(wish.checkpoint)
    added = [adapting.added.get(pair, NOTHING) for pair in drawn.prompts]
    renders = tuple(
        Render(
            id=secrets.token_hex(8),
            job_id=job_id,
            index=index,
            prompt=prompt,
            negative_prompt=negative_prompt,
            params=_seeded(wish, drawn, index),
            checkpoint=version,
            path="",
            networks=added[index].networks,
            embeddings=added[index].embeddings,
            vae=adapting.vae,
            refiner=_refiner(wish),
        )
        for index, (prompt, negative_prompt) in enumerate(drawn.prompts)
    )
    paths = name(renders, now)
    named = tuple(replace(render, path=path) for render, path in zip(renders, paths, strict=True))
    return Job(id=job_id, created_at=now, document=wish.document, renders=named)


def _refiner(wish: Wish) -> Refiner | None:
    if wish.refiner is None:
        return None
    return Refiner(file=file_of(wish.refiner), alike=wish.refiner.family == wish.checkpoint.family)


def _seeded(wish: Wish, drawn: Drawn, index: int) -> Params:
    """The parameters of one picture, its seeds fixed."""
    params = replace(wish.params, seed=_seed_of(wish, drawn.seed, index))
    if params.variation_strength == 0:
        return params
    return replace(params, variation_seed=(drawn.variation_seed + index) % SEED_RANGE)


def _seed_of(wish: Wish, first: int, index: int) -> int:
    """The seed of one picture: it stays where pictures vary around it."""
    return first if wish.params.variation_strength > 0 else (first + index) % SEED_RANGE


def one_path(out: str, *, force: bool, count: int) -> str:
    """The path that `-o` names, checked; raises UsageError or WorkspaceError when it cannot be the picture's."""
    path = Path(out)
    if count != 1:
        raise UsageError(
            f"{count} pictures cannot share the one file {out}.", where="-o", todo="Leave -o out, or make one."
        )
    if path.suffix.lower() != ".png":
        raise UsageError(f"'{path.name}' does not end in .png.", where="-o", todo="Pictures are written as PNG.")
    if path.is_dir():
        raise WorkspaceError("This is a folder.", where=out, todo="Name a file in it.")
    if path.exists() and not force:
        raise WorkspaceError("This file exists.", where=out, todo="Choose another name, or say --force.")
    return str(path)


class _Templates:
    """The two templates of a wish; what cannot be expanded says in which of them it stands."""

    def __init__(self, wish: Wish, source: Source) -> None:
        self.prompt = parse_template(wish.document.prompt)
        self.negative = parse_template(wish.document.negative_prompt)
        self._copies = wish.params.count
        self._source = source

    @property
    def are_plain(self) -> bool:
        """There is nothing to draw."""
        return self.prompt.is_plain and self.negative.is_plain

    def draw(self, seed: int) -> tuple[str, str]:
        """Both, drawn for one picture; the negative prompt with a stream of its own, so that equal choices do not fall alike."""
        return (
            _placed("prompt", lambda: draw(self.prompt, self._source, seed).text),
            _placed("negative_prompt", lambda: draw(self.negative, self._source, seed + SEED_RANGE).text),
        )

    def combine(self, seed: int) -> tuple[tuple[str, str], ...]:
        """Every combination of both, as often as the wish asks for pictures; counted before it is made."""
        combinations = _placed("prompt", lambda: count(self.prompt, self._source))
        combinations *= _placed("negative_prompt", lambda: count(self.negative, self._source))
        number = combinations * self._copies
        if number > MAX_PICTURES:
            todo = f"At most {MAX_PICTURES:,}; let them be drawn (wildcards: random), or take choices out."
            raise UsageError(f"{number:,} pictures are too many for one job.", where="wildcards", todo=todo)
        pairs: list[tuple[str, str]] = []
        for copy in range(self._copies):
            pairs.extend(self._pairs((seed + copy * combinations) % SEED_RANGE))
        return tuple(pairs)

    def _pairs(self, seed: int) -> Iterator[tuple[str, str]]:
        negatives = _placed("negative_prompt", lambda: self._listed(self.negative, seed + SEED_RANGE))
        for prompt in _placed("prompt", lambda: self._listed(self.prompt, seed)):
            for negative in negatives:
                yield prompt, negative

    def _listed(self, template: Template, seed: int) -> list[str]:
        return list(islice(each(template, self._source, seed), MAX_PICTURES))


def _placed(field: str, expand: Callable[[], T]) -> T:
    """What an expansion gives; an error that names no file names the field of the document."""
    try:
        return expand()
    except SdtuiError as error:
        if error.where and not error.where.startswith("line "):
            raise
        raise type(error)(error.what, where=", ".join(filter(None, (field, error.where))), todo=error.todo) from None
