"""What the doctor looks at without asking the terminal or torch: program, configuration, folders, models, server."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sdtui
from sdtui.cli.finding import Finding
from sdtui.cli.place import Place
from sdtui.errors import ConfigError, ModelError, SdtuiError, ServerError, WorkspaceError
from sdtui.workspace.config import load_layers, user_file
from sdtui.workspace.paths import WORKSPACE_FILE

SHOWN_LIBRARIES = ("torch", "diffusers", "transformers", "textual", "pillow")
ROOM_BYTES = 200_000_000
LET_BE = "The studio goes on with the key it had; F1 shows them all."


def check_program(place: Place) -> Iterator[Finding]:
    """Which sdtui, which Python, which libraries."""
    from importlib.metadata import PackageNotFoundError, version

    found, missing = [], []
    for name in SHOWN_LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield Finding("sdtui", "ok", f"{sdtui.__version__}, Python {platform.python_version()} ({', '.join(found)})")
    if missing:
        todo = "Install sdtui again: `make install`, or `pip install` where it came from."
        yield Finding("sdtui", "problem", f"Not installed: {', '.join(missing)}.", todo)


def check_config(place: Place) -> Iterator[Finding]:
    """Which files there are, and what is wrong in them."""
    files = (user_file(), place.workspace.root / WORKSPACE_FILE)
    there = [str(file) for file in files if file.exists()]
    yield Finding("config", "ok", ", ".join(there) or f"all defaults ({files[0]} is not there)")
    for problem in place.problems:
        yield Finding("config", "problem", f"{problem.where}: {problem.what}", problem.todo, ConfigError)


def check_keys(place: Place) -> Iterator[Finding]:
    """Whether the keys of the configuration can be what they are wished to be; silent where none is set."""
    if not place.config.keys:
        return
    from sdtui.ui.commands.keys import keys_in_force

    found = keys_in_force(place.config.keys)
    sources = load_layers(place.workspace.root).sources
    for problem in found.problems:
        source = next(
            (sources.get(f"keys.{name}") for name in place.config.keys if problem.startswith(f"keys.{name}: ")), ""
        )
        yield Finding("keys", "problem", f"{source}: {problem}" if source else problem, LET_BE, ConfigError)
    if found.changed:
        yield Finding("keys", "ok", ", ".join(f"{name}: {keys}" for name, keys in found.changed.items()))


def check_theme(place: Place) -> Iterator[Finding]:
    """Whether there is the theme that the configuration wishes; silent where it wishes none."""
    wanted = place.config.theme
    if not wanted:
        return
    from sdtui.ui.terminal.theme import known_themes

    if wanted not in known_themes():
        source = load_layers(place.workspace.root).sources.get("theme", "")
        known = f"Known: {', '.join(known_themes())}."
        yield Finding(
            "theme", "problem", f"{source}: There is no theme '{wanted}'.".removeprefix(": "), known, ConfigError
        )


def check_workspace(place: Place) -> Iterator[Finding]:
    """Where the workspace is and where its state is kept."""
    workspace = place.workspace
    presets = _count(workspace.presets, "*.yaml")
    wildcards, broken = _wildcards(workspace.wildcards)
    yield Finding("workspace", "ok", f"{workspace.root} ({presets} presets, {wildcards} wildcards)")
    for problem in broken:
        yield Finding("wildcards", "problem", problem)
    try:
        workspace.make_state()
        workspace.make_socket_folder()
    except WorkspaceError as error:
        yield Finding("state", "problem", f"{error.where}: {error.what}", error.todo, WorkspaceError)
    else:
        yield Finding("state", "ok", str(workspace.state))


def check_outputs(place: Place) -> Iterator[Finding]:
    """Whether pictures can be written."""
    folder = place.workspace.resolve(place.config.outputs.folder)
    standing = _nearest(folder)
    if not standing.is_dir():
        yield Finding(
            "outputs", "problem", f"{standing} is no folder.", "Name another with outputs.folder.", WorkspaceError
        )
        return
    try:
        # Asking for permissions is not enough: a file system may be read-only, and root is allowed everything.
        with tempfile.TemporaryFile(dir=standing):
            pass
    except OSError as error:
        todo = "Make it writable, or name another with outputs.folder."
        yield Finding("outputs", "problem", f"{standing} is not writable: {error.strerror}.", todo, WorkspaceError)
        return
    space = os.statvfs(standing)
    free = space.f_bavail * space.f_frsize
    text = f"{folder}, {free / 1e9:.1f} GB free"
    if free < ROOM_BYTES:
        yield Finding(
            "outputs", "problem", f"{text}.", "Make room; a picture of 512×512 takes about 0.5 MB.", WorkspaceError
        )
    else:
        yield Finding("outputs", "ok", text)


def check_models(place: Place) -> Iterator[Finding]:
    """Whether the folders of the configuration are there, and what is in them."""
    from sdtui.library.opening import open_library
    from sdtui.weights.hashes import HashStore

    named = [name for name in (place.config.models.tree, *place.config.models.folders) if name]
    folders = [place.workspace.resolve(name) for name in named]
    for folder in folders:
        if not folder.is_dir():
            yield Finding(
                "models", "problem", f"{folder} is not there.", "Correct models.tree or models.folders.", ModelError
            )
    library = open_library(place.workspace, place.config, HashStore(place.workspace.state / "hashes.json"))
    records = library.scan()
    usable = [record for record in records if record.kind == "checkpoint" and not record.problem]
    yield Finding("models", "ok", f"checkpoints: {len(usable)}, model files in all: {len(records)}")
    if all(record.builtin for record in usable):
        todo = "`sdtui get URL` fetches one; models.tree names the folder of an A1111, Forge or ComfyUI installation."
        yield Finding("models", "note", "The only checkpoint is the tiny built-in one.", todo)
    broken = [record for record in records if record.problem]
    if broken:
        text = f"{len(broken)} cannot be used, the first is {broken[0].path}: {broken[0].problem}"
        yield Finding("models", "note", text, "`sdtui models` lists them all.")
    try:
        record = library.find_checkpoint("", place.config.checkpoint)
    except ModelError as error:
        yield Finding("checkpoint", "problem", error.what, error.todo, ModelError)
    else:
        yield Finding("checkpoint", "ok", f"{record.name}{' (built in)' if record.builtin else ''}")


def check_server(place: Place) -> Iterator[Finding]:
    """Whether a server runs, and of which version."""
    import asyncio

    if not place.workspace.socket.exists():
        yield Finding("server", "ok", "not running; the first command starts it")
        return
    try:
        yield asyncio.run(_greet(place))
    except ServerError as error:
        yield Finding(
            "server", "note", error.what, "A command starts it anew; `sdtui stop` ends one of another version."
        )
    except SdtuiError as error:
        yield Finding("server", "problem", str(error), kind=type(error))


async def _greet(place: Place) -> Finding:
    from sdtui.client.client import Client

    client = await Client.connect(place.workspace, name="doctor", start=False, events=False)
    try:
        snapshot = client.snapshot
        workers = ", ".join(f"{worker.device} {worker.state}" for worker in snapshot.workers)
        waiting = sum(not job.ended for job in snapshot.jobs)
        return Finding("server", "ok", f"{snapshot.version}, pid {snapshot.pid}, {waiting} unfinished jobs; {workers}")
    finally:
        await client.close()


def _wildcards(folder: Path) -> tuple[int, list[str]]:
    """How many wildcards there are, and sentences about what cannot be used of them."""
    from sdtui.workspace.wildcards import WildcardFolder

    try:
        found = WildcardFolder(folder).look()
    except WorkspaceError as error:
        return 0, [str(error)]
    listed = found.listing()
    return len(listed), [*map(str, found.problems), *(each.problem for each in listed if each.problem)]


def _count(folder: Path, pattern: str) -> int:
    return sum(1 for _ in folder.rglob(pattern)) if folder.is_dir() else 0


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest one upwards that exists: it is made there when it is needed."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
