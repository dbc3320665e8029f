"""What a renderer hands to the worker that drives it; never on a wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from sdtui.errors import SdtuiError
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile
from sdtui.spec.tuning import Tuning


class Begun(Struct, frozen=True, kw_only=True):
    """The first step of a render is about to run."""

    render: Render


class Stepped(Struct, frozen=True, kw_only=True):
    """A step is done; `batch` pictures shared the UNet call of `seconds`."""

    render: Render
    step: int
    steps: int
    batch: int
    seconds: float


class Sketched(Struct, frozen=True, kw_only=True):
    """A rough picture: width_px × height_px × 3 bytes of RGB."""

    render: Render
    step: int
    width_px: int
    height_px: int
    rgb: bytes


class Painted(Struct, frozen=True, kw_only=True):
    """The finished picture: width_px × height_px × 3 bytes of RGB; `notes` go to the job's log.

    `makeshift` says in a few words what a lack of memory changed about its pixels; it goes into the picture's record.
    `unread`: the words of embeddings that the checkpoint could not use, which the record does not name.
    """

    render: Render
    width_px: int
    height_px: int
    rgb: bytes
    seconds: float
    notes: tuple[str, ...] = ()
    makeshift: str = ""
    unread: tuple[str, ...] = ()


class Broken(Struct, frozen=True):
    """The render cannot be finished."""

    render: Render
    error: SdtuiError


class Left(Struct, frozen=True, kw_only=True):
    """The render was cancelled and is out of the batch."""

    render: Render


class Loading(Struct, frozen=True, kw_only=True):
    """A model is being loaded (`progress` 0..1 where known) or `state` says that it is.

    `held` are the paths of the checkpoints that are in memory, those on the device first; None where nothing is said of them.
    """

    state: Literal["loading", "ready", "rendering"]
    text: str = ""
    progress: float | None = None
    memory: int = 0
    checkpoint: str = ""
    held: tuple[str, ...] | None = None


Outcome = Begun | Stepped | Sketched | Painted | Broken | Left | Loading


class Renderer(Protocol):
    """Makes pictures a turn at a time; the worker calls it from one thread only.

    `add`, `cancel` and `warm` note the wish and return at once; the work happens in `turn`, which does at most one UNet
    call (or one model load) and returns what came out of it. A render's error comes out as Broken, never as an exception.
    """

    @property
    def device(self) -> str:
        """The device by name: cpu, cuda:0, mps."""

    def add(self, render: Render, *, alone: bool = False) -> None:
        """Take a render in; it joins at the next step."""

    def cancel(self, render_id: str) -> None:
        """Let a render go at the next turn; unknown ids are ignored."""

    def warm(self, checkpoint: ModelFile) -> None:
        """Load a checkpoint in a turn when nothing else is waiting."""

    def turn(self) -> Sequence[Outcome]:
        """Do one unit of work; empty when there was nothing to do."""

    @property
    def idle(self) -> bool:
        """Nothing is waiting, running or about to be decoded."""

    def release(self, *, keep: bool = False) -> None:
        """Give the device's memory back; with `keep` models may stay in the machine's. The next render brings them back."""

    def tune(self, tuning: Tuning) -> None:
        """Use the device like this from now on."""

    def forsake(self, render_id: str) -> None:
        """Called from any thread: nobody wants this render, so a long step made for it alone may be broken off.

        A `cancel` follows on the renderer's own thread.
        """
