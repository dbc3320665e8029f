"""What a file is by the first bytes that came, where it goes, and how long it will be; or why it goes nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sdtui.errors import ModelError
from sdtui.fetch.answers import whole_size
from sdtui.fetch.content import SMALLEST, page_title, read_weights, sort_of
from sdtui.fetch.naming import file_name
from sdtui.fetch.sites import shown
from sdtui.fetch.transport import Interrupted, Reply
from sdtui.fetch.wish import Ways, Wish
from sdtui.spec.model import ModelKind


class Landing(NamedTuple):
    """Where a file goes, what it is, and its size in bytes (0: nobody knows)."""

    path: Path
    kind: ModelKind
    size: int


Judge = Callable[[bytes, Reply], Landing]
"""Is given as many of the first bytes as say what the file is; raises ModelError when it is nothing that is wanted."""


def check_no_page(head: bytes, reply: Reply, name: str) -> None:
    """Raises ModelError when it is a web page that came, Interrupted when it is hardly anything."""
    size = whole_size(reply)
    if sort_of(head, name) == "page" or reply.header("Content-Type").lower().startswith("text/html"):
        title = page_title(head)
        called = f", “{title}”" if title else ""
        raise ModelError(
            f"The address leads to a web page{called}, not to a file.",
            where=shown(reply.url),
            todo="Is it the address of the download itself? If the site wants you to log in, it needs a token: `tokens:`.",
        )
    if len(head) < SMALLEST and size > len(head):
        raise Interrupted("the connection broke off")


def check_whole(size: int, head: bytes, reply: Reply) -> tuple[ModelKind, int]:
    """The kind of a safetensors file and its size; raises ModelError when the size that the site tells is another."""
    weights = read_weights(head)
    if size and size != weights.size:
        raise ModelError(
            f"The file is broken where it lies: it has {size:,} bytes, its header wants {weights.size:,}.",
            where=shown(reply.url),
        )
    return weights.kind, weights.size


class ByKind:
    """A judge of single files: each goes into the folder of its kind, under the name that user or site give it."""

    def __init__(self, wish: Wish, ways: Ways) -> None:
        self._wish = wish
        self._ways = ways

    def __call__(self, head: bytes, reply: Reply) -> Landing:
        """Where the file goes."""
        name = file_name(self._wish.name, reply.header("Content-Disposition"), (self._wish.url, reply.url))
        kind, size = self._what(head, reply, name)
        return Landing(self._ways.folder_for(kind) / name, kind, size)

    def _what(self, head: bytes, reply: Reply, name: str) -> tuple[ModelKind, int]:
        sort = sort_of(head, name)
        if sort == "safetensors":
            kind, size = check_whole(whole_size(reply), head, reply)
            return self._kind(kind), size
        check_no_page(head, reply, name)
        if sort == "pickle":
            self._check_pickle(shown(reply.url))
            return self._kind("unknown"), whole_size(reply)
        raise ModelError(
            "This is no file of weights that is known.", where=shown(reply.url), todo="Models come as .safetensors."
        )

    def _check_pickle(self, where: str) -> None:
        if not self._ways.pickles:
            raise ModelError(
                "This is a pickle: it can run code when it is opened.",
                where=where,
                todo="Look for a .safetensors of it; `allow_pickles: true` in your configuration allows it all the same.",
            )

    def _kind(self, told: ModelKind) -> ModelKind:
        """The header's word counts, else the user's."""
        kind = told if told != "unknown" else self._wish.kind
        if kind == "unknown":
            raise ModelError(
                "What kind of model this is cannot be told from the file.",
                where=shown(self._wish.url),
                todo="Say it: --kind checkpoint, lora, embedding, hypernetwork, vae, controlnet or upscaler.",
            )
        return kind
