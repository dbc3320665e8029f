"""The room of wildcards: the tree of files, the values of one, and what can be done with them."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
from typing import ClassVar

from textual.binding import BindingType

from sdtui.spec.wildcard import Draws
from sdtui.ui.commands.bindings import bindings
from sdtui.ui.commands.table import COMMANDS
from sdtui.ui.rooms.asking import AskScreen
from sdtui.ui.rooms.values import ValuesEditor
from sdtui.ui.rooms.wildcard_shelf import Made, file_name, name_problem, uses_line
from sdtui.ui.rooms.wildcard_tree import Node, parent_of
from sdtui.ui.rooms.wildcard_view import WildcardView
from sdtui.ui.text import one_line

SEEDS = 2**31
TREE_ACTIONS = frozenset(command.action for command in COMMANDS if command.place == "wildcards")


class WildcardsRoom(WildcardView):
    """What keys do; those of the tree do nothing while the text has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("wildcards")]
    _leaving = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The tree's commands work beside the tree alone."""
        if action in TREE_ACTIONS and self.here == "wildcard":
            return False
        return super().check_action(action, parameters)

    def on_values_editor_wanted(self, message: ValuesEditor.Wanted) -> None:
        """Something is to be done with the text."""
        match message.what:
            case "save":
                self._save(told=True)
            case "leave":
                self.set_focus(self._tree)
            case "draw":
                line = self._values.line_here
                self._draw(line if line and not line.startswith("#") else self._template())
            case _:
                self._save()
                self._edit(self._file)

    # commands

    async def action_do_open_values(self) -> None:
        """To the text, before the next key is looked at; on a folder: fold or unfold it."""
        node = self._node
        if node is not None and node.kind == "folder":
            self._fold(node, folded=not node.folded)
        elif node is not None:
            if self._file != node.file:
                await self._open(node.file)
            if self._file == node.file:
                self.set_focus(self._values)

    def action_do_unfold_wildcards(self) -> None:
        """Show what is in the folder."""
        node = self._node
        if node is not None and node.inner:
            self._fold(node, folded=False)

    def action_do_fold_wildcards(self) -> None:
        """Show the folder, or the one that the row is in, as one line."""
        node = self._node
        if node is not None and (not node.inner or node.folded):
            parent = parent_of(node)
            node = next((each for each in self._tree_nodes if each.id == parent), None)
        if node is not None:
            self._tree.action_move_to(self._tree_nodes.index(node))
            self._fold(node, folded=True)

    def _fold(self, node: Node, *, folded: bool) -> None:
        self._folded = self._folded | {node.id} if folded else self._folded - {node.id}
        self._relist()

    def action_do_new_wildcard(self) -> None:
        """Ask for a name, and make a file."""
        node = self._node
        folder = (node.id if node.kind == "folder" else parent_of(node)) if node is not None else ""
        start = folder if folder.endswith("/") else ""

        def make(name: str | None) -> None:
            if name is not None:
                self._do(self._shelf.make(file_name(name)), write=True)

        hint = "A name such as animals/tame   Enter makes it   Esc leaves"
        self.app.push_screen(AskScreen("New wildcard", start, name_problem, hint), make)

    def action_do_rename_wildcard(self) -> None:
        """Ask for another name or folder."""
        node = self._node
        if node is None or not node.file:
            self.say("Go to a file: folders are named by the files in them.")
            return

        def rename(name: str | None) -> None:
            if name is not None and file_name(name) != node.file:
                self._do(self._renamed(node, file_name(name)))

        self.app.push_screen(AskScreen(f"Rename '{one_line(node.file)}'", node.file, name_problem), rename)

    async def _renamed(self, node: Node, new: str) -> Made:
        uses = await self._shelf.uses(node.wildcard) if node.wildcard else None
        made = await self._shelf.rename(node.file, new)
        named = uses is not None and (uses.presets or uses.wildcards or uses.draft)
        before = f" {uses_line(uses)} by its name before." if uses is not None and named else ""
        return made._replace(said=made.said + before)

    def action_do_remove_wildcard(self) -> None:
        """Delete the file; it can be brought back."""
        node = self._node
        if node is not None and node.file:
            self._do(self._shelf.remove(node.file), undo=True)
        else:
            self.say("Go to a file: a folder goes with the last file in it.")

    def action_do_undo_wildcards(self) -> None:
        """Take back what was done last."""
        self._do(self._shelf.undo())

    def action_do_edit_values_outside(self) -> None:
        """Edit the file in the user's own editor."""
        node = self._node
        if node is not None and node.file:
            self._edit(node.file)

    def _edit(self, file: str) -> None:
        path = self._shelf.path_of(file)
        wrong = self._studio.edit(path) if path else "It is not known where the file is."
        self.say(wrong or f"{file} is as it was left.", error=bool(wrong))
        self.folder_changed("wildcards")

    def action_do_draw_values(self) -> None:
        """Show what pictures would draw."""
        self._draw(self._template())

    def _template(self) -> str:
        node = self._node
        if node is None:
            return ""
        inner = f"{node.id}*" if node.kind == "folder" else node.wildcard
        return f"__{inner}__" if inner else ""

    def _draw(self, template: str) -> None:
        from sdtui.ui.screens.draws import DrawsScreen

        if not template:
            self.say("Go to a wildcard: this file holds none that could be drawn.")
            return

        async def draw(count: int, seed: int) -> Draws:
            return await self._shelf.draws(template, count, seed)

        self.app.push_screen(DrawsScreen(draw, self._insert, self._keys, secrets.randbelow(SEEDS)))

    def action_do_insert_wildcard(self) -> None:
        """Put its name into the prompt."""
        template = self._template()
        if template:
            self._insert(template)
        else:
            self.say("Go to one of the wildcards in it.")

    def _insert(self, text: str) -> None:
        self._studio.insert(text)
        self.action_leave()

    def action_do_filter_wildcards(self) -> None:
        """What is typed next is the filter."""
        self._tree.start_filter()

    def action_leave(self) -> None:
        """Back to the studio; what could not be written is said once."""
        if self._shelf.unsaved and not self._leaving:
            self._leaving = True
            files = ", ".join(map(one_line, self._shelf.unsaved))
            self.say(f"Not saved: {files}. Esc again leaves; it is kept here until the studio ends.", error=True)
            return
        super().action_leave()

    # what comes of it

    def _do(self, work: Awaitable[Made], *, undo: bool = False, write: bool = False) -> None:
        self.run_worker(self._done(work, undo=undo, write=write), group="work")

    async def _done(self, work: Awaitable[Made], *, undo: bool, write: bool) -> None:
        made = await self._said(work)
        if made is None or not self.is_open:
            return
        if made.before:
            self.called_otherwise(made.before, made.file)
        await self._read()
        self._folded = frozenset(each for each in self._folded if not made.file.startswith(each))
        self._relist()
        files = [node.id for node in self._tree_nodes]
        if made.file in files and self.here == "wildcards":
            self._tree.action_move_to(files.index(made.file))
            await self._look_at(self._node)
        if write and self._file == made.file:
            self.set_focus(self._values)
        if made.said:
            self.say(f"{made.said} {self._keys.shown('undo-wildcards')} brings it back." if undo else made.said)
