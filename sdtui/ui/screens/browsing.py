"""The model browser beside the studio: opened here, told here what changed, and what to do where there is no model yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdtui.ui.messages import ModelUsed
from sdtui.ui.screens.commanded import CommandedScreen

if TYPE_CHECKING:
    from sdtui.spec.model import ModelRecord
    from sdtui.ui.presenter import StudioPresenter
    from sdtui.ui.rooms.browser import BrowserRoom
    from sdtui.ui.rooms.browser_list import InUse
    from sdtui.ui.rooms.browser_shelf import BrowserShelf
    from sdtui.ui.screens.viewing import ToTerminal
    from sdtui.ui.state import Part, StudioState
    from sdtui.ui.terminal.link import TerminalLink

GPUS = ("cuda", "mps")


class BrowsingScreen(CommandedScreen):
    """What the browser knows outlives its being open."""

    _to_terminal: ToTerminal
    _browser: BrowserRoom | None = None
    _browser_shelf: BrowserShelf | None = None
    _told_of_models = False

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a sentence on the notice line, and in the browser while that is what is seen."""
        super().say(text, error=error)
        if self._browser is not None and self.app.screen is self._browser:
            self._browser.say(text, error=error)

    def show_choices(self, parts: frozenset[Part]) -> None:
        """Hand down what changed."""
        presenter = self._presenter
        if presenter is None or not presenter.state.known:
            return
        if parts & {"form", "workers"}:
            self.tell_browser()
            self._tell_first_steps(presenter.state)

    def tell_browser(self) -> None:
        """Models, downloads, or what is in use may be others."""
        if self._browser is not None and self._browser.is_mounted and self._browser.is_attached:
            self._browser.studio_changed()

    def action_do_browser(self) -> None:
        """Go to the model browser."""
        self._with_presenter(
            lambda presenter: self._with_terminal(lambda terminal: self._open_browser(presenter, terminal))
        )

    def _open_browser(self, presenter: StudioPresenter, terminal: TerminalLink) -> None:
        from sdtui.ui.rooms.browser import BrowserRoom
        from sdtui.ui.rooms.browser_shelf import BrowserShelf
        from sdtui.ui.rooms.browser_view import Studio

        if self.app.screen is not self:
            return
        self._browser_shelf = self._browser_shelf or BrowserShelf(presenter.connection, presenter.state)
        studio = Studio(
            in_use=lambda: self._in_use(presenter),
            use=self._use_from_browser,
            terminal=terminal,
            keystrokes=self._to_terminal.keystrokes,
        )
        self._browser = BrowserRoom(self._browser_shelf, studio, self._keys)
        self.app.push_screen(self._browser)

    def _in_use(self, presenter: StudioPresenter) -> InUse:
        from sdtui.ui.rooms.browser_list import InUse

        texts = (self.editor("prompt").text, self.editor("negative").text)
        return InUse(presenter.form.data().record, presenter.draft.document.vae, texts)

    def _use_from_browser(self, record: ModelRecord, reason: str, negative: bool) -> None:
        self.post_message(ModelUsed(record, reason, negative=negative))

    def _tell_first_steps(self, state: StudioState) -> None:
        """Say once, where there is a graphics card and no model for it, how to get one."""
        if self._told_of_models or not state.models or not any(name.startswith(GPUS) for name in state.workers):
            return
        self._told_of_models = True
        if all(record.builtin for record in state.checkpoints()):
            self.say(
                f"Only the tiny built-in model is here. {self._keys.shown('browser')} then "
                f"{self._keys.shown('browser-get')} gets one from an address; `models: {{tree: …}}` names a folder of yours."
            )
