"""Look through the model folders and list what is there: the built-in model and those of the configured folders."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sdtui.cli.connection import ask
from sdtui.cli.say import say

if TYPE_CHECKING:
    from sdtui.spec.model import ModelRecord


def options(parser: argparse.ArgumentParser) -> None:
    """As what."""
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    records = ask(args.workspace, lambda client: client.models(refresh=True))
    if args.json:
        from sdtui.cli.json_lines import line

        for record in records:
            say(line(record))
    else:
        from sdtui.cli.columns import table

        say(table(("NAME", "KIND", "FAMILY", "SIZE", "WHERE"), [_row(record) for record in records]))
    return 0


def _row(record: ModelRecord) -> tuple[str, ...]:
    where = "built in" if record.builtin else record.path
    if record.problem:
        where = f"cannot be used: {record.problem} ({where})"
    return (record.name, record.kind, _family(record), f"{record.size / 1e6:.1f} MB", where)


def _family(record: ModelRecord) -> str:
    """The family, and what the UNet predicts where families do not tell."""
    told = {"v_prediction": "predicts v", "unknown": "epsilon or v: tried when it is loaded"}.get(record.prediction, "")
    marks = [told, "zero terminal SNR" if record.zero_terminal else ""]
    listed = ", ".join(mark for mark in marks if mark)
    return f"{record.family} ({listed})" if listed else record.family
