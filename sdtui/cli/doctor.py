"""Look at everything that a picture depends on, and say what was found and what to do about it.

Nothing is changed, no model is loaded, no server is started.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from sdtui.cli.exits import OK, exit_code
from sdtui.cli.finding import Finding
from sdtui.cli.place import Place, open_place
from sdtui.cli.say import say

MARKS = {"ok": "✓", "note": "·", "problem": "✗"}


def options(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Print a line for each finding as it comes; the first problem gives the exit code."""
    code = OK
    for finding in findings(open_place(args.workspace)):
        _print(finding, as_json=args.json)
        if finding.state == "problem" and code == OK:
            code = exit_code(finding.kind(finding.text))
    return code


def findings(place: Place) -> Iterator[Finding]:
    """Every check's findings, quick ones first."""
    from sdtui.cli import checks
    from sdtui.cli.device_check import check_devices
    from sdtui.cli.terminal_check import check_terminal

    every: tuple[Callable[[Place], Iterator[Finding]], ...] = (
        checks.check_program,
        checks.check_config,
        checks.check_keys,
        checks.check_theme,
        checks.check_workspace,
        checks.check_outputs,
        checks.check_models,
        checks.check_server,
        check_terminal,
        check_devices,
    )
    for check in every:
        yield from check(place)


def _print(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        import json

        say(json.dumps({key: value for key, value in finding._asdict().items() if key != "kind"}))
        return
    say(f"{MARKS[finding.state]} {finding.title:<11}{finding.text}")
    if finding.todo:
        say(f"{'':13}→ {finding.todo}")
