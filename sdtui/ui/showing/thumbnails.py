"""Small copies of finished pictures, read one after another and kept for as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from sdtui.errors import SdtuiError
from sdtui.ui.client import StudioClient
from sdtui.ui.showing.shown import Shown

KEPT = 120
"""At 64 pixels a side one is 12 kB."""


class Thumbnails:
    """Those that cannot be read are left out until the next connection: their names are shown instead."""

    def __init__(self, client: Callable[[], StudioClient | None]) -> None:
        self._client = client
        self._kept: OrderedDict[str, Shown] = OrderedDict()
        self._refused: tuple[StudioClient | None, set[str]] = (None, set())

    def of(self, path: str) -> Shown | None:
        """The small copy of a picture, if it is here."""
        return self._kept.get(path)

    def missing(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """What is still to be read."""
        refused = self._refused[1] if self._refused[0] is self._client() else set()
        return tuple(path for path in paths if path not in self._kept and path not in refused)

    async def read(self, path: str, max_px: int) -> bool:
        """Read one; False without a connection. A refusal is no news: the preview tells it when the picture is wanted there."""
        client = self._client()
        if client is None:
            return False
        try:
            answer, rgb = await client.picture(path, max_px)
        except SdtuiError:
            self._refuse(client, path)
            return True
        if len(rgb) != answer.width_px * answer.height_px * 3:
            self._refuse(client, path)
            return True
        self._kept[path] = Shown((path, max_px), answer.width_px, answer.height_px, rgb, final=True)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return True

    def _refuse(self, client: StudioClient, path: str) -> None:
        if self._refused[0] is not client:
            self._refused = (client, set())
        self._refused[1].add(path)
