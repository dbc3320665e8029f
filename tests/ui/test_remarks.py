"""What is odd about a prompt is said whole: on the border, or in the rows that the text leaves free."""

from __future__ import annotations

import pytest

from sdtui.ui.panes.prompt import PromptPane
from sdtui.ui.widgets.editor.remarks import folded
from tests.ui.fake import FakeServer
from tests.ui.screen import StudioPilot, lines, studio, text, until

LONG = f"<lora:{'x' * 30}-{'y' * 30}:0.8>"
WHOLE = '✗ There is no LoRA named "' + "x" * 30 + "-" + "y" * 30 + '".'


def seen(pilot: StudioPilot) -> str:
    """The rows of the prompt, as one text."""
    return " ".join(" ".join(line.strip("│┃ ") for line in lines(pilot.app)[1:8]).split())


@pytest.mark.parametrize(
    ("words", "width", "rows", "lines"),
    [
        ("one two three four", 20, 1, ("one two three four",)),
        ("one two three four", 12, 2, ("one two", "three four")),
        ("one two three four", 12, 1, ()),
        ("one two three four", 8, 9, ()),
        ("", 20, 2, ()),
        ("日本語の長い文章です", 12, 2, ("日本語の長い", "文章です")),
    ],
)
def test_a_sentence_is_folded_or_not_said(words: str, width: int, rows: int, lines: tuple[str, ...]) -> None:
    assert folded(words, width, rows) == lines


async def test_a_long_remark_is_read_whole_at_eighty_columns() -> None:
    async with studio(FakeServer(), (80, 24)) as pilot:
        await pilot.press(*"a fox, ", *LONG)
        await until(pilot, lambda: "✗1" in text(pilot.app) or "!1" in text(pilot.app), "the tally")
        await until(pilot, lambda: WHOLE in seen(pilot), "the sentence")
        assert "…" not in seen(pilot)


async def test_a_remark_gives_way_to_the_text() -> None:
    async with studio(FakeServer(), (80, 24)) as pilot:
        await pilot.press(*"a fox, ", *LONG)
        await until(pilot, lambda: WHOLE in seen(pilot), "the sentence")
        await pilot.press("home", "enter", "enter", "enter", "enter", "enter")
        editor = pilot.app.screen.query_one("#prompt", PromptPane)
        await until(pilot, lambda: WHOLE not in seen(pilot))
        await pilot.press("alt+1", *["backspace"] * 5)
        await until(pilot, lambda: WHOLE in seen(pilot), "the sentence again")
        await pilot.press("alt+4")
        await until(pilot, lambda: WHOLE not in seen(pilot), "no focus, no sentence")
        assert editor.text.startswith("a fox")


async def test_a_remark_is_gone_with_what_it_is_about() -> None:
    async with studio(FakeServer(), (80, 24)) as pilot:
        await pilot.press(*"a fox, ", *LONG)
        await until(pilot, lambda: WHOLE in seen(pilot), "the sentence")
        await pilot.press("ctrl+u")
        await until(pilot, lambda: "yyy" not in seen(pilot), "nothing odd")
