"""Addresses as people copy them: made to lead to the file itself where a rule is known, explained where it leads to a page."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from sdtui.errors import UsageError

LONGEST = 4000
SECRETS = re.compile(
    r"(?i)^(token|api[_-]?key|apikey|access[_-]?token|key|sig|signature|auth|password|.*-signature|.*-security-token)$"
)
"""Names in the query of an address whose values nobody else should read."""
HIDDEN = "…"


class Site(NamedTuple):
    """One rule: an address whose host and `path?query` fit becomes `direct`, or is refused with `page` and `todo`."""

    hosts: str
    path: str
    direct: str = ""
    page: str = ""
    todo: str = ""


SITES: tuple[Site, ...] = (
    Site(r"(www\.)?(huggingface\.co|hf\.co)", r"/([^?]+?)/(?:blob|raw)/([^?]+)(\?.*)?", r"/\1/resolve/\2"),
    Site(
        r"(www\.)?(huggingface\.co|hf\.co)",
        r"/(?:collections|models|spaces|datasets|docs|papers|blog)(?:[/?].*)?|/[^/?]*/?(\?.*)?",
        page="This is no page of a model.",
        todo="Give the address of a model's page, or of one file below its “Files and versions”.",
    ),
    # a page of a whole repository, or of a folder in it: its index stands for all of it
    Site(
        r"(www\.)?(huggingface\.co|hf\.co)",
        r"/([^/?]+/[^/?]+)/tree/([^/?]+)((?:/[^/?]+)*)/?(\?.*)?",
        r"/\1/resolve/\2\3/model_index.json",
    ),
    Site(r"(www\.)?(huggingface\.co|hf\.co)", r"/([^/?]+/[^/?]+)/?(\?.*)?", r"/\1/resolve/main/model_index.json"),
    Site(
        r"(www\.)?civitai\.(com|red|green)",
        r"/models/\d+[^?]*\?(?:[^#]*&)?modelVersionId=(\d+).*",
        r"/api/download/models/\1",
    ),
    Site(
        r"(www\.)?civitai\.(com|red|green)",
        r"/models/.*",
        page="This is a model's page; it may have several versions.",
        todo="Choose a version there first (the address then ends with ?modelVersionId=…), or copy the address of its "
        "download button (…/api/download/models/NUMBER).",
    ),
    Site(
        r"(www\.)?civitai\.(com|red|green)",
        r"/(?!api/download/).*",
        page="This is no address of a model's file.",
        todo="Copy the address of a download button (…/api/download/models/NUMBER).",
    ),
    Site(
        r"(www\.)?modelscope\.(cn|ai)",
        r"/models/([^/?]+)/([^/?]+)/file/view/([^/?]+)/([^?]+)(\?.*)?",
        r"/models/\1/\2/resolve/\3/\4",
    ),
    Site(r"(www\.)?github\.com", r"/([^/?]+)/([^/?]+)/blob/([^?]+)(\?.*)?", r"/\1/\2/raw/\3"),
    Site(r"(www\.)?dropbox\.com", r"/([^?]+)\?(.*&)?dl=0(.*)", r"/\1?\2dl=1\3"),
    Site(r"codeberg\.org|gitea\..*", r"/([^/?]+)/([^/?]+)/src/([^?]+)(\?.*)?", r"/\1/\2/raw/\3"),
    Site(r".*", r"/([^?]+)/-/blob/([^?]+)(\?.*)?", r"/\1/-/raw/\2"),
    Site(
        r"(drive|docs)\.google\.com|mega\.(nz|io)|(www\.)?mediafire\.com|pan\.baidu\.com",
        r".*",
        page="This site hands its files to browsers alone.",
        todo="Download it with the browser, and move it into a model folder; sdtui finds it there.",
    ),
)
"""The first row that fits counts; an address that fits none is taken to lead to the file."""


def direct(url: str) -> str:
    """The address of the file itself; raises UsageError for what is no address, or is a page about the file."""
    parts = _split(url)
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    for site in SITES:
        found = re.fullmatch(site.path, rest)
        if found is None or not re.fullmatch(site.hosts, parts.hostname or ""):
            continue
        if site.page:
            raise UsageError(site.page, where=shown(url), todo=site.todo)
        path, _, query = found.expand(site.direct).partition("?")
        return urlunsplit(parts._replace(path=path, query=query))
    return urlunsplit(parts)


def shown(url: str) -> str:
    """The address as it may be shown, logged and told: without what is secret in it."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url.partition("?")[0]
    if any(SECRETS.match(name) for name, _ in pairs):
        kept = [(name, HIDDEN if SECRETS.match(name) else value) for name, value in pairs]
        return urlunsplit(parts._replace(netloc=host, query=urlencode(kept, safe=f"{HIDDEN}/:"), fragment=""))
    return urlunsplit(parts._replace(netloc=host, fragment=""))


def file_names(url: str) -> tuple[str, ...]:
    """The last part of an address's path, and the repository it is in where there is one, decoded."""
    parts = [unquote(part) for part in urlsplit(url).path.split("/") if part]
    repository = parts[1] if len(parts) > 3 and parts[2] in {"resolve", "raw"} else ""
    return (parts[-1] if parts else "", repository)


def _split(url: str) -> SplitResult:
    text = url.strip()
    if not text or len(text) > LONGEST or any(ord(letter) < 33 or ord(letter) == 127 for letter in text):
        raise UsageError(
            "This is no address.", where=shown(text)[:200], todo="It begins with https:// and holds no spaces."
        )
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, _ = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        raise UsageError("This is no address.", where=shown(text)[:200]) from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise UsageError(f"Only http and https can be fetched, not {parts.scheme[:20]}.", where=shown(text)[:200])
    if not host:
        raise UsageError("The address names no host.", where=shown(text)[:200])
    if "@" in parts.netloc:
        raise UsageError(
            "There is a name or password in the address.",
            where=shown(text)[:200],
            todo="Put a token below `tokens:` in your configuration.",
        )
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{parts.port}" if parts.port else ""
    safe = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return SplitResult(parts.scheme.lower(), netloc, safe or "/", query, "")
