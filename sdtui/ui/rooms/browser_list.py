"""The list of the browser: what of all models is shown, in which order, and which of them does not fit."""

from __future__ import annotations

from typing import Literal, NamedTuple

from textual.content import Content

from sdtui.spec.model import ModelKind, ModelRecord
from sdtui.ui.models.list import KINDS, ORDERS, Choice, ModelList, Order, fitting, misfit
from sdtui.ui.models.row import about_model
from sdtui.ui.rooms.browser_look import browser_row
from sdtui.ui.rooms.browser_shelf import BrowserShelf
from sdtui.ui.text import one_line
from sdtui.ui.widgets.filtered import FilteredRows
from sdtui.ui.writing.tagging import names_in
from sdtui.weights.families import FAMILY

ASKING = "Looking through the model folders…"
FOOT_ROWS = 3
IN_PROMPTS = frozenset({"lora", "hypernetwork", "embedding"})
View = Literal["all", "favourites", "recent"]
VIEWS: tuple[View, ...] = ("all", "favourites", "recent")
FITTING = "fitting"
SAID = {
    "all": "",
    "favourites": "★ favourites",
    "recent": "used lately",
    "name": "",
    "newest": "newest first",
    "size": "largest first",
}


class InUse(NamedTuple):
    """What the studio uses now: the checkpoint, a VAE by name, and both prompts."""

    checkpoint: ModelRecord | None = None
    vae: str = ""
    texts: tuple[str, ...] = ()


class BrowserRows(FilteredRows):
    """Kinds, families, views and orders are gone through by keys; `showing` is what the cursor is on."""

    title = "Models"

    def __init__(self, shelf: BrowserShelf) -> None:
        super().__init__(self._row, choosable=True, empty=ASKING, id="list")
        self._shelf = shelf
        self._list = ModelList()
        self._kind: ModelKind | None = None
        self._family = ""
        self._view: View = "all"
        self._order: Order = "name"
        self._in_use = InUse()
        self._favourites: frozenset[str] = frozenset()

    def on_mount(self) -> None:
        """Give it its title."""
        self.say_filter()

    def show(self, in_use: InUse) -> None:
        """Show the models that are known, and what is in use."""
        before = self.showing
        self._in_use = in_use
        others = self._favourites != (favourites := frozenset(self._shelf.favourites)) and self._view == "favourites"
        self._favourites = favourites
        if self._list.update(self._shelf.models) or others:
            self.relist(before)
        else:
            self.refresh()

    @property
    def showing(self) -> ModelRecord | None:
        """What the cursor is on."""
        shown = self._list.shown
        return shown[self.cursor] if self.cursor is not None and self.cursor < len(shown) else None

    def reason(self, record: ModelRecord) -> str:
        """Why a model cannot be used with the checkpoint, in a sentence; empty when it can."""
        return misfit(record, self._in_use.checkpoint)

    def keep_foot(self, wanted: bool) -> None:
        """Whether the last rows are about the model under the cursor."""
        rows = FOOT_ROWS if wanted else 0
        if rows != self.foot_rows:
            self.foot_rows = rows
            self.notify_resize()

    def filter_changed(self) -> None:
        """Show the models whose names have the letters; without any, all of them, the cursor where it was."""
        self.relist(None if self.words else self.showing)

    def turn_kind(self, by: int) -> None:
        """Only models of the next kind, or of the one before."""
        kinds: list[ModelKind | None] = [None, *self._list.kinds()]
        self._kind = kinds[(kinds.index(self._kind) + by) % len(kinds)] if self._kind in kinds else None
        self.relist(self.showing)

    def turn_family(self) -> None:
        """Only models that go with the checkpoint, then of each family, then all."""
        checkpoint = self._in_use.checkpoint
        families = ["", *([FITTING] if checkpoint is not None else []), *self._list.families()]
        self._family = families[(families.index(self._family) + 1) % len(families)] if self._family in families else ""
        self.relist(self.showing)

    def turn_view(self) -> None:
        """Favourites, then what was used lately, then all."""
        self._view = VIEWS[(VIEWS.index(self._view) + 1) % len(VIEWS)]
        self.relist(self.showing)

    def turn_order(self) -> None:
        """The next order."""
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self.relist(self.showing)

    def relist(self, keep: ModelRecord | None = None) -> None:
        """Filter anew, the cursor staying on a record where it is still to be seen."""
        self._favourites = frozenset(self._shelf.favourites)
        self._list.filter(self.words, self._choice(), self._order)
        shown = self._list.shown
        if self._view == "recent" and not self.words and self._order == "name":
            place = {path: at for at, path in enumerate(self._shelf.recent)}
            self._list.shown = shown = sorted(shown, key=lambda record: place[record.path])
        row = next((row for row, record in enumerate(shown) if keep is not None and record.path == keep.path), 0)
        self.empty = self._why_empty()
        self.update(len(shown), row)
        what = KINDS[self._kind][1] if self._kind is not None else "all kinds"
        of = f"{len(shown)} of {self._list.total}" if len(shown) != self._list.total else str(len(shown))
        facts = [f"‹ {what} ›", self._family_said(), SAID[self._view], SAID[self._order], of]
        self.border_subtitle = Content(" · ".join(fact for fact in facts if fact)).markup
        self.post_message(self.Moved(self, row))

    def _choice(self) -> Choice:
        checkpoint = self._in_use.checkpoint
        families = None
        if self._family == FITTING:
            families = fitting(checkpoint) if checkpoint is not None else None
        elif self._family:
            families = frozenset({self._family})
        paths = {"all": None, "favourites": self._shelf.favourites, "recent": self._shelf.recent}[self._view]
        return Choice(self._kind, families, None if paths is None else frozenset(paths))

    def _family_said(self) -> str:
        if self._family == FITTING:
            return "for the checkpoint"
        known = FAMILY.get(self._family)
        return known.label if known is not None else self._family

    def _why_empty(self) -> str:
        if not self._list.total:
            # the built-in model is always there
            return ASKING
        if self.words:
            return "No model has these letters."
        if self._view == "favourites":
            return "There are no favourites here: f makes one."
        return "Nothing was used yet." if self._view == "recent" else "There are no models of these."

    # lines

    def _row(self, row: int, width: int) -> Content:
        record = self._list.shown[row]
        return browser_row(
            record,
            width,
            in_use=self._used(record),
            unfit=bool(self.reason(record)),
            favourite=record.path in self._favourites,
        )

    def _used(self, record: ModelRecord) -> bool:
        if record.kind == "checkpoint":
            return self._in_use.checkpoint is not None and self._in_use.checkpoint.path == record.path
        if record.kind == "vae":
            return record.name == self._in_use.vae
        if record.kind not in IN_PROMPTS:
            return False
        called = self._list.called(record.kind)
        return any(names_in(text, record, called) for text in self._in_use.texts)

    def foot(self, row: int, width: int) -> Content:
        """About the model under the cursor; the last row takes what is left over."""
        record = self.showing
        if record is None:
            return Content()
        if row == 0:
            words = one_line(", ".join(record.trigger_words))
            weight = f"  weight {record.preferred_weight:g}" if record.preferred_weight else ""
            return Content.styled(f"{words}{weight}", "$text-accent") if words or weight else Content()
        said = about_model(record, self.reason(record)).wrap(max(1, width))
        return Content(" ").join(said[row - 1 :]) if row == FOOT_ROWS - 1 else said[0] if said else Content()
