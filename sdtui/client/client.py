"""Speaks to a server: one coroutine a verb, events to a callback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Literal, TypeVar

import msgspec

from sdtui import __version__
from sdtui.client.start import Streams, reach
from sdtui.errors import SdtuiError, ServerError, WireError
from sdtui.spec.complaint import error_of
from sdtui.spec.document import Document
from sdtui.spec.envelope import FromServer, Request
from sdtui.spec.event import Noted
from sdtui.spec.jobview import JobView
from sdtui.spec.model import ModelRecord
from sdtui.spec.tag import TagName
from sdtui.spec.verb import Answer, Done, Refused
from sdtui.spec.verbs import (
    AnyVerb,
    Cancel,
    EventsAfter,
    EventsAnswer,
    Hello,
    Hold,
    JobAnswer,
    Jobs,
    JobsAnswer,
    Models,
    ModelsAnswer,
    Move,
    Picture,
    PictureAnswer,
    Plan,
    PlanAnswer,
    Release,
    Retry,
    SkipChore,
    Snapshot,
    Stop,
    Submit,
)
from sdtui.spec.verbs_prompts import (
    DrawsAnswer,
    DrawTemplate,
    Keep,
    Kept,
    KeptAnswer,
    PutDraft,
    Tags,
    TagsAnswer,
    Wildcards,
    WildcardsAnswer,
)
from sdtui.spec.wildcard import Draws, WildcardName
from sdtui.wire.frames import Frame, FrameReader, pack
from sdtui.workspace.paths import Workspace

READ_BYTES = 1 << 18
ATTEMPTS = 3

OnEvent = Callable[[Noted, bytes], None]
OnLost = Callable[[SdtuiError | None], None]
Reply = tuple[Answer, bytes]
Crop = tuple[int, int, int, int]
Wanted = TypeVar("Wanted", bound=Answer)


class Client:
    """A connection to the workspace's server. Refusals are raised as the errors they are."""

    snapshot: Snapshot

    def __init__(self, streams: Streams, on_event: OnEvent, on_lost: OnLost) -> None:
        self._reader, self._writer = streams
        self._on_event = on_event
        self._on_lost = on_lost
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._count = 0
        self._encoder = msgspec.json.Encoder()
        self._closed = False
        self._listening = asyncio.create_task(self._listen(), name="client")

    @classmethod
    async def connect(
        cls,
        workspace: Workspace,
        *,
        name: str,
        on_event: OnEvent = lambda noted, blob: None,
        on_lost: OnLost = lambda error: None,
        start: bool = True,
        events: bool = True,
    ) -> Client:
        """Reach the workspace's server (started if need be) and say hello; raises ServerError.

        `on_event` gets every event after the snapshot and its blob (a preview's RGB bytes), on the event loop;
        `on_lost` is called once when the connection ends without `close`. A `name` of studio or render has the
        workers warm up.
        """
        hello = Hello(version=__version__, client=name, events=events, previews=events)
        for attempt in range(1, ATTEMPTS + 1):
            client = cls(await reach(workspace, start=start), on_event, on_lost)
            client._closed = True
            try:
                client.snapshot = await client._ask(hello, Snapshot)
            except BaseException as error:
                hung_up = isinstance(error, ServerError) and client._listening.done()
                await client.close()
                # a server on its way out may still take a connection and never answer it: the next one will
                if hung_up and attempt < ATTEMPTS:
                    continue
                raise
            client._closed = False
            if not client._listening.done():
                return client
        raise ServerError("The server hangs up on us.", where=str(workspace.log))

    @classmethod
    async def open_unchecked(cls, workspace: Workspace) -> Client:
        """A connection without a hello, good for `stop` alone: it works whatever version the server is."""
        return cls(await reach(workspace, start=False), lambda noted, blob: None, lambda error: None)

    async def submit(self, document: Document, *, out: str = "", force: bool = False) -> JobView:
        """Plan the document and queue it."""
        return (await self._ask(Submit(document=document, out=out, force=force), JobAnswer)).job

    async def plan(self, document: Document) -> PlanAnswer:
        """What `submit` would do."""
        return await self._ask(Plan(document=document), PlanAnswer)

    async def cancel(self, job_id: int) -> int:
        """Take back a job's unfinished pictures (0: everybody's); how many."""
        return (await self._ask(Cancel(job_id=job_id), Done)).count

    async def retry(self, job_id: int) -> int:
        """Queue a job's failed and cancelled pictures again; how many."""
        return (await self._ask(Retry(job_id=job_id), Done)).count

    async def hold(self, job_id: int, *, held: bool = True) -> int:
        """Keep a job's waiting pictures back, or let them on; how many."""
        return (await self._ask(Hold(job_id=job_id, held=held), Done)).count

    async def move(self, job_id: int, by: int) -> int:
        """Let a job's waiting pictures come so many jobs later; 0 when they could not."""
        return (await self._ask(Move(job_id=job_id, by=by), Done)).count

    async def skip_chore(self, chore: str = "") -> int:
        """Have background work given up; how many chores."""
        return (await self._ask(SkipChore(chore=chore), Done)).count

    async def jobs(self, limit: int = 50) -> tuple[JobView, ...]:
        """The newest jobs and every unfinished one, oldest first."""
        return (await self._ask(Jobs(limit=limit), JobsAnswer)).jobs

    async def models(self, refresh: bool = False) -> tuple[ModelRecord, ...]:
        """Every model file, scanned anew when `refresh`."""
        return (await self._ask(Models(refresh=refresh), ModelsAnswer)).models

    async def wildcards(self) -> tuple[WildcardName, ...]:
        """The workspace's wildcards in the order of their names."""
        return (await self._ask(Wildcards(), WildcardsAnswer)).wildcards

    async def draws(self, template: str, count: int = 10, seed: int = 0) -> Draws:
        """What so many pictures from a seed on would draw from a template; what is wrong with it is its `problem`."""
        return (await self._ask(DrawTemplate(template=template, count=count, seed=seed), DrawsAnswer)).draws

    async def tags(
        self, queries: tuple[str, ...], *, limit: int = 20, builtin: bool = False
    ) -> tuple[tuple[TagName, ...], ...]:
        """Words and tags that begin so, for each of the beginnings; the built-in model's own first, if wanted."""
        return (await self._ask(Tags(queries=queries, limit=limit, builtin=builtin), TagsAnswer)).found

    async def ask(self, verb: AnyVerb, wanted: type[Wanted]) -> Wanted:
        """What any verb is answered, which has to be of this type."""
        return await self._ask(verb, wanted)

    async def put_draft(self, document: Document) -> None:
        """Keep what the user has typed."""
        await self._ask(PutDraft(document=document), Done)

    async def keep(self, name: str, text: str) -> None:
        """Keep a small text under a name in the workspace; the empty one is forgotten."""
        await self._ask(Keep(name=name, text=text), Done)

    async def kept(self, name: str) -> str:
        """The text that is kept under a name; empty when none is."""
        return (await self._ask(Kept(name=name), KeptAnswer)).text

    async def events_after(self, seq: int, limit: int = 1000) -> tuple[Noted, ...]:
        """Lasting events with a number above `seq`, oldest first."""
        return (await self._ask(EventsAfter(seq=seq, limit=limit), EventsAnswer)).events

    async def picture(
        self, path: str, max_px: int = 0, *, crop: Crop | None = None, outside: bool = False
    ) -> tuple[PictureAnswer, bytes]:
        """A published picture (with `outside` any file), or a part of it, as RGB bytes, shrunk to fit `max_px`."""
        verb = Picture(path=path, max_px=max_px, crop=crop, outside=outside)
        return await self._ask_blob(verb, PictureAnswer)

    async def release(self) -> int:
        """Have the devices' memory given back; how many devices."""
        return (await self._ask(Release(), Done)).count

    async def stop(self, mode: Literal["drain", "now"] = "drain") -> None:
        """End the server; returns when it has gone."""
        await self._ask(Stop(mode=mode), Done)
        self._closed = True
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening
        self._writer.close()

    async def close(self) -> None:
        """Hang up."""
        self._closed = True
        self._writer.close()
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening

    async def _ask(self, verb: AnyVerb, wanted: type[Wanted]) -> Wanted:
        return (await self._ask_blob(verb, wanted))[0]

    async def _ask_blob(self, verb: AnyVerb, wanted: type[Wanted]) -> tuple[Wanted, bytes]:
        if self._listening.done():
            raise ServerError("The connection to the server is lost.")
        self._count += 1
        number = self._count
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(pack(self._encoder.encode(Request(id=number, verb=verb))))
            answer, blob = await future
        finally:
            del self._waiting[number]
        if isinstance(answer, Refused):
            raise error_of(answer.error)
        if not isinstance(answer, wanted):
            raise WireError(f"The server answered {type(answer).__name__} where {wanted.__name__} was asked for.")
        return answer, blob

    async def _listen(self) -> None:
        frames = FrameReader()
        decoder = msgspec.json.Decoder(FromServer)
        error: SdtuiError | None = None
        try:
            while data := await self._reader.read(READ_BYTES):
                for frame in frames.feed(data):
                    self._take(decoder.decode(frame.json), frame)
        except (WireError, msgspec.DecodeError) as nonsense:
            error = WireError(f"The server said something that this version does not understand ({nonsense}).")
        except ConnectionError:
            pass
        finally:
            self._give_up()
        if not self._closed:
            self._writer.close()
            self._on_lost(error)

    def _take(self, message: FromServer, frame: Frame) -> None:
        if message.noted is not None:
            self._on_event(message.noted, frame.blob)
        elif message.answer is not None and message.id in self._waiting:
            future = self._waiting[message.id]
            if not future.done():
                future.set_result((message.answer, frame.blob))

    def _give_up(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ServerError("The connection to the server is lost.", todo="Is it being stopped?"))
