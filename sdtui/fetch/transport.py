"""One question over HTTP. Redirects are followed by hand: each host gets its own token, or none."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from typing import IO, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from sdtui import __version__
from sdtui.errors import ModelError
from sdtui.fetch.sites import shown

TIMEOUT_S = 30.0
"""Seconds of silence after which a connection counts as broken off."""
MOST_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529})
"""Answers that may be another one in a moment."""
LONGEST_WAIT_S = 600.0

TokenFor = Callable[[str], str]


class Interrupted(Exception):
    """It broke off and may go on in a moment; `after_s` is what the server wants to be waited, 0 when it does not say.

    `answered` says that there was somebody who answered.
    """

    def __init__(self, why: str, after_s: float = 0.0, *, answered: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.after_s = after_s
        self.answered = answered


class Reply(NamedTuple):
    """An answer whose body is still to be read; `passed` are the headers of the redirects that led to it."""

    status: int
    headers: Message
    url: str
    body: IO[bytes]
    passed: tuple[Message, ...] = ()
    with_token: bool = False

    def header(self, name: str) -> str:
        """A header's value, of the answer itself."""
        return str(self.headers.get(name, "")).strip()

    def read(self, count: int) -> bytes:
        """The next bytes, none at the end; raises Interrupted when the connection breaks off."""
        try:
            return self.body.read(count)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Interrupted(_why(error)) from None


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: whoever asked looks where it leads."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def ask(url: str, headers: Mapping[str, str], token_for: TokenFor, timeout_s: float = TIMEOUT_S) -> Reply:
    """The answer of an address, behind all redirects; 4xx is an answer, too.

    Raises Interrupted for what may be otherwise in a moment, ModelError for what will not.
    """
    opener = urllib.request.build_opener(_Stay, urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    passed: list[Message] = []
    for _ in range(MOST_REDIRECTS + 1):
        token = token_for(url)
        reply = _ask_once(
            opener, url, {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}, timeout_s
        )
        reply = reply._replace(passed=tuple(passed), with_token=bool(token))
        if reply.status not in REDIRECTS or not reply.header("Location"):
            return _settled(reply)
        reply.body.close()
        passed.append(reply.headers)
        url = _next(url, reply.header("Location"))
    raise ModelError("The address leads from one redirect to the next without end.", where=shown(url))


def _ask_once(opener: urllib.request.OpenerDirector, url: str, headers: Mapping[str, str], timeout_s: float) -> Reply:
    always = {"User-Agent": f"sdtui/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
    request = urllib.request.Request(url, headers={**always, **headers})
    try:
        answer = opener.open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        # also an answer: redirects, refusals
        return Reply(error.code, error.headers, url, error)
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise ModelError(
                f"The host's certificate cannot be trusted: {reason.verify_message}.",
                where=urlsplit(url).netloc,
                todo="Is the clock right, and are the system's CA certificates there? SSL_CERT_FILE names others.",
            ) from None
        if isinstance(reason, socket.gaierror):
            raise Interrupted(f"the host {urlsplit(url).hostname} is not found (is there a network?)") from None
        raise Interrupted(_why(reason)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Interrupted(_why(error)) from None
    return Reply(answer.status, answer.headers, url, answer)


def _settled(reply: Reply) -> Reply:
    """The answer, unless it is one that may be another one in a moment."""
    if reply.status in AGAIN:
        reply.body.close()
        what = "the site wants fewer questions" if reply.status == 429 else f"the site answered {reply.status}"
        raise Interrupted(what, _seconds(reply.header("Retry-After")), answered=True)
    return reply


def _next(url: str, location: str) -> str:
    # headers come as Latin-1, and what sites put there raw is not always an address yet
    target = urljoin(url, quote(location.encode("latin-1", "replace"), safe="/%:@!$&'()*+,;=~-._?#[]"))
    try:
        parts = urlsplit(target)
        host = parts.hostname
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        raise ModelError("The address leads to something that is no address on the web.", where=shown(url))
    if urlsplit(url).scheme == "https" and parts.scheme == "http":
        raise ModelError(
            "The address leads from https to http, where anybody could change the file on its way.", where=shown(url)
        )
    return parts._replace(fragment="").geturl()


def _seconds(header: str) -> float:
    return min(float(header), LONGEST_WAIT_S) if header.isascii() and header.isdigit() else 0.0


def _why(error: object) -> str:
    if isinstance(error, TimeoutError):
        return "the site was silent for too long"
    if isinstance(error, ConnectionRefusedError):
        return "the host refuses the connection"
    if isinstance(error, http.client.IncompleteRead | ConnectionError):
        return "the connection broke off"
    if isinstance(error, OSError) and error.strerror:
        return f"the connection failed ({error.strerror.lower()})"
    return f"the connection failed ({type(error).__name__})"
