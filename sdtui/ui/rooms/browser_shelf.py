"""What the model browser knows and does, open or not: favourites, what was used lately, downloads. Speaks to the client."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from sdtui.errors import SdtuiError
from sdtui.spec.fetch import FetchView
from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.spec.model_about import ModelAbout
from sdtui.spec.verb import Done
from sdtui.spec.verbs_models import (
    About,
    AboutAnswer,
    Describe,
    Fetch,
    FetchAgain,
    FetchAnswer,
    Fetches,
    FetchesAnswer,
    HashModel,
    StopFetch,
)
from sdtui.ui.client import StudioClient
from sdtui.ui.connection import Connection
from sdtui.ui.showing.shown import Shown
from sdtui.ui.state import MODELS_KEPT, StudioState

FAVOURITES, RECENT = f"{MODELS_KEPT}favourites", f"{MODELS_KEPT}recent"
"""Names under which the server keeps the paths."""
MOST_RECENT = 100
MOST_FAVOURITES = 5000
PICTURE_PX = 512
PICTURES_KEPT = 12

_PATHS = msgspec.json.Decoder(list[str])


class BrowserShelf:
    """Every coroutine raises the SdtuiError that the server refused it with."""

    def __init__(self, connection: Connection, state: StudioState) -> None:
        self._connection = connection
        self._state = state
        self.favourites: tuple[str, ...] = ()
        self.recent: tuple[str, ...] = ()
        self._abouts: dict[str, tuple[ModelRecord, ModelAbout]] = {}
        self._pictures: dict[str, Shown] = {}
        self._read_by: StudioClient | None = None
        self._news_read = (0, 0)

    @property
    def models(self) -> Sequence[ModelRecord]:
        """Every model that is known."""
        return self._state.models

    @property
    def fetches(self) -> tuple[FetchView, ...]:
        """Downloads, the newest first."""
        return tuple(view for _, view in sorted(self._state.fetches.items(), reverse=True))

    @property
    def is_stale(self) -> bool:
        """There is a connection, and what is known came by another one, or was changed in another window since."""
        client = self._connection.client
        return client is not None and (client is not self._read_by or self._news != self._news_read)

    @property
    def _news(self) -> tuple[int, int]:
        return self._state.kept_news.get(FAVOURITES, 0), self._state.kept_news.get(RECENT, 0)

    async def read(self) -> None:
        """Ask for what was kept, and for downloads."""
        before, client = self._read_by, self._connection.demand()
        self._read_by, self._news_read = client, self._news
        if client is not before:
            self._pictures.clear()
        self.favourites = _paths(await client.kept(FAVOURITES))
        self.recent = _paths(await client.kept(RECENT))
        views = (await client.ask(Fetches(), FetchesAnswer)).fetches
        self._state.fetches = {view.id: view for view in views}

    async def toggle_favourite(self, path: str) -> bool:
        """Make a model a favourite, or no longer; whether it is one now."""
        client = self._connection.demand()
        # another window may have changed them
        kept = _paths(await client.kept(FAVOURITES))
        added = path not in kept
        now = (path, *kept)[:MOST_FAVOURITES] if added else tuple(each for each in kept if each != path)
        await client.keep(FAVOURITES, msgspec.json.encode(now).decode() if now else "")
        self.favourites = now
        return added

    async def note_use(self, path: str) -> None:
        """This model was used just now."""
        client = self._connection.demand()
        kept = _paths(await client.kept(RECENT))
        self.recent = (path, *(each for each in kept if each != path))[:MOST_RECENT]
        await client.keep(RECENT, msgspec.json.encode(self.recent).decode())

    def known_about(self, record: ModelRecord) -> ModelAbout | None:
        """What was told of a model; None before it was, or when the model is another one since."""
        kept = self._abouts.get(record.path)
        return kept[1] if kept is not None and kept[0] == record else None

    async def about(self, record: ModelRecord) -> ModelAbout:
        """Everything that is known of a model."""
        answer = await self._connection.demand().ask(About(path=record.path), AboutAnswer)
        self._abouts[record.path] = (record, answer.about)
        return answer.about

    async def describe(self, record: ModelRecord, changes: Describe) -> ModelAbout:
        """Write into a model's side file."""
        about = (await self._connection.demand().ask(changes, AboutAnswer)).about
        self._abouts.pop(record.path, None)
        return about

    async def hash(self, record: ModelRecord) -> bool:
        """Have a model's SHA-256 found out; False when that is done or under way already."""
        return (await self._connection.demand().ask(HashModel(path=record.path), Done)).count > 0

    async def picture(self, path: str) -> Shown | None:
        """A preview picture; None when it cannot be read."""
        if path not in self._pictures:
            answer, rgb = await self._connection.demand().picture(path, PICTURE_PX, outside=True)
            if len(rgb) != answer.width_px * answer.height_px * 3:
                raise SdtuiError("The server sent a picture that is not whole.", where=path)
            self._pictures[path] = Shown((path, PICTURE_PX), answer.width_px, answer.height_px, rgb, final=True)
            while len(self._pictures) > PICTURES_KEPT:
                self._pictures.pop(next(iter(self._pictures)))
        return self._pictures[path]

    # downloads

    async def fetch(self, url: str, kind: ModelKind, name: str, sha256: str) -> FetchView:
        """Get a model from an address."""
        verb = Fetch(url=url, kind=kind, name=name, sha256=sha256)
        return self._take((await self._connection.demand().ask(verb, FetchAnswer)).fetch)

    async def stop(self, view: FetchView) -> None:
        """Stop a download, or forget one that is over."""
        await self._connection.demand().ask(StopFetch(id=view.id, forget=view.over), Done)

    async def forget_over(self) -> int:
        """Forget every download that is over, and what came of those that failed; how many that were."""
        over = [view for view in self.fetches if view.over]
        for view in over:
            await self._connection.demand().ask(StopFetch(id=view.id, forget=True), Done)
        return len(over)

    async def again(self, view: FetchView) -> FetchView:
        """Go on with a download."""
        return self._take((await self._connection.demand().ask(FetchAgain(id=view.id), FetchAnswer)).fetch)

    async def rescan(self, say: Callable[[str], None]) -> None:
        """Look through the model folders again."""
        say("Looking through the model folders…")
        self._state.models = await self._connection.demand().models(refresh=True)
        self._pictures.clear()
        count = len(self._state.models)
        say(f"The model folders hold {count} model{'' if count == 1 else 's'}.")

    def _take(self, view: FetchView) -> FetchView:
        self._state.fetches.setdefault(view.id, view)
        return view


def _paths(text: str) -> tuple[str, ...]:
    try:
        return tuple(_PATHS.decode(text)) if text else ()
    except (msgspec.MsgspecError, UnicodeError):
        return ()
