from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.events import Key, Paste

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import Failed, LogLine, Published, Requeued, WorkerState
from sdtui.terminal.probe import Replies
from sdtui.ui.terminal.driver import InputSieve, KeyParser
from sdtui.ui.terminal.guard import OutputGuard
from sdtui.ui.text import editable, one_line
from tests.ui.fake import READY, SHAPES, FakeServer, job_view
from tests.ui.screen import StudioPilot, studio, until_seen

ROOT = Path(__file__).resolve().parents[2]
EVIL = "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\x90q\x9c\u202edrow\U000e0041\x00\x7f\r\b"
OURS = re.compile(r"\x1b\[[0-9;]*[mH]|\x1b\]8;(?:id=\d+;file://[!-~]*|;)\x1b\\")
"""Cursor, colours, and links to files."""
HOSTILE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def written(pilot: StudioPilot) -> str:
    """The whole screen as it goes to the terminal, without the sequences that Textual itself puts in."""
    update = pilot.app.screen._compositor.render_update(full=True)
    return OURS.sub("", update.render_segments(pilot.app.console))  # type: ignore[union-attr]


async def test_no_control_character_from_outside_reaches_the_terminal() -> None:
    from msgspec.structs import replace

    document = Document(prompt=EVIL + "prompt", negative_prompt=EVIL, checkpoint=EVIL + "model")
    jobs = (
        job_view(1, document=document),
        job_view(2, document=document, state="failed", error=Complaint(what=EVIL + "what", todo=EVIL)),
    )
    evil_model = replace(SHAPES, name=EVIL + "model", title=EVIL)
    server = FakeServer(
        jobs=jobs,
        draft=document,
        models=(evil_model,),
        workers=(replace(READY, device=EVIL, text=EVIL + "worker"),),
        default_checkpoint=evil_model.name,
        seq=1,
    )
    async with studio(server, (200, 60)) as pilot:
        server.happens(LogLine(level="error", text=EVIL + "log", job_id=1))
        server.happens(Requeued(job_id=1, render_id="r1-0", reason=EVIL))
        server.happens(Failed(job_id=1, render_id="r1-0", error=Complaint(what=EVIL + "broke", where=EVIL, todo=EVIL)))
        server.happens(WorkerState(device="cpu", state="died", text=EVIL + "died"))
        await pilot.press("alt+6")
        await until_seen(pilot, "broke")
        await pilot.press("alt+3")
        assert not HOSTILE.findall(written(pilot))
        await pilot.press("alt+4", "end", "home")
        await pilot.press("f1")
        assert not HOSTILE.findall(written(pilot))
        await pilot.press("escape", "ctrl+p")
        assert not HOSTILE.findall(written(pilot))
        await pilot.press("escape")
        server.happens(Published(job_id=2, render_id="r2-0", path="/o/" + EVIL + ".png"))
        await pilot.press("alt+6")
        await until_seen(pilot, ".png")
        await pilot.press("f10")
        await until_seen(pilot, "/o/")
        assert not HOSTILE.findall(written(pilot))


async def test_the_guard_stops_what_a_pane_forgot_and_keeps_the_width() -> None:
    async with studio(FakeServer()) as pilot:
        from textual.content import Content

        pilot.app.screen.query_one("#notice").show(Content("x" + EVIL + "end", strip_control_codes=False))  # type: ignore[attr-defined]
        await until_seen(pilot, "end")
        assert not HOSTILE.findall(written(pilot))


def test_the_guard_leaves_harmless_segments_as_they_are() -> None:
    segments = [Segment("häβ 画▀\U0010eeee\u0305"), Segment("")]
    assert OutputGuard().apply(segments, Color(0, 0, 0)) is segments


def test_text_is_shown_on_one_line_and_edited_as_it_could_be_typed() -> None:
    assert one_line("a\nb\tc \x1b[1m") == "a b c ␛[1m"
    assert editable("a\r\nb\rc\td\x1b[1m\u202e") == "a\nb\nc d[1m"


def sieved(*pieces: bytes) -> tuple[str, list[tuple[Replies, int]]]:
    seen: list[tuple[Replies, int]] = []
    sieve = InputSieve(lambda replies, reports: seen.append((replies, reports)))
    text = "".join(shown(part) for piece in pieces for part in sieve.feed(piece))
    return text + "".join(map(shown, sieve.flush())), seen


def shown(part: str | Paste) -> str:
    return f"<{part.text}>" if isinstance(part, Paste) else part


@pytest.mark.parametrize(
    "pieces",
    [
        [b"a\x1b[?62;4cb"],
        [b"a\x1b", b"[?62;4", b"cb"],
        [bytes([byte]) for byte in b"a\x1b[?62;4cb"],
    ],
)
def test_answers_are_taken_out_of_what_is_typed_however_they_are_cut(pieces: list[bytes]) -> None:
    text, seen = sieved(*pieces)
    assert text == "ab"
    assert seen[-1][0].attributes == {62, 4}


def test_late_answers_and_status_reports_are_swallowed_too() -> None:
    text, seen = sieved(b"\x1bP>|XTerm(379)\x1b\\x\x1b[0ny\x1b_Gi=4211;OK\x1b\\\x1b[0n")
    assert text == "xy"
    assert seen[-1] == (Replies(version="XTerm(379)", kitty_graphics=True), 2)


def test_keys_pass_the_sieve_and_characters_may_be_cut() -> None:
    text, seen = sieved(b"\x1b[A\x1bOP\x1b[<0;1;1M\xc3", b"\xa9\x1b[200~x\x1b[201~\x1b")
    assert text == "\x1b[A\x1bOP\x1b[<0;1;1Mé<x>\x1b"
    assert seen == []


PASTE = b"k\x1b[200~ aaa \x1b[31mred\x1b[0m\n\x09line\x1b[0n \xc3\xa9\x1b[?62;4c\x1b[201~\x1bOP"
PASTE_SHOWN = "k< aaa [31mred[0m\n line[0n é[?62;4c>\x1bOP"


@pytest.mark.parametrize("cut", range(1, len(PASTE)))
def test_nothing_in_a_paste_is_a_key_or_an_answer_however_it_is_cut(cut: int) -> None:
    assert sieved(PASTE[:cut], PASTE[cut:]) == (PASTE_SHOWN, [])
    assert sieved(*(PASTE[at : at + cut] for at in range(0, len(PASTE), cut))) == (PASTE_SHOWN, [])


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([b"\x1b[200~never \x1b[20", b"0~ends"], "<never [200~ends>"),
        ([b"\x1b[200~cut \x1b[20"], "<cut [20>"),
        ([b"\x1b[200~\x1b[201~a"], "a"),
        ([b"a\x1b[201~b"], "a\x1b[201~b"),
        ([b"\x1b[20"], "\x1b[20"),
        ([b"\x1b[200~a\x1b[201~\x1b[200~b\x1b[201~"], "<a><b>"),
    ],
)
def test_marks_of_pastes_alone_lose_nothing(pieces: list[bytes], text: str) -> None:
    assert sieved(*pieces) == (text, [])


def test_a_paste_is_waited_on_longer_than_a_key() -> None:
    sieve = InputSieve(lambda replies, reports: None)
    assert sieve.patience_s == 0
    list(sieve.feed(b"\x1b"))
    assert 0 < sieve.patience_s < 0.1
    list(sieve.feed(b"[200~a"))
    assert sieve.patience_s > 1
    list(sieve.feed(b"\x1b[201~"))
    assert sieve.patience_s == 0


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("\x1b1", "alt+1"),
        ("\x1b6", "alt+6"),
        ("\x1ba", "alt+a"),
        ("\x1bf", "ctrl+right"),
        ("\x1b\r", "alt+enter"),
        ("\n", "ctrl+j"),
        ("\x1b[15~", "f5"),
        ("\x1b[1;3A", "alt+up"),
        ("\x1b[3~", "delete"),
        ("\x1b[54;3u", "alt+6"),
        ("\x1b[13;3u", "alt+enter"),
    ],
)
def test_keys_are_understood_as_terminals_send_them(sent: str, key: str) -> None:
    keys = [event.key for event in KeyParser().feed(sent) if isinstance(event, Key)]
    assert keys == [key]


HYGIENE = """
import asyncio, sys
from tests.ui.fake import FakeServer
from tests.ui.screen import studio, until_seen
async def main():
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press(*"a cat", "f5")
        await until_seen(pilot, "Job #1 is queued")
asyncio.run(main())
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_the_running_studio_has_imported_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HYGIENE], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"torch", "numpy", "diffusers", "transformers", "safetensors", "scipy", "sqlite3"}
    assert "textual" in loaded


def test_the_first_paint_waits_for_no_value_picture_or_tokenizer() -> None:
    late = ["msgspec", "PIL", "tokenizers", "yaml", "sdtui.spec", "sdtui.prompt", "sdtui.client", "sdtui.ui.presenter"]
    code = (
        f"import sys, sdtui.ui.app, sdtui.ui.terminal.driver; print([name for name in {late} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    assert done.stdout.strip() == "[]"


IN_A_TERMINAL = """
import sys
from tests.ui.fake import FakeConfig, FakePreview, FakeServer, job_view
from sdtui.ui.app import run
async def open_client(on_event, on_lost, *, start=True):
    server = FakeServer(jobs=(job_view(1, state="done", path="/o/1.png"),), seq=1)
    return await server.open(on_event, on_lost)
sys.exit(run(open_client, FakeConfig(preview=FakePreview("auto"))))
"""


def test_in_a_real_terminal_answers_never_reach_the_editor_and_the_picture_is_upgraded() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        for name in ("TMUX", "STY", "ZELLIJ", "TERM_PROGRAM"):
            os.environ.pop(name, None)
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", IN_A_TERMINAL])
    seen = b""

    def read_until(wanted: bytes) -> None:
        nonlocal seen
        deadline = time.monotonic() + 60
        while wanted not in seen:
            assert time.monotonic() < deadline, (wanted, seen[-2000:])
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 65536)

    try:
        read_until(b"\x1b[c")
        read_until("▀".encode())
        for piece in (b"\x1bP>|XTerm(3", b"79)\x1b\\\x1b[6;17;8t\x1b[?1;0;256S\x1b[?62;4", b"c"):
            os.write(terminal, piece)
        read_until(b"\x1bP")
        os.write(terminal, b"\x1b[0nhello")
        read_until(b"ello")
        screen_text = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", seen)
        assert b"XTerm" not in screen_text
        assert b"62;4" not in screen_text
        os.write(terminal, b"\x1b[200~ p\x1b[31mq\x1b[0m\n\tsecond\x1b[201~")
        read_until(b"second")
        assert b"is queued" not in seen
        seen = b""
        os.write(terminal, b"\x11")
        read_until(b"\x1b[?1049l")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    finally:
        os.close(terminal)
