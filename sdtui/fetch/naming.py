"""What a fetched file will be called: by the user, by the site, or by its address; always safe to be a file's name."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from email.message import Message
from pathlib import PurePosixPath

from sdtui.errors import UsageError
from sdtui.fetch.sites import file_names
from sdtui.weights.archive import PICKLE_SUFFIXES
from sdtui.weights.identify import SAFE_SUFFIXES

LONGEST_BYTES = 180
"""Of a name without its suffix: with `.part` and a side file's suffix it must still be one."""
SUFFIXES = SAFE_SUFFIXES + PICKLE_SUFFIXES
MEANINGLESS = re.compile(
    r"(?i)(diffusion_pytorch_model|pytorch_lora_weights|pytorch_model|model|adapter_model|lora|unet|vae)([._-]?(fp16|bf16|fp32|ema|non_ema))*"
)
"""What a repository calls its one file; the repository's own name says more."""
_UNSAFE = re.compile(
    '[\\x00-\\x1f\\x7f-\\x9f<>:"/\\\\|?*\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\U000e0000-\\U000e007f]'
)


def file_name(given: str, disposition: str, addresses: tuple[str, ...]) -> str:
    """The name, with a suffix of weights if any source has one.

    `given` is the user's, which counts; else what the site says (Content-Disposition); else the last part of an address.
    """
    said = safe(disposition_name(disposition))
    told = [safe(name) for name in (_of_address(address) for address in addresses) if name]
    candidates = [name for name in (said, *told) if name]
    named = next((name for name in candidates if _suffix(name)), candidates[0] if candidates else "")
    if not given:
        return named or "model"
    wanted = safe(given.rpartition("/")[2])
    if not wanted:
        raise UsageError(f"'{given[:80]}' is no name for a file.")
    return wanted if _suffix(wanted) else wanted + (_suffix(named) or SAFE_SUFFIXES[0])


def safe(name: str) -> str:
    """The name without what a file system, a shell or a terminal would stumble over; empty when nothing is left."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = _UNSAFE.sub("_", " ".join(name.split())).strip(" ")
    name = re.sub(r"^[.\-~]+", "", name).strip(" ")
    suffix = _suffix(name)
    stem = name[: len(name) - len(suffix)].rstrip(". ")
    while len(stem.encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return f"{stem}{suffix.lower()}" if stem.strip("_. ") else ""


def disposition_name(header: str) -> str:
    """The file name of a Content-Disposition header: `filename*`, else `filename`; empty for none."""
    if not header:
        return ""
    message = Message()
    message["content-disposition"] = header
    try:
        name = message.get_filename("")
    except (UnicodeError, LookupError, ValueError):
        return ""
    with suppress(UnicodeError):
        # what sites write raw is UTF-8, which HTTP hands on as Latin-1
        name = name.encode("latin-1").decode()
    return PurePosixPath(name.replace("\\", "/")).name


def _of_address(address: str) -> str:
    name, repository = file_names(address)
    stem, suffix = name[: len(name) - len(_suffix(name))], _suffix(name)
    return f"{repository}{suffix}" if repository and suffix and MEANINGLESS.fullmatch(stem) else name


def _suffix(name: str) -> str:
    return next((name[-len(suffix) :] for suffix in SUFFIXES if name.lower().endswith(suffix)), "")
