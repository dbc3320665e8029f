"""Which file systems tell nothing of what other machines change in them."""

from __future__ import annotations

from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
SILENT = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "glusterfs", "vboxsf", "drvfs", "davfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.davfs", "fuse.s3fs", "fuse.vmhgfs-fuse"}
)


def silent_kind(path: Path, mounts: Path = MOUNTS) -> str:
    """The kind of the file system that a path is on if it is a network's; empty otherwise, and where that is not known."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    place = str(path.resolve())
    best, kind = "", ""
    for line in lines:
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if not dash or len(fields) < 5:
            continue
        mount = _unescaped(fields[4])
        inside = place == mount or place.startswith(mount.rstrip("/") + "/")
        # A later mount on the same place hides the one before.
        if inside and len(mount) >= len(best):
            best, kind = mount, after.split()[0]
    return kind if kind in SILENT else ""


def _unescaped(text: str) -> str:
    """Blanks and backslashes stand as octal numbers there."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, letter)
    return text
