"""Textual's driver for Linux and macOS, with the terminal's answers and pastes taken out of what the user types."""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste

from sdtui.ui.messages import TerminalGone, TerminalReplied
from sdtui.ui.terminal import hangup
from sdtui.ui.text import editable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sdtui.terminal.pasting import Pasted, Typed
    from sdtui.terminal.probe import Replies

READ_BYTES = 4096
TICK_S = 0.1
ALT = frozenset(digits + ascii_lowercase) - {"b", "f"}
"""Characters that escape makes alt+… of at once; with b and f editors move by words."""
HELD_S = 0.05
"""So long an escape sequence that may be the beginning of an answer is waited on; then it is keys."""
STALL_S = 3.0
"""So long the rest of a paste is waited on; then what has come of it is all of it."""

WHOLE_SCREEN_SCROLLS = "\x1b[r"


class InputSieve:
    """Bytes from the terminal go in; keys come out as text, pastes as such, and answers go to `on_reply`.

    In a paste there is neither key nor answer: Textual's own parser makes keys of what follows an escape in it.
    """

    def __init__(self, on_reply: Callable[[Replies, int], None]) -> None:
        from sdtui.terminal.pasting import PasteParser
        from sdtui.terminal.probe import ReplyParser

        self._pastes = PasteParser()
        self._parser = ReplyParser()
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._on_reply = on_reply

    @property
    def patience_s(self) -> float:
        """Seconds after which, if nothing follows, `flush` gives what is held back; 0 when nothing is."""
        if self._pastes.pasting:
            return STALL_S
        return HELD_S if self._pastes.holding or self._parser.holding else 0.0

    def feed(self, data: bytes) -> Iterator[str | Paste]:
        """Keys and pastes that are complete."""
        for piece in self._pastes.feed(data):
            yield from self._sift(piece)

    def flush(self) -> Iterator[str | Paste]:
        """What was held back: keys, and all of a paste that came."""
        for piece in [*self._pastes.flush(), *self._pastes.end_paste()]:
            yield from self._sift(piece)
        yield from self._keys(self._parser.flush())

    def _sift(self, piece: Typed | Pasted) -> Iterator[str | Paste]:
        from sdtui.terminal.pasting import Pasted

        if isinstance(piece, Pasted):
            yield from self._keys(self._parser.flush())
            yield Paste(editable(piece.data.decode("utf-8", "replace")))
            return
        before = (self._parser.replies, self._parser.status_reports)
        rest = self._parser.feed(piece.data)
        if before != (self._parser.replies, self._parser.status_reports):
            self._on_reply(self._parser.replies, self._parser.status_reports)
        yield from self._keys(rest)

    def _keys(self, data: bytes) -> Iterator[str]:
        text = self._decode(data)
        if text:
            yield text

    def forget(self) -> None:
        """The answers so far are those of another terminal."""
        from sdtui.terminal.probe import Replies

        self._parser.replies = Replies()


class KeyParser(XTermParser):
    """Textual's parser, with alt+digit, alt+letter and alt+enter as terminals without a keyboard protocol send them.

    Textual takes escape and a digit for the character that macOS types with Option, waits a tenth of a second after escape
    and a letter for more of a sequence, and knows no escape and return.
    """

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        if len(sequence) == 2 and sequence[0] == "\x1b" and (sequence[1] in ALT or sequence[1] == "\r"):
            yield Key("alt+enter" if sequence[1] == "\r" else f"alt+{sequence[1]}", None)
        else:
            yield from super()._sequence_to_key_events(sequence, alt)


class StudioDriver(LinuxDriver):
    """Posts a TerminalReplied for each answer and asks the terminal for its size; everything else is as in Textual 8.2."""

    sieve: InputSieve | None = None

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows of the terminal itself: Textual believes COLUMNS and LINES, which no resize changes."""
        try:
            columns, rows = os.get_terminal_size(self.fileno)
        except (OSError, ValueError):
            columns = rows = 0
        return (columns, rows) if columns > 0 and rows > 0 else super()._get_terminal_size()

    def start_application_mode(self) -> None:
        """Take the terminal, also from a program that left it with margins: a line feed at one would scroll our screen."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.write(WHOLE_SCREEN_SCROLLS)

    def run_input_thread(self) -> None:
        """Wait for input, take the answers out, and dispatch the rest as keys, mouse and pastes."""
        self.sieve = sieve = InputSieve(self._replied)
        parser = KeyParser(self._debug)
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            waited_s = 0.0
            while not self.exit_event.is_set():
                wait_s = min(TICK_S, sieve.patience_s) or TICK_S
                if not selector.select(wait_s):
                    waited_s += wait_s
                    self._dispatch(parser, sieve.flush() if waited_s >= sieve.patience_s else ())
                    continue
                waited_s = 0.0
                data = self._read()
                if not data:
                    self._dispatch(parser, sieve.flush())
                    self._gone()
                    return
                self._dispatch(parser, sieve.feed(data))
        try:
            for _ in parser.feed(""):
                pass
        except (EOFError, ParseError):
            pass

    def _read(self) -> bytes:
        """What was typed; nothing when the terminal is gone."""
        try:
            return os.read(self.fileno, READ_BYTES)
        except OSError:
            return b""

    def _gone(self) -> None:
        """Have the app leave, even when its event loop is hanging by now."""
        hangup.end_in_time()
        self._app.post_message(TerminalGone())

    def _dispatch(self, parser: XTermParser, pieces: Iterable[str | Paste]) -> None:
        for piece in pieces:
            for message in [piece] if isinstance(piece, Paste) else parser.feed(piece):
                self.process_message(message)
        for message in parser.tick():
            self.process_message(message)

    def _replied(self, replies: Replies, status_reports: int) -> None:
        self._app.post_message(TerminalReplied(replies, status_reports))
