"""A repository of the usual hub that holds a diffusers folder: what it lists, and what of it a picture is made with."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import msgspec
from msgspec import Struct

from sdtui.errors import ModelError
from sdtui.fetch.answers import check_status, whole_size
from sdtui.fetch.sites import shown
from sdtui.fetch.transport import Interrupted, Reply, TokenFor, ask
from sdtui.weights.folder import INDEX
from sdtui.weights.stamp import MOST_SHARDS, PARTS, WEIGHT_NAMES

LISTING_LIMIT = 8 * 2**20
MOST_PAGES = 20
SMALL_LIMIT = 2**20
"""Longest configuration that is fetched, in bytes."""
CONFIGS = (INDEX, "scheduler/scheduler_config.json", *(f"{part}/config.json" for part in PARTS))
HALF = ".fp16"
MOST_SHOWN = 3
_PLACE = re.compile(rf"(?P<repository>/[^/]+(?:/[^/]+)?)/resolve/(?P<revision>[^/]+)/(?P<folder>.*/)?{INDEX}")
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_BLOCK = 2**20


class Member(NamedTuple):
    """A file of the folder: its path in it, its size, and what it has to come to (SHA-256, or what git calls it)."""

    path: str
    size: int
    sha256: str
    git: str

    def is_at(self, path: Path) -> bool:
        """Whether this very file is there."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        return _digest(path, hashlib.sha256()) == self.sha256 if self.sha256 else self._is_blob(path)

    def _is_blob(self, path: Path) -> bool:
        digest = hashlib.sha1(f"blob {self.size}\0".encode(), usedforsecurity=False)
        return not self.git or _digest(path, digest) == self.git


class Place(NamedTuple):
    """Where a folder lies: the address of its listing, the address before each file's path, its path in the repository."""

    name: str
    listing: str
    files: str
    folder: str


class _Large(Struct, frozen=True):
    oid: str
    size: int


class _Entry(Struct, frozen=True):
    path: str
    type: str = "file"
    size: int = 0
    oid: str = ""
    lfs: _Large | None = None


_LISTING = msgspec.json.Decoder(tuple[_Entry, ...])


def is_folder(url: str) -> bool:
    """Whether an address means a whole folder: that of its index."""
    return _PLACE.fullmatch(urlsplit(url).path) is not None


def place_of(url: str) -> Place:
    """Where the folder lies whose index has this address."""
    parts = urlsplit(url)
    found = _PLACE.fullmatch(parts.path)
    assert found is not None
    folder = found["folder"] or ""
    listing = f"/api/models{found['repository']}/tree/{found['revision']}"
    last = (folder.rstrip("/") or found["repository"]).rpartition("/")[2]
    return Place(
        name=unquote(last),
        listing=urlunsplit(parts._replace(path=listing, query="recursive=true", fragment="")),
        files=urlunsplit(parts._replace(path=parts.path.removesuffix(INDEX), query="", fragment="")),
        folder=unquote(folder),
    )


def listed(place: Place, token_for: TokenFor) -> tuple[Member, ...]:
    """The files of the folder; raises ModelError when there is no listing, Interrupted when it broke off."""
    members: list[Member] = []
    url = place.listing
    for _ in range(MOST_PAGES):
        reply = ask(url, {}, token_for)
        with reply.body:
            check_status(reply)
            members += _page(reply, place)
        following = _NEXT.search(reply.header("Link"))
        if following is None:
            return tuple(members)
        url = urljoin(url, following[1])
    raise ModelError("The repository holds too many files.", where=shown(place.files))


def chosen(members: Collection[Member], place: Place) -> tuple[Member, ...]:
    """What a picture is made with: configurations first, then each part's weights, in half precision where all parts have that.

    Raises ModelError when the folder is no model, or holds no safetensors of one of its parts.
    """
    by_path = {member.path: member for member in members}
    if INDEX not in by_path:
        raise _no_folder(by_path, place)
    configs = [by_path[path] for path in CONFIGS if path in by_path]
    parts = [part for part in PARTS if f"{part}/config.json" in by_path]
    halves = [_weights(part, [name for name in WEIGHT_NAMES if HALF in name], by_path) for part in parts]
    if not all(halves):
        halves = [_weights(part, WEIGHT_NAMES, by_path) for part in parts]
    for part, weights in zip(parts, halves, strict=True):
        if not weights:
            raise ModelError(
                f"Its {part} is not there as safetensors.",
                where=shown(place.files),
                todo="Look for a repository that holds safetensors; pickles (.bin) of folders are not fetched.",
            )
    if any(config.size > SMALL_LIMIT for config in configs):
        raise ModelError("One of its configurations is too long to be one.", where=shown(place.files))
    return (*configs, *(member for weights in halves for member in weights))


def _page(reply: Reply, place: Place) -> list[Member]:
    try:
        entries = _LISTING.decode(_read(reply))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ModelError(
            "The site does not say what is in the folder.",
            where=shown(reply.url),
            todo="Give the address of a single .safetensors file.",
        ) from None
    return [
        Member(
            path=entry.path.removeprefix(place.folder),
            size=entry.lfs.size if entry.lfs else entry.size,
            sha256=entry.lfs.oid.removeprefix("sha256:").lower() if entry.lfs else "",
            git="" if entry.lfs else entry.oid,
        )
        for entry in entries
        if entry.type == "file" and entry.path.startswith(place.folder)
    ]


def _read(reply: Reply) -> bytes:
    text = b""
    while block := reply.read(_BLOCK):
        text += block
        if len(text) > LISTING_LIMIT:
            raise ModelError("The site's list of files has no end.", where=shown(reply.url))
    if len(text) < whole_size(reply):
        raise Interrupted("the connection broke off", answered=True)
    return text


def _weights(part: str, names: Collection[str], by_path: dict[str, Member]) -> tuple[Member, ...]:
    """One file, or all its shards in order; nothing when there are none."""
    for name in names:
        path = f"{part}/{name}"
        if path in by_path:
            return (by_path[path],)
        stem = path.removesuffix(".safetensors")
        first = next((other for other in sorted(by_path) if other.startswith(f"{stem}-00001-of-")), "")
        count = first.removesuffix(".safetensors")[-5:]
        if count.isdecimal() and int(count) <= MOST_SHARDS:
            shards = [f"{stem}-{number:05}-of-{count}.safetensors" for number in range(1, int(count) + 1)]
            if all(shard in by_path for shard in shards):
                return tuple(by_path[shard] for shard in shards)
    return ()


def _no_folder(paths: Collection[str], place: Place) -> ModelError:
    single = sorted(path for path in paths if path.lower().endswith((".safetensors", ".sft")))
    if not single:
        return ModelError("There is no model in safetensors in this repository.", where=shown(place.files))
    more = f" and {len(single) - MOST_SHOWN} more" if len(single) > MOST_SHOWN else ""
    return ModelError(
        f"This repository is no diffusers folder; it holds {', '.join(single[:MOST_SHOWN])}{more}.",
        where=shown(place.files),
        todo=f"Give the address of one file: {shown(place.files)}{quote(single[0])}",
    )


def _digest(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
