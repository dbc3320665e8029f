"""Render the prompt files of a folder, and each of them again whenever it is saved.

Files: .txt (a prompt, perhaps `Negative prompt: …` and a line of parameters as A1111 writes it), .md (the body is the prompt,
the rest in the front matter), .yaml and .json (any part of a document), .png (what its metadata says). A file keeps its seed
unless it sets one; what is given on the command line counts over the files. Wildcards and presets that they use are watched,
too. Pictures go to outputs/watch/NAME/, where latest.png is always the newest.

The folder is watched until `--stop`: Ctrl+C only ends the telling, and the next start goes on with it.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from sdtui.cli.connection import ask
from sdtui.cli.place import current_folder, open_strictly
from sdtui.cli.render import add_field
from sdtui.cli.say import note, say
from sdtui.errors import UsageError
from sdtui.spec.document import Document
from sdtui.spec.params import FIELDS, Scalar, parse_value
from sdtui.spec.verb import Done
from sdtui.spec.verbs_watch import PauseWatch, Unwatch, Watch, Watches, WatchesAnswer
from sdtui.spec.watch import WatchWish
from sdtui.terminal.filter import clean_line
from sdtui.workspace.paths import expand

if TYPE_CHECKING:
    from sdtui.client.client import Client


def options(parser: argparse.ArgumentParser) -> None:
    """Which folder, how it is watched, what counts over its files, what is to become of watching."""
    parser.add_argument("folder", metavar="DIR", nargs="?", help="a folder of prompt files")
    parser.add_argument("-r", "--recursive", action="store_true", help="the folders in it as well")
    parser.add_argument("--poll", action="store_true", help="look every other second: for folders on a network")
    parser.add_argument("--once", action="store_true", help="render every file once, and watch no longer")
    parser.add_argument("--many", action="store_true", help="however many files there are: each is rendered")
    parser.add_argument("--detach", action="store_true", help="do not stay to tell what happens")
    acts = parser.add_argument_group("what is watched already").add_mutually_exclusive_group()
    acts.add_argument("--list", action="store_true", help="list the watched folders and how their files stand")
    acts.add_argument("--stop", action="store_true", help="watch DIR, or nothing at all, no longer")
    acts.add_argument("--pause", action="store_true", help="render nothing of DIR, or of any, for a while")
    acts.add_argument("--resume", action="store_true", help="go on, with what was saved meanwhile")
    parser.add_argument("--json", action="store_true", help="tell in lines of JSON")
    fields = parser.add_argument_group("what counts over the files")
    fields.add_argument("--negative", metavar="TEXT", help="what is not to be seen")
    fields.add_argument("--checkpoint", metavar="NAME", help="the model (see `sdtui models`)")
    for field in FIELDS:
        add_field(fields, field)


def run(args: argparse.Namespace) -> int:
    """Watch and tell, or do what is asked with what is watched."""
    if args.list:
        return _list(args)
    if args.stop or args.pause or args.resume:
        return _change(args)
    if args.folder is None:
        raise UsageError(
            "Which folder?", todo="`sdtui watch prompts`; `sdtui watch --list` shows those that are watched."
        )
    options = read_options(args)
    wish = WatchWish(
        path=_path(args.folder),
        recursive=args.recursive,
        polling=args.poll,
        once=args.once,
        many=args.many,
        options=options,
    )
    place = open_strictly(args.workspace)
    if args.detach:
        ask(args.workspace, lambda client: client.ask(Watch(wish=wish), WatchesAnswer))
        note(f"{clean_line(wish.path)} is watched; `sdtui watch --list` shows how its files stand.")
        return 0
    from sdtui.cli.watched import Teller, WatchFollower

    return asyncio.run(WatchFollower(place, wish, Teller(json=args.json)).follow())


def read_options(args: argparse.Namespace) -> Document:
    """What counts over the files; raises UsageError."""
    params: dict[str, Scalar] = {}
    for field in FIELDS:
        given = getattr(args, field.name)
        if given is not None:
            params[field.name] = parse_value(field.name, given) if isinstance(given, str) else given
    return Document(negative_prompt=args.negative or "", checkpoint=args.checkpoint or "", params=params)


def _path(folder: str) -> str:
    if not folder.strip():
        raise UsageError("The folder's name is empty.", todo="`sdtui watch --list` shows those that are watched.")
    path = current_folder() / expand(Path(folder))
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UsageError(
            "The folder's name is not UTF-8, so it cannot be watched.", todo="Give it another name."
        ) from None
    return str(path.resolve())


def _list(args: argparse.Namespace) -> int:
    found = ask(args.workspace, lambda client: client.ask(Watches(), WatchesAnswer))
    if args.json:
        from sdtui.cli.json_lines import line

        for each in (*found.folders, *found.files):
            say(line(each))
    elif not found.folders:
        say("Nothing is watched. The first folder: sdtui watch prompts")
    else:
        from sdtui.cli.columns import table
        from sdtui.cli.watched import row_of

        for folder in found.folders:
            for sentence in (*folder.notes, *(("It is paused.",) if folder.paused else ())):
                note(f"{clean_line(folder.path)}: {sentence}")
            if folder.problem is not None:
                note(f"{clean_line(folder.path)}: {folder.problem.what}")
        rows = [
            (folder.path, "", f"{sum(file.folder == folder.path for file in found.files)} files")
            for folder in found.folders
        ]
        say(table(("FILE", "STATE", "PICTURE"), rows + [row_of(file) for file in found.files]))
    return 0


def _change(args: argparse.Namespace) -> int:
    path = _path(args.folder) if args.folder is not None else ""

    async def talk(client: Client) -> int:
        verb = Unwatch(path=path) if args.stop else PauseWatch(path=path, paused=args.pause)
        return (await client.ask(verb, Done)).count

    count = ask(args.workspace, talk)
    folders = "1 folder is" if count == 1 else f"{count} folders are"
    said = "watched no longer" if args.stop else "paused" if args.pause else "going on"
    say(f"{folders} {said}." if count else "There was nothing to change.")
    return 0
