"""Textual's driver for Linux and macOS, with the terminal's answers to our questions taken out of what the user types."""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key

from sdtui.ui import hangup
from sdtui.ui.messages import TerminalGone, TerminalReplied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sdtui.terminal.probe import Replies

READ_BYTES = 4096
TICK_S = 0.1
ALT = frozenset(digits + ascii_lowercase) - {"b", "f"}
"""Characters that escape makes alt+… of at once; with b and f editors move by words."""
HELD_S = 0.05
"""So long an escape sequence that may be the beginning of an answer is waited on; then it is keys."""


class InputSieve:
    """Bytes from the terminal go in; what is no answer comes out as text, what is one goes to `on_reply`."""

    def __init__(self, on_reply: Callable[[Replies, int], None]) -> None:
        from sdtui.terminal.probe import ReplyParser

        self._parser = ReplyParser()
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._on_reply = on_reply

    @property
    def holding(self) -> bool:
        """The beginning of something is held back; `flush` if nothing follows."""
        return self._parser.holding

    def feed(self, data: bytes) -> str:
        """The text in the data that is no answer."""
        before = (self._parser.replies, self._parser.status_reports)
        text = self._decode(self._parser.feed(data))
        if before != (self._parser.replies, self._parser.status_reports):
            self._on_reply(self._parser.replies, self._parser.status_reports)
        return text

    def flush(self) -> str:
        """What was held back, as text."""
        return self._decode(self._parser.flush())

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
    """Posts a TerminalReplied for each answer; everything else is as in Textual 8.2."""

    sieve: InputSieve | None = None

    def run_input_thread(self) -> None:
        """Wait for input, take the answers out, and dispatch the rest as keys, mouse and pastes."""
        self.sieve = sieve = InputSieve(self._replied)
        parser = KeyParser(self._debug)
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if not selector.select(HELD_S if sieve.holding else TICK_S):
                    self._dispatch(parser, sieve.flush())
                    continue
                data = self._read()
                if not data:
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

    def _dispatch(self, parser: XTermParser, text: str) -> None:
        if text:
            for message in parser.feed(text):
                self.process_message(message)
        for message in parser.tick():
            self.process_message(message)

    def _replied(self, replies: Replies, status_reports: int) -> None:
        self._app.post_message(TerminalReplied(replies, status_reports))
