"""The studio while a job runs: from a key to its paint at 2,000 characters, bytes on the wire a key, the longest stall.

The real program in a pty, the real server, the built-in model at work. `python -m benchmarks.studio_keys --watched FILE …` is
the studio with a watchdog in its event loop, which writes what it saw into the file.
"""

from __future__ import annotations

import json
import os
import pty
import random
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

from benchmarks.figure import Figure

CHARACTERS = 2000
WORDS = "a lighthouse on a cliff at dusk, (storm clouds:1.2), oil on canvas, "
TYPED = [chr(code) for code in range(0x100, 0x178)]
KEYS = len(TYPED)
PAUSE_S = 0.08
WIRE_KEYS = 40
QUIET_S = 0.25
WATCH_S = 0.005
NOTED_MS = 3.0
PATIENCE_S = 60.0
JOB = ("--batch-count", "400", "--steps", "150", "--detach")
ANSWERS = ((b"\x1b[c", b"\x1b[?62;22c"), (b"\x1b[5n", b"\x1b[0n"))
"""What a terminal says when it is asked, as far as the studio waits for it."""
UNWANTED = {"TMUX", "NO_COLOR", "PYTHONDONTWRITEBYTECODE", "SSH_CONNECTION"}


class Watched:
    """The studio in a pty that answers as a terminal does; what it writes is read all the time."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.execvpe(command[0], command, environ)
        ioctl(self._fd, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.seen = bytearray()
        self.last_at = time.perf_counter()
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, data: bytes) -> None:
        """Type."""
        os.write(self._fd, data)

    def forget(self) -> None:
        """Look only at what comes from now on."""
        with self._news:
            self.seen.clear()

    def until(self, wanted: bytes) -> float:
        """The time at which some bytes were seen; raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: wanted in self.seen, PATIENCE_S):
                raise TimeoutError(f"{wanted!r} never came: {bytes(self.seen[-500:])!r}")
            return self.last_at

    def quiet(self) -> int:
        """Wait until nothing has come for a while; the bytes since `forget`."""
        while time.perf_counter() - self.last_at < QUIET_S:
            time.sleep(QUIET_S / 5)
        return len(self.seen)

    def close(self) -> None:
        """Leave as a user does, and wait for the end."""
        self.send(b"\x11")
        os.waitpid(self._pid, 0)

    def _read(self) -> None:
        while True:
            try:
                select.select([self._fd], [], [])
                data = os.read(self._fd, 1 << 16)
            except OSError:
                return
            with self._news:
                self.seen += data
                self.last_at = time.perf_counter()
                self._news.notify_all()
            for asked, answer in ANSWERS:
                for _ in range(data.count(asked)):
                    self.send(answer)


def measure() -> list[Figure]:
    """Medians over keys typed at the end of a long prompt, first with nothing running, then while pictures are made."""
    with tempfile.TemporaryDirectory() as folder, _studio(Path(folder)) as (studio, command, environ, stalls):
        studio.until(b"queue empty")
        _type_prompt(studio)
        wire = [_bytes_of_a_key(studio) for _ in range(WIRE_KEYS)]
        subprocess.run([*command, "render", "a red circle", *JOB], env=environ, check=True, stdout=subprocess.DEVNULL)
        studio.until(b"it/s")
        stalls.write_text("")
        keys = [_key(studio, character) for character in TYPED]
        busy = [json.loads(line) for line in stalls.read_text().splitlines()]
    keys.sort()
    return [
        Figure(f"key to paint at {CHARACTERS:,} characters while a job runs, median", _ms(keys[KEYS // 2]), "ms", 25),
        Figure("the same, 95th percentile", _ms(keys[KEYS * 95 // 100]), "ms", 50),
        Figure("bytes on the wire a key", statistics.median(wire) / 1000, "KB", 3.5),
        Figure("longest event-loop stall while a job runs", max(stall["ms"] for stall in busy), "ms", 50),
        Figure("longest work of the event loop's own in one go", max(stall["own_ms"] for stall in busy), "ms", 50),
    ]


@contextmanager
def _studio(folder: Path) -> Iterator[tuple[Watched, list[str], dict[str, str], Path]]:
    """The studio on a workspace of its own; also the command line for it, and the file of the watchdog."""
    root, stalls = folder / "w", folder / "stalls"
    for name in ("presets", "wildcards"):
        (root / name).mkdir(parents=True)
    stalls.write_text("")
    (root / "sdtui.yaml").write_text("preview: {protocol: half}\n")
    environ = {key: value for key, value in os.environ.items() if key not in UNWANTED} | {
        "XDG_STATE_HOME": f"{folder}/state",
        "XDG_CONFIG_HOME": f"{folder}/config",
        "SDTUI_TMPDIR": str(folder),
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    command = [sys.executable, "-m", "sdtui", "-C", str(root)]
    watched = [sys.executable, "-m", "benchmarks.studio_keys", "--watched", str(stalls), "-C", str(root)]
    studio = Watched(watched, environ)
    try:
        yield studio, command, environ, stalls
    finally:
        studio.close()
        subprocess.run([*command, "stop", "--now"], env=environ, check=False, stdout=subprocess.DEVNULL)


def _type_prompt(studio: Watched) -> None:
    text = (WORDS * (CHARACTERS // len(WORDS) + 1))[:CHARACTERS]
    studio.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")
    studio.quiet()


def _bytes_of_a_key(studio: Watched) -> int:
    studio.forget()
    studio.send(random.choice("qxjvkz").encode())
    time.sleep(QUIET_S / 2)
    return studio.quiet()


def _key(studio: Watched, character: str) -> float:
    """Seconds from a key until its character, which is nowhere else on the screen, is painted."""
    time.sleep(PAUSE_S)
    studio.forget()
    started = time.perf_counter()
    studio.send(character.encode())
    return studio.until(character.encode()) - started


def _ms(seconds: float) -> float:
    return 1000 * seconds


def watched(stalls: Path, arguments: list[str]) -> int:
    """The studio with a watchdog: a line for each time the loop came late, with what of it was work of its own."""
    import asyncio

    from sdtui.cli.main import run
    from sdtui.ui import app

    async def watch(studio: app.StudioApp) -> None:
        while not studio.loaded:
            await asyncio.sleep(0.1)
        while True:
            before, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(WATCH_S)
            late = _ms(time.perf_counter() - before - WATCH_S)
            own = _ms(time.thread_time() - worked)
            if late > NOTED_MS:
                with stalls.open("a") as file:
                    file.write(json.dumps({"ms": late, "own_ms": own}) + "\n")

    class WatchedApp(app.StudioApp):
        def on_mount(self) -> None:
            self.watchdog = asyncio.create_task(watch(self))

    app.StudioApp = WatchedApp  # type: ignore[misc]
    return run(arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watched"]:
        sys.exit(watched(Path(sys.argv[2]), sys.argv[3:]))
    print(*measure(), sep="\n")
