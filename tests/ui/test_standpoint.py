"""The next studio shows the screen as it was: the pane that was open, the job looked at, what was unfolded, the cursors."""

from __future__ import annotations

import pytest

from sdtui.ui.panes.parameters import ParametersPane
from sdtui.ui.panes.prompt import PromptPane
from sdtui.ui.standpoint import KEPT, Standpoint, read, written
from tests.ui.fake import FakeServer
from tests.ui.screen import StudioPilot, studio, text, until
from tests.ui.test_snapshots import full_server


async def kept(pilot: StudioPilot, server: FakeServer, **wanted: object) -> None:
    """Wait until that is what the server keeps."""

    def is_kept() -> bool:
        found = read(server.texts.get(KEPT, ""))
        return found is not None and all(getattr(found, name) == value for name, value in wanted.items())

    await until(pilot, is_kept, server.texts)


@pytest.mark.parametrize(("key", "seen"), [("alt+4", "4 Jobs"), ("alt+6", "6 Log"), ("alt+8", "8 History")])
async def test_the_pane_that_was_open_is_open_again_and_the_prompt_is_typed_into(key: str, seen: str) -> None:
    server = full_server()
    async with studio(server, (80, 24)) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: f"━ {seen}" in text(pilot.app), seen)
        await pilot.press("ctrl+q")
    async with studio(server, (80, 24)) as pilot:
        await until(pilot, lambda: f"─ {seen}" in text(pilot.app), seen)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "prompt"


async def test_the_job_that_was_chosen_is_looked_at_again() -> None:
    server = full_server()
    async with studio(server) as pilot:
        await pilot.press("alt+4", "end")
        await kept(pilot, server, job=1)
    async with studio(server) as pilot:
        await until(pilot, lambda: "#1 1-0.png" in text(pilot.app), "its picture, not that of the running job")


async def test_unfolded_sections_and_cursors_are_as_they_were() -> None:
    server = full_server()
    async with studio(server) as pilot:
        form = pilot.app.screen.query_one(ParametersPane)
        form.unfold(sorted(form._sections)[:1])
        await pilot.press("left", "left", "left")
        offset = pilot.app.screen.query_one("#prompt", PromptPane).cursor_offset
        await kept(pilot, server, cursors={"prompt": offset, "negative": 23}, unfolded=form.unfolded)
    async with studio(server) as pilot:
        again = pilot.app.screen.query_one("#prompt", PromptPane)
        await until(pilot, lambda: again.cursor_offset == offset)
        assert pilot.app.screen.query_one(ParametersPane).unfolded == form.unfolded != ()


async def test_nothing_moves_under_the_hands_of_somebody_who_types_already() -> None:
    server = full_server()
    server.texts[KEPT] = written(Standpoint(panes=("log", "negative"), cursors={"prompt": 0}))
    server.may_open.clear()
    async with studio(server, (80, 24), ready=False) as pilot:
        await pilot.press("alt+3", "down")
        server.may_open.set()
        await until(pilot, lambda: pilot.app.loaded)
        await kept(pilot, server, panes=("parameters", "prompt"))
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "parameters"


@pytest.mark.parametrize("text_kept", ["", "{", "[]", '{"panes":7}', '{"panes":["nothing"],"cursors":{"prompt":9999}}'])
async def test_what_cannot_be_understood_changes_nothing(text_kept: str) -> None:
    server = full_server()
    server.texts[KEPT] = text_kept
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("alt+4")
        await until(pilot, lambda: "━ 4 Jobs" in text(pilot.app))
