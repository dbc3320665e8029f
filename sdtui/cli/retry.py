"""Queue a job's failed and cancelled pictures again, with the seeds and names they had.

`all` takes the jobs that `sdtui ls` lists.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sdtui.cli.connection import ALL, ask, job_or_all, pictures
from sdtui.cli.ls import LISTED
from sdtui.cli.say import say

if TYPE_CHECKING:
    from sdtui.client.client import Client

AGAIN = frozenset({"failed", "cancelled"})


def options(parser: argparse.ArgumentParser) -> None:
    """JOB or all."""
    parser.add_argument("job", metavar="JOB", type=job_or_all, help="a number from `sdtui ls`, or all")


def run(args: argparse.Namespace) -> int:
    """Retry and say how many pictures that are."""
    count = ask(args.workspace, _retry_all if args.job == ALL else lambda client: client.retry(args.job))
    say(f"{pictures(count)} queued again." if count else "Nothing failed and nothing was cancelled.")
    return 0


async def _retry_all(client: Client) -> int:
    jobs = [job for job in await client.jobs(LISTED) if any(picture.state in AGAIN for picture in job.renders)]
    return sum([await client.retry(job.id) for job in jobs])
