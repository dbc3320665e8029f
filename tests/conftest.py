"""A real server in a process of its own, with the renderer that needs no torch, and clients of it."""

import asyncio
import os
import signal

import pytest
from hypothesis import settings

from sdtui.client.client import Client
from sdtui.workspace.paths import Workspace

# The same examples each time, so that a red suite means a change; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

FAKE = "sdtui.worker.fake:FakeRenderer"


class Watch:
    """The events a client heard, and a way to wait for one."""

    def __init__(self):
        self.events = []
        self.blobs = []
        self.lost = []
        self._news = asyncio.Event()

    def on_event(self, noted, blob):
        self.events.append(noted.event)
        self.blobs.append(blob)
        self._news.set()

    def on_lost(self, error):
        self.lost.append(error)
        self._news.set()

    async def until(self, wanted, timeout=30.0):
        """The first event that `wanted` says yes to."""
        seen = 0
        async with asyncio.timeout(timeout):
            while True:
                self._news.clear()
                for event in self.events[seen:]:
                    seen += 1
                    if wanted(event):
                        return event
                await self._news.wait()

    async def until_lost(self, timeout=30.0):
        """The connection ended."""
        async with asyncio.timeout(timeout):
            while not self.lost:
                self._news.clear()
                await self._news.wait()

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An empty workspace whose state, socket and configuration are all in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    sockets = tmp_path / "s"
    sockets.mkdir()
    monkeypatch.setenv("SDTUI_TMPDIR", str(sockets))
    monkeypatch.setenv("SDTUI_RENDERER", FAKE)
    monkeypatch.delenv("SDTUI_CONFIG", raising=False)
    root = tmp_path / "w"
    (root / "presets").mkdir(parents=True)
    (root / "wildcards").mkdir()
    (root / "sdtui.yaml").write_text("devices: [cpu]\n")
    made = Workspace(root)
    yield made
    end_server(made)


def server_pid(workspace):
    return int((workspace.state / "server.lock").read_text())


def end_server(workspace):
    lock = workspace.state / "server.lock"
    if lock.exists() and lock.read_text().strip():
        try:
            os.kill(server_pid(workspace), signal.SIGKILL)
        except ProcessLookupError:
            return


@pytest.fixture
async def connect(workspace):
    """Makes clients; they are closed at the end."""
    clients = []

    async def make(name="test", **more):
        watch = Watch()
        client = await Client.connect(workspace, name=name, on_event=watch.on_event, on_lost=watch.on_lost, **more)
        clients.append(client)
        return client, watch

    yield make
    for client in clients:
        await client.close()
