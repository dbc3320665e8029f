"""Everything from outside is hostile, and the studio walks through all its screens in a pty: only our own escapes come out."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import sys
import time
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
OURS = re.compile(
    r"\x1b\[[0-9;:?<>=]*[ $]?[@-~]"  # cursor, colours, modes, questions
    r"|\x1b\]8;(?:id=\d+;file://[!-~]*|;)\x1b\\"  # links to files
    r"|\x1b\]11;\?(?:\x1b\\|\x07)"  # what colour is behind the text
    r"|\x1b\]22;[a-z-]*\x07"  # the mouse's shape
    r"|\x1b\]0;[^\x00-\x1f\x7f-\x9f]*(?:\x1b\\|\x07)"  # the title
    r"|\x1b\]52;c;[A-Za-z0-9+/=]*\x1b\\"  # one path that was asked for
    r"|\x1b_G[!-~]*\x1b\\|\x1bP[ -~]*\x1b\\|\x1b\]1337;[!-~]*\x07"  # pictures
    r"|\x1b[78=>]"
)
HOSTILE = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
COPIED = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x1b\\")

PROGRAM = """
import sys
from msgspec.structs import replace
from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import Failed, LogLine, Requeued, WorkerState
from sdtui.ui.app import run
from tests.ui.fake import READY, SHAPES, FakeConfig, FakePreview, FakeServer, job_view
from tests.ui.test_output import EVIL
document = Document(prompt=EVIL + "prompt <lora:" + EVIL + ":1>", negative_prompt=EVIL, checkpoint=EVIL + "model")
jobs = (
    job_view(1, document=document, state="failed", error=Complaint(what=EVIL + "what", where=EVIL, todo=EVIL)),
    job_view(2, document=document, state="done", path="/o/" + EVIL + "1.png"),
    job_view(3, document=document, state="done", path="/o/" + EVIL + "2.png"),
)
models = tuple(replace(SHAPES, name=f"{EVIL}{kind}", title=EVIL, path=f"/m/{EVIL}", kind=kind, problem=problem)
    for kind, problem in (("checkpoint", ""), ("lora", ""), ("embedding", ""), ("vae", EVIL + "broken")))
async def open_client(on_event, on_lost, *, start=True):
    server = FakeServer(jobs=jobs, draft=document, models=models, seq=1, default_checkpoint=models[0].name,
        workers=(replace(READY, device=EVIL, text=EVIL + "worker"),), workspace="/w/" + EVIL)
    server.record = EVIL + "record" + chr(10) + "Steps: 20, Model: " + EVIL
    client = await server.open(on_event, on_lost)
    server.happens(LogLine(level="error", text=EVIL + "log", job_id=1))
    server.happens(Requeued(job_id=1, render_id="r1-0", reason=EVIL))
    server.happens(Failed(job_id=1, render_id="r1-0", error=Complaint(what=EVIL + "broke", where=EVIL, todo=EVIL)))
    server.happens(WorkerState(device="cpu", state="died", text=EVIL + "died"))
    return client
sys.exit(run(open_client, FakeConfig(preview=FakePreview(sys.argv[1])), problems=[EVIL + "problem"]))
"""

F1, F9, F10, UP, DOWN, ESCAPE, PASTE = "\x1bOP", "\x1b[20~", "\x1b[21~", "\x1b[A", "\x1b[B", "\x1b", "\x1b[200~"
EVIL_PASTE = PASTE + "x\x1b]52;c;aGk=\x07\x9b2J\u202ey\x1b[201~"
WALK: tuple[str, ...] = (
    *(f"\x1b{number}" for number in range(1, 9)),
    *("\x1b1" + EVIL_PASTE, "\x1b2" + EVIL_PASTE),
    *("\x1b4", DOWN, "i", DOWN, ESCAPE, "\r", UP, "\r", "/x", ESCAPE),
    *("\x1b6", "o", UP, "/lo", ESCAPE, "\x1b7", DOWN, DOWN, "/s", ESCAPE, "\x1b8", DOWN, "\x1b5"),
    *(F9, "1", "+", "i", "c", " ", F1, ESCAPE, F10, ESCAPE),
    *(F1, "lora", ESCAPE, "\x10", "theme", ESCAPE, "\x0f", ESCAPE, F10, "\x1bOS"),
)


class Screen:
    """The studio in a pty that answers as a terminal does."""

    def __init__(self, protocol: str, size: tuple[int, int]) -> None:
        self.written = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            for name in (
                "TMUX",
                "STY",
                "ZELLIJ",
                "TERM_PROGRAM",
                "NO_COLOR",
                "DISPLAY",
                "WAYLAND_DISPLAY",
                "EDITOR",
                "VISUAL",
            ):
                os.environ.pop(name, None)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", SSH_CONNECTION="1 2 3 4", EDITOR="true")
            os.chdir(ROOT)
            os.execv(sys.executable, [sys.executable, "-c", PROGRAM, protocol])
        ioctl(self.terminal, TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def read(self, patience_s: float) -> bool:
        """Take what comes, and answer what is asked; whether anything came."""
        if not select.select([self.terminal], [], [], patience_s)[0]:
            return False
        try:
            data = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.written += data
        for asked, answer in ((b"\x1b[c", b"\x1b[6;20;10t\x1b[?62;4c"), (b"\x1b[5n", b"\x1b[0n")):
            os.write(self.terminal, answer * data.count(asked))
        return True

    def until(self, wanted: bytes) -> None:
        end = time.monotonic() + PATIENCE_S
        while wanted not in self.written:
            assert time.monotonic() < end, (wanted, self.written[-500:])
            self.read(1.0)

    def press(self, keys: str) -> None:
        """Type, and wait until the screen is at rest."""
        os.write(self.terminal, keys.encode())
        self.read(0.5)
        while self.read(0.07):
            pass

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@pytest.mark.parametrize(("protocol", "size"), [("sixel", (120, 40)), ("kitty", (80, 24))])
def test_no_control_character_from_outside_reaches_the_terminal_on_any_screen(
    protocol: str, size: tuple[int, int]
) -> None:
    screen = Screen(protocol, size)
    try:
        screen.until(b"/75")
        screen.press("")
        for keys in WALK:
            screen.press(keys)
            os.kill(screen.pid, 0)
        written = screen.written.decode()
        rest = OURS.sub("", written)
        assert "Help: zoom first" in rest, "the walk has been where it should"
        assert not HOSTILE.findall(rest), {hex(ord(found)) for found in HOSTILE.findall(rest)}
        import base64

        copied = {base64.b64decode(found).decode() for found in COPIED.findall(written)}
        assert copied, "a path was copied"
        for text in copied:
            assert text.startswith("/o/")
            assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", text)
    finally:
        screen.close()
