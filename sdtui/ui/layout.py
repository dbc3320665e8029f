"""Where everything is on the screen, as a pure function of its size and of what was used last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, runtime_checkable

from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement

from sdtui.ui.commands.table import PANES, PaneId

if TYPE_CHECKING:
    from textual.widget import Widget

LEAST = Size(60, 16)
NARROW, WIDE, WIDEST = 80, 110, 170
"""Columns at which the layout changes."""
ENOUGH_ROWS_FOR_EDITORS, ENOUGH_ROWS_FOR_COLUMNS = 22, 32

Shape = Literal["none", "single", "tabbed", "split", "two", "three"]
Chrome = Literal["status", "tabs", "notice", "footer", "sorry"]
PartId = PaneId | Chrome
ALL: tuple[PaneId, ...] = tuple(pane for pane, _ in PANES)
NEEDS: Mapping[PaneId, Size] = {
    "prompt": Size(40, 5),
    "negative": Size(40, 4),
    "parameters": Size(40, 8),
    "jobs": Size(40, 6),
    "preview": Size(40, 9),
    "log": Size(40, 6),
    "models": Size(40, 8),
    "history": Size(40, 8),
}
"""The least that a pane is of use with, its border included."""
NO_SPACE = Spacing()


class Plan(NamedTuple):
    """Regions in cells by part; `tabs` are the panes that share one place, in order, if any do."""

    shape: Shape
    places: dict[PartId, Region]
    tabs: tuple[PaneId, ...] = ()


def shape_of(width: int, height: int) -> Shape:
    """The breakpoints: 60×16, and 80, 110, 170 columns; a low terminal gets fewer rows of panes, not smaller ones."""
    if width < LEAST.width or height < LEAST.height:
        return "none"
    if width < NARROW or height < ENOUGH_ROWS_FOR_EDITORS:
        return "single"
    if width < WIDE:
        return "tabbed"
    if height < ENOUGH_ROWS_FOR_COLUMNS:
        return "split"
    return "two" if width < WIDEST else "three"


def plan(width: int, height: int, recent: Sequence[PaneId]) -> Plan:
    """Where each part is; of panes that share a place, the one that comes first in `recent` is shown, else the first."""
    shape = shape_of(width, height)
    if shape == "none":
        return Plan(shape, {"sorry": Region(0, 0, width, height)})
    places: dict[PartId, Region] = {
        "status": Region(0, 0, width, 1),
        "notice": Region(0, height - 2, width, 1),
        "footer": Region(0, height - 1, width, 1),
    }
    room = Region(0, 1, width, height - 3)
    tabs, rest = ALL, room
    match shape:
        case "tabbed":
            tabs = ("parameters", "jobs", "preview", "log", "models", "history")
            rest = _editors(places, room, prompt=min(8, max(5, height // 4)), negative=4)
        case "split":
            tabs = ("parameters", "jobs", "log", "models", "history")
            left, places["preview"] = _columns(room, width * 52 // 100)
            rest = _editors(places, left, prompt=6, negative=4)
        case "two":
            tabs = ("log", "models", "history")
            left, right = _columns(room, width * 52 // 100)
            _form_and_jobs(places, _editors(places, left, prompt=min(10, height // 5), negative=5))
            places["preview"], rest = _rows(right, right.height - _below_preview(right))
        case "three":
            tabs = ("history", "log")
            places["models"], right = _columns(room, min(60, max(40, width * 22 // 100)))
            middle, right = _columns(right, right.width * 48 // 100)
            _form_and_jobs(places, _editors(places, middle, prompt=min(10, height // 5), negative=min(7, height // 8)))
            places["preview"], rest = _rows(right, right.height - _below_preview(right))
    shown = next((pane for pane in recent if pane in tabs), tabs[0])
    places["tabs"], places[shown] = _rows(rest, 1)
    return Plan(shape, places, tabs)


def _form_and_jobs(places: dict[PartId, Region], room: Region) -> None:
    places["parameters"], places["jobs"] = _rows(room, min(12, room.height // 2 + 1))


def _below_preview(column: Region) -> int:
    """Rows of the tabs under the preview, their line of titles among them."""
    return max(10, min(20, column.height // 3))


def _editors(places: dict[PartId, Region], room: Region, *, prompt: int, negative: int) -> Region:
    """Both editors at the top; the room that is left."""
    places["prompt"], rest = _rows(room, prompt)
    places["negative"], rest = _rows(rest, negative)
    return rest


def _rows(room: Region, top: int) -> tuple[Region, Region]:
    return room.split_horizontal(top)


def _columns(room: Region, left: int) -> tuple[Region, Region]:
    return room.split_vertical(left)


@runtime_checkable
class Planned(Protocol):
    """A screen that knows the plan for its size."""

    def plan_for(self, size: Size) -> Plan:
        """The plan as things stand now."""


class PlanLayout(Layout):
    """Lays a screen's children, by their ids, where its plan says; the others are not shown."""

    name = "plan"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """A placement for each child that has a place."""
        if not isinstance(parent, Planned):
            return []
        places: dict[str, Region] = {str(part): region for part, region in parent.plan_for(size).places.items()}
        return [
            WidgetPlacement(places[child.id], Offset(), NO_SPACE, child)
            for child in children
            if child.id is not None and child.id in places
        ]
