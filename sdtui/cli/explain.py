"""Explain a prompt: its tags, which words count how much at which steps, its tokens, and what is odd about it.

Without PROMPT, or with -, the prompt is read from standard input. Nothing is rendered, and no server is needed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sdtui.cli.exits import OK, exit_code
from sdtui.cli.say import note, say
from sdtui.errors import SdtuiError, UsageError
from sdtui.spec.params import FIELD, parse_value

if TYPE_CHECKING:
    from sdtui.prompt.explain import Explained

MAX_INPUT = 8 << 20
PIPE = "-"


def options(parser: argparse.ArgumentParser) -> None:
    """The prompt, the steps it is unrolled over, and as what."""
    parser.add_argument("prompt", metavar="PROMPT", nargs="?", help="the prompt; - or nothing: from standard input")
    parser.add_argument("--steps", metavar="N", type=_steps, default=FIELD["steps"].default, help="steps (default 20)")
    parser.add_argument(
        "--hires-steps", metavar="M", type=_hires_steps, default=0, help="steps of a second pass, 0: none"
    )
    parser.add_argument(
        "--old-timelines", action="store_true", help="read the numbers of schedules as A1111 before 1.6"
    )
    parser.add_argument("--negative", action="store_true", help="it is a negative prompt: AND is a word")
    parser.add_argument(
        "--checkpoint", metavar="NAME", help="say which LoRAs do not fit this model (default: the configured one)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object")
    form.add_argument(
        "--json-lines",
        action="store_true",
        help='one JSON object for every line of standard input: a JSON string, or {"prompt": …, "steps": …}',
    )


def run(args: argparse.Namespace) -> int:
    """Print what is understood."""
    if args.json_lines:
        if args.prompt not in (None, PIPE):
            raise UsageError("--json-lines reads prompts from standard input.", todo="Leave PROMPT out.")
        return _run_lines(args)
    from sdtui.cli.understanding import Understanding

    text = _read_pipe() if args.prompt in (None, PIPE) else args.prompt
    found = Understanding(args.workspace, args.checkpoint).explain(
        text, args.steps, args.hires_steps, args.old_timelines, args.negative
    )
    if args.json:
        say(_line(found))
        return OK
    from sdtui.cli.explained import Page

    Page(text, found).print()
    return OK


def _run_lines(args: argparse.Namespace) -> int:
    """An object for every line, an object with `error` for one that cannot be read; its exit code is then the last word."""
    from sdtui.cli.understanding import Understanding, read_wish

    understanding = Understanding(args.workspace, args.checkpoint)
    code, bad, number = OK, 0, 0
    for number, line in enumerate(_lines(), start=1):
        if not line.strip():
            continue
        try:
            wish = read_wish(line)
            found = understanding.explain(
                wish.prompt,
                args.steps if wish.steps is None else wish.steps,
                args.hires_steps if wish.hires_steps is None else wish.hires_steps,
                args.old_timelines if wish.old_timelines is None else wish.old_timelines,
                args.negative if wish.negative is None else wish.negative,
            )
        except UsageError as error:
            bad, code = bad + 1, exit_code(error)
            say(json.dumps({"error": str(error), "line": number}))
        else:
            say(_line(found))
    if bad:
        note(f"{bad} of {number} line{'s' if number > 1 else ''} could not be read.")
    return code


def _line(found: Explained) -> str:
    from sdtui.cli.json_lines import line

    return line(found)


def _lines() -> Iterator[bytes]:
    """The lines of standard input as they come; of one that is far too long only the beginning."""
    stream = sys.stdin.buffer if sys.stdin is not None else None
    while stream is not None and (line := stream.readline(MAX_INPUT)):
        while not line.endswith(b"\n") and len(line) >= MAX_INPUT and (rest := stream.readline(MAX_INPUT)):
            if rest.endswith(b"\n"):
                break
        yield line


def _read_pipe() -> str:
    """The prompt on standard input, without the line break that ends it; raises UsageError."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("There is nothing to explain.", todo="Give a PROMPT, or a text on standard input.")
    data = sys.stdin.buffer.read(MAX_INPUT + 1)
    if len(data) > MAX_INPUT:
        raise UsageError(f"The text is larger than {MAX_INPUT >> 20} MB.", where="standard input")
    try:
        return data.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UsageError("This is not UTF-8 text.", where="standard input") from None


def _steps(text: str) -> int:
    return int(parse_value("steps", text))


def _hires_steps(text: str) -> int:
    try:
        return 0 if text.strip() == "0" else _steps(text)
    except SdtuiError:
        most = FIELD["steps"].high
        raise UsageError(f"--hires-steps takes a whole number from 0 to {most:g}, not '{text}'.") from None
