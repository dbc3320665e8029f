"""What panes say; the screen hands it on to its presenter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from sdtui.ui.commands.table import PaneId

if TYPE_CHECKING:
    from sdtui.spec.model import ModelRecord
    from sdtui.spec.params import Scalar
    from sdtui.terminal.probe import Replies


class Written(Message):
    """The text of an editor is another one now."""

    def __init__(self, pane: PaneId, text: str) -> None:
        super().__init__()
        self.pane = pane
        self.text = text

    def can_replace(self, message: Message) -> bool:
        """Only the newest text counts."""
        return isinstance(message, Written) and message.pane == self.pane


class ParamSet(Message):
    """The user set a parameter; the value fits its field."""

    def __init__(self, name: str, value: Scalar) -> None:
        super().__init__()
        self.name = name
        self.value = value


class ParamReset(Message):
    """A parameter is to have its default again."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class ParamStepped(Message):
    """A field, or the checkpoint, is to take its value so many steps on, from whatever it is by then."""

    def __init__(self, name: str, steps: int) -> None:
        super().__init__()
        self.name = name
        self.steps = steps


class CheckpointChosen(Message):
    """The user chose a checkpoint by name; empty is the default one."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class VaeChosen(Message):
    """The user chose a VAE by name; empty is the one that goes with the checkpoint."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class RefinerChosen(Message):
    """The user chose a refiner by name; empty is none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class JobSelected(Message):
    """The cursor of the job list is on another job, or on one of its pictures (its `render_id`)."""

    def __init__(self, job_id: int, render_id: str = "") -> None:
        super().__init__()
        self.job_id = job_id
        self.render_id = render_id

    def can_replace(self, message: Message) -> bool:
        """Only the newest place of the cursor counts."""
        return isinstance(message, JobSelected)


class CancelWanted(Message):
    """A job is to be taken back."""

    def __init__(self, job_id: int) -> None:
        super().__init__()
        self.job_id = job_id


class RetryWanted(Message):
    """A job's failed and cancelled pictures are to be tried again."""

    def __init__(self, job_id: int) -> None:
        super().__init__()
        self.job_id = job_id


class HoldWanted(Message):
    """A job's waiting pictures are to be kept back, or let on."""

    def __init__(self, job_id: int, *, held: bool) -> None:
        super().__init__()
        self.job_id = job_id
        self.held = held


class MoveWanted(Message):
    """A job is to come so many jobs later, or earlier when negative."""

    def __init__(self, job_id: int, by: int) -> None:
        super().__init__()
        self.job_id = job_id
        self.by = by


class UseWanted(Message):
    """What a job, or one picture of it, was made from is to be in the form."""

    def __init__(self, job_id: int, render_id: str = "") -> None:
        super().__init__()
        self.job_id = job_id
        self.render_id = render_id


class DetailsWanted(Message):
    """Everything about a job, or one picture of it, is to be told."""

    def __init__(self, job_id: int, render_id: str = "") -> None:
        super().__init__()
        self.job_id = job_id
        self.render_id = render_id


class ParamsReset(Message):
    """Every parameter is to have its default again."""


class ModelUsed(Message):
    """A model is to be loaded, or put into a prompt or taken out of it; `reason` says why it cannot, or is empty."""

    def __init__(self, record: ModelRecord, reason: str, *, negative: bool) -> None:
        super().__init__()
        self.record = record
        self.reason = reason
        self.negative = negative


class RescanWanted(Message):
    """The model folders are to be looked through again."""


class ThumbnailsWanted(Message):
    """The history shows these pictures now: those that are not here are to be read, none larger than `max_px`."""

    def __init__(self, paths: tuple[str, ...], max_px: int) -> None:
        super().__init__()
        self.paths = paths
        self.max_px = max_px

    def can_replace(self, message: Message) -> bool:
        """Only what is shown now counts."""
        return isinstance(message, ThumbnailsWanted)


class PaneWanted(Message):
    """A pane is to be shown and have the focus."""

    def __init__(self, pane: PaneId) -> None:
        super().__init__()
        self.pane = pane


class TerminalGone(Message):
    """There is nobody to see or type anything any more."""


class TerminalReplied(Message):
    """The terminal answered: everything it said so far, and how many writes it has reported as drawn."""

    def __init__(self, replies: Replies, status_reports: int) -> None:
        super().__init__()
        self.replies = replies
        self.status_reports = status_reports


class Told(Message):
    """There is a sentence to show about what was just asked for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class EditorWanted(Message):
    """A text is to be edited in the user's own editor."""

    def __init__(self, pane: PaneId) -> None:
        super().__init__()
        self.pane = pane


class DrawsWanted(Message):
    """What pictures would draw from the text is to be seen."""

    def __init__(self, pane: PaneId) -> None:
        super().__init__()
        self.pane = pane


class SelectionWanted(Message):
    """A part of an editor's text, from `start` to `end`, is to become a wildcard."""

    def __init__(self, pane: PaneId, start: int, end: int) -> None:
        super().__init__()
        self.pane = pane
        self.start = start
        self.end = end


class WildcardShown(Message):
    """A wildcard is to be seen in its room."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class WildcardWanted(Message):
    """The file of a wildcard is to be edited."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
