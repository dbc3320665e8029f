"""`python -m sdtui.worker DEVICE …`: started by the server, never by hand."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

ENGINE = "sdtui.engine.engine:Engine"
NICE = 5
OOM_SCORE = "500"


def main() -> int:
    """Read the options and be a worker."""
    from sdtui.worker.child import run

    options = argparse.ArgumentParser(prog="sdtui.worker")
    options.add_argument("device")
    options.add_argument("--state", type=Path, required=True)
    options.add_argument("--locks", type=Path, required=True)
    options.add_argument("--renderer", default=ENGINE)
    given = options.parse_args()
    os.nice(NICE)
    with contextlib.suppress(OSError):
        # under memory pressure the kernel should end the worker, which loses nothing, before the server
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    return run(given.device, given.state, given.locks, given.renderer)


if __name__ == "__main__":
    sys.exit(main())
