"""The side of the client that the studio needs; `sdtui.client` has it, and so has the tests' fake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from sdtui.errors import SdtuiError
    from sdtui.spec.document import Document
    from sdtui.spec.event import Noted
    from sdtui.spec.jobview import JobView
    from sdtui.spec.model import ModelRecord
    from sdtui.spec.tag import TagName
    from sdtui.spec.verb import Answer
    from sdtui.spec.verbs import AnyVerb, PictureAnswer, Snapshot
    from sdtui.spec.wildcard import Draws, WildcardName


Wanted = TypeVar("Wanted", bound="Answer")


class StudioClient(Protocol):
    """A connection to the server. Every call raises the SdtuiError that the server refused it with."""

    @property
    def snapshot(self) -> Snapshot:
        """Everything as it was when the connection was made; events above its `seq` follow."""

    async def submit(self, document: Document) -> JobView:
        """Plan and queue a document."""

    async def cancel(self, job_id: int) -> int:
        """Take back a job's unfinished pictures, of every job for 0; how many."""

    async def retry(self, job_id: int) -> int:
        """Queue a job's failed and cancelled pictures again; how many."""

    async def hold(self, job_id: int, *, held: bool = True) -> int:
        """Keep a job's waiting pictures back, or let them on; how many."""

    async def move(self, job_id: int, by: int) -> int:
        """Let a job's waiting pictures come so many jobs later; 0 when they could not."""

    async def skip_chore(self, chore: str = "") -> int:
        """Have background work given up; how many chores."""

    async def jobs(self, limit: int = 50) -> tuple[JobView, ...]:
        """The newest jobs and the unfinished ones."""

    async def models(self, refresh: bool = False) -> tuple[ModelRecord, ...]:
        """Every model file found."""

    async def tags(
        self, queries: tuple[str, ...], *, limit: int = 20, builtin: bool = False
    ) -> tuple[tuple[TagName, ...], ...]:
        """Words and tags that begin so, for each of the beginnings."""

    async def wildcards(self) -> tuple[WildcardName, ...]:
        """The workspace's wildcards."""

    async def draws(self, template: str, count: int = 10, seed: int = 0) -> Draws:
        """What pictures would draw from a template."""

    async def ask(self, verb: AnyVerb, wanted: type[Wanted]) -> Wanted:
        """What any verb is answered; rooms of their own say theirs with it."""

    async def put_draft(self, document: Document) -> None:
        """Keep what the user has typed."""

    async def keep(self, name: str, text: str) -> None:
        """Keep a small text under a name in the workspace; the empty one is forgotten."""

    async def kept(self, name: str) -> str:
        """The text that is kept under a name; empty when none is."""

    async def picture(
        self, path: str, max_px: int = 0, *, crop: Crop | None = None, outside: bool = False
    ) -> tuple[PictureAnswer, bytes]:
        """A published picture (with `outside` any file), or a part of it, at most `max_px` on its longer side, as RGB."""

    async def close(self) -> None:
        """End the connection; jobs go on."""


Crop = tuple[int, int, int, int]
OnEvent = Callable[["Noted", bytes], None]
OnLost = Callable[["SdtuiError | None"], None]


class OpenClient(Protocol):
    """Connects; both callbacks are called on the event loop."""

    def __call__(self, on_event: OnEvent, on_lost: OnLost, *, start: bool = True) -> Awaitable[StudioClient]:
        """A connection; where no server runs it is started, or with `start` off a ServerError is raised at once."""
