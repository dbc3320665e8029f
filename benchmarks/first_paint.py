"""From starting `sdtui` under tmux at 120×40 to its first paint, how soon it is attached, what a key costs, and its memory."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

from benchmarks.figure import Figure

ROUNDS = 7
PATIENCE_S = 60.0
PAINTED = b"1 Prompt"
ATTACHED = b"queue empty"
TYPED = "a lighthouse on a cliff at dusk, (storm clouds:1.2), oil on canvas, "
TYPED_KEYS = 60
UNWANTED = {"TMUX", "NO_COLOR", "PYTHONDONTWRITEBYTECODE"}
"""Variables that would have us measure another terminal, or the compiler."""


class Terminal:
    """A pty of 120×40 in which tmux runs a shell that waits for a line to start the command."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        # The server of the round before may still be on its way out.
        self._name = f"sdtui-bench-{os.getpid()}-{time.monotonic_ns()}"
        self._tmux = ["tmux", "-L", self._name, "-f", environ["BENCH_TMUX_CONF"]]
        self._seen = b""
        line = f"read _; exec {shlex.join(command)}"
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            argv = [*self._tmux, "-2", "new-session", "-x", "120", "-y", "40", "sh", "-c", line]
            os.execvpe("tmux", argv, {**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
        ioctl(self._fd, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.read_until(b"\x1b[", 5.0)
        self.forget()

    def send(self, data: bytes) -> None:
        """Type."""
        os.write(self._fd, data)

    def forget(self) -> None:
        """Look only at what comes from now on."""
        while select.select([self._fd], [], [], 0)[0]:
            os.read(self._fd, 1 << 16)
        self._seen = b""

    def read_until(self, wanted: bytes, patience_s: float = PATIENCE_S) -> float:
        """The time at which some bytes were seen, or now if they had been already; raises TimeoutError."""
        deadline = time.perf_counter() + patience_s
        while wanted not in self._seen:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{wanted!r} never came: {self._seen[-500:]!r}")
            if select.select([self._fd], [], [], 0.5)[0]:
                self._seen += os.read(self._fd, 1 << 16)
        return time.perf_counter()

    def rss_mb(self) -> float:
        """The memory of the command, in MB."""
        asked = [*self._tmux, "display-message", "-p", "#{pane_pid}"]
        pid = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        status = Path(f"/proc/{pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

    def close(self) -> None:
        """End tmux and what runs in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, stderr=subprocess.DEVNULL)
        os.close(self._fd)
        os.waitpid(self._pid, 0)


def measure() -> list[Figure]:
    """Medians of several starts while the server runs and its model is loaded; nothing without tmux."""
    if shutil.which("tmux") is None:
        print("first_paint: there is no tmux here, so nothing is measured.", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder:
        command, environ = _prepare(Path(folder))
        try:
            _once(command, environ)
            rounds = [_once(command, environ) for _ in range(ROUNDS)]
        finally:
            subprocess.run([*command, "stop", "--now"], env=environ, check=False, stdout=subprocess.DEVNULL)
    painted, attached, key_s, rss_mb = (statistics.median(values) for values in zip(*rounds, strict=True))
    return [
        Figure("first paint under tmux, 120×40", painted, "s", 0.5),
        Figure("attached after the first paint", attached, "s", 0.3),
        Figure("key to paint, median", 1000 * key_s, "ms", 25),
        Figure("memory of the studio", rss_mb, "MB", 110),
    ]


def _prepare(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command on a workspace of its own, and its environment."""
    root = folder / "w"
    for name in ("presets", "wildcards"):
        (root / name).mkdir(parents=True)
    environ = {key: value for key, value in os.environ.items() if key not in UNWANTED}
    environ |= {
        "XDG_STATE_HOME": f"{folder}/state",
        "XDG_CONFIG_HOME": f"{folder}/config",
        "SDTUI_TMPDIR": str(folder),
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "LC_ALL": "C.UTF-8",
        "BENCH_TMUX_CONF": str(folder / "tmux.conf"),
    }
    (folder / "tmux.conf").write_text("set -g status off\nset -g escape-time 0\n")
    installed = Path(sys.executable).parent / "sdtui"
    start = [str(installed)] if installed.exists() else [sys.executable, "-m", "sdtui"]
    return [*start, "-C", str(root)], environ


def _once(command: list[str], environ: dict[str, str]) -> tuple[float, float, float, float]:
    """Seconds to the first paint, from there to being attached, and for a key (median); MB in the end."""
    terminal = Terminal(command, environ)
    try:
        started = time.perf_counter()
        terminal.send(b"\r")
        painted = terminal.read_until(PAINTED)
        attached = terminal.read_until(ATTACHED)
        terminal.read_until(b"0/75")
        keys = [_key(terminal, TYPED[number % len(TYPED)]) for number in range(TYPED_KEYS)]
        rss_mb = terminal.rss_mb()
    finally:
        terminal.close()
    return painted - started, attached - painted, statistics.median(keys), rss_mb


def _key(terminal: Terminal, character: str) -> float:
    """Seconds from a key to the first bytes that answer it."""
    time.sleep(0.03)
    terminal.forget()
    started = time.perf_counter()
    terminal.send(character.encode())
    return terminal.read_until(b"\x1b") - started


if __name__ == "__main__":
    print(*measure(), sep="\n")
