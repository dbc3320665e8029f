"""What completion adds to a key: 10,000 names here, 150,000 tags at the server, a prompt of 5,000 characters."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from textual.app import App, ComposeResult

from benchmarks.figure import Figure
from sdtui.prompt.catalogue import Catalogue, Entry, Sources
from sdtui.prompt.complete import complete
from sdtui.ui.panes.prompt import PromptPane
from sdtui.ui.widgets.completion_list import CompletionList
from sdtui.ui.writing.completing import Completing
from sdtui.workspace.taglists import TagLists

WORDS = ("film", "grain", "red", "style", "detail", "anime", "portrait", "long", "hair", "light", "soft", "night")
NAMES = [f"{WORDS[n % 12]}_{WORDS[n // 12 % 12]}_{n}" for n in range(10_000)]
PROMPT = ("a photo of a (cat:1.2) sitting on the [old] roof of a house, <lora:film:0.8> soft light, " * 60)[:5000]
TYPED = " <lora:flmgrn9 __nght8, portra"
HARDEST = (" <lora:z9x8", " __zzzqqq", ", portr", " <lora:film:0")


class Bench(App[None]):
    """One editor and its list."""

    CSS = "PromptPane { height: 10; border: round white; }"

    def compose(self) -> ComposeResult:
        """Both."""
        yield PromptPane("prompt", "Prompt", "")
        yield CompletionList()


def measure() -> list[Figure]:
    """Medians of many keys with and without completion in the same editor; the slowest of several searches."""
    catalogue = Catalogue(Entry(name, "about") for name in NAMES)
    sources = Sources(
        loras=catalogue, embeddings=catalogue, wildcards=catalogue, tags=lambda query: catalogue.find(query, 20)
    )
    pure = max(_best_ms(sources, PROMPT + typed) for typed in HARDEST)
    plain, with_list = asyncio.run(_keys(None)), asyncio.run(_keys(sources))
    return [
        Figure("completion of 10,000 names, the slowest search", pure, "ms", 16),
        Figure("a key with completion, beyond one without, 5,000 characters", with_list - plain, "ms", 16),
        Figure("beginning of a tag among 150,000, at the server", _tags_ms(), "ms", 30),
    ]


def _best_ms(sources: Sources, text: str) -> float:
    best = float("inf")
    for _ in range(10):
        start = time.perf_counter()
        complete(text, len(text), sources)
        best = min(best, time.perf_counter() - start)
    return best * 1000


async def _keys(sources: Sources | None) -> float:
    """Milliseconds of a key until everything it caused is done, the median."""
    app = Bench()
    async with app.run_test(size=(120, 40)) as pilot:
        editor = app.query_one(PromptPane)
        editor.colour()
        editor.load_text(PROMPT)
        editor.move_cursor(editor.document.end)
        editor.focus()
        if sources is not None:
            completing = Completing()
            completing.sources = sources
            editor.complete_with(completing, app.query_one(CompletionList), lambda: None)
        await pilot.pause()
        taken: list[float] = []
        for character in TYPED * 2:
            start = time.perf_counter()
            editor.insert(character)
            await pilot.pause()
            taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def _tags_ms() -> float:
    """The slowest of several beginnings, once the lists are read."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tags" / "list.csv"
        file.parent.mkdir()
        rows = (f'{WORDS[n % 12]}_{WORDS[n // 12 % 12]}_{n},0,{n},"a{n}"\n' for n in range(150_000))
        file.write_text("".join(rows))
        lists = TagLists(Path(folder))
        lists.find(("warm",), 20, builtin=False)
        slowest = 0.0
        for query in ("po", "hair", "zzz", "film grain", "a14999"):
            start = time.perf_counter()
            lists.find((query,), 20, builtin=False)
            slowest = max(slowest, time.perf_counter() - start)
    return slowest * 1000


if __name__ == "__main__":
    print(*measure(), sep="\n")
