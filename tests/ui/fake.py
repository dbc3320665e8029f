"""A client without a server: the test says what it answers and what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace
from PIL import Image

from sdtui.errors import SdtuiError, ServerError
from sdtui.images.decoding import Opened
from sdtui.spec.document import Document
from sdtui.spec.event import AnyEvent, Noted, Submitted, WorkerState
from sdtui.spec.jobview import JobView, RenderView
from sdtui.spec.model import ModelRecord
from sdtui.spec.params import resolve_params
from sdtui.spec.verbs import PictureAnswer, Snapshot
from sdtui.spec.wildcard import Draws

SHAPES = ModelRecord(
    name="shapes-64",
    path="/models/shapes-64.safetensors",
    kind="checkpoint",
    family="sd1",
    defaults={"width": 64, "height": 64, "cfg_scale": 4.0},
    builtin=True,
)
DREAM = ModelRecord(name="dream", path="/models/dream.safetensors", kind="checkpoint", family="sd1")
READY = WorkerState(device="cpu", state="ready", text="ready", memory=600_000_000, checkpoint="shapes-64")


def snapshot(**changes: object) -> Snapshot:
    base = Snapshot(
        version="0.1.0",
        workspace="/w",
        pid=1,
        seq=0,
        jobs=(),
        workers=(READY,),
        models=(SHAPES, DREAM),
        draft=Document(),
        default_checkpoint="shapes-64",
    )
    return replace(base, **changes)


def job_view(job_id: int = 1, count: int = 1, document: Document | None = None, **render: object) -> JobView:
    document = document or Document(prompt="a red circle")
    renders = tuple(
        replace(RenderView(id=f"r{job_id}-{index}", index=index, seed=100 + index, steps=20), **render)
        for index in range(count)
    )
    return JobView(id=job_id, created_at=1.0 * job_id, document=document, renders=renders)


@dataclass(frozen=True)
class FakePreview:
    protocol: str = "half"


@dataclass(frozen=True)
class FakeCompletion:
    automatic: bool = True
    spaces: bool = True
    comma: bool = True


@dataclass(frozen=True)
class FakeConfig:
    preview: FakePreview = FakePreview()
    completion: FakeCompletion = FakeCompletion()
    keys: Mapping[str, str] = field(default_factory=dict)
    theme: str = ""
    viewer: str = ""


class FakeClient:
    """Records what it is asked; `refusals` are raised by the method of that name, once."""

    def __init__(self, server: FakeServer) -> None:
        self.snapshot = server.snapshot
        self._server = server
        self.closed = False

    async def submit(self, document: Document) -> JobView:
        await self._called("submit", document)
        params = resolve_params(SHAPES.defaults, document.params)
        job = job_view(len(self._server.jobs) + 1, params.count, document)
        self._server.jobs.append(job)
        self._server.happens(Submitted(job=job))
        return job

    async def cancel(self, job_id: int) -> int:
        await self._called("cancel", job_id)
        return 1

    async def retry(self, job_id: int) -> int:
        await self._called("retry", job_id)
        return 2

    async def hold(self, job_id: int, *, held: bool = True) -> int:
        await self._called("hold", (job_id, held))
        return 1

    async def move(self, job_id: int, by: int) -> int:
        await self._called("move", (job_id, by))
        return self._server.moves

    async def skip_chore(self, chore: str = "") -> int:
        await self._called("skip_chore", chore)
        return 1

    async def jobs(self, limit: int = 50) -> tuple[JobView, ...]:
        await self._called("jobs", limit)
        return tuple(self._server.jobs)

    async def models(self, refresh: bool = False) -> tuple[ModelRecord, ...]:
        await self._called("models", refresh)
        return self._server.models

    async def tags(self, queries, *, limit=20, builtin=False):
        await self._called("tags", queries)
        found = {query: [tag for tag in self._server.tags if tag.name.startswith(query)] for query in queries}
        return tuple(tuple(found[query][:limit]) for query in queries)

    async def wildcards(self):
        await self._called("wildcards", ())
        return self._server.wildcards

    async def draws(self, template, count=10, seed=0):
        await self._called("draws", template)
        return self._server.draws

    async def ask(self, verb, wanted):
        await self._called("ask", verb)
        answer = await self._server.answer(verb)
        assert isinstance(answer, wanted)
        return answer

    async def put_draft(self, document: Document) -> None:
        await self._called("put_draft", document)

    async def keep(self, name: str, text: str) -> None:
        await self._called("keep", (name, text))
        self._server.texts[name] = text

    async def kept(self, name: str) -> str:
        await self._called("kept", name)
        return self._server.texts.get(name, "")

    async def picture(
        self, path: str, max_px: int = 0, *, crop: tuple[int, int, int, int] | None = None, outside: bool = False
    ) -> tuple[PictureAnswer, bytes]:
        await self._called("picture", path)
        self._server.parts.append((path, max_px, crop, outside))
        width, height, rgb = self._server.pictures.get(path, (2, 2, b"\xff\x00\x00" * 4))
        opened = Opened(Image.frombytes("RGB", (width, height), rgb), self._server.record)
        part = opened.part(crop, max_px)
        answer = PictureAnswer(
            width_px=part.width_px,
            height_px=part.height_px,
            whole_width_px=width,
            whole_height_px=height,
            infotext=part.infotext,
        )
        return answer, part.rgb

    async def close(self) -> None:
        self.closed = True

    async def _called(self, name: str, argument: object) -> None:
        self._server.calls.append((name, argument))
        if self._server.hangs:
            await asyncio.Event().wait()
        refusal = self._server.refusals.pop(name, None)
        if refusal is not None:
            raise refusal


class FakeServer:
    """What every fake client of a test speaks to; `open` is the studio's way to connect."""

    def __init__(self, **changes: object) -> None:
        self.snapshot = snapshot(**changes)
        self.models: tuple[ModelRecord, ...] = self.snapshot.models
        self.jobs: list[JobView] = list(self.snapshot.jobs)
        self.pictures: dict[str, tuple[int, int, bytes]] = {}
        self.parts: list[tuple[str, int, tuple[int, int, int, int] | None, bool]] = []
        self.record = ""
        self.calls: list[tuple[str, object]] = []
        self.texts: dict[str, str] = {}
        self.refusals: dict[str, SdtuiError] = {}
        self.unreachable: SdtuiError | None = None
        self.may_open = asyncio.Event()
        self.may_open.set()
        self.tags = ()
        self.wildcards = ()
        self.draws = Draws()
        self.opened = 0
        self.running = True
        self.hangs = False
        self.moves = 1
        self.seq = self.snapshot.seq
        self._on_event: Callable[[Noted, bytes], None] | None = None
        self._on_lost: Callable[[SdtuiError | None], None] | None = None

    async def open(
        self,
        on_event: Callable[[Noted, bytes], None],
        on_lost: Callable[[SdtuiError | None], None],
        *,
        start: bool = True,
    ) -> FakeClient:
        await self.may_open.wait()
        self.running = self.running or start
        if not self.running:
            raise ServerError("No server is running.")
        if self.unreachable is not None:
            raise self.unreachable
        self.opened += 1
        self._on_event, self._on_lost = on_event, on_lost
        return FakeClient(self)

    async def answer(self, verb):
        """What a verb that has no method of its own is answered; to be overridden."""
        raise ServerError(f"Nobody answers {type(verb).__name__} here.")

    def happens(self, event: AnyEvent, blob: bytes = b"", *, transient: bool = False) -> None:
        """An event goes to the client."""
        if not transient:
            self.seq += 1
        if self._on_event is not None:
            self._on_event(Noted(seq=0 if transient else self.seq, at=1000.0, event=event), blob)

    def loses(self, error: SdtuiError | None = None) -> None:
        """The connection ends."""
        assert self._on_lost is not None
        self._on_lost(error)

    def asked(self, name: str) -> list[object]:
        """The arguments of every call of that name."""
        return [argument for called, argument in self.calls if called == name]
