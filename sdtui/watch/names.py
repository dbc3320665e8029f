"""Names: which files of a watched folder are prompt files, and what the folders of their pictures are called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator
from pathlib import PurePosixPath

ENDINGS = (".txt", ".md", ".yaml", ".yml", ".json", ".png")
"""What prompt files end in, in any case."""
PASSED_OVER = frozenset({"sdtui.yaml"})
HOME_BYTES = 120
SEED_RANGE = 2**32

_UNSAFE = re.compile(r'[#<>:"/\\|?*\x00-\x1f\x7f-\x9f]+')


def is_prompt_file(name: str) -> bool:
    """Whether a file of this name (without its folder) is read.

    What editors leave beside a file is not: hidden files (vim's .x.swp, emacs' .#x), backups (x~, #x#), vim's probe 4913.
    """
    return (
        name.lower().endswith(ENDINGS)
        and not name.startswith((".", "~", "#"))
        and name.lower() not in PASSED_OVER
        and is_text(name)
    )


def is_text(name: str) -> bool:
    """Whether a name can go on a wire: not so where it has bytes that are no UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def home_name(name: str, taken: Container[str]) -> str:
    """What the folder of a file's pictures is called: as the file (`sub/cat.txt`: sub-cat), in a way that is not taken yet."""
    return next(candidate for candidate in _candidates(name) if candidate not in taken)


def _candidates(name: str) -> Iterator[str]:
    path = PurePosixPath(name)
    plain = _safe(str(path.with_suffix("")))
    yield plain
    yield _safe(f"{path.with_suffix('')}-{path.suffix[1:]}")
    number = 2
    while True:
        yield f"{plain}-{number}"
        number += 1


def _safe(text: str) -> str:
    cut = _UNSAFE.sub("-", text).encode()[:HOME_BYTES].decode(errors="ignore")
    return cut.strip(" .-") or "file"


def own_seed(path: str) -> int:
    """The seed that a file keeps when it names none; from its path, so that it is the same wherever that is forgotten."""
    return int.from_bytes(hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()[:4], "big") % SEED_RANGE
