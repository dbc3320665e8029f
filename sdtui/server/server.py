"""The server's main: one per user and workspace, from the lock to the last client's leave."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from sdtui.errors import SdtuiError
from sdtui.images.publish import find, sweep
from sdtui.jobs.queue import RenderQueue, Waiting
from sdtui.jobs.store import Store
from sdtui.library.opening import home_for, open_library
from sdtui.server.desk import Desk
from sdtui.server.device import WorkerSettings
from sdtui.server.fetches import Fetches, Surroundings
from sdtui.server.folderwatch import FolderWatch
from sdtui.server.intake import Intake
from sdtui.server.journal import Journal
from sdtui.server.line import Line
from sdtui.server.models import ModelDesk
from sdtui.server.outputs import Outputs
from sdtui.server.planning import Planning
from sdtui.server.presets import Files
from sdtui.server.sessions import Sessions
from sdtui.server.settings import Settings, tuning_of
from sdtui.server.shelf import Shelf
from sdtui.server.supervisor import Supervisor
from sdtui.server.watching import Watching
from sdtui.spec.event import Published, Requeued, Stopping
from sdtui.spec.job import Render
from sdtui.spec.verbs_files import Folder
from sdtui.weights.hashes import HashStore
from sdtui.worker.devices import find_devices
from sdtui.workspace.config import Config
from sdtui.workspace.paths import Workspace
from sdtui.workspace.presets import PresetFolder
from sdtui.workspace.styles import style_files
from sdtui.workspace.taglists import TagLists
from sdtui.workspace.wildcards import WildcardFolder

ALREADY = 0
TICK_S = 1.0
SETTLE_S = 5.0
"""A broken model file that was written so short a time ago is taken to be on its way."""


def run(workspace: Workspace, config: Config, problems: Iterable[SdtuiError] = (), renderer: str = "") -> int:
    """Serve the workspace until stopped or idle; exit code 0, also when another server has it already.

    `problems` (of the configuration) go to the log; `renderer` names another than the engine, for tests.
    """
    state = workspace.make_state()
    lock = os.open(state / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 100).decode(errors="replace").strip() or "unknown"
        sentence = f"{workspace.root}: Another server has this workspace already (pid {holder})."
        print(sentence, "Nothing is to be done: every sdtui finds it; `sdtui stop` ends it.", file=sys.stderr)  # noqa: T201
        return ALREADY
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    try:
        asyncio.run(Server(workspace, config, renderer).serve(problems))
    finally:
        os.close(lock)
    return 0


class Server:
    """Everything that lives as long as the server."""

    def __init__(self, workspace: Workspace, config: Config, renderer: str) -> None:
        self._workspace = workspace
        self._settings = Settings(workspace.root, config, self._reconfigure)
        self._renderer = renderer
        self._stopping = asyncio.Event()
        self._last_busy = time.monotonic()

    async def serve(self, problems: Iterable[SdtuiError]) -> None:
        """Open the database, put right what a crash left, listen, and go on until somebody says stop."""
        store = Store(self._workspace.state / "queue.db")
        self._journal = Journal(store, time.time)
        self._queue = RenderQueue()
        self._outputs = Outputs(store.planned_in)
        self._recover(store)
        line = Line(self._queue, store, self._journal)
        line.restore()
        self._supervisor = self._make_supervisor()
        self._shelf = Shelf(self._journal)
        self._hashes = HashStore(self._workspace.state / "hashes.json")
        self._presets = PresetFolder(self._workspace.presets)
        wildcards = WildcardFolder(self._workspace.wildcards)
        self._apply(self._settings.config)
        planning = Planning(
            store=store,
            shelf=self._shelf,
            outputs=self._outputs,
            wildcards=wildcards,
            presets=self._presets,
            clock=time.time,
            refresh=self._settings.refresh,
        )
        intake = Intake(journal=self._journal, queue=self._queue, supervisor=self._supervisor)
        self._watching = Watching(self._workspace, store, planning, intake)
        self._models = self._make_models()
        desk = Desk(
            root=self._workspace.root,
            store=store,
            journal=self._journal,
            queue=self._queue,
            line=line,
            supervisor=self._supervisor,
            shelf=self._shelf,
            planning=planning,
            intake=intake,
            watching=self._watching,
            models=self._models,
            files=Files(workspace=self._workspace, store=store, presets=self._presets, wildcards=wildcards),
            tags=TagLists(self._workspace.root),
            stop=self._stop,
            refresh=self._settings.refresh,
        )
        self._sessions = sessions = Sessions(desk, self._journal)
        for problem in problems:
            print(problem, file=sys.stderr)  # noqa: T201
        folder_watch = self._make_folder_watch()
        await folder_watch.look()
        listener = await self._listen()
        ticking = asyncio.create_task(self._tick())
        watching = asyncio.create_task(folder_watch.run())
        self._supervisor.pump()
        self._watching.start()
        looking = asyncio.create_task(self._models.watch(lambda: len(sessions) > 0))
        self._models.fetches.begin()
        await self._stopping.wait()
        looking.cancel()
        ticking.cancel()
        watching.cancel()
        listener.close()
        self._journal.note(Stopping())
        # the socket goes first: from here on a new client starts a new server, which waits for the lock
        self._workspace.socket.unlink(missing_ok=True)
        self._models.close()
        await self._watching.close()
        await self._supervisor.stop()
        await self._sessions.close()
        store.close()

    async def _listen(self) -> asyncio.Server:
        path = self._workspace.make_socket_folder()
        path.unlink(missing_ok=True)
        # the socket alone: pictures keep the mode that the user's own umask gives them
        before = os.umask(0o077)
        try:
            listener = await asyncio.start_unix_server(self._sessions.welcome, path=path)
        finally:
            os.umask(before)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop, "now")
        loop.add_signal_handler(signal.SIGINT, self._stop, "now")
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        return listener

    def _make_supervisor(self) -> Supervisor:
        options = ["--state", str(self._workspace.state), "--locks", str(self._workspace.make_socket_folder().parent)]
        if self._renderer:
            options += ["--renderer", self._renderer]
        devices = find_devices(os.environ) if self._settings.config.devices == "auto" else self._settings.config.devices
        settings = WorkerSettings(
            folder=self._workspace.state,
            options=tuple(options),
            environ=os.environ,
            in_flight=self._settings.config.in_flight,
        )
        return Supervisor(devices, self._queue, self._journal, settings, clock=time.monotonic, adopt=self._adopt)

    def _reconfigure(self, config: Config, problems: Iterable[SdtuiError]) -> None:
        """A configuration file was changed while the server runs."""
        for problem in problems:
            self._journal.log(str(problem), level="warning")
        self._journal.log("The configuration was read again; it counts for new jobs, but `devices` after `sdtui stop`.")
        self._apply(config)

    def _apply(self, config: Config) -> None:
        """Everything but the devices, which are chosen once."""
        self._outputs.configure(self._workspace.resolve(config.outputs.folder), config.outputs.pattern)
        self._supervisor.configure(in_flight=config.in_flight, tuning=tuning_of(config))
        cache = self._workspace.state / "library.json"
        library = open_library(self._workspace, config, self._hashes, cache=cache, settle_s=SETTLE_S)
        tree = self._workspace.resolve(config.models.tree) if config.models.tree else None
        self._presets.configure(style_files(self._workspace.root, tree))
        self._shelf.configure(library, default=config.checkpoint, vae=config.vae)

    def _make_models(self) -> ModelDesk:
        """Answers what is asked about models, and gets them; what landed is told to the library."""

        def landed(path: Path, sha256: str) -> None:
            self._landing = asyncio.create_task(models.landed(path, sha256))

        around = Surroundings(
            config=lambda: self._settings.config,
            folder_for=lambda kind: home_for(kind, self._workspace, self._settings.config),
            landed=landed,
        )
        fetches = Fetches(self._journal, self._workspace.state / "fetches.json", around)
        models = ModelDesk(self._shelf, self._journal, fetches, self._hashes)
        return models

    def _make_folder_watch(self) -> FolderWatch:
        """Tells of presets and wildcards that changed, for as long as there are clients or watched folders."""
        folders: dict[Folder, Path] = {"presets": self._workspace.presets, "wildcards": self._workspace.wildcards}
        styles, sessions = (lambda: self._presets.styles), self._sessions
        return FolderWatch(folders, styles, self._journal.note, lambda: len(sessions) > 0 or self._watching.active)

    def _recover(self, store: Store) -> None:
        """After a crash: adopt pictures that were published, queue the others again, sweep what was half written."""
        now = time.monotonic()
        folders: set[Path] = set()
        views = {view.id: view for view in self._journal.open_jobs}
        for render, deaths in tuple(store.open_renders()):
            folders.add(Path(render.path).parent)
            if self._adopt(render):
                continue
            state = next(view.state for view in views[render.job_id].renders if view.id == render.id)
            if state == "running":
                again = Requeued(job_id=render.job_id, render_id=render.id, reason="the server was started again")
                self._journal.note(again)
            self._queue.append([Waiting(render=render, queued_at=now, deaths=deaths)])
        for job_id in views:
            self._journal.finish(job_id)
        for folder in folders:
            sweep(folder)

    def _adopt(self, render: Render) -> bool:
        """Note a picture that is on the disk already, whole."""
        path = find(Path(render.path), render_id=render.id)
        if path is None:
            return False
        self._journal.note(Published(job_id=render.job_id, render_id=render.id, path=str(path)))
        return True

    def _stop(self, mode: str) -> None:
        self._supervisor.draining = True
        if mode == "now" or not self._supervisor.busy:
            self._stopping.set()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._supervisor.check(self._settings.config.release_after_s)
            now = time.monotonic()
            if (
                self._supervisor.busy
                or len(self._sessions)
                or len(self._queue)
                or self._watching.active
                or self._models.fetches.busy
            ):
                self._last_busy = now
            idle_exit_s = self._settings.config.server.idle_exit_s
            drained = self._supervisor.draining and not self._supervisor.busy
            if drained or (idle_exit_s and now - self._last_busy > idle_exit_s):
                self._stopping.set()
