"""A screen of panes that are arranged by its size and by which of them was used last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import DescendantFocus
from textual.geometry import Size
from textual.layout import Layout
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from sdtui.ui.commands.bindings import bindings
from sdtui.ui.commands.keys import Keys
from sdtui.ui.commands.table import PaneId, Place
from sdtui.ui.layout import ALL, LEAST, Plan, PlanLayout, plan
from sdtui.ui.messages import PaneWanted
from sdtui.ui.panes.jobs import JobsPane
from sdtui.ui.panes.log import LogPane
from sdtui.ui.panes.parameters import ParametersPane
from sdtui.ui.panes.preview import PreviewPane
from sdtui.ui.panes.prompt import PromptPane
from sdtui.ui.widgets.footer import Footer
from sdtui.ui.widgets.line import Line
from sdtui.ui.widgets.notice import Notice
from sdtui.ui.widgets.sentence import Sentence
from sdtui.ui.widgets.tabs import Tabs

PLACES: dict[PaneId, Place] = {
    "prompt": "editor",
    "negative": "editor",
    "parameters": "parameters",
    "jobs": "jobs",
    "log": "log",
    "models": "models",
    "history": "history",
}
"""Where commands of their own work."""
LATE: tuple[PaneId, ...] = ("models", "history")
"""Panes that a start does without where they are not to be seen at once."""


def late_pane(pane: PaneId) -> Widget:
    """One of the LATE panes."""
    if pane == "models":
        from sdtui.ui.panes.models import ModelsPane

        return ModelsPane()
    from sdtui.ui.panes.history import HistoryPane

    return HistoryPane()


class ArrangedScreen(Screen[None], inherit_bindings=False):
    """Composes every pane once; the plan for the size says which are seen, and where."""

    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("screen")]
    # As in Textual, but for a repaint of the whole screen, pictures included, whenever the focus moves.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    DEFAULT_CSS: ClassVar[str] = """
    ArrangedScreen {
        overflow: hidden;
        PromptPane, ParametersPane, JobsPane, LogPane, PreviewPane, ModelsPane, HistoryPane {
            border: round $foreground 35%; background: $background; padding: 0; scrollbar-size: 1 1;
            border-title-color: $foreground; border-subtitle-color: $foreground 80%;
            &:focus { border: heavy $primary; border-title-color: $primary; border-title-style: bold; }
        }
        #status { background: $panel; }
    }
    """

    @property
    def is_standing(self) -> bool:
        """The panes are there: the app is not being left, which takes them away before the screen."""
        return self.is_attached and self.app.is_running

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self._plan_layout = PlanLayout()
        self._keys = keys
        self._recent: list[PaneId] = ["prompt"]
        self._plan: Plan | None = None

    def compose(self) -> ComposeResult:
        """Every part of the screen."""
        yield Line(" sdtui", id="status")
        yield PromptPane("prompt", "Prompt", "What is to be seen?")
        yield PromptPane("negative", "Negative", "What is not?")
        yield Tabs()
        yield ParametersPane(self._keys.shown("reset-field"))
        yield JobsPane()
        yield PreviewPane()
        yield LogPane()
        seen = self.plan_for(self.app.size).places
        yield from (late_pane(pane) for pane in LATE if pane in seen)
        yield Notice(id="notice")
        yield Footer(self._keys)
        yield Sentence(id="sorry")

    async def furnish(self) -> None:
        """Mount the panes that the start did without."""
        missing: list[PaneId] = [pane for pane in LATE if not self.query(f"#{pane}")]
        if not missing:
            return
        panes = [late_pane(pane) for pane in missing]
        seen = self.plan_for(self.size).places
        for pane in panes:
            pane.display = pane.id in seen
        await self.mount(*panes, before="#notice")
        if self._recent[0] in missing:
            self.go(self._recent[0])

    @property
    def layout(self) -> Layout:
        """Where children go is no matter of style sheets here."""
        return self._plan_layout

    def plan_for(self, size: Size) -> Plan:
        """The plan as things stand now."""
        return plan(size.width, size.height, self._recent)

    def on_resize(self) -> None:
        """Another size, another plan."""
        self._replan()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """The pane that has the focus is the one used last."""
        if event.widget.id in ALL:
            pane = event.widget.id
            self._use(pane)
            self.query_one(Footer).show_for(PLACES.get(pane))

    def _use(self, pane: PaneId) -> None:
        if self._recent[0] != pane:
            self._recent = [pane, *(other for other in self._recent if other != pane)]
            self._replan()

    def _replan(self) -> None:
        """Show what the plan has a place for."""
        now = self.plan_for(self.size)
        if now == self._plan:
            return
        self._plan = now
        if now.shape == "none":
            # Hidden panes would hand the focus round, and the last one would seem to be the one used last.
            self.set_focus(None)
        for child in sorted(self.children, key=lambda child: child.id not in now.places):
            child.display = child.id in now.places
        if self.focused is None and now.shape != "none":
            self.go(self._recent[0])
        shown = next((pane for pane in now.tabs if pane in now.places), None)
        if "tabs" in now.places:
            self.query_one(Tabs).show_tabs(now.tabs, shown, now.places["tabs"].width)
        sorry = f"The terminal has {self.size.width}×{self.size.height} cells; the studio needs {LEAST.width}×{LEAST.height}."
        leave = f"Make it larger, or leave with {self._keys.shown('quit')}."
        self.query_one("#sorry", Sentence).show(f"{sorry} {leave}")
        self.refresh(layout=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No command is done blindly: there are none while the terminal is too small."""
        too_small = self._plan is not None and self._plan.shape == "none"
        return False if too_small and action.startswith("do_") else super().check_action(action, parameters)

    @property
    def here(self) -> Place | None:
        """The place of the commands that work where the focus is."""
        pane = self.focused.id if self.focused is not None else None
        return PLACES.get(cast("PaneId", pane))

    def go(self, pane: PaneId) -> None:
        """Show a pane and give it the focus; one that is not there yet gets it when it is."""
        self._use(pane)
        for found in self.query(f"#{pane}"):
            self.set_focus(found)

    def reveal(self, pane: PaneId) -> None:
        """Show a pane; the focus stays where it is if that is still to be seen."""
        focused = self.focused.id if self.focused is not None else None
        self._use(pane)
        if focused not in self.plan_for(self.size).places:
            self.go(pane)

    async def on_pane_wanted(self, message: PaneWanted) -> None:
        """A pane is to be shown."""
        await self.action_do_go(message.pane)

    async def action_do_go(self, pane: PaneId) -> None:
        """Go to a pane, before the next key is looked at."""
        if pane in LATE:
            await self.furnish()
        self.go(pane)

    def show_recent(self, panes: Sequence[str]) -> None:
        """Show the panes that were used last before; the focus goes into an editor, where typing does no harm."""
        known = [pane for pane in panes if pane in ALL]
        recent = cast("list[PaneId]", [*known, *(pane for pane in self._recent if pane not in known)])
        focused = recent[0] if recent[0] in {"prompt", "negative"} else "prompt"
        self._recent = [focused, *(pane for pane in recent if pane != focused)]
        self._replan()
        self.go(focused)

    def action_do_studio(self) -> None:
        """To the prompt: this is the studio."""
        self.go("prompt")

    def editor(self, pane: PaneId) -> PromptPane:
        """One of the two editors."""
        return self.query_one(f"#{pane}", PromptPane)
