"""What a key costs in the prompt editor beyond a plain TextArea, what it writes, and how long a large paste stops the screen."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator

from textual.app import App, ComposeResult
from textual.events import Key, Paste
from textual.widgets import TextArea

from benchmarks.figure import Figure
from sdtui.ui.widgets.editor.editor import PromptEditor
from sdtui.ui.writing.reading import Reading

ORDINARY = (
    "a photo of a (cat:1.2) sitting on the [old] roof of a house, <lora:film:0.8> [noon:sunset:0.5], soft light, "
)
KEYS = 60
PASTED = 50_000
SIZE = (80, 12)
TICK_S = 0.002


class Bare(App[None]):
    """One editor as large as the screen; `painted` counts the bytes that would be written."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__()
        self._kind = kind
        self._text = text
        self.painted = 0

    def compose(self) -> ComposeResult:
        """The editor."""
        yield PromptEditor(placeholder="", reading=Reading(), id="it") if self._kind == "ours" else TextArea(id="it")

    def on_mount(self) -> None:
        """With a text, and the cursor in its middle."""
        area = self.query_one(TextArea)
        area.cursor_blink = False
        if isinstance(area, PromptEditor):
            area.colour()
        area.load_text(self._text)
        area.move_cursor((0, len(self._text) // 2))
        area.focus()

    def _display(self, screen: object, renderable: object) -> None:
        if renderable is not None and hasattr(renderable, "render_segments"):
            self.painted += len(renderable.render_segments(self.console).encode())
        super()._display(screen, renderable)  # type: ignore[arg-type]


def measure() -> list[Figure]:
    """Medians; the same keys go to a plain TextArea and to ours in turn, in one run."""
    os.environ.setdefault("COLORTERM", "truecolor")
    figures: list[Figure] = []
    for length in (2000, 5000):
        text = (ORDINARY * 80)[:length]
        plain_ms, ours_ms, written = asyncio.run(_keys(text))
        figures += [
            Figure(f"a key in a plain TextArea, {length:,} characters", plain_ms, "ms"),
            Figure(f"a key in the prompt editor, {length:,} characters", ours_ms, "ms"),
            Figure(f"a key beyond a plain TextArea, {length:,} characters", ours_ms - plain_ms, "ms", 16.0),
            Figure(f"written for a key in the middle, {length:,} characters", written / 1000, "KB", 3.5),
        ]
    one_line, many_lines = asyncio.run(_paste(1)), asyncio.run(_paste(100))
    return [
        *figures,
        Figure("longest stall of a paste of 50,000 characters in one line", one_line, "ms", 50.0),
        Figure("longest stall of a paste of 50,000 characters in 100 lines", many_lines, "ms", 50.0),
    ]


def _letters() -> Iterator[str]:
    while True:
        yield from "soft light, (grey:1.1) [x] "


async def _keys(text: str) -> tuple[float, float, float]:
    """Milliseconds from a key to idle in both, and the bytes that ours writes (median)."""
    plain, ours = Bare("plain", text), Bare("ours", text)
    async with plain.run_test(size=SIZE) as one, ours.run_test(size=SIZE) as other:
        spent: dict[str, list[float]] = {"plain": [], "ours": []}
        sizes: list[int] = []
        for letter, _ in zip(_letters(), range(KEYS), strict=False):
            for name, app, pilot in (("plain", plain, one), ("ours", ours, other)):
                app.painted = 0
                started = time.perf_counter()
                app.post_message(Key("a", letter))
                await pilot._wait_for_screen()
                app.screen._on_timer_update()
                spent[name].append(time.perf_counter() - started)
                if app is ours:
                    sizes.append(app.painted)
        return (
            1000 * statistics.median(spent["plain"]),
            1000 * statistics.median(spent["ours"]),
            statistics.median(sizes),
        )


async def _paste(lines: int) -> float:
    """Milliseconds of the longest gap between two turns of the event loop while a paste is taken in and read."""
    app = Bare("ours", "")
    each = (ORDINARY * 500)[: PASTED // lines - 1]
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        gaps: list[float] = []
        area = app.query_one(PromptEditor)
        app.post_message(Paste("\n".join([each] * lines)))
        last = time.perf_counter()
        while len(gaps) < 20 or area.marks.understood != area.text:
            await asyncio.sleep(TICK_S)
            now = time.perf_counter()
            gaps.append(now - last - TICK_S)
            last = now
        return 1000 * max(gaps)


if __name__ == "__main__":
    print(*measure(), sep="\n")
