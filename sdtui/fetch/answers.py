"""What the headers of an answer say: the size, the version, the SHA-256, and why there is no file."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import urlsplit

from sdtui.errors import ModelError
from sdtui.fetch.sites import shown
from sdtui.fetch.transport import Reply

SHA256 = re.compile(r"[0-9a-f]{64}")
CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
DIGESTS = (("Repr-Digest", r"sha-256=:([A-Za-z0-9+/=]+):"), ("Digest", r"(?i:sha-256)=([A-Za-z0-9+/=]+)"))
SUMS = ("X-Linked-ETag", "X-Checksum-Sha256", "X-Amz-Meta-Sha256")
"""Headers whose value is the SHA-256 in hex: of files in large file storage, and of several package sites."""


def whole_size(reply: Reply) -> int:
    """Bytes of the whole file; 0 when the answer does not say."""
    ranged = CONTENT_RANGE.fullmatch(reply.header("Content-Range"))
    if ranged is not None:
        return int(ranged[3]) if ranged[3] != "*" else 0
    length = reply.header("Content-Length")
    return int(length) if length.isascii() and length.isdigit() and reply.status == 200 else 0


def begins_at(reply: Reply) -> int:
    """The first byte of what a partial answer brings; -1 when it does not say."""
    ranged = CONTENT_RANGE.fullmatch(reply.header("Content-Range"))
    return int(ranged[1]) if ranged is not None and ranged[1] else -1


def version(reply: Reply) -> str:
    """What tells this version of the file from every other: a strong ETag, else the time it was changed; else nothing."""
    etag = reply.header("ETag")
    return etag if etag.startswith('"') else reply.header("Last-Modified")


def told_sha256(reply: Reply) -> str:
    """The SHA-256 of the whole file, if the answer or a redirect to it says it."""
    for headers in (reply.headers, *reply.passed):
        for name in SUMS:
            found = SHA256.search(str(headers.get(name, "")).lower())
            if found is not None:
                return found[0]
        for name, form in DIGESTS:
            coded = re.search(form, str(headers.get(name, "")))
            if coded is not None and (digest := _decoded(coded[1])):
                return digest
    return ""


def check_status(reply: Reply) -> None:
    """Raises ModelError, in the user's words, when the answer is no file and no part of one."""
    if reply.status in {200, 206, 416}:
        return
    where = shown(reply.url)
    if reply.status in {401, 403, 407}:
        raise _not_let_in(reply, where)
    if reply.status in {404, 410}:
        raise ModelError(
            f"There is no such file ({reply.status}).",
            where=where,
            todo="Is the address whole? Some sites say so, too, when a token is needed.",
        )
    raise ModelError(f"The site answered {reply.status}.", where=where)


def _not_let_in(reply: Reply, where: str) -> ModelError:
    host = urlsplit(reply.url).netloc
    gated = reply.header("X-Error-Code") == "GatedRepo"
    if reply.with_token:
        return ModelError(
            f"{host} refuses the token ({reply.status}).",
            where=where,
            todo="Is it right, may it read, and have you agreed to the model's terms on its page?",
        )
    what = "gives this model only to those who agreed to its terms" if gated else "wants to know who asks"
    first = "Agree to them on its page, make" if gated else "Make"
    return ModelError(
        f"{host} {what} ({reply.status}).",
        where=where,
        todo=f"{first} a token there, and put it into your configuration: `tokens: {{{host}: …}}` ($NAME takes it from "
        "the environment).",
    )


def _decoded(text: str) -> str:
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == 32 else ""
