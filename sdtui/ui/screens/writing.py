"""What helps to write prompts: completion, the user's own editor, draws of a template."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.app import SuspendNotSupported
from textual.geometry import Region

from sdtui.errors import SdtuiError
from sdtui.ui.messages import DrawsWanted, EditorWanted, WildcardWanted
from sdtui.ui.panes.preview import PreviewPane
from sdtui.ui.panes.prompt import PromptPane
from sdtui.ui.screens.commanded import CommandedScreen
from sdtui.ui.widgets.footer import Footer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdtui.spec.wildcard import Draws
    from sdtui.ui.commands.keys import Keys
    from sdtui.ui.config import CompletionConfig
    from sdtui.ui.presenter import StudioPresenter
    from sdtui.ui.reconfiguring import Reconfigured
    from sdtui.ui.widgets.completion_list import CompletionList
    from sdtui.ui.writing.vocabulary import Vocabulary

SEEDS = 2**31


class WritingScreen(CommandedScreen):
    """Nothing here happens before `start_writing`, but that messages are answered."""

    _vocabulary: Vocabulary | None = None
    _offers: CompletionList | None = None
    _asked_tags: tuple[str, ...] = ()

    async def start_writing(self, config: CompletionConfig) -> None:
        """Complete what is typed from now on."""
        from sdtui.prompt.catalogue import Habits
        from sdtui.ui.widgets.completion_list import CompletionList
        from sdtui.ui.writing.completing import Completing
        from sdtui.ui.writing.vocabulary import Vocabulary

        self._vocabulary = Vocabulary(Habits(config.spaces, config.comma), self._want_tags)
        self._offers = shown = CompletionList()
        await self.mount(shown)
        for editor in self.query(PromptPane):
            editor.complete_with(Completing(automatic=config.automatic), shown, self._cover_picture)
        self.tell_vocabulary()
        self.run_worker(self.read_wildcards(), group="wildcards")

    def tell_vocabulary(self) -> None:
        """Models or the checkpoint may be other ones."""
        presenter, vocabulary = self._presenter, self._vocabulary
        if presenter is None or vocabulary is None:
            return
        record = presenter.form.data().record
        if vocabulary.know_models(presenter.state.models, builtin=record is not None and record.builtin):
            self._tell_editors()

    async def read_wildcards(self) -> None:
        """Ask which wildcards there are; without an answer there are none to offer."""
        if self._presenter is None or self._vocabulary is None:
            return
        try:
            await self._presenter.connection.established()
            wildcards = await self._presenter.connection.demand().wildcards()
        except SdtuiError:
            return
        self._vocabulary.know_wildcards(wildcards)
        if self._language is not None:
            self._language.know_wildcards(each.name for each in wildcards)
        self._tell_editors()

    def _tell_editors(self) -> None:
        if self._vocabulary is not None:
            for editor in self.query(PromptPane):
                editor.know(self._vocabulary.sources)

    def _want_tags(self, query: str) -> None:
        """Ask for the tags that begin so, together with those that are wanted at the same key."""
        if not self._asked_tags:
            self.run_worker(self._fetch_tags(), group="tags")
        self._asked_tags += (query,)

    async def _fetch_tags(self) -> None:
        queries, self._asked_tags = self._asked_tags, ()
        presenter, vocabulary = self._presenter, self._vocabulary
        if presenter is None or vocabulary is None:
            return
        try:
            found = await presenter.connection.demand().tags(queries, builtin=vocabulary.builtin)
        except SdtuiError:
            for query in queries:
                vocabulary.forget(query)
            return
        for query, tags in zip(queries, found, strict=False):
            vocabulary.answer(query, tags)
        if any(found):
            self._tell_editors()

    def _cover_picture(self) -> None:
        """A picture that is drawn past Textual gives way to the list."""
        covered = self._offers.place if self._offers is not None else Region()
        self.query_one(PreviewPane).cover(covered)

    # the user's own editor

    def on_editor_wanted(self, message: EditorWanted) -> None:
        """An editor's text is to be edited outside."""
        from sdtui.ui.writing.external import edit_text, editor_command

        editor = self.editor(message.pane)
        before = editor.text

        def edit() -> None:
            name = "prompt.txt" if message.pane == "prompt" else "negative-prompt.txt"
            after = edit_text(before, name, editor_command(), self._run_outside)
            editor.take(after)
            self.say("Taken over." if editor.text != before else "Nothing was changed.")

        self._outside(edit)

    def on_wildcard_wanted(self, message: WildcardWanted) -> None:
        """The file of a wildcard is to be edited outside."""
        self._with_presenter(lambda presenter: self._edit_soon(message.name, presenter))

    def _edit_soon(self, name: str, presenter: StudioPresenter) -> None:
        self.run_worker(self._edit_wildcard(name, presenter), group="wildcards")

    async def _edit_wildcard(self, name: str, presenter: StudioPresenter) -> None:
        from sdtui.ui.writing.external import edit_file, editor_command
        from sdtui.ui.writing.wildcardat import file_of

        try:
            path = file_of(name, await presenter.connection.demand().wildcards())
        except SdtuiError as error:
            self.say(str(error), error=True)
            return

        def edit() -> None:
            edit_file(path, editor_command(), self._run_outside)
            self.say(f"Wildcard '{name}' is as {path} says.")

        self._outside(edit)
        await self.read_wildcards()

    def use_keys(self, keys: Keys) -> None:
        """Other keys count from now on."""
        self._keys = keys
        self.query_one(Footer).use(keys, self.here)

    def action_do_edit_config(self) -> None:
        """Edit the user's own configuration file, and take over what of it can be."""
        from sdtui.ui.reconfiguring import edit_config

        def edit() -> None:
            said, wrong = edit_config(cast("Reconfigured", self.app), self._workspace, self._run_outside)
            self.say(said, error=wrong)

        self._outside(edit)

    @property
    def _workspace(self) -> str:
        return self._presenter.state.workspace if self._presenter is not None else ""

    def _outside(self, edit: Callable[[], None]) -> None:
        try:
            edit()
        except SdtuiError as error:
            self.say(str(error), error=True)

    def _run_outside(self, command: Sequence[str]) -> int:
        """Run a program that has the terminal to itself; the picture comes back with the studio."""
        from sdtui.ui.writing import external

        preview = self.query_one(PreviewPane)
        preview.take_away()
        try:
            with self.app.suspend():
                return external.run_program(command)
        except SuspendNotSupported:
            return external.run_program(command)
        finally:
            preview.paint_again()

    # draws

    def on_draws_wanted(self, message: DrawsWanted) -> None:
        """What pictures would draw from an editor's template is to be seen."""
        from sdtui.ui.screens.draws import DrawsScreen

        editor = self.editor(message.pane)
        template = editor.text

        def show(presenter: StudioPresenter) -> None:
            async def draw(count: int, seed: int) -> Draws:
                await presenter.connection.established()
                return await presenter.connection.demand().draws(template, count, seed)

            self.app.push_screen(DrawsScreen(draw, editor.take, self._keys, secrets.randbelow(SEEDS)))

        self._with_presenter(show)
