"""Which picture stands for a job, and the finished ones that were read already."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from sdtui.errors import SdtuiError
from sdtui.spec.jobview import JobView, RenderView
from sdtui.ui.client import StudioClient
from sdtui.ui.showing.shown import Shown
from sdtui.ui.state import Sketch, newest_picture

KEPT = 8


class Pictures:
    """Keeps the newest few finished pictures; a path that was refused is not asked for again until a new connection."""

    def __init__(self, client: Callable[[], StudioClient | None], on_arrival: Callable[[], None]) -> None:
        self._client = client
        self._on_arrival = on_arrival
        self._kept: OrderedDict[tuple[str, int], Shown] = OrderedDict()
        self._asked: set[str] = set()
        self._files: set[str] = set()

    def of(self, job: JobView, sketch: Sketch | None, max_px: int) -> tuple[Shown | None, str]:
        """What to show for a job, and the path to fetch for it (empty for none). A running picture's sketch comes first."""
        if sketch is not None:
            key = (sketch.render_id, sketch.step)
            return Shown(key, sketch.width_px, sketch.height_px, sketch.rgb, final=False), ""
        render = newest_picture(job)
        if render is None:
            return None, ""
        kept = self._kept.get((render.path, max_px))
        if kept is not None:
            self._kept.move_to_end((render.path, max_px))
            return kept, ""
        if render.path in self._asked or self._client() is None:
            return self._any_size(render.path), ""
        self._asked.add(render.path)
        return self._any_size(render.path), render.path

    def of_file(self, path: str, max_px: int) -> tuple[Shown | None, str]:
        """The same for a picture file that the user opened."""
        self._files.add(path)
        kept = self._kept.get((path, max_px))
        if kept is not None or path in self._asked or self._client() is None:
            return kept, ""
        self._asked.add(path)
        return None, path

    def render_of(self, job: JobView) -> RenderView:
        """The picture that stands for a job: the last one finished, else the one that is running, else the first."""
        running = next((render for render in job.renders if render.state == "running"), None)
        return newest_picture(job) or running or job.renders[0]

    async def fetch(self, path: str, max_px: int) -> None:
        """Read a finished picture; raises the SdtuiError it was refused with."""
        client = self._client()
        if client is None:
            self._asked.discard(path)
            return
        answer, rgb = await client.picture(path, max_px, outside=path in self._files)
        if len(rgb) != answer.width_px * answer.height_px * 3:
            raise SdtuiError("The server sent a picture that is not whole.", where=path)
        self._kept[path, max_px] = Shown((path, max_px), answer.width_px, answer.height_px, rgb, final=True)
        self._asked.discard(path)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self._on_arrival()

    def forget_refusals(self) -> None:
        """Ask again for what was refused before."""
        self._asked.clear()

    def _any_size(self, path: str) -> Shown | None:
        return next((shown for (kept, _), shown in self._kept.items() if kept == path), None)
