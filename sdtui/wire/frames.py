"""One frame: 8 bytes (length of JSON, length of blob; unsigned, big-endian), JSON, blob. At most 16 MB in all."""

from __future__ import annotations

import struct
from typing import NamedTuple

from sdtui.errors import WireError

HEAD = struct.Struct(">II")
MAX_FRAME_BYTES = 16 * 1024 * 1024


class Frame(NamedTuple):
    """The JSON text of a frame as bytes, and its blob (empty when it has none)."""

    json: bytes
    blob: bytes = b""


def pack(json: bytes, blob: bytes = b"") -> bytes:
    """The frame's bytes; raises WireError above 16 MB."""
    if HEAD.size + len(json) + len(blob) > MAX_FRAME_BYTES:
        raise WireError(
            f"A message of {(len(json) + len(blob)) / 1e6:.1f} MB is too large to send.", todo="The limit is 16 MB."
        )
    return HEAD.pack(len(json), len(blob)) + json + blob


class FrameReader:
    """Cuts a stream of bytes, in whatever pieces it comes, into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames completed by these bytes; raises WireError when a frame claims to be larger than 16 MB."""
        self._buffer += data
        frames: list[Frame] = []
        start = 0
        while len(self._buffer) - start >= HEAD.size:
            json_bytes, blob_bytes = HEAD.unpack_from(self._buffer, start)
            if HEAD.size + json_bytes + blob_bytes > MAX_FRAME_BYTES:
                raise WireError(
                    "The other side sent something that is no frame of ours.",
                    todo="Do both sides run the same version of sdtui?",
                )
            body = start + HEAD.size
            end = body + json_bytes + blob_bytes
            if len(self._buffer) < end:
                break
            frames.append(
                Frame(bytes(self._buffer[body : body + json_bytes]), bytes(self._buffer[body + json_bytes : end]))
            )
            start = end
        del self._buffer[:start]
        return frames

    @property
    def pending_bytes(self) -> int:
        """Bytes of a frame that is not complete yet; not 0 at the end of a stream means it was cut."""
        return len(self._buffer)
