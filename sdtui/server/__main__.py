"""`python -m sdtui.server FOLDER`: started by the first client, in a session of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sdtui.errors import SdtuiError
from sdtui.server.server import run
from sdtui.workspace.config import load_config_leniently
from sdtui.workspace.paths import Workspace


def main() -> int:
    """Serve the workspace at FOLDER; a problem that prevents it is said on stderr, which is the log."""
    workspace = Workspace(Path(sys.argv[1]))
    config, problems = load_config_leniently(workspace.root)
    try:
        return run(workspace, config, problems, os.environ.get("SDTUI_RENDERER", ""))
    except SdtuiError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1


if __name__ == "__main__":
    sys.exit(main())
