"""What is pressed while the studio is still starting is done once it has started."""

from __future__ import annotations

import threading

import pytest

from sdtui.ui.app import StudioApp
from sdtui.ui.screens import studio as module
from tests.ui.fake import FakeConfig, FakeServer
from tests.ui.screen import StudioPilot, text, until


async def test_a_job_asked_for_before_there_is_a_presenter_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, real = threading.Event(), module.importlib.import_module

    def late(name: str) -> object:
        assert go_on.wait(20)
        return real(name)

    monkeypatch.setattr(module.importlib, "import_module", late)
    server = FakeServer()
    app = StudioApp(server.open, FakeConfig())
    async with app.run_test(size=(80, 24)) as pilot:
        keys = StudioPilot(pilot, app)
        await keys.press(*"a cat", "f5")
        await until(keys, lambda: "still starting" in text(app))
        go_on.set()
        await until(keys, lambda: server.jobs, "the job")
        assert server.jobs[0].document.prompt == "a cat"
