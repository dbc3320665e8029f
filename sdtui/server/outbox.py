"""What waits to be written to one client: nothing ever waits for a slow one, and it costs a bounded amount of memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Hashable

import msgspec

from sdtui.spec.envelope import FromServer
from sdtui.spec.event import Chore, FetchChanged, Noted, Preview, QueueChanged, Resync, StepDone, WorkerState
from sdtui.spec.verbs import AnyAnswer
from sdtui.wire.frames import pack

MAX_WAITING_BYTES = 8 * 1024 * 1024
COALESCE_S = 0.03


class Outbox:
    """Frames in order; a newer transient one takes the place of an older one of the same render or device."""

    def __init__(self) -> None:
        self._frames: dict[Hashable, bytes] = {}
        self._bytes = 0
        self._count = 0
        self._some = asyncio.Event()
        self._urgent = asyncio.Event()
        self._encoder = msgspec.json.Encoder()

    def answer(self, request_id: int, answer: AnyAnswer, blob: bytes = b"") -> None:
        """Queue an answer; answers are never dropped, a client asks for them one by one."""
        frame = pack(self._encoder.encode(FromServer(id=request_id, answer=answer)), blob)
        self._put(self._next(), frame, urgent=True)

    def event(self, noted: Noted, blob: bytes = b"") -> None:
        """Queue an event; when too much waits, previews go first, then everything, and the client is told to resync."""
        if self._bytes > MAX_WAITING_BYTES:
            if isinstance(noted.event, Preview):
                return
            self._overflow(noted.at)
            return
        key = self._coalescing_key(noted)
        frame = pack(self._encoder.encode(FromServer(noted=noted)), blob)
        self._put(key if key is not None else self._next(), frame, urgent=noted.seq > 0)

    async def take(self) -> bytes:
        """Everything that waits, as one piece; waits for something, and a moment longer when nothing in it is urgent."""
        await self._some.wait()
        if not self._urgent.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), COALESCE_S)
        return self.rest()

    def rest(self) -> bytes:
        """Everything that waits now; nothing when nothing does."""
        data = b"".join(self._frames.values())
        self._clear()
        return data

    def _overflow(self, at: float) -> None:
        resync = pack(self._encoder.encode(FromServer(noted=Noted(seq=0, at=at, event=Resync()))))
        self._clear()
        self._put("resync", resync, urgent=True)

    def _put(self, key: Hashable, frame: bytes, *, urgent: bool) -> None:
        self._bytes += len(frame) - len(self._frames.get(key, b""))
        self._frames[key] = frame
        self._some.set()
        if urgent:
            self._urgent.set()

    def _clear(self) -> None:
        self._frames.clear()
        self._bytes = 0
        self._some.clear()
        self._urgent.clear()

    def _next(self) -> int:
        self._count += 1
        return self._count

    @staticmethod
    def _coalescing_key(noted: Noted) -> Hashable | None:
        match noted.event:
            case StepDone(render_id=render) | Preview(render_id=render):
                return (type(noted.event), render)
            case WorkerState(device=device):
                return (WorkerState, device)
            case Chore(id=chore):
                return (Chore, chore)
            case FetchChanged(fetch=fetch):
                return (FetchChanged, fetch.id)
            case QueueChanged():
                return QueueChanged
            case _:
                return None
