"""Pixels of picture files for the screen: a part, shrunk. Files that nobody vouches for are decoded in a process of their own.

A decoder that is led astray by such a file then has little memory, little time, no file to write and nothing to lose.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sdtui.errors import WorkspaceError

if TYPE_CHECKING:
    from PIL.Image import Image

Crop = tuple[int, int, int, int]

MOST_PIXELS = 5_000_000
"""Of a part that is handed on: 15 MB, which is what one frame holds."""

LARGEST_FILE_PX = 100_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
CHILD_BYTES = 1 << 30
CHILD_S = 20
"""What the process that decodes a stranger's file may use: memory, and seconds."""


class Pixels(NamedTuple):
    """A part of a picture as width_px × height_px × 3 bytes of RGB, the size of the whole, and its record."""

    width_px: int
    height_px: int
    whole_width_px: int
    whole_height_px: int
    infotext: str
    rgb: bytes


class Opened(NamedTuple):
    """A decoded picture (RGB, upright) and its record."""

    picture: Image
    infotext: str

    def part(self, crop: Crop | None, max_px: int) -> Pixels:
        """The part (left, top, right, bottom; clamped), at most `max_px` (0: no bound) on its longer side."""
        whole = self.picture
        piece = whole if crop is None else whole.crop(_within(crop, whole.size))
        scale = min(1.0, (MOST_PIXELS / (piece.width * piece.height)) ** 0.5, (max_px or 1e9) / max(piece.size))
        if scale < 1:
            from PIL.Image import Resampling

            size = (max(1, int(piece.width * scale + 0.001)), max(1, int(piece.height * scale + 0.001)))
            piece = piece.resize(size, Resampling.LANCZOS, reducing_gap=2.0)
        return Pixels(piece.width, piece.height, whole.width, whole.height, self.infotext, piece.tobytes())


def open_picture(path: Path) -> Opened:
    """Decode a picture file; raises WorkspaceError when it is gone, damaged, no picture or far too large."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=FORMATS) as opened:
            if opened.width * opened.height > LARGEST_FILE_PX:
                size = f"{opened.width}×{opened.height}"
                raise WorkspaceError(f"The picture is too large to be shown ({size} pixels).", where=str(path))
            infotext = str(opened.info.get("parameters", ""))
            upright = ImageOps.exif_transpose(opened)
            return Opened(_rgb(upright), infotext)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise WorkspaceError(_why(error), where=str(path), todo="Was it moved or deleted?") from None


def decode_apart(path: Path, crop: Crop | None, max_px: int) -> Pixels:
    """A part of a file that nobody vouches for, decoded in a child process with limits; raises WorkspaceError."""
    if path.exists() and not path.is_file():
        raise WorkspaceError("This is no file.", where=str(path))
    asked = msgspec.json.encode((str(path), crop, max_px))
    command = [sys.executable, "-m", "sdtui.images.decoding"]
    try:
        done = subprocess.run(
            command, input=asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=2 * CHILD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        raise WorkspaceError("The picture could not be decoded in time.", where=str(path)) from None
    head, _, rgb = done.stdout.partition(b"\n")
    try:
        said: list[int | str] = msgspec.json.decode(head, type=list[int | str])
    except msgspec.DecodeError:
        raise WorkspaceError("Decoding the picture took more memory or time than it may.", where=str(path)) from None
    match said:
        case [int(width), int(height), int(whole_width), int(whole_height), str(infotext)] if (
            len(rgb) == width * height * 3
        ):
            return Pixels(width, height, whole_width, whole_height, infotext, rgb)
        case [str(what)]:
            raise WorkspaceError(what, where=str(path))
        case _:
            raise WorkspaceError("Decoding the picture gave no picture.", where=str(path))


def _within(crop: Crop, size: tuple[int, int]) -> Crop:
    left, top = min(max(0, crop[0]), size[0] - 1), min(max(0, crop[1]), size[1] - 1)
    return left, top, max(left + 1, min(size[0], crop[2])), max(top + 1, min(size[1], crop[3]))


def _rgb(picture: Image) -> Image:
    from PIL import Image

    if picture.mode == "RGB":
        return picture
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
    return picture.convert("RGB")


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "There is no such picture."
    if isinstance(error, OSError) and error.strerror:
        return f"The picture cannot be read: {error.strerror}."
    return f"This is no picture that can be shown ({type(error).__name__})."


def _limit_ourselves() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_S, CHILD_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # macOS has the limit and does not keep to it; where it cannot be set, time is still bounded.
    if sys.platform != "darwin":
        resource.setrlimit(resource.RLIMIT_AS, (CHILD_BYTES, CHILD_BYTES))


def main() -> None:
    """The child: path, part and bound as JSON on stdin; on stdout a line of JSON about the part, and its bytes."""
    _limit_ourselves()
    path, crop, max_px = msgspec.json.decode(sys.stdin.buffer.read(), type=tuple[str, Crop | None, int])
    try:
        *about, rgb = open_picture(Path(path)).part(crop, max_px)
    except WorkspaceError as error:
        about, rgb = [error.what], b""
    sys.stdout.buffer.write(msgspec.json.encode(about) + b"\n" + rgb)


if __name__ == "__main__":
    main()
