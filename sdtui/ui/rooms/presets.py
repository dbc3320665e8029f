"""The room of presets: which there are, what each would change, and what can be done with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from sdtui.errors import SdtuiError
from sdtui.spec.preset import Preset
from sdtui.ui.commands.bindings import bindings, bound
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import Place
from sdtui.ui.form.form import FormData
from sdtui.ui.rooms.asking import AskScreen
from sdtui.ui.rooms.frame import FramedRoom
from sdtui.ui.rooms.preset_look import hint_lines, preset_lines, preset_row, problem_row, searched
from sdtui.ui.rooms.preset_rows import ChangeRows, PresetRows
from sdtui.ui.rooms.preset_shelf import PresetShelf, name_problem
from sdtui.ui.rooms.saving import SaveScreen, Wanted, choices, filled
from sdtui.ui.text import one_line
from sdtui.ui.widgets.rows import Rows

ASKING = "Asking the server for the presets…"
STYLE = "It is a row of styles.csv: e edits the file, c makes a preset's file of it."


class Studio(NamedTuple):
    """What the room needs of the studio: the form, a way to say things there, and a program that gets the terminal."""

    form: Callable[[], FormData]
    say: Callable[[str], None]
    edit: Callable[[str], str]


class PresetsRoom(FramedRoom):
    """A list on the left, what the chosen or the marked ones would change on the right.

    With `saving` it begins with the dialog for that, and ends with it.
    """

    here: Place = "presets"
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("presets"),
        bound("next-part", "other"),
        bound("previous-part", "other"),
    ]
    DEFAULT_CSS = """
    PresetsRoom #list { width: 40%; }
    PresetsRoom #changes { width: 60%; }
    """

    def __init__(self, shelf: PresetShelf, studio: Studio, keys: Keys, *, saving: bool = False) -> None:
        super().__init__(keys)
        self._shelf = shelf
        self._studio = studio
        self._saving = saving
        self._seen: list[Preset] = []
        self._told: list[Content] = []

    def compose_panes(self) -> ComposeResult:
        """The list, and the changes."""
        yield PresetRows(self._row, choosable=True, empty=ASKING, id="list")
        yield ChangeRows(lambda row, width: self._told[row], empty="", id="changes")

    def on_mount(self) -> None:
        """Show what is known, and ask for what there is now."""
        super().on_mount()
        self.query_one(PresetRows).refilter = self.show_presets
        self.query_one(ChangeRows).refold = self.show_changes
        self.show_presets()
        self.folder_changed("presets")
        if self._saving:
            self.call_after_refresh(self.action_do_save_state)

    # what is shown

    def folder_changed(self, folder: str) -> None:
        """Presets were changed, by whomever."""
        if folder == "presets":
            self.newest(self._read, "read")

    async def _read(self) -> None:
        await self._said(self._shelf.read())
        self.show_presets()

    def show_presets(self) -> None:
        """Show the list anew; the cursor stays on its preset."""
        if not self.is_open:
            return
        rows = self.query_one(PresetRows)
        before = self._here
        words = rows.words
        everything = (*self._shelf.presets, *map(problem_row, self._shelf.problems))
        self._seen = [each for each in everything if all(word in searched(each) for word in words)]
        rows.empty = ("None has all of these words." if words else "No presets yet.") if self._shelf.known else ASKING
        names = [preset.name for preset in self._seen]
        at = names.index(before.name) if before is not None and before.name in names else None
        rows.update(len(self._seen), at)
        self._show_title()
        self.show_changes()

    def _show_title(self) -> None:
        shelf = self._shelf
        broken = sum(preset.problem is not None for preset in shelf.presets) + len(shelf.problems)
        facts = [f"Presets · {len(shelf.presets)}"]
        facts += [f"{len(shelf.marked)} marked: {', '.join(map(one_line, shelf.marked))}"] if shelf.marked else []
        facts += [f"✗ {broken} cannot be used"] if broken else []
        self.title_says(" · ".join(facts))

    def show_changes(self) -> None:
        """Show what the marked presets, or the one under the cursor, would change."""
        rows, here = self.query_one(ChangeRows), self._here
        chosen = self._shelf.chosen(here.name) if here is not None else ()
        width = rows.scrollable_content_region.width
        self._told = []
        if here is not None and here.problem is not None:
            self._told = preset_lines(here, (), (here.name,), width)
        elif not chosen and self._shelf.known:
            self._told = hint_lines(self._keys.shown("save-state"), width)
        elif chosen:
            names = [preset.name for preset in chosen]
            self._told = preset_lines(chosen[0], self._shelf.changes(chosen), names, width)
        rows.border_title = "What would change" if len(chosen) < 2 else f"What {len(chosen)} presets would change"
        rows.update(len(self._told))

    def _row(self, number: int, width: int) -> Content:
        preset = self._seen[number]
        marked = self._shelf.marked
        return preset_row(preset, marked.index(preset.name) + 1 if preset.name in marked else 0, width)

    @property
    def _here(self) -> Preset | None:
        row = self.query_one(PresetRows).cursor
        return self._seen[row] if row is not None and row < len(self._seen) else None

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """Another preset is looked at."""
        if message.rows.id == "list":
            self.show_changes()

    # commands

    def action_do_apply_preset(self) -> None:
        """Lay the marked presets, or the one under the cursor, over what is set up, and go back."""
        here = self._here
        if here is None or not self.is_current:
            return
        try:
            said = self._shelf.apply(self._shelf.chosen(here.name))
        except SdtuiError as error:
            self.say(str(error), error=True)
            return
        undo = self._keys.shown("undo-preset")
        self.dismiss()
        self._studio.say(f"{said} {undo} takes it back." if undo and said.endswith("applied.") else said)

    def action_do_mark_preset(self) -> None:
        """Mark it, and go to the next one."""
        here = self._here
        if here is None:
            return
        if here.problem is not None:
            self.say("It cannot be used, so it cannot be applied.", error=True)
            return
        self._shelf.mark(here.name)
        rows = self.query_one(PresetRows)
        rows.refresh()
        rows.move(1)
        self._show_title()
        self.show_changes()

    def action_do_save_state(self) -> None:
        """Save what is set up, or a part of it."""
        form = self._studio.form()
        taken = {preset.name for preset in self._shelf.presets if preset.source == "file"}
        screen = SaveScreen(choices(form), name_problem, lambda name: name in taken)

        def save(wanted: Wanted | None) -> None:
            if wanted is not None:
                self._do(self._shelf.save(wanted.name, filled(form, wanted.fields), wanted.fields), wanted.name)
            elif self._saving:
                self.action_leave()
            self._saving = self._saving and wanted is not None

        self.app.push_screen(screen, save)

    def action_do_rename_preset(self) -> None:
        """Ask for another name."""
        here = self._file()
        if here is None:
            return

        def rename(name: str | None) -> None:
            if name is not None and name != here.name:
                self._do(self._shelf.rename(here, name), name)

        self.app.push_screen(AskScreen(f"Rename '{one_line(here.name)}'", here.name, name_problem), rename)

    def action_do_remove_preset(self) -> None:
        """Delete the file; it can be brought back."""
        here = self._file()
        if here is not None:
            self._do(self._shelf.remove(here), undo=True)

    def action_do_undo_presets(self) -> None:
        """Take back what was done last."""
        self._do(self._shelf.undo())

    def action_do_edit_preset(self) -> None:
        """Edit the file outside."""
        here = self._here
        if here is not None:
            said = self._studio.edit(here.path)
            self.say(said or f"'{here.name}' is as its file says.", error=bool(said))
            self.folder_changed("presets")

    def action_do_convert_style(self) -> None:
        """Make a preset's file of a style."""
        here = self._here
        if here is None or here.source != "styles" or here.problem is not None:
            self.say("Only a style of styles.csv is made a file.")
            return
        from sdtui.workspace.file_names import safe_name

        name = safe_name(here.name)
        self._do(self._shelf.convert(here, name), name)

    def action_do_filter_presets(self) -> None:
        """What is typed next is the filter."""
        self.set_focus(self.query_one(PresetRows))
        self.query_one(PresetRows).start_filter()

    def action_other(self) -> None:
        """To the other pane."""
        rows, changes = self.query_one(PresetRows), self.query_one(ChangeRows)
        self.set_focus(changes if rows.has_focus else rows)

    def _file(self) -> Preset | None:
        """The preset under the cursor, if it has a file of its own."""
        here = self._here
        if here is not None and here.source == "styles":
            self.say(STYLE, error=True)
            return None
        return here

    def _do(self, work: Awaitable[str], name: str = "", *, undo: bool = False) -> None:
        self.run_worker(self._done(work, name, undo=undo), group="work")

    async def _done(self, work: Awaitable[str], name: str, *, undo: bool) -> None:
        said = await self._said(work)
        self.show_presets()
        names = [preset.name for preset in self._seen]
        if said and name in names:
            self.query_one(PresetRows).action_move_to(names.index(name))
            self.show_changes()
        if said and self._saving:
            self._studio.say(said)
            self.action_leave()
        elif said:
            self.say(f"{said} {self._keys.shown('undo-presets')} brings it back." if undo else said)

    async def _said(self, work: Awaitable[str | None]) -> str:
        """What came of it; a refusal is said, and nothing came of it."""
        try:
            return await work or ""
        except SdtuiError as error:
            self.say(str(error), error=True)
            return ""
