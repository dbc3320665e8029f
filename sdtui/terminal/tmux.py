"""Escapes for the terminal around tmux; tmux lets them through where its `allow-passthrough` is on."""

from __future__ import annotations


def passthrough(escape: bytes) -> bytes:
    """One escape sequence as tmux hands it on unread."""
    return b"\x1bPtmux;" + escape.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
