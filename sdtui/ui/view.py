"""The screen, as its presenter sees it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Protocol

from sdtui.spec.event import FilesChanged, WatchesChanged
from sdtui.ui.commands.table import PaneId
from sdtui.ui.state import Part

if TYPE_CHECKING:
    from sdtui.ui.standpoint import Standpoint


class StudioView(Protocol):
    """The screen, as its presenter sees it."""

    def studio_changed(self, parts: frozenset[Part]) -> None:
        """Something of the state is to be shown anew."""

    def document_changed(self) -> None:
        """The document is another one, and not because the user typed here."""

    def document_taken(self) -> None:
        """The document is another one because the user took it from elsewhere: the editors can undo it."""

    def folder_changed(self, folder: str) -> None:
        """Presets or wildcards were changed, by whomever."""

    def watching_changed(self, event: WatchesChanged | FilesChanged | None) -> None:
        """Watched folders or files stand otherwise than before; None: anything may, the connection is a new one."""

    def edit_logs(self) -> dict[PaneId, str]:
        """The undo histories of the editors, whose texts the draft has from now on."""

    def resume_edits(self, pane: PaneId, log: str) -> None:
        """Let an editor's undo go on where a log ends, if it is about the editor's text."""

    def standpoint(self) -> Standpoint:
        """Which panes are seen, what is unfolded, where the cursors are."""

    def take_standpoint(self, standpoint: Standpoint) -> None:
        """Show it as it was, unless the user has begun to type."""

    def connection_changed(self) -> None:
        """The sentence about the connection is another one."""

    def job_queued(self, job_id: int, count: int) -> None:
        """A job of so many pictures was queued from here."""

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a sentence."""

    def complain(self, text: str) -> None:
        """Show a sentence about what went wrong, and keep it in the log."""

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run this on the event loop."""
