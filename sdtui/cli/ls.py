"""List the jobs, newest last; unfinished ones always."""

from __future__ import annotations

import argparse
import re
import time
from typing import TYPE_CHECKING

from sdtui.cli.connection import ask
from sdtui.cli.say import say
from sdtui.errors import UsageError

if TYPE_CHECKING:
    from sdtui.spec.jobview import JobView

LISTED = 20
MOST = 1_000_000


def options(parser: argparse.ArgumentParser) -> None:
    """How many, and as what."""
    parser.add_argument("-n", "--limit", metavar="N", type=_limit, default=LISTED, help=f"the newest N jobs ({LISTED})")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    jobs = ask(args.workspace, lambda client: client.jobs(args.limit))
    if args.json:
        from sdtui.cli.json_lines import job_line

        for job in jobs:
            say(job_line(job))
    elif not jobs:
        say('No jobs yet. The first one: sdtui render "a large red circle on a white background"')
    else:
        from sdtui.cli.columns import table

        now = time.time()
        say(table(("JOB", "STATE", "DONE", "AGE", "PROMPT"), [_row(job, now) for job in jobs]))
    return 0


def _limit(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= MOST:
        raise UsageError(f"-n takes a whole number from 1 to {MOST}, not '{text}'.")
    return int(text)


def _row(job: JobView, now: float) -> tuple[str, ...]:
    done = sum(picture.state == "done" for picture in job.renders)
    share = f" {min(99, int(100 * job.progress))}%" if job.state == "running" else ""
    prompt = " ".join(job.document.prompt.split()) or "(no prompt)"
    return (str(job.id), job.state + share, f"{done}/{len(job.renders)}", _age(now - job.created_at), prompt)


def _age(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
