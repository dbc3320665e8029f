"""Presets: what there are, what one sets, saving one, deleting one, and files of them from A1111's styles.csv.

sdtui presets                        what there is
sdtui presets show NAME              its file
sdtui presets save NAME              what the studio has set up, or with -f FILE a document's fields
sdtui presets save NAME --only cfg_scale --only prompt
sdtui presets delete NAME            it is kept in the workspace's state
sdtui presets convert styles.csv     a preset for each style
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sdtui.cli.connection import ask
from sdtui.cli.exits import OK, exit_code
from sdtui.cli.place import Place, open_place
from sdtui.cli.say import complain, say
from sdtui.errors import UsageError
from sdtui.spec.params import FIELD
from sdtui.spec.preset import Preset
from sdtui.workspace.presets import PresetFolder
from sdtui.workspace.styles import style_files

if TYPE_CHECKING:
    from sdtui.client.client import Client
    from sdtui.spec.document import Document
    from sdtui.spec.verbs_files import FileAnswer

ACTIONS = ("list", "show", "save", "delete", "convert")
PRESET = ".yaml"
ABOUT_CHARACTERS = 60


def options(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which."""
    parser.add_argument("action", metavar="ACTION", nargs="?", default="list", choices=ACTIONS, help=", ".join(ACTIONS))
    parser.add_argument("name", metavar="NAME", nargs="?", default="", help="a preset, or a styles.csv to convert")
    parser.add_argument("-f", "--file", metavar="FILE", type=Path, help="save: a document instead of the studio's")
    parser.add_argument("--only", metavar="FIELD", action="append", help="save: this field; may be given several times")
    parser.add_argument("--force", action="store_true", help="save, convert: replace a preset of that name")
    parser.add_argument("--json", action="store_true", help="list: one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Do it; the exit code tells of presets that cannot be used."""
    if args.action not in {"list", "convert"} and not args.name:
        raise UsageError("Which preset?", todo="`sdtui presets` lists them.")
    match args.action:
        case "list":
            return _list(args)
        case "show":
            return _show(args)
        case "save":
            return _save(args)
        case "delete":
            gone = ask(args.workspace, lambda client: _delete(client, args.name))
            say(f"{gone.name} is deleted; its text is kept in {gone.kept}.")
            return OK
        case _:
            from sdtui.cli.styles import convert

            return convert(open_place(args.workspace), args.name, force=args.force)


def open_presets(place: Place) -> PresetFolder:
    """The presets of a workspace, A1111's styles among them."""
    tree = place.config.models.tree
    where = place.workspace.resolve(tree) if tree else None
    return PresetFolder(place.workspace.presets, style_files(place.workspace.root, where))


def _list(args: argparse.Namespace) -> int:
    listing = open_presets(open_place(args.workspace)).look()
    if args.json:
        from sdtui.cli.json_lines import line

        for preset in listing.presets:
            say(line(preset))
    elif not listing.presets:
        say("No presets yet. Ctrl+S in the studio saves one; so does `sdtui presets save NAME`.")
    else:
        from sdtui.cli.columns import table

        say(table(("NAME", "SETS", "ABOUT"), [_row(preset) for preset in listing.presets]))
    for problem in listing.problems:
        complain(problem)
    return exit_code(listing.problems[0]) if listing.problems else OK


def _row(preset: Preset) -> tuple[str, ...]:
    if preset.problem is not None:
        return (preset.name, "✗", f"{preset.problem.where}: {preset.problem.what}")
    names = [name for name in preset.sets if name != "params"]
    names += preset.document.params
    about = preset.about or ("a row of styles.csv" if preset.source == "styles" else "")
    return (preset.name, ", ".join(names), about[:ABOUT_CHARACTERS])


def _show(args: argparse.Namespace) -> int:
    from sdtui.workspace.preset_text import write_preset
    from sdtui.workspace.yaml_reader import read_text

    preset = open_presets(open_place(args.workspace)).find(args.name)
    if preset.source == "styles":
        say(write_preset(preset.document, preset.sets).rstrip("\n"))
    else:
        say(read_text(Path(preset.path)).rstrip("\n"))
    return OK


def _save(args: argparse.Namespace) -> int:
    from sdtui.cli.given import read_given

    given = read_given(args.file) if args.file is not None else None

    async def save(client: Client) -> FileAnswer:
        from sdtui.spec.verbs_files import FileAnswer, ReadFile, SavePreset

        document = given or client.snapshot.draft
        fields = _fields(document, args.only)
        etag = ""
        if args.force and await _exists(client, args.name):
            etag = (await client.ask(ReadFile(folder="presets", name=args.name + PRESET), FileAnswer)).etag
        verb = SavePreset(name=args.name, document=document, fields=fields, etag=etag)
        return await client.ask(verb, FileAnswer)

    saved = ask(args.workspace, save)
    say(f"{saved.name} is saved{f'; what it replaces is kept in {saved.kept}' if saved.kept else ''}.")
    return OK


def _fields(document: Document, only: list[str] | None) -> tuple[str, ...]:
    """The fields to save: those named, else all that are set but the seed; raises UsageError for one that is not set."""
    names = [name for name in document.__struct_fields__ if name not in {"kind", "params", "presets"}]
    have = [name for name in names if getattr(document, name)] + list(document.params)
    if only is None:
        return tuple(_full(name) for name in have if name != "seed")
    for name in only:
        if name not in have:
            todo = f"Set: {', '.join(have) or 'nothing'}."
            raise UsageError(f"'{name}' is not set, so it cannot be saved.", where="--only", todo=todo)
    return tuple(map(_full, only))


def _full(name: str) -> str:
    return f"params.{name}" if name in FIELD else name


async def _exists(client: Client, name: str) -> bool:
    from sdtui.spec.verbs_files import Presets, PresetsAnswer

    answer = await client.ask(Presets(), PresetsAnswer)
    return any(each.name == name and each.path.endswith(name + PRESET) for each in answer.presets)


async def _delete(client: Client, name: str) -> FileAnswer:
    from sdtui.spec.verbs_files import FileAnswer, Presets, PresetsAnswer, ReadFile, RemoveFile

    answer = await client.ask(Presets(), PresetsAnswer)
    found = next((each for each in answer.presets if each.name == name), None)
    if found is None:
        raise UsageError(f"There is no preset '{name}'.", todo="`sdtui presets` lists them.")
    if found.source == "styles":
        raise UsageError(f"'{name}' is a row of {found.path}.", todo="Take it out there, with an editor.")
    file = await client.ask(ReadFile(folder="presets", name=Path(found.path).name), FileAnswer)
    return await client.ask(RemoveFile(folder="presets", name=file.name, etag=file.etag), FileAnswer)
