"""Queue a job's failed and cancelled pictures again, with the seeds and names they had."""

from __future__ import annotations

import argparse

from sdtui.cli.connection import ask, job_number
from sdtui.cli.say import say


def options(parser: argparse.ArgumentParser) -> None:
    """JOB."""
    parser.add_argument("job", metavar="JOB", type=job_number, help="a number from `sdtui ls`")


def run(args: argparse.Namespace) -> int:
    """Retry and say how many pictures that are."""
    count = ask(args.workspace, lambda client: client.retry(args.job))
    say(
        f"{count} picture{'' if count == 1 else 's'} queued again."
        if count
        else "Nothing failed and nothing was cancelled."
    )
    return 0
