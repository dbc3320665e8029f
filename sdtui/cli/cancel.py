"""Take back a job's unfinished pictures; those that are finished stay."""

from __future__ import annotations

import argparse

from sdtui.cli.connection import ask, job_number
from sdtui.cli.say import say


def options(parser: argparse.ArgumentParser) -> None:
    """JOB or all."""
    parser.add_argument("job", metavar="JOB", type=_job_or_all, help="a number from `sdtui ls`, or all")


def run(args: argparse.Namespace) -> int:
    """Cancel and say how many pictures that were."""
    count = ask(args.workspace, lambda client: client.cancel(args.job))
    say(f"{count} picture{'' if count == 1 else 's'} cancelled." if count else "There was nothing left to cancel.")
    return 0


def _job_or_all(text: str) -> int:
    return 0 if text == "all" else job_number(text)


_job_or_all.__name__ = "job number, or all"
