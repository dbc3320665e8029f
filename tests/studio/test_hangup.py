"""The terminal goes away under the studio: the studio goes, too, and its job goes on."""

import os
import pty
import select
import shlex
import signal
import struct
import sys
import time
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

from tests.studio.terminal import environ

PATIENCE_S = 60.0
SHELLS = {
    "as usual": "exec {}",
    "hangup ignored": "trap '' HUP; exec {}",
    "below a shell": "trap '' HUP; {}; exit",
}


class Line:
    """A pty that can be closed; what comes is read until some bytes are there."""

    def __init__(self, line):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("sh", ["sh", "-c", line], {**environ(), "TERM": "xterm-256color"})
        ioctl(self.fd, TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def until(self, wanted):
        seen, end = b"", time.monotonic() + PATIENCE_S
        while wanted not in seen:
            assert time.monotonic() < end, seen[-2000:]
            if select.select([self.fd], [], [], 0.2)[0]:
                seen += os.read(self.fd, 1 << 16)

    def ended(self):
        return os.waitpid(self.pid, os.WNOHANG)[0] == self.pid


def processes_of(workspace):
    """The studios that are open on a workspace."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"-C" in words and os.fsencode(workspace.root) in words and b"sh" not in words:
            found.append(int(process.parent.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("how", SHELLS)
async def test_the_studio_ends_with_its_terminal_and_the_job_goes_on(workspace, connect, how):
    command = shlex.join([sys.executable, "-m", "sdtui", "-C", str(workspace.root)])
    line = Line(SHELLS[how].format(command))
    try:
        line.until(b"queue empty")
        os.write(line.fd, b"slow cat\x1b[15~")
        line.until(b"1 running")
        os.close(line.fd)
        end = time.monotonic() + 10
        while not line.ended() or processes_of(workspace):
            assert time.monotonic() < end, "the studio is still there"
            time.sleep(0.02)
    finally:
        for pid in processes_of(workspace):
            os.kill(pid, signal.SIGKILL)
    client, _ = await connect()
    (job,) = client.snapshot.jobs
    assert job.state in {"running", "done"}
    assert client.snapshot.draft.prompt == "slow cat"
