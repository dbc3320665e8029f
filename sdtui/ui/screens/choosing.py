"""What models, history and form offer to choose from, taken to the chooser and into the prompts."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.widgets.text_area import Selection

from sdtui.ui.messages import ModelUsed, ParamsReset, RescanWanted, ThumbnailsWanted, Written
from sdtui.ui.screens.browsing import BrowsingScreen

if TYPE_CHECKING:
    from sdtui.prompt.calling import Called
    from sdtui.spec.model import ModelRecord
    from sdtui.ui.choosing import Chooser
    from sdtui.ui.commands.table import PaneId
    from sdtui.ui.panes.history import HistoryPane
    from sdtui.ui.panes.models import ModelsPane
    from sdtui.ui.state import Part
    from sdtui.ui.view import StudioView

IN_PROMPTS = frozenset({"lora", "hypernetwork", "embedding"})


class ChoosingScreen(BrowsingScreen):
    """The panes that are mounted late get their data here, when they are there."""

    _chooser: Chooser | None = None
    _wanted: tuple[tuple[str, ...], int] = ((), 0)
    _reading = False
    names_for_pictures = False

    def show_choices(self, parts: frozenset[Part]) -> None:
        """Hand down what changed to the panes that are there."""
        super().show_choices(parts)
        presenter = self._presenter
        if presenter is None or not presenter.state.known:
            return
        for pane in self._models:
            if "form" in parts:
                pane.show(presenter.state.models, presenter.form.data().record, presenter.draft.document.vae)
        for strip in self._strips:
            if "jobs" in parts:
                strip.show(presenter.state.jobs.values(), self._choosing().thumbnails.of, plain=self._without_colours)

    async def furnish(self) -> None:
        """Mount the late panes, and show what is there."""
        await super().furnish()
        self.show_choices(frozenset({"form", "jobs"}))
        for pane in self._models:
            for name in ("prompt", "negative"):
                pane.note_text(name, self.editor(name).text)

    def on_written(self, message: Written) -> None:
        """A prompt is another one: other models may be in it."""
        for pane in self._models:
            pane.note_text(message.pane, message.text)
        self.tell_browser()

    # models

    def on_model_used(self, message: ModelUsed) -> None:
        """A model is to be loaded, or put into a prompt."""
        self._choose(lambda chooser: self._use_model(chooser, message))

    def _use_model(self, chooser: Chooser, message: ModelUsed) -> None:
        from sdtui.ui.writing.tagging import names_in

        record = message.record
        pane: PaneId = "negative" if message.negative else "prompt"
        if record.kind in IN_PROMPTS:
            # What is in a prompt already can be taken out, whether it fits or not.
            if not message.reason or names_in(self.editor(pane).text, record, chooser.called(record.kind)):
                self._toggle(pane, record, chooser.called(record.kind))
                return
        elif record.kind == "checkpoint" and not message.reason:
            chooser.load(record)
            return
        elif record.kind == "vae" and not message.reason:
            chooser.take_vae(record)
            return
        chooser.refuse(record, message.reason)

    def _toggle(self, pane: PaneId, record: ModelRecord, called: Called) -> None:
        """Put the model into an editor where its cursor is, or take it out; one undo brings the text back."""
        from sdtui.ui.writing.tagging import toggled

        editor = self.editor(pane)
        text = editor.text
        lines = text.split("\n")
        row, column = editor.selection.end
        at = sum(len(line) + 1 for line in lines[:row]) + column
        edits = toggled(text, at, record, called)
        editor.history.checkpoint()
        for edit in edits:
            start, end = (_location(text, place) for place in (edit.start, edit.end))
            editor.replace(edit.text, start, end, maintain_selection_offset=not edit.added)
        editor.history.checkpoint()
        if edits and edits[0].added:
            after = _location(editor.text, edits[0].start + len(edits[0].text))
            editor.selection = Selection(after, after)
        where = "the negative prompt" if pane == "negative" else "the prompt"
        self.say(
            f"{record.name} is {'in' if edits[0].added else 'out of'} {where}{'' if edits[0].added else ' again'}."
        )

    def on_rescan_wanted(self, message: RescanWanted) -> None:
        """The model folders are to be looked through again."""
        self._choose(lambda chooser: chooser.rescan())

    # sizes and defaults

    def action_do_swap_sides(self) -> None:
        """Swap width and height."""
        self._choose(lambda chooser: chooser.swap_sides())

    def action_do_next_aspect(self) -> None:
        """The next aspect preset."""
        self._choose(lambda chooser: chooser.next_aspect())

    def on_params_reset(self, message: ParamsReset) -> None:
        """Every parameter's default again."""
        self._choose(lambda chooser: chooser.reset_form())

    # history

    def on_thumbnails_wanted(self, message: ThumbnailsWanted) -> None:
        """Read what the history shows, one after another."""
        self._wanted = (message.paths, message.max_px)
        if not self._reading and self._chooser is not None:
            self._reading = True
            self.run_worker(self._read_thumbnails(), group="thumbnails")

    async def _read_thumbnails(self) -> None:
        await asyncio.to_thread(importlib.import_module, "PIL.Image")
        thumbnails = self._chooser.thumbnails if self._chooser is not None else None
        try:
            while thumbnails is not None and (missing := thumbnails.missing(self._wanted[0])):
                if not await thumbnails.read(missing[0], self._wanted[1]):
                    break
                for strip in self._strips:
                    strip.refresh()
        finally:
            self._reading = False

    @property
    def _models(self) -> list[ModelsPane]:
        """The pane, once it is there."""
        from sdtui.ui.panes.models import ModelsPane

        return [*self.query(ModelsPane)]

    @property
    def _strips(self) -> list[HistoryPane]:
        """The pane, once it is there."""
        from sdtui.ui.panes.history import HistoryPane

        return [*self.query(HistoryPane)]

    @property
    def _without_colours(self) -> bool:
        """Pictures cannot be made of coloured characters here."""
        return self.names_for_pictures or self.app.no_color or self.app.console.color_system not in {"truecolor", "256"}

    def _choosing(self) -> Chooser:
        if self._chooser is None:
            from sdtui.ui.choosing import Chooser

            assert self._presenter is not None
            # Only a screen that is a view has a presenter.
            self._chooser = Chooser(self._presenter, cast("StudioView", self))
        return self._chooser

    def _choose(self, act: Callable[[Chooser], None]) -> None:
        self._with_presenter(lambda _: act(self._choosing()))


def _location(text: str, index: int) -> tuple[int, int]:
    """Row and column of a place in a text."""
    before = text[:index]
    return before.count("\n"), index - (before.rfind("\n") + 1)
