"""What a file is by its first bytes: safetensors with a header that can be read, a pickle, a web page, something else."""

from __future__ import annotations

import html
import re
import struct
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from sdtui.errors import ModelError
from sdtui.spec.model import ModelKind
from sdtui.weights.archive import PICKLE_SUFFIXES
from sdtui.weights.header import HEADER_LIMIT, PREFIX, read_header
from sdtui.weights.telling import tell

Sort = Literal["safetensors", "pickle", "page", "other"]
PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
PAGE_STARTS = re.compile(rb"(?is)\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|\?xml|body|!--)")
TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title>")
SMALLEST = 512
"""Bytes that tell every sort but safetensors apart."""


class Weights(NamedTuple):
    """What a safetensors header says: the kind (unknown when no row of the table fits) and the size of the whole file."""

    kind: ModelKind
    size: int


_OFFSETS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Place(msgspec.Struct, frozen=True):
    data_offsets: tuple[int, int]


_PLACE = msgspec.json.Decoder(_Place)


def bytes_wanted(head: bytes) -> int:
    """How many bytes from the beginning are needed to say what the file is, as far as these tell."""
    if len(head) < PREFIX:
        return SMALLEST
    (length,) = struct.unpack("<Q", head[:PREFIX])
    sound = 2 <= length <= HEADER_LIMIT and head[PREFIX : PREFIX + 1] in {b"{", b""}
    return PREFIX + length if sound else SMALLEST


def sort_of(head: bytes, name: str) -> Sort:
    """What the file is; the name counts only where the bytes do not tell."""
    if bytes_wanted(head) <= len(head) and head[PREFIX : PREFIX + 1] == b"{" and _length(head) <= HEADER_LIMIT:
        return "safetensors"
    if PAGE_STARTS.match(head):
        return "page"
    if head.startswith(PICKLE_STARTS):
        return "other" if name.lower().endswith(".zip") else "pickle"
    return "pickle" if name.lower().endswith(PICKLE_SUFFIXES) else "other"


def page_title(head: bytes) -> str:
    """What a web page calls itself; empty when it does not."""
    found = TITLE.search(head.decode("utf-8", "replace"))
    title = " ".join(html.unescape(found[1]).split()) if found else ""
    return title[:80] if title.isprintable() else ""


def read_weights(head: bytes) -> Weights:
    """What the header says, which `head` holds whole; raises ModelError when it is broken."""
    length = _length(head)
    size = PREFIX + length + _data_bytes(head[PREFIX : PREFIX + length])
    with tempfile.NamedTemporaryFile(prefix="sdtui-header-", suffix=".safetensors") as file:
        file.write(head[: PREFIX + length])
        file.flush()
        # what is not there yet takes no room: the file is sparse
        file.truncate(size)
        try:
            told = tell(read_header(Path(file.name)).tensors)
        except ModelError as error:
            raise ModelError(error.what, todo="Is it the right file?") from None
    return Weights(told[0] if told is not None else "unknown", size)


def _length(head: bytes) -> int:
    return int(struct.unpack("<Q", head[:PREFIX])[0])


def _data_bytes(header: bytes) -> int:
    try:
        table = _OFFSETS.decode(header)
        ends = [_PLACE.decode(entry).data_offsets[1] for name, entry in table.items() if name != "__metadata__"]
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ModelError("Its header cannot be read.", todo="Is it the right file?") from None
    most = max(ends, default=0)
    if not 0 <= most <= 2**50:
        raise ModelError("Its header is broken.", todo="Is it the right file?")
    return most
