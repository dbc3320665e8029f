"""Saving a file in the ways that editors have."""

from __future__ import annotations

import os
import subprocess
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


def safely(path: Path, text: str) -> None:
    """PyCharm and its kin: written beside, the old one moved away, the new one moved in."""
    fresh, old = (path.with_name(f"{path.name}___jb_{what}___") for what in ("tmp", "old"))
    fresh.write_text(text)
    if path.exists():
        path.rename(old)
    fresh.rename(path)
    old.unlink(missing_ok=True)


def with_mv(path: Path, text: str) -> None:
    """`mv` of a file that was written long ago."""
    subprocess.run(["mv", _old(path, text), path], check=True)


def with_cp(path: Path, text: str) -> None:
    """`cp -p`: the time of the older file comes along."""
    subprocess.run(["cp", "-p", _old(path, text), path], check=True)


def like_rsync(path: Path, text: str) -> None:
    """rsync: a hidden file in the same folder, its time set to the source's, then renamed."""
    fresh = path.with_name(f".{path.name}.Xa3b9Z")
    fresh.write_text(text)
    os.utime(fresh, (LONG_AGO, LONG_AGO))
    fresh.rename(path)


def with_sed(path: Path, text: str) -> None:
    """`sed -i`: a new file of a made-up name that takes the old one's."""
    path.touch()
    if not path.read_text():
        path.write_text("x\n")
    subprocess.run(["sed", "-i", f"s/.*/{text}/", path], check=True)


def like_git(path: Path, text: str) -> None:
    """git checkout: removed first, then made."""
    path.unlink(missing_ok=True)
    path.write_text(text)


def _old(path: Path, text: str) -> Path:
    outside = path.parent.parent / f"{path.parent.name}-outside"
    outside.mkdir(exist_ok=True)
    source = outside / path.name
    source.write_text(text)
    os.utime(source, (LONG_AGO, LONG_AGO))
    return source


LONG_AGO = 1_000_000_000
"""Seconds since the epoch: older than any file that a test watches."""
SAVES = (in_place, by_rename, atomically, with_lock, safely, with_mv, with_cp, like_rsync, with_sed, like_git)
