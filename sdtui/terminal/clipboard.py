"""Text for the terminal's clipboard, and links: what carries them."""

from __future__ import annotations

import os
from base64 import standard_b64encode

from sdtui.terminal.filter import clean_line

_UNQUOTED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")

MOST_BYTES = 8192
"""Of a text; a longer one is not copied by some terminals, and by others in part."""

TMUX_COMMAND = ("tmux", "load-buffer", "-w", "-")
"""Inside tmux, which by default lets no program write to the clipboard: it does it itself, and keeps the text, too."""


def copied(text: str) -> bytes:
    """The escape (OSC 52) that has the terminal copy a text: one line, without control characters; empty for a longer one."""
    data = clean_line(text).encode()
    return b"\x1b]52;c;" + standard_b64encode(data) + b"\x1b\\" if len(data) <= MOST_BYTES else b""


def file_link(path: str, host: str) -> str:
    """The address of a file on this machine as links have it (OSC 8, RFC 8089); nothing in it but harmless ASCII."""
    return f"file://{_quoted(host)}{_quoted(path)}"


def _quoted(text: str) -> str:
    return "".join(chr(byte) if byte in _UNQUOTED else f"%{byte:02X}" for byte in os.fsencode(text))
