"""The connection to the server: made in the background, and made again when it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sdtui.errors import SdtuiError, ServerError
from sdtui.ui.client import OnEvent, OpenClient, StudioClient

if TYPE_CHECKING:
    from sdtui.spec.event import Noted
    from sdtui.spec.verbs import Snapshot


class Delays(NamedTuple):
    """Seconds before the second attempt to connect, and the most that are waited before a later one.

    `look_s` is how often a server that was stopped is looked for, in case somebody else has started another one.
    """

    first_s: float = 0.5
    longest_s: float = 10.0
    look_s: float = 1.0


DELAYS = Delays()


class Listener(NamedTuple):
    """Who is told: of a snapshot, of each event after it, and that the sentence about the connection is another one."""

    on_attached: Callable[[Snapshot], None]
    on_event: OnEvent
    on_sentence: Callable[[], None]


class _Link:
    """One connection's callbacks: what came before its snapshot was taken in, and whether it has ended."""

    def __init__(self, on_event: OnEvent) -> None:
        self.ended = asyncio.Event()
        self.error: SdtuiError | None = None
        self.lost = False
        self._early: list[tuple[Noted, bytes]] | None = []
        self._on_event = on_event

    def take(self, noted: Noted, blob: bytes) -> None:
        if self.ended.is_set():
            return
        if self._early is None:
            self._on_event(noted, blob)
        else:
            self._early.append((noted, blob))

    def open(self) -> None:
        """From now on events are handed on at once, after those that have waited."""
        waiting, self._early = self._early or [], None
        for noted, blob in waiting:
            self._on_event(noted, blob)

    def lose(self, error: SdtuiError | None) -> None:
        self.lost, self.error = True, error
        self.ended.set()


class Connection:
    """`client` is None while there is none; `sentence` says then how it stands, and is empty otherwise."""

    def __init__(self, open_client: OpenClient, listener: Listener, delays: Delays = DELAYS) -> None:
        self.client: StudioClient | None = None
        self.sentence = "Connecting to the server…"
        self._open_client = open_client
        self._listener = listener
        self._delays = delays
        self._link: _Link | None = None
        self._established = asyncio.Event()
        self._wanted = asyncio.Event()
        self._wanted.set()

    async def run(self) -> None:
        """Stay connected until cancelled: connect, hand the snapshot on, wait for the end, and again."""
        delay_s = self._delays.first_s
        while True:
            link = _Link(self._listener.on_event)
            try:
                client = await self._open_client(link.take, link.lose, start=self._wanted.is_set())
            except SdtuiError as error:
                if not self._wanted.is_set():
                    await self._rested()
                    continue
                self._say(f"No server: {error} Next try in {delay_s:g} s.")
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, self._delays.longest_s)
                continue
            self._attach(client, link)
            await link.ended.wait()
            await self._detach(client)
            if not self._wanted.is_set():
                self._say("The server was stopped. Generate starts it again.")
                await self._rested()
            elif link.lost:
                reason = f": {link.error}" if link.error else "."
                self._say(f"The connection to the server was lost{reason} Connecting again…")
                await asyncio.sleep(self._delays.first_s)
            delay_s = self._delays.first_s

    async def _rested(self) -> None:
        """Wait until it is time to look for a server, or one is wanted."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._delays.look_s):
                await self._wanted.wait()

    def again(self) -> None:
        """Connect anew, for a new snapshot."""
        if self._link is not None:
            self._link.ended.set()

    def rest(self) -> None:
        """The server was told to end: once it is gone, do not start it again before somebody wants it."""
        self._wanted.clear()

    async def established(self) -> None:
        """Wait until there is a connection; one that rests is wanted again."""
        self._wanted.set()
        await self._established.wait()

    def demand(self) -> StudioClient:
        """The client; raises ServerError while there is no connection."""
        if self.client is None:
            raise ServerError("The server does not answer.", todo="It is being connected again; try it then.")
        return self.client

    async def close(self) -> None:
        """End the connection for good."""
        client, self.client, self._link = self.client, None, None
        if client is not None:
            with suppress(SdtuiError):
                await client.close()

    def _attach(self, client: StudioClient, link: _Link) -> None:
        self.client, self._link = client, link
        self._wanted.set()
        self._listener.on_attached(client.snapshot)
        self._say("")
        link.open()
        self._established.set()

    async def _detach(self, client: StudioClient) -> None:
        self._established.clear()
        self.client = self._link = None
        with suppress(SdtuiError):
            await client.close()

    def _say(self, sentence: str) -> None:
        self.sentence = sentence
        self._listener.on_sentence()
