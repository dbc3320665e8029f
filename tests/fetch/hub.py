"""A repository of the test's, as the usual hub shows it: a list of files, and the files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

REPOSITORY = "/org/film"


def blob_id(raw: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw).hexdigest()


def entry(path: str, raw: bytes) -> dict[str, object]:
    if not path.endswith(".safetensors"):
        return {"type": "file", "path": path, "size": len(raw), "oid": blob_id(raw)}
    large = {"oid": hashlib.sha256(raw).hexdigest(), "size": len(raw), "pointerSize": 134}
    return {"type": "file", "path": path, "size": len(raw), "oid": blob_id(b"pointer"), "lfs": large}


def pages_of(folder: Path, below: str = "", revision: str = "main") -> dict[str, bytes]:
    """What the site answers, by path; the folder lies `below` the repository's root."""
    files = {
        below + path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    entries = [{"type": "directory", "path": "unet", "oid": "0" * 40}, *(entry(*item) for item in files.items())]
    listing = {f"/api/models{REPOSITORY}/tree/{revision}": json.dumps(entries).encode()}
    return {**listing, **{f"{REPOSITORY}/resolve/{revision}/{path}": raw for path, raw in files.items()}}
