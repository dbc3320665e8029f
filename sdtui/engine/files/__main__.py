"""The process that makes one file: `python -m sdtui.engine.files ORDER`, with the order as JSON.

Lines of JSON on standard output: {"share": 0..1}, then {"path": …, "notes": […]} or {"error": [kind, what, where, todo]}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sdtui.errors import SdtuiError

LINES = 200
"""Most progress lines of a run."""


def main(order: dict[str, Any]) -> int:
    """Do it; the exit code is 1 when an error was told."""
    try:
        made = _make(order)
    except SdtuiError as error:
        _tell({"error": [type(error).__name__, error.what, error.where, error.todo]})
        return 1
    _tell({"path": str(made.path), "notes": list(made.notes)})
    return 0


def _make(order: dict[str, Any]) -> Any:
    progress = _Progress()
    target, overwrite = Path(order["target"]), bool(order["overwrite"])
    if order["do"] == "convert":
        from sdtui.engine.files.convert import convert

        source = Path(order["source"])
        return convert(source, target, half=order["half"], overwrite=overwrite, tell=progress)
    from sdtui.engine.files.merge import Recipe, merge

    recipe = Recipe(
        a=Path(order["a"]),
        b=Path(order["b"]),
        c=Path(order["c"]) if order["c"] else None,
        weight=order["weight"],
        half=order["half"],
        vae=Path(order["vae"]) if order["vae"] else None,
    )
    return merge(recipe, target, overwrite=overwrite, tell_share=progress)


class _Progress:
    """Tells each share once."""

    def __init__(self) -> None:
        self._told = -1

    def __call__(self, share: float) -> None:
        if (step := int(share * LINES)) > self._told:
            self._told = step
            _tell({"share": round(share, 4)})


def _tell(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # whoever ends this process wants the unfinished file gone, too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(json.loads(sys.argv[1])))
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(130)
