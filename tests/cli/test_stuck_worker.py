"""A worker that never ends a step, in a workspace of its own."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

Start = Callable[..., "subprocess.Popen[str]"]


def test_a_second_ctrl_c_leaves_at_once(start: Start) -> None:
    process = start("render", "stuck", "--steps", "5")
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    while "Cancelling" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Left." in err
