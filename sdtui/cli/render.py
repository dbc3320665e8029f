"""Make pictures of a prompt or a file and print their paths.

A .txt file is the prompt, perhaps with `Negative prompt: …` and a line such as `Steps: 12, Seed: 5`; a .yaml or .json file has
`prompt`, `negative_prompt`, `checkpoint`, `vae` and `params` (presets are such files); a .md file is both, a .png what its
metadata says; `-f -` reads a prompt from standard input. Presets are laid over that in their order, prompts put together as A1111's styles;
what else is given on the command line counts over both.
Ctrl+C cancels the job; the second one leaves it be.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from msgspec.structs import replace

from sdtui.cli.place import current_folder, open_strictly
from sdtui.cli.say import note, say
from sdtui.errors import UsageError
from sdtui.spec.document import Document
from sdtui.spec.params import FIELDS, Field, Scalar, parse_value
from sdtui.workspace.paths import expand

PIPE = Path("-")
OFTEN_BROUGHT = frozenset({"cfg_scale", "width", "height"})
OWN = " or the checkpoint's own"
BROUGHT = "A checkpoint may bring defaults of its own; the built-in one is made for 64×64 pixels and a CFG scale of 4."


def options(parser: argparse.ArgumentParser) -> None:
    """What to make, one option for each row of FIELDS, where to put it, what to print."""
    parser.add_argument("prompt", metavar="PROMPT", nargs="?", help="what is to be seen")
    parser.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        type=Path,
        help="a document: .txt, .md, .yaml, .json, .png; - for a prompt from a pipe",
    )
    parser.add_argument(
        "--preset",
        metavar="NAME",
        action="append",
        default=[],
        help="lay a preset over it, several in their order (see `sdtui presets`)",
    )
    parser.add_argument("--negative", metavar="TEXT", help="what is not to be seen")
    parser.add_argument("--checkpoint", metavar="NAME", help="the model (see `sdtui models`)")
    parser.add_argument(
        "--vae", metavar="NAME", help="the VAE that decodes, None for the checkpoint's own (see `sdtui models`)"
    )
    parser.add_argument("--refiner", metavar="NAME", help="the checkpoint that makes the last steps")
    fields = parser.add_argument_group("parameters", BROUGHT)
    for field in FIELDS:
        add_field(fields, field)
    output = parser.add_argument_group("output")
    output.add_argument("-o", "--out", metavar="FILE", help="write the picture there (one picture only)")
    output.add_argument("--force", action="store_true", help="-o may replace a file")
    output.add_argument("--json", action="store_true", help="print every event as a line of JSON")
    output.add_argument("--detach", action="store_true", help="print the job's number and do not wait for it")


def run(args: argparse.Namespace) -> int:
    """Submit, and stay until it is done."""
    document = read_arguments(args)
    place = open_strictly(args.workspace)
    out = str(current_folder() / expand(Path(args.out))) if args.out else ""
    _check_utf8(document.prompt, "The prompt")
    _check_utf8(document.negative_prompt, "The negative prompt")
    _check_utf8(out, "The path after -o")
    if args.detach:
        from sdtui.cli.connection import ask

        job = ask(args.workspace, lambda client: client.submit(document, out=out, force=args.force))
        note(f"Job {job.id} is queued; `sdtui ls` shows it.")
        say(str(job.id))
        return 0
    from sdtui.cli.follow import Follower
    from sdtui.cli.progress import choose_display

    return asyncio.run(Follower(place, choose_display(json=args.json)).follow(document, out, args.force))


def read_arguments(args: argparse.Namespace) -> Document:
    """The document that was asked for; raises UsageError, and what a file can raise."""
    from sdtui.cli.given import read_given

    if args.prompt is None and args.file is None and not args.preset:
        raise UsageError("There is nothing to make a picture of.", todo="Give a PROMPT or -f FILE.")
    if args.force and not args.out:
        raise UsageError("--force goes with -o.", todo="Pictures without -o never replace one.")
    document = Document()
    if args.file is not None:
        document = Document(prompt=_read_pipe()) if args.file == PIPE else read_given(args.file)
        if args.prompt is None and not document.prompt.strip() and not args.preset:
            where = "standard input" if args.file == PIPE else str(args.file)
            todo = "Give a PROMPT next to it, or write one into it."
            raise UsageError("There is nothing to make a picture of: no prompt.", where=where, todo=todo)
    document = replace(
        document,
        prompt=document.prompt if args.prompt is None else args.prompt,
        negative_prompt=document.negative_prompt if args.negative is None else args.negative,
    )
    if args.preset:
        document = _with_presets(document, args)
    params: dict[str, Scalar] = dict(document.params)
    for field in FIELDS:
        given = getattr(args, field.name)
        if given is not None:
            params[field.name] = parse_value(field.name, given) if isinstance(given, str) else given
    return replace(
        document,
        checkpoint=document.checkpoint if args.checkpoint is None else args.checkpoint,
        vae=document.vae if args.vae is None else args.vae,
        refiner=document.refiner if args.refiner is None else args.refiner,
        params=params,
    )


def _with_presets(document: Document, args: argparse.Namespace) -> Document:
    """The document with the presets over it that were named; raises UsageError for one that there is not."""
    from sdtui.cli.place import open_place
    from sdtui.cli.presets import open_presets
    from sdtui.spec.preset import apply

    folder = open_presets(open_place(getattr(args, "workspace", None)))
    document = apply(document, [folder.find(name) for name in args.preset])
    if not document.prompt.strip():
        where = f"--preset {args.preset[-1]}"
        raise UsageError(
            "There is nothing to make a picture of: no prompt.", where=where, todo="Give a PROMPT as well."
        )
    return document


def _read_pipe() -> str:
    """What standard input says until it ends; raises UsageError."""
    from sdtui.workspace.yaml_reader import MAX_BYTES

    data = sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin is not None else b""
    if len(data) > MAX_BYTES:
        raise UsageError(f"The text is larger than {MAX_BYTES / 1e6:g} MB.", where="standard input")
    try:
        return data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise UsageError("This is not UTF-8 text.", where="standard input") from None


def _check_utf8(text: str, what: str) -> None:
    """Raise UsageError for bytes of another encoding and for halves of characters, which no wire carries."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{what} is not UTF-8 text.", todo="Type it in a terminal with a UTF-8 locale.") from None


def add_field(group: argparse._ArgumentGroup, field: Field) -> None:
    """The option of a row of FIELDS."""
    help_text = f"{field.help} ({_bounds(field)})".replace("%", "%%")
    if field.kind == "bool":
        group.add_argument(field.option, action=argparse.BooleanOptionalAction, default=None, help=field.help)
        return
    # Choices are not argparse's: parse_value takes them in any case and knows the nearest name.
    metavar = {"int": "N", "float": "X"}.get(field.kind, "NAME")
    group.add_argument(field.option, dest=field.name, metavar=metavar, help=help_text)


def _bounds(field: Field) -> str:
    default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default)
    if field.choices:
        return f"{', '.join(field.choices)}; default {default}"
    return f"{field.low:.10g} to {field.high:.10g}; default {default}{OWN if field.name in OFTEN_BROUGHT else ''}"
