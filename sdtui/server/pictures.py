"""Pictures on their way to a screen: parts of published ones, and of files that a user named. Called on threads."""

from __future__ import annotations

import threading
from pathlib import Path

from sdtui.errors import WorkspaceError
from sdtui.images.decoding import Opened, Pixels, decode_apart, open_picture
from sdtui.spec.verbs import Picture, PictureAnswer

KEPT_S = 20.0
"""So long the newest decoded picture is kept: panning asks for many parts of it, and decoding 4096² takes half a second."""


class Renditions:
    """`of` answers Picture; `forget` gives the memory back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[tuple[str, int, int], Opened] | None = None

    def of(self, verb: Picture) -> tuple[PictureAnswer, bytes]:
        """The part that was asked for and its RGB bytes; raises WorkspaceError when there is no such picture."""
        path = Path(verb.path)
        pixels = decode_apart(path, verb.crop, verb.max_px) if verb.outside else self._part(path, verb)
        answer = PictureAnswer(
            width_px=pixels.width_px,
            height_px=pixels.height_px,
            whole_width_px=pixels.whole_width_px,
            whole_height_px=pixels.whole_height_px,
            infotext=pixels.infotext,
        )
        return answer, pixels.rgb

    def forget(self) -> None:
        """Keep nothing."""
        self._kept = None

    def _part(self, path: Path, verb: Picture) -> Pixels:
        try:
            found = path.stat()
        except OSError as error:
            raise WorkspaceError(
                f"The picture cannot be read: {error.strerror}.", where=str(path), todo="Was it moved or deleted?"
            ) from None
        key = (str(path), found.st_mtime_ns, found.st_size)
        with self._lock:
            kept = self._kept
            if kept is None or kept[0] != key:
                self._kept = kept = (key, open_picture(path))
        return kept[1].part(verb.crop, verb.max_px)
