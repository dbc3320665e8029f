from __future__ import annotations

import pytest
from textual.widget import Widget

from sdtui.errors import ServerError
from sdtui.spec.document import Document
from sdtui.terminal.probe import Replies, ReplyParser
from sdtui.ui.app import StudioApp
from sdtui.ui.messages import TerminalReplied
from sdtui.ui.terminal.theme import is_light, theme_for
from tests.ui.fake import FakeConfig, FakeServer, job_view
from tests.ui.screen import lines, studio, text, until, until_seen

BLACK, PAPER = (0, 0, 0), (253, 246, 227)


@pytest.mark.parametrize(
    ("background", "variable", "light"),
    [
        (BLACK, "", False),
        (PAPER, "", True),
        (None, "", False),
        (None, "15;0", False),
        (None, "0;15", True),
        (None, "0;default;7", True),
        (None, "12;8", False),
        (None, "default;default", False),
        (BLACK, "0;15", False),
    ],
)
def test_light_is_what_the_terminal_says_and_else_the_environment(
    background: tuple[int, int, int] | None, variable: str, light: bool
) -> None:
    assert is_light(background, {"COLORFGBG": variable}) == light


def test_with_few_colours_the_terminals_own_are_used() -> None:
    assert theme_for(light=False, colour_system="truecolor") == "textual-dark"
    assert theme_for(light=True, colour_system="256") == "textual-light"
    assert theme_for(light=True, colour_system="standard") == "ansi-light"
    assert theme_for(light=False, colour_system=None) == "ansi-dark"


@pytest.mark.parametrize(
    ("answer", "colour"),
    [
        (b"\x1b]11;rgb:ffff/0000/8080\x1b\\", (255, 0, 128)),
        (b"\x1b]11;rgb:ff/00/80\x07", (255, 0, 128)),
        (b"\x1b]11;rgba:fdfd/f6f6/e3e3/ffff\x07", (253, 246, 227)),
        (b"\x1b]11;rgb:f/0/8\x07", (255, 0, 136)),
        (b"\x1b]11;rgb:/0/8\x07", None),
        (b"\x1b]11;rgb:ff/00\x07", None),
    ],
)
def test_the_answer_about_the_background_is_read_in_any_pieces(
    answer: bytes, colour: tuple[int, int, int] | None
) -> None:
    for cut in range(len(answer) + 1):
        parser = ReplyParser()
        typed = parser.feed(b"a" + answer[:cut]) + parser.feed(answer[cut:] + b"b") + parser.flush()
        assert (typed, parser.replies.background) == (b"ab", colour)


async def says(app: StudioApp, background: tuple[int, int, int]) -> None:
    app.post_message(TerminalReplied(Replies(background=background, attributes=frozenset({62})), 0))


async def test_the_theme_follows_the_terminal_while_nobody_chose_one() -> None:
    async with studio(FakeServer()) as pilot:
        assert pilot.app.theme == "textual-dark"
        for background, theme in ((PAPER, "textual-light"), (BLACK, "textual-dark"), (PAPER, "textual-light")):
            await says(pilot.app, background)
            await until(pilot, lambda theme=theme: pilot.app.theme == theme)  # type: ignore[misc]
        await pilot.press("ctrl+p", *"theme nord", "enter")
        await until(pilot, lambda: pilot.app.theme == "nord")
        await says(pilot.app, BLACK)
        await pilot.pause()
        assert pilot.app.theme == "nord"


async def test_a_configured_theme_stays() -> None:
    async with studio(FakeServer(), config=FakeConfig(theme="dracula")) as pilot:
        await says(pilot.app, PAPER)
        await pilot.pause()
        assert pilot.app.theme == "dracula"


async def test_the_environment_decides_before_the_first_paint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORFGBG", "0;15")
    async with studio(FakeServer()) as pilot:
        assert pilot.app.theme == "textual-light"


def colours(pilot_app: StudioApp) -> set[str]:
    """Every colour on the screen as it goes to the terminal."""
    strips = [strip for line in (pilot_app.screen._compositor.render_strips()) for strip in [line]]
    styles = [segment.style for strip in strips for segment in strip if segment.style is not None]
    return {colour.name for style in styles for colour in (style.color, style.bgcolor) if colour is not None}


def borders(app: StudioApp, pane: Widget) -> str:
    return lines(app)[pane.region.y][pane.region.x]


async def test_without_colours_focus_selection_states_and_errors_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    jobs = (job_view(1, state="failed"), job_view(2, state="running"), job_view(3, state="done", path="/o/3.png"))
    server = FakeServer(
        jobs=(*jobs, job_view(4, state="cancelled"), job_view(5)), seq=1, draft=Document(params={"steps": 9})
    )
    async with studio(server) as pilot:
        app = pilot.app
        for key in ("alt+1", "alt+2", "alt+3", "alt+4", "alt+5", "alt+6", "alt+7", "alt+8"):
            await pilot.press(key)
            assert app.focused is not None
            panes = [pane for pane in app.screen.children if pane.display and pane.can_focus]
            assert [pane.id for pane in panes if borders(app, pane) == "┏"] == [app.focused.id]
            assert colours(app) <= {"default"}
        for mark in ("✗ #1", "▶ #2", "✓ #3", "– #4", "… #5", "• Steps           9"):
            assert mark in text(app)
        await pilot.press("alt+4", "k")
        reversed_rows = [
            "".join(part.text for part in strip)
            for strip in app.screen._compositor.render_strips()
            if any(part.style and part.style.reverse and "#" in part.text for part in strip)
        ]
        assert len(reversed_rows) == 1
        await pilot.press("alt+3", "tab", *"999", "enter")
        await until_seen(pilot, "! Steps           999")
        await until_seen(pilot, "Steps is a whole number from 1 to 150, not 999.")
        await pilot.press("alt+4", "end", "r")
        server.refusals["submit"] = ServerError("It broke.")
        await pilot.press("alt+3", "escape", "f5")
        await until_seen(pilot, "✗ It broke.")
