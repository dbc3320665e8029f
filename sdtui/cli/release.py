"""Give the memory of idle devices back now, for whoever else needs it. The next job brings its models back by itself."""

from __future__ import annotations

import argparse

from sdtui.cli.connection import ask
from sdtui.cli.place import open_place
from sdtui.cli.say import say


def options(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(args: argparse.Namespace) -> int:
    """Release them and say how many there were; without a server nothing is held."""
    if not open_place(args.workspace).workspace.socket.exists():
        say("No server is running: nothing is held.")
        return 0
    count = ask(args.workspace, lambda client: client.release(), start=False)
    if count:
        say(f"{count} {'device is' if count == 1 else 'devices are'} free of models.")
    else:
        say("No device is idle: pictures are being made. `sdtui cancel all` takes them back.")
    return 0
