"""Asking a terminal what it is: one burst of queries, and a parser that finds the answers among what the user types.

The answer to DA1, which every terminal gives and gives last, ends the wait; answers that come later are found all the same
and can be decided on again (`decision.decide`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from sdtui.terminal.painter import CellSize
from sdtui.terminal.tmux import passthrough

PATIENCE_S = 1.5
"""So long the answer of a far terminal may take."""

STATUS_QUERY = b"\x1b[5n"
"""Answered when everything before it was worked off (`ReplyParser.status_reports`): what pictures are paced by."""

_QUERY_ID = 4211
_VERSION = b"\x1b[>0q"
_KITTY = b"\x1b_Gi=%d,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\" % _QUERY_ID
_CELL_SIZE = b"\x1b[16t"
_TEXT_AREA = b"\x1b[14t"
_COLOUR_REGISTERS = b"\x1b[?1;1;0S"
_BACKGROUND = b"\x1b]11;?\x1b\\"
_ATTRIBUTES = b"\x1b[c"
_PLAIN_TERMS = ("linux", "dumb", "vt", "ansi", "unknown")

_REPLY = re.compile(
    rb"\x1b(?:\[\?(?P<attributes>[0-9;]{1,100})c"
    rb"|\[\?1;(?P<status>[0-9]);(?P<registers>[0-9]{1,6})S"
    rb"|\[(?P<window>[46]);(?P<height>[0-9]{1,5});(?P<width>[0-9]{1,5})t"
    rb"|\[\?(?P<foreign>[0-9;]{1,100})S"
    rb"|(?P<report>\[[03]n)"
    rb"|P>\|(?P<version>[^\x1b]{0,200})\x1b\\"
    rb"|\]11;rgba?:(?P<background>[0-9a-fA-F/]{1,40})(?:\x07|\x1b\\)"
    rb"|_G(?P<graphics>[^\x1b]{0,400})\x1b\\)"
)
_BEGINNING = re.compile(
    rb"\x1b(?:\[(?:\?[0-9;]{0,100}|[46](?:;[0-9]{0,5}){0,2}|[03])?"
    rb"|P(?:>(?:\|[^\x1b]{0,200}\x1b?)?)?"
    rb"|\](?:1(?:1(?:;[rgba:0-9A-Fc-f/]{0,50}\x1b?)?)?)?"
    rb"|_(?:G[^\x1b]{0,400}\x1b?)?)?\Z"
)


class Multiplexer(Enum):
    """What stands between us and the terminal."""

    NONE = "none"
    TMUX = "tmux"
    SCREEN = "screen"
    ZELLIJ = "zellij"


@dataclass(frozen=True)
class Replies:
    """What the terminal has answered so far.

    `version` is its name and version as it says them; `attributes` DA1's numbers, None before they came; `kitty_graphics`
    None before an answer; `text_area_px` width and height; `sixel_colours` 0 where it did not say; `background` the colour
    behind its text.
    """

    version: str = ""
    attributes: frozenset[int] | None = None
    kitty_graphics: bool | None = None
    cell: CellSize | None = None
    text_area_px: tuple[int, int] | None = None
    sixel_colours: int = 0
    background: tuple[int, int, int] | None = None

    @property
    def complete(self) -> bool:
        """DA1's answer is here: what did not come before it will most likely not come."""
        return self.attributes is not None


def multiplexer(environment: Mapping[str, str]) -> Multiplexer:
    """What stands between us and the terminal, by the environment."""
    if environment.get("TMUX"):
        return Multiplexer.TMUX
    if "ZELLIJ" in environment:
        return Multiplexer.ZELLIJ
    if environment.get("STY") or environment.get("TERM", "").startswith("screen"):
        return Multiplexer.SCREEN
    return Multiplexer.NONE


def queries(environment: Mapping[str, str]) -> bytes:
    """The burst to send: only what cannot show up as garbage, DA1 last; empty for a terminal that answers nothing."""
    if environment.get("TERM", "dumb").startswith(_PLAIN_TERMS):
        return b""
    match multiplexer(environment):
        case Multiplexer.SCREEN:
            return _ATTRIBUTES
        case Multiplexer.TMUX:
            # tmux takes a bare graphics escape for a window title.
            return _VERSION + passthrough(_KITTY) + _CELL_SIZE + _TEXT_AREA + _BACKGROUND + _ATTRIBUTES
        case Multiplexer.ZELLIJ:
            return _VERSION + _CELL_SIZE + _TEXT_AREA + _BACKGROUND + _ATTRIBUTES
        case Multiplexer.NONE:
            return _VERSION + _KITTY + _CELL_SIZE + _TEXT_AREA + _COLOUR_REGISTERS + _BACKGROUND + _ATTRIBUTES


class ReplyParser:
    """Takes what arrives from the terminal, in any pieces, keeps the replies and gives the rest back in order."""

    def __init__(self) -> None:
        self.replies = Replies()
        self.status_reports = 0
        self._pending = b""

    def feed(self, data: bytes) -> bytes:
        """What of the data (and of what was held back before it) is no reply; an unfinished reply is held back."""
        data, self._pending = self._pending + data, b""
        rest = bytearray()
        at = 0
        while (escape := data.find(b"\x1b", at)) >= 0:
            rest += data[at:escape]
            reply = _REPLY.match(data, escape)
            if reply:
                self._note(reply)
                at = reply.end()
            elif _BEGINNING.match(data, escape):
                self._pending = data[escape:]
                return bytes(rest)
            else:
                rest.append(data[escape])
                at = escape + 1
        return bytes(rest + data[at:])

    def flush(self) -> bytes:
        """What was held back, once nothing has followed for a while: the user pressed Escape, or Alt and a key."""
        held, self._pending = self._pending, b""
        return held

    @property
    def holding(self) -> bool:
        """Something is held back and should be flushed if nothing follows soon (50 ms)."""
        return bool(self._pending)

    def _note(self, reply: re.Match[bytes]) -> None:
        known = self.replies
        if reply["attributes"] is not None:
            numbers = frozenset(int(part) for part in reply["attributes"].split(b";") if part)
            self.replies = replace(known, attributes=numbers)
        elif reply["registers"] is not None and reply["status"] == b"0":
            self.replies = replace(known, sixel_colours=int(reply["registers"]))
        elif reply["window"] is not None:
            self.replies = _measured(known, reply["window"], int(reply["width"]), int(reply["height"]))
        elif reply["version"] is not None:
            text = reply["version"].decode("utf-8", "replace")
            self.replies = replace(known, version="".join(filter(str.isprintable, text)))
        elif reply["graphics"] is not None and reply["graphics"].startswith(b"i=%d" % _QUERY_ID):
            self.replies = replace(known, kitty_graphics=reply["graphics"].endswith(b";OK"))
        elif reply["background"] is not None:
            self.replies = replace(known, background=_colour(reply["background"]) or known.background)
        elif reply["report"] is not None:
            self.status_reports += 1


def _colour(said: bytes) -> tuple[int, int, int] | None:
    """Red, green and blue of 0..255 from one to four hexadecimal digits each; an alpha behind them does not matter."""
    parts = said.split(b"/")
    if len(parts) < 3 or not all(1 <= len(part) <= 4 for part in parts[:3]):
        return None
    red, green, blue = (round(int(part, 16) * 255 / (16 ** len(part) - 1)) for part in parts[:3])
    return red, green, blue


def _measured(known: Replies, kind: bytes, width: int, height: int) -> Replies:
    if min(width, height) < 1:
        return known
    if kind == b"6":
        return replace(known, cell=CellSize(width, height))
    return replace(known, text_area_px=(width, height))
