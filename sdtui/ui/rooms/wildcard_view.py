"""What is seen in the room of wildcards: the tree, the text of the file that is looked at, who uses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import DescendantBlur, DescendantFocus

from sdtui.errors import SdtuiError, ServerError
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import Place
from sdtui.ui.messages import Told
from sdtui.ui.rooms.frame import FramedRoom
from sdtui.ui.rooms.values import Foot, TreeRows, ValuesEditor
from sdtui.ui.rooms.wildcard_shelf import Made, WildcardShelf, uses_line
from sdtui.ui.rooms.wildcard_tree import Node, leaves, tree_row, tree_rows
from sdtui.ui.text import editable, one_line
from sdtui.ui.widgets.rows import Rows

ASKING = "Asking the server…"
NONE = "No wildcards yet."
KEEP_EVERY_S = 1.0
"""So often the server is told of a text that is in no file yet: what a studio that is killed loses at most."""


class Studio(NamedTuple):
    """What the room needs of the studio: putting text into the prompt, and a program that gets the terminal."""

    insert: Callable[[str], None]
    edit: Callable[[str], str]


class WildcardView(FramedRoom):
    """`show` names the wildcard to begin with. A text that is left is written."""

    AUTO_FOCUS = "#tree"
    DEFAULT_CSS = """
    WildcardView #tree { width: 40%; max-width: 48; }
    WildcardsRoom Vertical { width: 1fr; }
    WildcardView #values { height: 1fr; }
    WildcardView #uses { background: $panel; }
    """

    def __init__(self, shelf: WildcardShelf, studio: Studio, keys: Keys, show: str = "") -> None:
        super().__init__(keys)
        self._shelf = shelf
        self._studio = studio
        self._show = show
        self._tree_nodes: list[Node] = []
        self._folded: frozenset[str] = frozenset()
        self._file = ""
        self._clean = ""
        self._kept = ""

    @property
    def here(self) -> Place:  # type: ignore[override]
        """Where the focus is."""
        return "wildcard" if isinstance(self.focused, ValuesEditor) else "wildcards"

    def compose_panes(self) -> ComposeResult:
        """The tree; the values, and who uses them."""
        yield TreeRows(self._row, choosable=True, empty=ASKING, id="tree")
        with Vertical():
            yield ValuesEditor()
            yield Foot(id="uses")

    def on_mount(self) -> None:
        """Show what is known, and ask for what there is now."""
        super().on_mount()
        self._tree.refilter = self._relist
        self._values.read_only = True
        self.set_interval(KEEP_EVERY_S, self._keep)
        if self._shelf.known:
            self._relist()
        self.folder_changed("wildcards")

    @property
    def _tree(self) -> TreeRows:
        return self.query_one(TreeRows)

    @property
    def _values(self) -> ValuesEditor:
        return self.query_one(ValuesEditor)

    # what is shown

    def folder_changed(self, folder: str) -> None:
        """Wildcards were changed, by whomever."""
        if folder == "wildcards":
            self.newest(self._read, "read")

    async def _read(self) -> None:
        try:
            await self._shelf.read()
        except SdtuiError as error:
            self.say(str(error), error=True)
            return
        self._relist()
        if self._file and self.here == "wildcard":
            await self._open(self._file)

    def _relist(self) -> None:
        found = leaves(self._shelf.wildcards, self._shelf.problems)
        before = self._node
        rows = self._tree
        self._tree_nodes = tree_rows(found, self._folded, rows.words)
        rows.empty = ("None has all of these words." if rows.words else NONE) if self._shelf.known else ASKING
        ids = [node.id for node in self._tree_nodes]
        at = ids.index(before.id) if before is not None and before.id in ids else None
        if self._show:
            wanted = self._show.strip("/")
            near = [
                n for n, node in enumerate(self._tree_nodes) if node.wildcard.endswith(wanted) and node.kind != "folder"
            ]
            exact = [n for n in near if self._tree_nodes[n].wildcard == wanted]
            at, self._show = next(iter([*exact, *near]), at), ""
        rows.update(len(self._tree_nodes), at)
        files = sum(1 for leaf in found if leaf.names)
        broken = sum(1 for leaf in found if leaf.problem)
        self.title_says(f"Wildcards · {files} files{f' · ✗ {broken} cannot be used' if broken else ''}")
        self._look()

    def _row(self, number: int, width: int) -> Content:
        node = self._tree_nodes[number]
        return tree_row(node._replace(label=f"{node.label} •") if node.file in self._shelf.unsaved else node, width)

    @property
    def _node(self) -> Node | None:
        row = self._tree.cursor
        return self._tree_nodes[row] if row is not None and row < len(self._tree_nodes) else None

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """Another file is looked at."""
        self._look()

    def _look(self) -> None:
        """Show the file under the cursor and who uses it; the editor that has the focus keeps its file."""
        if self.here == "wildcards":
            self.newest(partial(self._look_at, self._node), "look")

    async def _look_at(self, node: Node | None) -> None:
        if node is None:
            self._show_nothing(f"{self._keys.shown('new-wildcard')} makes a wildcard." if self._shelf.known else "")
            return
        if node.kind == "folder":
            self._show_nothing(f"{node.values:,} values in {one_line(node.id)}")
            return
        await self._open(node.file)
        if node.problem:
            self._say_uses(f"✗ {node.problem}", error=True)
        elif node.wildcard:
            self._say_uses("")
            try:
                self._say_uses(uses_line(await self._shelf.uses(node.wildcard)))
            except SdtuiError as error:
                self._say_uses(str(error), error=True)
        else:
            self._say_uses(f"{node.values:,} values")

    async def _open(self, file: str) -> None:
        """Show a file, unless something is written here that it does not have."""
        try:
            found = await self._shelf.load(file)
        except SdtuiError as error:
            if not (self._file == file and self._dirty):
                self._show_nothing(f"✗ {error}")
            return
        if self._dirty:
            return
        editor = self._values
        self._shelf.opened(found)
        self._clean = _as_edited(found.text)
        editor.read_only, editor.heading = False, one_line(file)
        if self._file != file:
            editor.load_text("")
        self._file = file
        editor.show_file(_as_edited(self._shelf.unsaved.get(file, found.text)))
        editor.say_heading()

    def called_otherwise(self, file: str, new: str) -> None:
        """A file has another name now, or none: what is written here and not in it yet goes with it."""
        if self._file == file and new:
            self._file, self._values.heading = new, one_line(new)
            self._values.say_heading()
        elif self._file == file:
            self._show_nothing("")

    def _show_nothing(self, why: str) -> None:
        editor = self._values
        self._file, self._clean, editor.read_only, editor.heading = "", "", True, ""
        editor.load_text("")
        editor.say_heading()
        self._say_uses(why, error=why.startswith("✗"))

    def _say_uses(self, text: str, *, error: bool = False) -> None:
        for foot in self.query(Foot):  # none where the answer comes after the room was left
            foot.show(Content.styled(f" {one_line(text)}", "$text-error" if error else ""))

    # the text

    @property
    def _dirty(self) -> bool:
        """What is written here is not what the file had when it was read."""
        return bool(self._file) and self._values.text != self._clean

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Other commands work now; who goes to a text finds what was not saved of it."""
        self.show_footer()
        if isinstance(event.widget, ValuesEditor):
            self._resume_draft()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """A text that is left is written."""
        if isinstance(event.widget, ValuesEditor) and self._dirty:
            self._save()
        elif isinstance(event.widget, ValuesEditor) and self._file:
            self.run_worker(self._shelf.forget_draft(self._file), group="draft")

    def on_told(self, message: Told) -> None:
        """A sentence of the editor's is to be shown."""
        self.say(message.text)

    def _keep(self) -> None:
        """Have a draft kept of what is written here and in no file yet."""
        text = self._values.text
        if self._dirty and text != self._kept:
            self._kept = text
            self.run_worker(self._keep_draft(self._file, text), group="draft")

    async def _keep_draft(self, file: str, text: str) -> None:
        try:
            await self._shelf.keep_draft(file, text)
        except ServerError:
            # the studio says itself that the server is gone; the text is here, and is kept again with the next key
            self._kept = ""
        except SdtuiError as error:
            self.say(f"Until it is saved, what you type is kept nowhere else. {error}", error=True)

    def _resume_draft(self) -> None:
        """Put the text that a studio lost into the editor, where one undo brings the file's back."""
        text = _as_edited(self._shelf.resume(self._file)) if self._file and not self._dirty else ""
        if text and text != self._clean:
            self._values.take(text)
            self.say("This text was not saved last time: it is written when you leave it, undo brings the file's back.")

    def _save(self, *, told: bool = False) -> None:
        if self._dirty:
            self.run_worker(self._saved(self._file, self._values.text), group="save")
        elif told:
            self.say("Nothing was changed." if self._file else "No file is open.")

    async def settle(self) -> None:
        """Write the text that is in the editor."""
        if self._dirty:
            await self._saved(self._file, self._values.text)

    async def _saved(self, file: str, text: str) -> None:
        made = await self._said(self._shelf.save(file, text))
        if not self.is_open:
            return
        self._tree.refresh()
        if made is None:
            return
        if self._file == file:
            self._file, self._clean = made.file, text
            self._values.heading = one_line(made.file)
            self._values.say_heading()
        if made.said:
            self.say(made.said)
            await self._read()

    async def _said(self, work: Awaitable[Made]) -> Made | None:
        """What came of it; None when it was refused, which is said."""
        try:
            return await work
        except SdtuiError as error:
            self.say(str(error), error=True)
            return None


def _as_edited(text: str) -> str:
    """A file's text as it is in the editor, which holds no tabs, carriage returns or last line break."""
    return editable(text).removesuffix("\n")
