"""Which host may see which token: exactly the one that the configuration names, and only where nobody can listen."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from sdtui.errors import ConfigError

VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def token_for(url: str, tokens: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The token to send with a question to this address, empty for none.

    Names are `host` or `host:port`, sent over https, and over http to this machine alone; a name that begins with http://
    says that the token may be read on the way. A value of `$NAME` is taken from the environment; raises ConfigError when
    that has none.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    names = [f"{host}:{parts.port}" if parts.port else host, host]
    if parts.scheme != "https" and not _is_here(host):
        names = [f"http://{name}" for name in names]
    folded = {name.lower().removeprefix("https://").rstrip("/"): name for name in tokens}
    found = next((folded[name] for name in names if name in folded), "")
    return _value(found, tokens[found], environ) if found else ""


def _value(name: str, value: str, environ: Mapping[str, str]) -> str:
    variable = VARIABLE.fullmatch(value.strip())
    if variable is not None:
        wanted = variable[1] or variable[2]
        if not environ.get(wanted, "").strip():
            raise ConfigError(
                f"The token of {name} is to be taken from ${wanted}, which is not set.",
                where=f"tokens.{name}",
                todo="Set it before the server starts (`sdtui stop` ends the one that runs), or write the token itself.",
            )
        value = environ[wanted]
    value = value.strip()
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigError(f"The token of {name} holds what no token holds.", where=f"tokens.{name}")
    return value


def _is_here(host: str) -> bool:
    """The host is this very machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
