"""From nothing running to the first finished picture, as `sdtui render` shows it: server, worker, imports, model, picture."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure

ROUNDS = 3
BAR_S = 12.0


def measure() -> list[Figure]:
    """Seconds from `sdtui render` in a fresh workspace to its end; the median of three."""
    return [Figure("first picture from nothing running", statistics.median(_once() for _ in range(ROUNDS)), "s", BAR_S)]


def _once() -> float:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "w"
        for name in ("presets", "wildcards"):
            (root / name).mkdir(parents=True)
        environ = {
            **os.environ,
            "XDG_STATE_HOME": f"{folder}/state",
            "XDG_CONFIG_HOME": f"{folder}/config",
            "SDTUI_TMPDIR": folder,
        }
        command = [sys.executable, "-m", "sdtui", "-C", str(root)]
        started = time.perf_counter()
        subprocess.run(
            [*command, "render", "a large red circle on a white background", "--seed", "7"],
            env=environ,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.perf_counter() - started
        assert list(root.rglob("outputs/**/*.png")), "there is no picture"
        subprocess.run([*command, "stop"], env=environ, check=True, stdout=subprocess.DEVNULL)
        return seconds


if __name__ == "__main__":
    print(*measure(), sep="\n")
