"""Published pictures, shrunk for a terminal; called on a thread."""

from __future__ import annotations

from pathlib import Path

from sdtui.errors import WorkspaceError
from sdtui.spec.verbs import PictureAnswer

MAX_BLOB_PX = 2048


def load_picture(path: Path, max_px: int) -> tuple[PictureAnswer, bytes]:
    """The picture as RGB bytes, at most `max_px` (0: 2048) on its longer side; raises WorkspaceError when it is gone."""
    from PIL import Image

    try:
        with Image.open(path) as opened:
            infotext = str(opened.info.get("parameters", ""))
            picture = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise WorkspaceError(
            f"The picture cannot be read ({type(error).__name__}).", where=str(path), todo="Was it moved or deleted?"
        ) from None
    limit = min(max_px or MAX_BLOB_PX, MAX_BLOB_PX)
    if max(picture.size) > limit:
        picture.thumbnail((limit, limit), Image.Resampling.LANCZOS)
    answer = PictureAnswer(width_px=picture.width, height_px=picture.height, infotext=infotext)
    return answer, picture.tobytes()
