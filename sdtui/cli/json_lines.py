"""Values as lines of JSON: ASCII only, so that nothing in them can reach a terminal."""

from __future__ import annotations

import json

import msgspec
from msgspec import Struct

from sdtui.spec.jobview import JobView


def line(value: Struct) -> str:
    """Any value of `sdtui.spec` on one line."""
    return json.dumps(msgspec.to_builtins(value))


def job_line(job: JobView) -> str:
    """A job with its state and progress (0..1)."""
    return json.dumps({**msgspec.to_builtins(job), "state": job.state, "progress": round(job.progress, 4)})
