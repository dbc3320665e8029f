"""Which job the user looks at, and what there is to see of it."""

from __future__ import annotations

from msgspec.structs import replace

from sdtui.spec.jobview import JobView, RenderView
from sdtui.ui.showing.pictures import Pictures
from sdtui.ui.showing.shown import Shown
from sdtui.ui.state import StudioState


class Looking:
    """Follows what is running until the user chooses; a choice stays until the next job is queued here."""

    def __init__(self, state: StudioState, pictures: Pictures) -> None:
        self.selected = 0
        self.opened = ""
        self.picked = ""
        self._state = state
        self._pictures = pictures
        self._following = True
        self._last_shown: tuple[tuple[int, str], Shown | None] = ((0, ""), None)

    def select(self, job_id: int, render_id: str = "") -> bool:
        """Look at this job, or at one picture of it; whether that is another one."""
        same = (job_id, render_id) == (self.selected, self.picked) and not self.opened
        if job_id not in self._state.jobs or same:
            return False
        self.opened = ""
        self.selected, self.picked, self._following = job_id, render_id, False
        return True

    @property
    def chosen(self) -> tuple[int, str]:
        """The job and picture that the user chose to look at; 0 and nothing where what runs is followed."""
        return (0, "") if self._following else (self.selected, self.picked)

    def open(self, path: str) -> None:
        """Look at a picture file, until a job is chosen or queued."""
        self.opened = path

    def newest(self, job_id: int) -> None:
        """Look at the job that was queued just now, and follow what runs from then on."""
        self.opened = ""
        self.selected, self.picked, self._following = job_id, "", True

    def follow(self) -> None:
        """Without a choice of the user's, look at what is running, else at the newest."""
        job = self.job
        if job is not None and (not self._following or not job.ended):
            return
        running = next((job.id for job in self._state.jobs.values() if job.state == "running"), 0)
        newest = max(self._state.jobs, default=0) if job is None else self.selected
        if self.selected != (running or newest):
            self.selected, self.picked = running or newest, ""

    @property
    def job(self) -> JobView | None:
        """The selected job; of one whose picture was picked, that picture alone."""
        job = self._state.jobs.get(self.selected)
        if job is None or not self.picked:
            return job
        return replace(job, renders=tuple(render for render in job.renders if render.id == self.picked) or job.renders)

    def picture(self, max_px: int) -> tuple[Shown | None, str]:
        """What there is to see of the selected job or the opened file, and the path to fetch for it (empty for none)."""
        if self.opened:
            return self._pictures.of_file(self.opened, max_px)
        job = self.job
        if job is None:
            return None, ""
        sketch = self._state.sketches.get(job.id)
        if sketch is not None and sketch.render_id not in {render.id for render in job.renders}:
            sketch = None
        shown, wanted = self._pictures.of(job, sketch, max_px)
        key = (job.id, self.picked)
        if shown is None and self._last_shown[0] == key:
            return self._last_shown[1], wanted
        self._last_shown = (key, shown)
        return shown, wanted

    @property
    def path(self) -> str:
        """The path of the opened file or of the selected job's picture; empty while it has none."""
        if self.opened:
            return self.opened
        render = self.render
        return render.path if render is not None and render.state == "done" else ""

    @property
    def render(self) -> RenderView | None:
        """The picture of the selected job that is shown; None without one."""
        job = self.job
        return self._pictures.render_of(job) if job is not None and job.renders else None
