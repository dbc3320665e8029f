"""How a command shows a job's progress: a bar on a terminal, plain lines elsewhere, JSON lines for programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from sdtui.cli.say import note, say
from sdtui.spec.event import Chore, LogLine, Noted, Preview, Published, WorkerState

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from sdtui.spec.jobview import JobView


class Display(Protocol):
    """Shows one job from its submission to its end."""

    def start(self, job: JobView) -> None:
        """The job was queued."""

    def show(self, noted: Noted, job: JobView) -> None:
        """Something happened; `job` is how it stands now."""

    def tell(self, text: str) -> None:
        """A sentence that is no event."""

    def close(self) -> None:
        """Nothing more comes; raise nothing."""


class JsonLines:
    """Every event as a line of JSON on standard output, previews left out."""

    def start(self, job: JobView) -> None:
        """The job was queued."""
        from sdtui.cli.json_lines import job_line

        say(job_line(job))

    def show(self, noted: Noted, job: JobView) -> None:
        """Something happened."""
        from sdtui.cli.json_lines import line

        if not isinstance(noted.event, Preview):
            say(line(noted))

    def tell(self, text: str) -> None:
        """A sentence that is no event."""
        note(text)

    def close(self) -> None:
        """Nothing more comes."""


class Lines:
    """A line on standard error where a person wants to know; a path on standard output for each picture."""

    def __init__(self) -> None:
        self._loading: set[tuple[str, str]] = set()

    def start(self, job: JobView) -> None:
        """The job was queued."""
        self.tell(f"Job {job.id}: {count_of(job)}, seed {job.renders[0].seed}.")

    def show(self, noted: Noted, job: JobView) -> None:
        """Something happened."""
        match noted.event:
            case Published(path=path):
                say(path)
            case LogLine(text=text):
                self.tell(text)
            case WorkerState(state="loading", device=device, checkpoint=model):
                if (device, model) not in self._loading and waits_for(job, model):
                    self._loading.add((device, model))
                    self.tell(f"Loading {model or 'the model'} on {device}.")
            case WorkerState(state="waiting" | "died", device=device, text=text):
                self._loading = {told for told in self._loading if told[0] != device}
                self.tell(f"{device}: {text}")
            case _:
                pass

    def tell(self, text: str) -> None:
        """A sentence that is no event."""
        note(text)

    def close(self) -> None:
        """Nothing more comes."""


class Bar(Lines):
    """The same with a progress bar below it."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress: RichProgress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task: TaskID | None = None

    def start(self, job: JobView) -> None:
        """The job was queued."""
        super().start(job)
        self._task = self._progress.add_task(f"Job {job.id}", total=1.0, detail="waiting")
        self._progress.start()

    def show(self, noted: Noted, job: JobView) -> None:
        """Something happened."""
        if isinstance(noted.event, Published | LogLine):
            self._progress.stop()
            super().show(noted, job)
            self._progress.start()
        if self._task is not None:
            self._progress.update(self._task, completed=job.progress, detail=_detail(noted, job))

    def tell(self, text: str) -> None:
        """A sentence that is no event."""
        was_live = self._progress.live.is_started
        self._progress.stop()
        super().tell(text)
        if was_live:
            self._progress.start()

    def close(self) -> None:
        """Nothing more comes."""
        self._progress.stop()


def choose_display(*, json: bool) -> Display:
    """The display that suits where the output goes."""
    if json:
        return JsonLines()
    return Bar() if sys.stderr.isatty() else Lines()


def count_of(job: JobView) -> str:
    """How many pictures a job has, in words."""
    return "1 picture" if len(job.renders) == 1 else f"{len(job.renders)} pictures"


def waits_for(job: JobView, model: str) -> bool:
    """Whether a job has not begun and may be waiting for this checkpoint, as far as its document says."""
    from sdtui.prompt.calling import without_suffix

    def bare(name: str) -> str:
        return without_suffix(name.replace("\\", "/").rpartition("/")[2]).casefold()

    wanted = job.document.checkpoint
    return job.state == "queued" and (not wanted or not model or bare(wanted) == bare(model))


def _share(progress: float | None) -> str:
    return f" {progress:.0%}" if progress is not None else ""


def _detail(noted: Noted, job: JobView) -> str:
    from sdtui.terminal.filter import clean_line

    event = noted.event
    running = [picture for picture in job.renders if picture.state == "running"]
    done = sum(picture.state == "done" for picture in job.renders)
    if isinstance(event, WorkerState) and job.state == "queued":
        return clean_line(f"{event.device} {event.text or event.state}{_share(event.progress)}")
    if isinstance(event, Chore) and not event.over and all(picture.step == picture.steps for picture in running):
        # The last picture is written when the hash of its model is known.
        return clean_line(f"{event.text}{_share(event.progress)}")
    if any(picture.cancelling for picture in running):
        return "cancelling after this step"
    if len(job.renders) == 1 and running:
        return f"step {running[0].step}/{running[0].steps}"
    return f"{done}/{len(job.renders)} pictures" if running or done else "waiting"
