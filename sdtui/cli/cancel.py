"""Take back a job's unfinished pictures; those that are finished stay.

Pictures that wait are cancelled at once, those being made after the step they are in.
"""

from __future__ import annotations

import argparse

from sdtui.cli.connection import ask, job_or_all, pictures
from sdtui.cli.say import say


def options(parser: argparse.ArgumentParser) -> None:
    """JOB or all."""
    parser.add_argument("job", metavar="JOB", type=job_or_all, help="a number from `sdtui ls`, or all")


def run(args: argparse.Namespace) -> int:
    """Cancel and say how many pictures that concerns: the server does not wait until they are gone."""
    count = ask(args.workspace, lambda client: client.cancel(args.job))
    are = "is" if count == 1 else "are"
    say(f"{pictures(count)} {are} being taken back." if count else "There was nothing left to cancel.")
    return 0
