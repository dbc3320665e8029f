"""What pictures cost a key on a slow line: two studios in ptys that drain 10 Mbit/s with 50 ms delay, one of them paints.

Both have a job of their own running, with a second of step previews, and then a finished 512² photo for a second and a half;
keys go to them in turns. Run
`python -m benchmarks.slow_line PROTOCOL` for another protocol than kitty-direct.
"""

from __future__ import annotations

import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

from PIL import Image

from benchmarks.figure import Figure
from benchmarks.painting import photo
from sdtui.spec.outcome import Begun, Outcome, Painted, Sketched
from sdtui.worker.fake import FakeRenderer

BYTES_A_SECOND = 10_000_000 / 8
DELAY_S = 0.05
TICK_S = 0.002
KEYS = 60
PAUSES_S = (0.1, 0.28, 0.5)
"""Before each key in turns: in the longer ones a large picture begins to be sent."""
ADMIRED_S = 1.5
PATIENCE_S = 60.0
TYPED = [chr(code) for code in range(0x100, 0x17F)]
"""A character of its own for each key, so that its echo can be told from everything else."""
DEVICE_STATUS, STATUS = b"\x1b[5n", b"\x1b[0n"
ATTRIBUTES, ANSWER = b"\x1b[c", b"\x1b[6;20;10t\x1b[?62;4c"
UNWANTED = {"TMUX", "STY", "ZELLIJ", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "TERM_PROGRAM", "KITTY_WINDOW_ID"}


class PhotoRenderer(FakeRenderer):
    """The tests' renderer, with photos instead of flat colours: what is flat takes no bytes."""

    def turn(self) -> Sequence[Outcome]:
        """One step of every picture; before the first of one, the picture before it is looked at for a while."""
        outcomes = [_as_photo(outcome) for outcome in super().turn()]
        if any(isinstance(outcome, Begun) for outcome in outcomes):
            time.sleep(ADMIRED_S)
        return outcomes


def _as_photo(outcome: Outcome) -> Outcome:
    from msgspec.structs import replace

    match outcome:
        case Sketched(step=step):
            return replace(outcome, width_px=64, height_px=64, rgb=photo(64).rotate(90 * step).tobytes())
        case Painted(width_px=width):
            turns = [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM]
            return replace(outcome, rgb=photo(width).transpose(turns[time.time_ns() // 1000 % 3]).tobytes())
        case _:
            return outcome


class SlowLine:
    """A program in a pty of 120×40; what it writes arrives slowly and late, and is answered when it has arrived."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execvpe(command[0], command, environ)
        ioctl(self._fd, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._tail = b""
        self._seen = bytearray()
        self._news = threading.Condition()
        self.arrived_bytes = 0
        self._open = True
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        allowed, last = 0.0, time.perf_counter()
        while self._open:
            now = time.perf_counter()
            allowed = min(allowed + (now - last) * BYTES_A_SECOND, 2 * TICK_S * BYTES_A_SECOND)
            last = now
            if allowed >= 1 and select.select([self._fd], [], [], 0)[0]:
                try:
                    data = os.read(self._fd, int(allowed))
                except OSError:
                    return
                allowed -= len(data)
                self._under_way.append((now + DELAY_S, data))
            while self._under_way and self._under_way[0][0] <= now:
                self._arrive(self._under_way.popleft()[1])
            time.sleep(TICK_S)

    def _arrive(self, data: bytes) -> None:
        looked_at = self._tail + data
        for asked, answer in ((DEVICE_STATUS, STATUS), (ATTRIBUTES, ANSWER)):
            before = self._tail.count(asked)
            os.write(self._fd, answer * (looked_at.count(asked) - before))
        self._tail = looked_at[-(len(DEVICE_STATUS) - 1) :]
        with self._news:
            self.arrived_bytes += len(data)
            self._seen += data
            self._news.notify_all()

    def until(self, wanted: bytes, patience_s: float = PATIENCE_S) -> float:
        """The time at which these bytes have arrived, counted from the last `send`; raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: wanted in self._seen, patience_s):
                raise TimeoutError(f"{wanted!r} never came: {bytes(self._seen[-300:])!r}")
            return time.perf_counter()

    def send(self, data: bytes) -> float:
        """Type; when that was."""
        with self._news:
            self._seen.clear()
        os.write(self._fd, data)
        return time.perf_counter()

    def close(self) -> None:
        """End the program."""
        self._open = False
        self._thread.join()
        os.close(self._fd)
        os.waitpid(self._pid, 0)


@contextmanager
def studio(folder: Path, protocol: str) -> Iterator[SlowLine]:
    """A studio in a workspace of its own, with a job running."""
    root = folder / protocol
    for name in ("presets", "wildcards"):
        (root / name).mkdir(parents=True)
    (root / "sdtui.yaml").write_text(f"devices: [cpu]\nin_flight: 1\npreview: {{protocol: {protocol}}}\n")
    environ = {key: value for key, value in os.environ.items() if key not in UNWANTED}
    environ |= {
        "XDG_STATE_HOME": f"{folder}/state",
        "XDG_CONFIG_HOME": f"{folder}/config",
        "SDTUI_TMPDIR": str(folder),
        "SDTUI_RENDERER": "benchmarks.slow_line:PhotoRenderer",
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-m", "sdtui", "-C", str(root)]
    job = ["render", "slow photo", "--width", "512", "--height", "512", "--batch-count", "900", "--detach"]
    try:
        subprocess.run([*command, *job], env=environ, check=True, stdout=subprocess.DEVNULL)
        line = SlowLine(command, environ)
        try:
            line.until(b"0/75")
            yield line
        finally:
            line.send(b"\x11")
            time.sleep(2 * DELAY_S)
            line.close()
    finally:
        subprocess.run([*command, "stop", "--now"], env=environ, check=False, stdout=subprocess.DEVNULL)


def measure(protocol: str = "kitty-direct") -> list[Figure]:
    """Medians and 95th percentiles of a key's echo with and without pictures, and the difference."""
    with (
        tempfile.TemporaryDirectory() as folder,
        studio(Path(folder), protocol) as painted,
        studio(Path(folder), "off") as plain,
    ):
        time.sleep(2)
        begun, before = time.perf_counter(), painted.arrived_bytes
        echoes: dict[SlowLine, list[float]] = {painted: [], plain: []}
        for number in range(KEYS):
            for line in (painted, plain):
                echoes[line].append(_echo(line, TYPED[number], PAUSES_S[number % len(PAUSES_S)]))
        rate = (painted.arrived_bytes - before) / (time.perf_counter() - begun) / 1024
        with_pictures, without = echoes[painted], echoes[plain]
    difference = statistics.median(with_pictures) - statistics.median(without)
    return [
        Figure(f"slow line, key echo while {protocol} paints, median", statistics.median(with_pictures), "ms"),
        Figure(f"slow line, key echo while {protocol} paints, p95", _p95(with_pictures), "ms"),
        Figure("slow line, key echo without pictures, median", statistics.median(without), "ms"),
        Figure("slow line, key echo without pictures, p95", _p95(without), "ms"),
        Figure("slow line, later by pictures, median", difference, "ms", 30),
        Figure("slow line, later by pictures, p95", _p95(with_pictures) - _p95(without), "ms"),
        Figure("slow line, bytes a second that arrived with pictures", rate, "KiB"),
    ]


def _echo(line: SlowLine, character: str, pause_s: float) -> float:
    """Milliseconds from a key to its character on the terminal."""
    time.sleep(pause_s)
    sent = line.send(character.encode())
    return 1000 * (line.until(character.encode()) - sent)


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


if __name__ == "__main__":
    print(*measure(*sys.argv[1:]), sep="\n")
