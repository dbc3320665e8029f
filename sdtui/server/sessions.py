"""The clients' connections: who may connect, what they ask, what they are told."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Callable

import msgspec

from sdtui import __version__
from sdtui.errors import SdtuiError, ServerError, WireError
from sdtui.server.desk import Desk
from sdtui.server.journal import Journal
from sdtui.server.outbox import Outbox
from sdtui.spec.complaint import complaint_of
from sdtui.spec.envelope import Request
from sdtui.spec.event import Noted, Preview
from sdtui.spec.verb import Refused
from sdtui.spec.verbs import Hello, Stop
from sdtui.wire.frames import Frame, FrameReader

READ_BYTES = 1 << 16


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end of a unix socket."""
    if sys.platform == "linux":
        _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return int(uid)
    # struct xucred of BSD and macOS: version, uid, …
    _, uid = struct.unpack("Ii", connection.getsockopt(0, 1, 76)[:8])
    return int(uid)


class Sessions:
    """Every connected client."""

    def __init__(self, desk: Desk, journal: Journal) -> None:
        self._desk = desk
        self._journal = journal
        self._open: set[asyncio.Task[None]] = set()
        self._closing = False

    def __len__(self) -> int:
        return len(self._open)

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it goes; another user's is turned away without a word."""
        connection = writer.get_extra_info("socket")
        if peer_uid(connection) != os.getuid():
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await Session(self._desk, self._journal, reader, writer).run()
        except asyncio.CancelledError:
            # asyncio's own server takes one that ends cancelled for a fault and writes a traceback
            if not self._closing:
                raise
        finally:
            self._open.discard(task)

    async def close(self) -> None:
        """Let every client go."""
        self._closing = True
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)


class Session:
    """One client: requests in, answers and events out."""

    def __init__(
        self, desk: Desk, journal: Journal, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._reader = reader
        self._writer = writer
        self._outbox = Outbox()
        self._decoder = msgspec.json.Decoder(Request)
        self._greeted = False
        self._previews = True
        self._deaf: Callable[[], None] | None = None
        self._asked: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the client hangs up or talks nonsense."""
        writing = asyncio.create_task(self._write())
        try:
            await self._read()
        except (ConnectionError, WireError, msgspec.DecodeError):
            pass
        finally:
            if self._deaf is not None:
                self._deaf()
            for task in (writing, *self._asked):
                task.cancel()
            # the last word, should it still be wanted
            self._writer.write(self._outbox.rest())
            self._writer.close()

    async def _read(self) -> None:
        frames = FrameReader()
        while data := await self._reader.read(READ_BYTES):
            for frame in frames.feed(data):
                self._take(frame)

    def _take(self, frame: Frame) -> None:
        request = self._decoder.decode(frame.json)
        if isinstance(request.verb, Hello):
            self._greet(request.id, request.verb)
        elif self._greeted or isinstance(request.verb, Stop):
            # each request has its own task: a picture being shrunk does not hold up a cancel
            task = asyncio.create_task(self._serve(request))
            self._asked.add(task)
            task.add_done_callback(self._asked.discard)
        else:
            raise WireError("The first word must be hello.")

    def _greet(self, request_id: int, hello: Hello) -> None:
        if hello.version != __version__:
            error = ServerError(
                f"The running server is sdtui {__version__}, this is {hello.version}.",
                todo="Run `sdtui stop` and start again; it waits for the pictures that are being made.",
            )
            self._outbox.answer(request_id, Refused(error=complaint_of(error)))
            return
        self._greeted = True
        self._previews = hello.previews
        self._outbox.answer(request_id, self._desk.snapshot())
        if hello.events:
            if self._deaf is None:
                self._deaf = self._journal.listen(self._hear)
            for noted, blob in self._journal.previews:
                self._hear(noted, blob)
        self._desk.arrived(hello.client)

    def _hear(self, noted: Noted, blob: bytes) -> None:
        if self._previews or not isinstance(noted.event, Preview):
            self._outbox.event(noted, blob)

    async def _serve(self, request: Request) -> None:
        try:
            answer, blob = await self._desk.answer(request.verb)
        except SdtuiError as error:
            answer, blob = Refused(error=complaint_of(error)), b""
        self._outbox.answer(request.id, answer, blob)

    async def _write(self) -> None:
        while True:
            self._writer.write(await self._outbox.take())
            await self._writer.drain()
