"""What the system's errors mean to somebody whose picture was to be written."""

from __future__ import annotations

import errno
from pathlib import Path

from sdtui.errors import WorkspaceError

SENTENCES = {
    errno.ENOSPC: ("The disk is full.", "Make room; the picture is kept until then."),
    errno.EDQUOT: ("Your quota on this disk is used up.", "Make room; the picture is kept until then."),
    errno.EFBIG: ("The file may not become that large (a limit of the system).", "Raise the limit of the file size."),
    errno.EROFS: ("The file system is read-only.", "Choose another outputs folder or make it writable."),
    errno.EACCES: ("You may not write here.", "Choose another outputs folder or change its permissions."),
    errno.EPERM: ("You may not write here.", "Choose another outputs folder or change its permissions."),
    errno.ENAMETOOLONG: ("The file name is too long.", "Use a shorter name or pattern."),
    errno.ENOTDIR: ("A file stands where a folder should be.", "Choose another outputs folder."),
    errno.ELOOP: ("A symbolic link stands where the file should be.", "Remove it or choose another name."),
}


def refusal(error: OSError, path: Path) -> WorkspaceError:
    """The sentence for an error of the system at `path`."""
    what, todo = SENTENCES.get(error.errno or 0, (f"The picture cannot be written: {error.strerror or error}.", ""))
    return WorkspaceError(what, where=str(path), todo=todo)
