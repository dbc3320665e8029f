"""What the editors know of the prompt language: colours and token counts, loaded after the first paint."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdtui.ui.panes.prompt import PromptPane
    from sdtui.ui.tokens import TokenCounter


class Language:
    """Nothing happens before `start`; from then on `count` has the editors' tokens counted."""

    def __init__(self, editors: Sequence[PromptPane]) -> None:
        self._editors = editors
        self._counters: list[tuple[PromptPane, TokenCounter]] = []

    async def start(self, run: Callable[[Coroutine[None, None, None]], object]) -> None:
        """Load the parser and the tokenizer in a thread, colour the editors, and `run` a counter for each."""
        for module in ("sdtui.prompt.highlight", "sdtui.prompt.parser", "sdtui.ui.tokens"):
            await asyncio.to_thread(importlib.import_module, module)
        from sdtui.prompt.tokens import ClipTokenizer
        from sdtui.ui.tokens import TokenCounter

        tokenizer = ClipTokenizer()
        for editor in self._editors:
            editor.colour()
            counter = TokenCounter(tokenizer, editor.show_tokens)
            self._counters.append((editor, counter))
            run(counter.work())
        self.count()

    def count(self) -> None:
        """Count the tokens of what is in the editors now."""
        for editor, counter in self._counters:
            counter.want(editor.text, editor.reading)
