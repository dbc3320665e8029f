"""Get a model from an address, and put it into the folder where its kind belongs.

The server does it: Ctrl+C leaves it going on, and `sdtui get` with the same address shows it again. A download that broke
off goes on where it stopped. Addresses of files and pages on the usual model sites are understood; the page of a repository
that is a diffusers folder gets all of it that a picture is made with. What a site wants to know of you is a token below
`tokens:` in your configuration.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sdtui.cli.exits import FAILED, OK
from sdtui.cli.place import open_place
from sdtui.cli.say import note, say
from sdtui.terminal.filter import clean_line

if TYPE_CHECKING:
    from sdtui.client.client import Client
    from sdtui.spec.event import Noted
    from sdtui.spec.fetch import FetchView
    from sdtui.workspace.paths import Workspace

KINDS = ("checkpoint", "lora", "embedding", "hypernetwork", "vae", "controlnet", "upscaler")
SAID = {"lora": "LoRA", "vae": "VAE", "controlnet": "ControlNet"}
MARKS = {"done": "✓", "failed": "✗", "cancelled": "‖"}
BAR_CELLS = 24


def options(parser: argparse.ArgumentParser) -> None:
    """The address, and what the site does not say."""
    parser.add_argument(
        "url", metavar="URL", nargs="?", default="", help="address of the file, of its page, or of a repository's page"
    )
    parser.add_argument("--kind", choices=KINDS, help="where the file does not say what it is")
    parser.add_argument("--name", default="", help="the file's name (default: what the site calls it)")
    parser.add_argument("--sha256", metavar="HEX", default="", help="what the file must come to")
    parser.add_argument("--detach", action="store_true", help="do not wait for it")
    parser.add_argument("--list", action="store_true", help="show downloads")
    parser.add_argument("--cancel", metavar="N", type=int, help="stop a download; what came of it stays")
    parser.add_argument(
        "--forget", metavar="N", type=int, help="take a download off the list, and what came of it unless it is done"
    )
    parser.add_argument("--clear", action="store_true", help="forget every download that is over")
    parser.add_argument("--json", action="store_true", help="every change as one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Get it, and show how far it is."""
    from sdtui.errors import UsageError

    if not (args.url or _is_upkeep(args)):
        raise UsageError("Which address?", todo='For example: sdtui get "https://…/model.safetensors".')
    from sdtui.cli.connection import note_problems

    place = open_place(args.workspace)
    note_problems(place)
    return asyncio.run(_get(args, place.workspace))


async def _get(args: argparse.Namespace, workspace: Workspace) -> int:
    from sdtui.client.client import Client
    from sdtui.spec.event import FetchChanged

    views: asyncio.Queue[FetchView | None] = asyncio.Queue()

    def on_event(noted: Noted, blob: bytes) -> None:
        if isinstance(noted.event, FetchChanged):
            views.put_nowait(noted.event.fetch)

    client = await Client.connect(
        workspace, name="cli", on_event=on_event, on_lost=lambda error: views.put_nowait(None)
    )
    try:
        if _is_upkeep(args):
            return await _look_after(client, args)
        return await _wait(args, await _start(client, args), views)
    finally:
        await client.close()


def _is_upkeep(args: argparse.Namespace) -> bool:
    return bool(args.list or args.clear or args.cancel is not None or args.forget is not None)


async def _start(client: Client, args: argparse.Namespace) -> FetchView:
    from sdtui.spec.verbs_models import Fetch, FetchAnswer

    verb = Fetch(url=args.url, kind=args.kind or "unknown", name=args.name, sha256=args.sha256)
    return (await client.ask(verb, FetchAnswer)).fetch


async def _look_after(client: Client, args: argparse.Namespace) -> int:
    from sdtui.spec.verb import Done
    from sdtui.spec.verbs_models import Fetches, FetchesAnswer, StopFetch

    if args.cancel is not None:
        await client.ask(StopFetch(id=args.cancel), Done)
    if args.forget is not None:
        await client.ask(StopFetch(id=args.forget, forget=True), Done)
    if args.clear:
        for view in (await client.ask(Fetches(), FetchesAnswer)).fetches:
            if view.over:
                await client.ask(StopFetch(id=view.id, forget=True), Done)
    for view in (await client.ask(Fetches(), FetchesAnswer)).fetches:
        _tell(view, as_json=args.json)
    return OK


async def _wait(args: argparse.Namespace, view: FetchView, views: asyncio.Queue[FetchView | None]) -> int:
    """Show it until it is over; Ctrl+C leaves it to the server."""
    from sdtui.errors import ServerError
    from sdtui.spec.complaint import error_of

    if args.detach:
        _tell(view, as_json=args.json)
        return OK
    progress = _Progress(as_json=args.json)
    try:
        while not view.over:
            progress.show(view)
            newer = await views.get()
            if newer is None:
                raise ServerError("The server has ended.", todo="The next one goes on with the download.")
            view = newer if newer.id == view.id else view
    except asyncio.CancelledError:
        progress.end()
        note(f"It goes on in the background; `sdtui get --cancel {view.id}` stops it.")
        raise
    progress.end()
    if view.error is not None:
        raise error_of(view.error)
    _tell(view, as_json=args.json)
    if view.state == "done" and args.kind not in {None, view.kind}:
        found, wanted = _a(view.kind), _a(args.kind)
        note(f"The file is {found}, not {wanted}: it is in {Path(view.path).parent.name}/.")
    return OK if view.state == "done" else FAILED


def _a(kind: str) -> str:
    said = SAID.get(kind, kind)
    return f"an {said}" if said[0] in "eu" else f"a {said}"


def _tell(view: FetchView, *, as_json: bool) -> None:
    if as_json:
        from sdtui.cli.json_lines import line

        say(line(view))
    elif view.state == "done":
        say(view.path)
    else:
        say(f"{view.id}  {MARKS.get(view.state, '…')} {view.state}  {view.name or view.url}  {_share(view)}".rstrip())


def _share(view: FetchView) -> str:
    if not view.size:
        return ""
    speed = f" {view.speed / 1e6:.1f} MB/s" if view.speed else ""
    return f"{view.done / view.size:.0%} of {view.size / 1e6:,.0f} MB{speed}"


class _Progress:
    """One line that is written over on a terminal; a line for each news elsewhere."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._on_terminal = sys.stderr.isatty()
        self._said: set[str] = set()

    def show(self, view: FetchView) -> None:
        """How far it is."""
        if self._as_json:
            _tell(view, as_json=True)
            return
        name = view.name or view.url
        if self._on_terminal:
            filled = round(BAR_CELLS * view.done / view.size) if view.size else 0
            bar = "█" * filled + "░" * (BAR_CELLS - filled)
            said = clean_line(f"{bar} {_share(view)} {view.text or name}")
            sys.stderr.write(f"\r\x1b[K{said[: max(20, shutil.get_terminal_size().columns - 1)]}")
            sys.stderr.flush()
        elif view.text and view.text not in self._said:
            note(f"{name}: {view.text}")
            self._said.add(view.text)

    def end(self) -> None:
        """The line is over."""
        if self._on_terminal and not self._as_json:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
