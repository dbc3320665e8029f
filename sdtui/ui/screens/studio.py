"""The studio: prompts, parameters, jobs, preview, log. Its presenter speaks to the client."""

from __future__ import annotations

import asyncio
import gc
import importlib
import time
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.events import ScreenResume

from sdtui.ui.client import OpenClient
from sdtui.ui.commands.bindings import bindings
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import PaneId
from sdtui.ui.panes.jobs import JobsPane
from sdtui.ui.panes.log import LogPane
from sdtui.ui.panes.parameters import ParametersPane
from sdtui.ui.panes.preview import PreviewPane
from sdtui.ui.panes.prompt import PromptPane
from sdtui.ui.screens.choosing import ChoosingScreen
from sdtui.ui.screens.viewing import ToTerminal
from sdtui.ui.screens.watching import WatchingScreen
from sdtui.ui.widgets.line import Line
from sdtui.ui.writing.language import Language

if TYPE_CHECKING:
    from sdtui.ui.config import StudioConfig
    from sdtui.ui.standpoint import Standpoint
    from sdtui.ui.state import Part

PICTURE_PX = 512
"""The longer side of a finished picture as it is asked for."""


class Setup(NamedTuple):
    """What the studio is given: how to connect, configuration, keys, sentences to begin with, and a picture to show first."""

    open_client: OpenClient
    config: StudioConfig
    keys: Keys
    problems: Sequence[str]
    opened: str = ""


class StudioScreen(ChoosingScreen, WatchingScreen):
    """Starts, attaches and closes, and hands data down to the panes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("studio")]

    def __init__(self, setup: Setup, to_terminal: ToTerminal) -> None:
        super().__init__(setup.keys, setup.config.viewer, to_terminal)
        self._setup = setup
        self.names_for_pictures = setup.config.preview.protocol in {"ascii", "off"}
        self.loaded = False

    # life

    def on_mount(self) -> None:
        """Everything that takes time comes after the first paint."""
        self.call_after_refresh(self.run_worker, self._start(), group="start")

    def on_screen_resume(self, event: ScreenResume) -> None:
        """This screen is on top, for the first time or again."""
        if self._presenter is None:
            # Everything was styled when it was mounted, a moment ago: once more would cost the first paint 4 %.
            event.refresh_styles = False

    async def _start(self) -> None:
        try:
            await self._begin()
        except NoMatches:
            if self.is_standing:
                raise

    async def _begin(self) -> None:
        await asyncio.to_thread(importlib.import_module, "sdtui.ui.presenter")
        from sdtui.ui.presenter import StudioPresenter
        from sdtui.ui.state import EVERYTHING

        presenter = StudioPresenter(self._setup.open_client, self)
        self._presenter = presenter
        self._take_texts()
        self.run_worker(presenter.run(), group="connection")
        self.run_worker(presenter.keep_draft(), group="draft")
        self.run_worker(presenter.tick(), group="tick")
        self.grant_wishes(presenter)
        for problem in self._setup.problems:
            presenter.complain(problem)
        await self.furnish()
        self.studio_changed(EVERYTHING)
        await self.open_terminal(self._setup.config.preview.protocol)
        if self._setup.opened:
            presenter.open(self._setup.opened)
            self.go("preview")
        self._language = Language([*self.query(PromptPane)], self._setup.keys.shown("fix"))
        await self._language.start(self.run_worker)
        self._tell_language()
        self._language.show_job(presenter.looking.job)
        await self.start_writing(self._setup.config.completion)
        self.loaded = True
        gc.freeze()
        gc.enable()

    async def close(self) -> None:
        """Save what was typed, and leave nothing of a picture on the screen; jobs go on."""
        self.take_pictures_away()
        await self.settle_room()
        if self._presenter is not None:
            self._take_texts()
            await self._presenter.close()

    @property
    def would_lose(self) -> bool:
        """What was typed here is known nowhere else."""
        self._take_texts()
        return self._presenter is not None and self._presenter.would_lose

    # what the presenter says

    def studio_changed(self, parts: frozenset[Part]) -> None:
        """Hand down what changed."""
        presenter = self._presenter
        if presenter is None or not self.is_standing:
            return
        if "form" in parts:
            form = presenter.form.data()
            self.query_one(ParametersPane).show(form)
            for editor in self.query(PromptPane):
                editor.read_as(marked=form.value("emphasis") != "None")
            self._tell_language()
            self.tell_vocabulary()
        state = presenter.state
        if "jobs" in parts and state.known:
            looking = presenter.looking
            self.query_one(JobsPane).show(
                tuple(state.jobs.values()),
                state.positions(),
                looking.selected,
                picked=looking.picked,
                held=state.queue.held,
            )
            self.query_one(LogPane).look_at(looking.selected)
        if "jobs" in parts and self._language is not None:
            self._language.show_job(presenter.looking.job)
        if "log" in parts:
            self.query_one(LogPane).show(state.log, presenter.looking.selected)
        if parts & {"picture", "jobs"}:
            from sdtui.ui.showing.caption import caption

            shown = presenter.picture(PICTURE_PX)
            self.query_one(PreviewPane).show(
                shown,
                caption(presenter.looking.job, shown, self._setup.keys.shown("generate"), presenter.looking.opened),
            )
        self.show_choices(parts)
        if parts & {"workers", "jobs", "form"}:
            self.connection_changed()

    def _tell_language(self) -> None:
        """What prompts are judged by may be something else."""
        if self._language is not None and self._presenter is not None:
            form, state = self._presenter.form.data(), self._presenter.state
            family = form.record.family if form.record is not None else ""
            steps, backtrack = int(form.value("steps")), int(form.value("comma_backtrack"))
            self._language.know(state.models or None, family=family, steps=steps, comma_backtrack=backtrack)

    def connection_changed(self) -> None:
        """Show how things stand."""
        if self._presenter is not None and self.is_standing:
            from sdtui.ui.statusline import status_line

            presenter = self._presenter
            checkpoint = presenter.draft.document.checkpoint
            line = status_line(presenter.state, checkpoint, presenter.connection.sentence, time.time())
            self.query_one("#status", Line).show(line)

    def document_changed(self) -> None:
        """Show the document, which came from elsewhere."""
        if self._presenter is not None:
            document = self._presenter.draft.document
            self.editor("prompt").put(document.prompt, go_on=True)
            self.editor("negative").put(document.negative_prompt, go_on=True)
            self.studio_changed(frozenset({"form"}))

    def edit_logs(self) -> dict[PaneId, str]:
        """The undo histories of the editors, whose texts the draft has from now on."""
        self._take_texts()
        return {editor.pane: editor.edit_log() for editor in self.query(PromptPane)}

    def resume_edits(self, pane: PaneId, log: str) -> None:
        """Let an editor's undo go on where a log ends, if it is about the editor's text."""
        self.editor(pane).resume(log)

    def standpoint(self) -> Standpoint:
        """Which panes are seen, what is unfolded, where the cursors are."""
        from sdtui.ui.standpoint import Standpoint

        cursors: dict[str, int] = {editor.pane: editor.cursor_offset for editor in self.query(PromptPane)}
        unfolded = tuple(section for form in self.query(ParametersPane) for section in form.unfolded)
        return Standpoint(panes=(*self._recent,), unfolded=unfolded, cursors=cursors)

    def take_standpoint(self, standpoint: Standpoint) -> None:
        """Show it as it was, unless the user has begun to type."""
        self.query_one(ParametersPane).unfold(standpoint.unfolded)
        if self._to_terminal.keystrokes.any or self._setup.opened:
            return
        self.show_recent(standpoint.panes)
        for editor in self.query(PromptPane):
            editor.move_cursor(editor.location_of(min(standpoint.cursors.get(editor.pane, 0), len(editor.text))))

    def document_taken(self) -> None:
        """Show the document, which the user took from elsewhere and can undo."""
        if self._presenter is not None:
            document = self._presenter.draft.document
            self.editor("prompt").take(document.prompt)
            self.editor("negative").take(document.negative_prompt)
            self.studio_changed(frozenset({"form"}))

    def complain(self, text: str) -> None:
        """Show a sentence about what went wrong, and keep it in the log."""
        if self._presenter is not None:
            self._presenter.complain(text)

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run this on the event loop."""
        self.run_worker(work)
