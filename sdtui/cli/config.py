"""Show every key of the configuration with its help, its value and where that comes from, as a file that can be used."""

from __future__ import annotations

import argparse

from sdtui.cli.exits import OK, exit_code
from sdtui.cli.place import open_place
from sdtui.cli.say import complain, say


def options(parser: argparse.ArgumentParser) -> None:
    """--show or --path."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--show", action="store_true", help="every key (the default)")
    choice.add_argument("--path", action="store_true", help="where your own file is, or would be")


def run(args: argparse.Namespace) -> int:
    """Print the page or the path; problems in the files are said, and are the exit code."""
    from sdtui.workspace.config import user_file
    from sdtui.workspace.config_page import show

    if args.path:
        say(str(user_file()))
        return 0
    place = open_place(args.workspace)
    say(show(place.workspace.root).rstrip("\n"))
    for problem in place.problems:
        complain(problem)
    return exit_code(place.problems[0]) if place.problems else OK
