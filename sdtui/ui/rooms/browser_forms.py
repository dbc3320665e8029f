"""The browser's two forms: what is written about a model, and an address to get one from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, TextArea

from sdtui.errors import SdtuiError
from sdtui.spec.model import ModelKind
from sdtui.spec.model_about import ModelAbout
from sdtui.spec.verbs_models import Describe
from sdtui.ui.commands.bindings import bindings, bound
from sdtui.ui.models.list import KINDS
from sdtui.ui.text import editable, one_line
from sdtui.ui.widgets.entry import Entry, Passage
from sdtui.ui.widgets.line import Line

MOST_WEIGHT = 10.0


class FormScreen(ModalScreen[None], inherit_bindings=False):
    """Fields below each other; `send` is what ctrl+s does, and what went wrong is said in the last line."""

    heading = ""
    hint = ""
    DEFAULT_CSS = """
    FormScreen { align: center middle; background: $background 60%; }
    FormScreen > Vertical { width: 90%; max-width: 100; height: auto; max-height: 100%; border: round $primary; background: $background; }
    FormScreen Input { border: none; height: 1; padding: 0 1; background: $panel; margin-bottom: 1;
        &:focus { border: none; background: $primary 30%; } }
    FormScreen TextArea { border: none; height: 6; padding: 0 1; background: $panel; &:focus { border: none; background: $primary 30%; } }
    FormScreen Line { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("screen"),
        bound("close-dialog", priority=True),
        bound("send-form", priority=True),
        bound("next-line"),
        bound("previous-line"),
    ]

    def compose(self) -> ComposeResult:
        """The fields, and what is to be said."""
        with Vertical():
            yield from self.fields()
            yield Line(id="said")

    def fields(self) -> ComposeResult:
        """The fields; to be overridden."""
        yield from ()

    def on_mount(self) -> None:
        """Give the form its title; nothing blinks."""
        self.query_one(Vertical).border_title = Content(self.heading).markup
        for field in self.query(Input):
            field.cursor_blink = False
        self.say("")

    def say(self, text: str) -> None:
        """Say what is wrong, or else what can be done."""
        said = Content.styled(f" ✗ {one_line(text)}", "$text-error") if text else Content.styled(f" {self.hint}", "dim")
        self.query_one("#said", Line).show(said)

    def value(self, name: str) -> str:
        """What a field holds."""
        return self.query_one(f"#{name}", Input).value.strip()

    def action_send(self) -> None:
        """Do what the form is for."""
        self.run_worker(self._send(), exclusive=True)

    async def _send(self) -> None:
        try:
            await self.send()
        except SdtuiError as error:
            self.say(str(error))
            return
        if self.is_current:
            self.dismiss()

    async def send(self) -> None:
        """Do it; to be overridden. Raises SdtuiError with what is wrong."""

    def action_leave(self) -> None:
        """Do nothing."""
        if self.is_current:
            self.dismiss()


class DescribeScreen(FormScreen):
    """What is written about a model; only what was changed is written."""

    hint = "Ctrl+S writes it beside the model   Tab next field   Esc leaves it"

    def __init__(self, name: str, about: ModelAbout, describe: Callable[[Describe], Awaitable[None]]) -> None:
        super().__init__()
        self.heading = f"What is known of {one_line(name)}"
        self._about = about
        self._describe = describe

    def fields(self) -> ComposeResult:
        """Activation text, weight, negative text, notes."""
        about = self._about
        weight = f"{about.preferred_weight:g}" if about.preferred_weight else ""
        yield Line(" Activation text: goes into the prompt with the model")
        yield Entry(editable(about.activation_text).replace("\n", " "), id="activation", select_on_focus=False)
        yield Line(" Preferred weight, empty for 1")
        yield Entry(weight, id="weight", select_on_focus=False)
        yield Line(" Negative text")
        yield Entry(editable(about.negative_text).replace("\n", " "), id="negative", select_on_focus=False)
        yield Line(" Notes")
        yield Passage(editable(about.notes), id="notes", tab_behavior="focus")

    def on_mount(self) -> None:
        """Say at once when it cannot be written."""
        super().on_mount()
        self.query_one(TextArea).cursor_blink = False
        self.say(self._about.read_only)

    def on_input_submitted(self) -> None:
        """On to the next field."""
        self.focus_next()

    async def send(self) -> None:
        """Write what was changed."""
        about, weight = self._about, self._weight()
        if weight is None:
            raise SdtuiError("The preferred weight is a number from −10 to 10.")
        notes = self.query_one(TextArea).text.strip()
        await self._describe(
            Describe(
                path=about.path,
                activation_text=_changed(about.activation_text, self.value("activation")),
                preferred_weight=weight if weight != about.preferred_weight else None,
                negative_text=_changed(about.negative_text, self.value("negative")),
                notes=notes if notes != editable(about.notes).strip() else None,
            )
        )

    def _weight(self) -> float | None:
        typed = self.value("weight").replace(",", ".")
        try:
            weight = float(typed) if typed else 0.0
        except ValueError:
            return None
        return weight if -MOST_WEIGHT <= weight <= MOST_WEIGHT else None


class GetScreen(FormScreen):
    """An address, and what the site does not say itself."""

    heading = "Get a model"
    hint = "Enter gets it   Tab next field   Esc leaves   tokens: `sdtui config`"

    def __init__(self, fetch: Callable[[str, ModelKind, str, str], Awaitable[None]]) -> None:
        super().__init__()
        self._fetch = fetch

    def fields(self) -> ComposeResult:
        """Address, name, kind, hash."""
        yield Line(" Address: of a file, of its page, or of a diffusers repository")
        yield Entry(id="url", placeholder="https://")
        yield Line(" Name, empty for the site's own")
        yield Entry(id="name")
        yield Line(" Kind, where the file does not say it: such as lora or checkpoint")
        yield Entry(id="kind")
        yield Line(" SHA-256, if you know what it has to be")
        yield Entry(id="sha256")

    def on_input_submitted(self) -> None:
        """Get it."""
        self.action_send()

    async def send(self) -> None:
        """Get it."""
        if not self.value("url"):
            raise SdtuiError("Type or paste an address.")
        typed = self.value("kind").lower().rstrip("s")
        kind: ModelKind | None = next((kind for kind in KINDS if kind == typed), "unknown" if not typed else None)
        if kind is None:
            raise SdtuiError(f"There is no kind '{typed}'; known are {', '.join(list(KINDS)[:-1])}.")
        await self._fetch(self.value("url"), kind, self.value("name"), self.value("sha256"))


def _changed(before: str, after: str) -> str | None:
    return after if after != " ".join(editable(before).split("\n")).strip() else None
