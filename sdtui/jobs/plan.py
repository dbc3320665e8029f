"""From a document to renders: after this nothing is left to chance."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from sdtui.errors import UsageError, WorkspaceError
from sdtui.prompt.parser import parse
from sdtui.spec.document import Document
from sdtui.spec.job import Job, Render
from sdtui.spec.model import ModelFile, ModelRecord
from sdtui.spec.params import Params, resolve_params

MAX_PICTURES = 10_000
SEED_RANGE = 2**32
DRAWN_LATER = re.compile(r"__[\w*/-]+?__|\{[^{}|]{0,200}\|[^{}]{0,200}\}|\$\{\w{1,80}")

FindCheckpoint = Callable[[str], ModelRecord]
NamePictures = Callable[[tuple[Render, ...], float], tuple[str, ...]]


class Wish(Struct, frozen=True, kw_only=True):
    """A document with its checkpoint found and its parameters resolved and checked; seeds and names are still open."""

    document: Document
    params: Params
    checkpoint: ModelRecord


def check(document: Document, find_checkpoint: FindCheckpoint) -> Wish:
    """The document made concrete; raises UsageError or ModelError with what is wrong and what would do."""
    checkpoint = find_checkpoint(document.checkpoint)
    params = resolve_params(checkpoint.defaults, document.params)
    if params.count > MAX_PICTURES:
        raise UsageError(
            f"{params.count} pictures are too many for one job.", where="batch_count", todo=f"At most {MAX_PICTURES:,}."
        )
    for where, text in (("prompt", document.prompt), ("negative_prompt", document.negative_prompt)):
        _check_prompt(where, text)
    return Wish(document=document, params=params, checkpoint=checkpoint)


def plan(wish: Wish, *, job_id: int, now: float, seed: int, name: NamePictures) -> Job:
    """The job: picture i has seed + i and a path of its own; `seed` is used where the document leaves it open."""
    first = wish.params.seed if wish.params.seed >= 0 else seed
    record = wish.checkpoint
    version = ModelFile(
        name=record.name, path=record.path, size=record.size, mtime_ns=record.mtime_ns, sha256=record.sha256
    )
    renders = tuple(
        Render(
            id=secrets.token_hex(8),
            job_id=job_id,
            index=index,
            prompt=wish.document.prompt,
            negative_prompt=wish.document.negative_prompt,
            params=replace(wish.params, seed=(first + index) % SEED_RANGE),
            checkpoint=version,
            path="",
        )
        for index in range(wish.params.count)
    )
    paths = name(renders, now)
    named = tuple(replace(render, path=path) for render, path in zip(renders, paths, strict=True))
    return Job(id=job_id, created_at=now, document=wish.document, renders=named)


def plain_notes(document: Document) -> tuple[str, ...]:
    """What of the prompts looks like a wildcard or a choice, which are not drawn yet: it goes to the model as it stands."""
    found = (match[0] for text in (document.prompt, document.negative_prompt) for match in DRAWN_LATER.finditer(text))
    return tuple(f"{text} is not drawn yet and stays in the prompt as text." for text in dict.fromkeys(found))


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


def _check_prompt(where: str, text: str) -> None:
    for tag in parse(text).tags:
        raise UsageError(
            f"<{tag.kind}:…> is not supported yet.",
            where=where,
            todo="Take the tag out; LoRAs and hypernetworks come with a later version.",
        )
