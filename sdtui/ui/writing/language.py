"""What the editors know of the prompt language: colours, counts and diagnostics, loaded after the first paint."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING

from sdtui.ui.writing.reading import Surroundings

if TYPE_CHECKING:
    from sdtui.spec.jobview import JobView
    from sdtui.spec.model import ModelRecord
    from sdtui.ui.panes.prompt import PromptPane
    from sdtui.ui.writing.judging import Judging

MODULES = ("sdtui.prompt.highlight", "sdtui.prompt.parser", "sdtui.ui.writing.judging")


class Language:
    """Nothing happens before `start`; from then on `judge` has the editors' texts counted and judged."""

    def __init__(self, editors: Sequence[PromptPane], fix_key: str) -> None:
        self._editors = editors
        for editor in editors:
            editor.fix_key = fix_key
        self._judges: list[tuple[PromptPane, Judging]] = []
        self._around = Surroundings()
        self._models: tuple[ModelRecord, ...] | None = None

    async def start(self, run: Callable[[Coroutine[None, None, None]], object]) -> None:
        """Load the parser and the tokenizer in a thread, colour the editors, and `run` a judge for each."""
        for module in MODULES:
            await asyncio.to_thread(importlib.import_module, module)
        from sdtui.prompt.tokens import ClipTokenizer
        from sdtui.ui.writing.judging import Judging

        tokenizer = ClipTokenizer()
        for editor in self._editors:
            editor.colour()
            judging = Judging(tokenizer, editor.show_judged)
            self._judges.append((editor, judging))
            run(judging.work())
        self.judge()

    def judge(self) -> None:
        """Judge what is in the editors now."""
        for editor, judging in self._judges:
            judging.want(editor.text, editor.reading, self._around)

    def show_job(self, job: JobView | None) -> None:
        """Dim what does not hold at the step of a running job, in the editors that have its text."""
        running = next((each for each in job.renders if each.state == "running"), None) if job is not None else None
        for editor in self._editors:
            theirs = ""
            if job is not None:
                theirs = job.document.negative_prompt if editor.reading.negative else job.document.prompt
            if running is not None and editor.text == theirs:
                editor.show_step(max(1, running.step), running.steps)
            else:
                editor.show_step(0, None)

    def know(
        self,
        models: tuple[ModelRecord, ...] | None,
        *,
        family: str,
        steps: int,
        comma_backtrack: int,
    ) -> None:
        """Judge by these from now on: the models (None: not known yet), the checkpoint's family, the steps."""
        if models is not self._models:
            from sdtui.prompt.calling import CalledNames, listed_embeddings

            self._models = models
            known = models or ()
            self._around = self._around._replace(
                names=CalledNames(known) if models is not None else None,
                embeddings=listed_embeddings(known) if models is not None else None,
            )
        self._around = self._around._replace(family=family, steps=steps, comma_backtrack=comma_backtrack)
        self.judge()

    def know_wildcards(self, names: Iterable[str]) -> None:
        """These are all the wildcards that there are."""
        self._around = self._around._replace(wildcards=tuple(names))
        self.judge()
