"""Saving a file in the ways that editors have."""

from __future__ import annotations

import os
from pathlib import Path


def in_place(path: Path, text: str) -> None:
    """nano, VS Code: emptied first, then written."""
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    """vim with a backup: the probe 4913, the old file moved away, the new one written, the backup removed."""
    probe = path.with_name("4913")
    probe.write_text("")
    probe.unlink()
    backup = path.with_name(path.name + "~")
    if path.exists():
        path.rename(backup)
    path.write_text(text)
    backup.unlink(missing_ok=True)


def atomically(path: Path, text: str) -> None:
    """gedit, Kate: a new file that takes the old one's name."""
    fresh = path.with_name(f".goutputstream-{os.getpid()}")
    fresh.write_text(text)
    fresh.replace(path)


def with_lock(path: Path, text: str) -> None:
    """emacs: a dangling link as a lock, an autosave file, a backup."""
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("somebody@somewhere.1:2")
    path.with_name(f"#{path.name}#").write_text(text)
    if path.exists():
        path.rename(path.with_name(path.name + "~"))
    path.write_text(text)
    path.with_name(f"#{path.name}#").unlink()
    lock.unlink()


SAVES = (in_place, by_rename, atomically, with_lock)
