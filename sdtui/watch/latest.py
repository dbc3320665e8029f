"""The stable name of a file's newest picture."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path

LATEST = "latest.png"


def link_latest(picture: Path) -> bool:
    """Have latest.png beside a picture lead to it, in one step; a copy where there are no links. Whether it could be done.

    A reader always finds a whole picture under that name. Something else of that name that is no file is left alone.
    """
    latest = picture.with_name(LATEST)
    fresh = picture.with_name(f".{LATEST}.{secrets.token_hex(4)}.part")
    try:
        try:
            fresh.symlink_to(picture.name)
        except OSError:
            shutil.copyfile(picture, fresh)
        os.replace(fresh, latest)  # noqa: PTH105 - Path.replace is the same, and no test could make it fail alone
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        return False
    return True
