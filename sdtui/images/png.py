"""PNG files: writing pixels with text chunks, and reading the text chunks of files nobody vouches for."""

from __future__ import annotations

import io
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from sdtui.errors import WorkspaceError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT_LIMIT = 1_000_000
"""Bytes of text that are read from one file, decompressed ones included; a chunk beyond it is left out."""

CHUNK_LIMIT = 100_000
COMPRESS_LEVEL = 2
"""A 512² photo takes 33 ms at level 2 and 111 ms at zlib's 6, and comes out 3 % smaller (benchmarks/painting.py)."""

_HEAD = struct.Struct(">I4s")


def encode(rgb: bytes, width: int, height: int, *, texts: Mapping[str, str]) -> bytes:
    """A PNG file of width × height × 3 bytes of RGB; texts are tEXt where Latin-1 holds them, else iTXt.

    Raises ValueError when the bytes do not fit the size, or a key is not 1 to 79 printable Latin-1 characters.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    if len(rgb) != width * height * 3:
        raise ValueError(f"{len(rgb)} bytes are no {width}x{height} RGB picture")
    info = PngInfo()
    for key, text in texts.items():
        if not 0 < len(key) < 80 or not key.isprintable():
            raise ValueError(f"{key!r} cannot be the key of a text chunk")
        # A lone surrogate (from a file name that is no UTF-8) would otherwise make the whole picture unwritable.
        info.add_text(key, text.encode("utf-8", "replace").decode())
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), rgb).save(out, "PNG", pnginfo=info, compress_level=COMPRESS_LEVEL)
    return out.getvalue()


def read_texts(path: Path) -> dict[str, str]:
    """The text chunks of a PNG file by key, the first of each key; of a broken file what comes before the damage.

    Raises WorkspaceError when the file cannot be read or is no PNG.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise WorkspaceError("This is no file.", where=str(path))
        with path.open("rb") as file:
            if file.read(len(SIGNATURE)) != SIGNATURE:
                raise WorkspaceError("This is no PNG file.", where=str(path))
            return _collect(file)
    except OSError as error:
        raise WorkspaceError(f"The picture cannot be read: {error.strerror}.", where=str(path)) from error


def _collect(file: BinaryIO) -> dict[str, str]:
    texts: dict[str, str] = {}
    room = TEXT_LIMIT
    for kind, body in _text_chunks(file):
        pair = _decode(kind, body, room)
        if pair is None:
            continue
        key, text, cost = pair
        room -= cost
        texts.setdefault(key, text)
    return texts


def _text_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each whole text chunk, up to the end, the first damage or CHUNK_LIMIT."""
    for _ in range(CHUNK_LIMIT):
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return
        length, kind = _HEAD.unpack(head)
        if kind == b"IEND" or length > 0x7FFFFFFF or not kind.isalpha():
            return
        if kind not in {b"tEXt", b"zTXt", b"iTXt"} or length > TEXT_LIMIT:
            file.seek(length + 4, io.SEEK_CUR)
            continue
        body = file.read(length)
        checksum = file.read(4)
        if len(body) < length or checksum != zlib.crc32(kind + body).to_bytes(4, "big"):
            return
        yield kind, body


def _decode(kind: bytes, body: bytes, room: int) -> tuple[str, str, int] | None:
    """Key, text and size in bytes of a chunk; None where it is malformed or larger than the room left."""
    key, separator, rest = body.partition(b"\0")
    if not separator or not key:
        return None
    packed, coding = False, "latin-1"
    if kind == b"zTXt":
        if rest[:1] != b"\0":
            return None
        packed, rest = True, rest[1:]
    elif kind == b"iTXt":
        fields = rest[2:].split(b"\0", 2)
        if len(fields) < 3 or rest[:1] not in {b"\0", b"\1"}:
            return None
        packed, coding, rest = rest[:1] == b"\1", "utf-8", fields[2]
    if packed:
        unpacked = _unpack(rest, room)
        if unpacked is None:
            return None
        rest = unpacked
    if len(rest) > room:
        return None
    return key.decode("latin-1"), rest.decode(coding, "replace"), len(rest)


def _unpack(packed: bytes, room: int) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, room + 1)
    except zlib.error:
        return None
    return text if unpacker.eof and len(text) <= room else None
