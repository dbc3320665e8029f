"""What is at hand beside the studio: presets and wildcards, each in a room of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sdtui.errors import SdtuiError, UsageError
from sdtui.ui.messages import SelectionWanted, WildcardShown
from sdtui.ui.screens.writing import WritingScreen

if TYPE_CHECKING:
    from sdtui.ui.commands.table import PaneId
    from sdtui.ui.presenter import StudioPresenter
    from sdtui.ui.rooms.frame import FramedRoom
    from sdtui.ui.rooms.preset_shelf import PresetShelf
    from sdtui.ui.rooms.wildcard_shelf import WildcardShelf
    from sdtui.ui.view import StudioView


class ShelvingScreen(WritingScreen):
    """Opens the rooms, and tells them what changed; what they know of outlives their being open."""

    _presets: PresetShelf | None = None
    _wildcards: WildcardShelf | None = None
    _room: FramedRoom | None = None

    def folder_changed(self, folder: str) -> None:
        """Presets or wildcards were changed, by whomever."""
        if folder == "wildcards":
            self.run_worker(self.read_wildcards(), group="wildcards")
        if self._room is not None and self._room.is_attached:
            self._room.folder_changed(folder)

    async def settle_room(self) -> None:
        """Have the room that is open keep what is written in it."""
        if self._room is not None and self._room.is_attached:
            await self._room.settle()

    def open_room(self, room: FramedRoom) -> None:
        """Show a room over the studio."""
        self._room = room
        self.app.push_screen(room)

    def _edit_file(self, path: str) -> str:
        """Have a file edited outside; what went wrong, in a sentence."""
        from sdtui.ui.writing.external import edit_file, editor_command

        try:
            if not Path(path).is_file():
                raise UsageError("The file is not on this machine, only the server's.", where=path)
            edit_file(Path(path), editor_command(), self._run_outside)
        except SdtuiError as error:
            return str(error)
        return ""

    # presets

    def action_do_presets(self) -> None:
        """Go to the presets."""
        self._with_presenter(lambda presenter: self._open_presets(presenter, saving=False))

    def action_do_save_preset(self) -> None:
        """Save what is set up, or a part of it."""
        self._with_presenter(lambda presenter: self._open_presets(presenter, saving=True))

    def action_do_undo_preset(self) -> None:
        """Take back what the preset applied last has changed."""
        self._with_presenter(lambda presenter: self._shelve(lambda: self._preset_shelf(presenter).undo(applied=True)))

    def _open_presets(self, presenter: StudioPresenter, *, saving: bool) -> None:
        from sdtui.ui.rooms.presets import PresetsRoom, Studio

        if self.app.screen is not self:
            return
        self._take_texts()
        studio = Studio(presenter.form.data, self.say, self._edit_file)
        self.open_room(PresetsRoom(self._preset_shelf(presenter), studio, self._keys, saving=saving))

    def _preset_shelf(self, presenter: StudioPresenter) -> PresetShelf:
        if self._presets is None:
            from sdtui.ui.rooms.preset_shelf import PresetShelf

            view = cast("StudioView", self)
            self._presets = PresetShelf(presenter.connection, presenter.draft, view.document_taken)
        return self._presets

    # wildcards

    def action_do_wildcards(self) -> None:
        """Go to the wildcards."""
        self._with_presenter(lambda presenter: self._open_wildcards(presenter, ""))

    def on_wildcard_shown(self, message: WildcardShown) -> None:
        """Go to one of them, or to the first."""
        self._with_presenter(lambda presenter: self._open_wildcards(presenter, message.name))

    def _open_wildcards(self, presenter: StudioPresenter, name: str) -> None:
        from sdtui.ui.rooms.wildcard_view import Studio
        from sdtui.ui.rooms.wildcards import WildcardsRoom

        if self.app.screen is not self:
            return
        self._take_texts()
        studio = Studio(self._insert, self._edit_file)
        self.open_room(WildcardsRoom(self._wildcard_shelf(presenter), studio, self._keys, name))

    def _wildcard_shelf(self, presenter: StudioPresenter) -> WildcardShelf:
        if self._wildcards is None:
            from sdtui.ui.rooms.wildcard_shelf import WildcardShelf

            self._wildcards = WildcardShelf(presenter.connection)
        return self._wildcards

    def _insert(self, text: str) -> None:
        """Put a text into the prompt that was written in last, where its cursor is."""
        pane: PaneId = "negative" if self._recent[0] == "negative" else "prompt"
        editor = self.editor(pane)
        editor.replace_part(*editor.selected, text)
        self.go(pane)

    def on_selection_wanted(self, message: SelectionWanted) -> None:
        """A part of a prompt is to become a wildcard: ask how it is called."""
        from sdtui.ui.rooms.asking import AskScreen
        from sdtui.ui.rooms.selection import values_of
        from sdtui.ui.rooms.wildcard_shelf import file_name, list_name_problem

        text = self.editor(message.pane).text
        try:
            values = values_of(text[message.start : message.end])
        except SdtuiError as error:
            self.say(str(error), error=True)
            return

        def make(name: str | None) -> None:
            if name is not None:
                self._with_presenter(
                    lambda presenter: self._shelve(
                        lambda: self._made(presenter, message, text, values, file_name(name))
                    )
                )

        title = f"Wildcard of {len(values)} value{'' if len(values) == 1 else 's'}"
        self.app.push_screen(AskScreen(title, "", list_name_problem, "A name such as colours   Esc leaves"), make)

    async def _made(
        self, presenter: StudioPresenter, wanted: SelectionWanted, text: str, values: tuple[str, ...], file: str
    ) -> str:
        """Write the file, then put its name in place of the selection, if that is still there."""
        made = await self._wildcard_shelf(presenter).make(file, "".join(f"{value}\n" for value in values))
        editor, name = self.editor(wanted.pane), file.rpartition(".")[0]
        if editor.text != text:
            return f"{made.said} The prompt was changed meanwhile: write __{name}__ yourself."
        editor.replace_part(wanted.start, wanted.end, f"__{name}__")
        return f"{made.said} The prompt has __{name}__ in its place."

    def _shelve(self, work: Callable[[], Awaitable[str]]) -> None:
        """Do it, after what is typed is taken over; what came of it, or why not, is said."""
        self._take_texts()
        self.run_worker(self._shelved(work), group="shelves")

    async def _shelved(self, work: Callable[[], Awaitable[str]]) -> None:
        try:
            self.say(await work())
        except SdtuiError as error:
            self.say(str(error), error=True)
