from __future__ import annotations

import base64
import os
import re
import stat
from pathlib import Path

import pytest

from sdtui.terminal.clipboard import MOST_BYTES, copied, file_link
from sdtui.ui.showing.outside import Said, Surroundings, open_outside
from tests.ui.fake import FakeConfig, FakeServer, job_view
from tests.ui.screen import studio, text, until, until_seen

EVIL = "/o/\x1b]52;c;aGk=\x07\u202eé .png"


class Around:
    """Surroundings without a desktop; what was written to the terminal is kept."""

    def __init__(self, **environment: str) -> None:
        self.written: list[bytes] = []
        self.around = Surroundings(
            {"TERM": "xterm-256color", **environment}, self.written.append, lambda: "far.example"
        )

    async def open(self, path: str, viewer: str = "") -> Said:
        return await open_outside(path, viewer, self.around)

    def copied(self) -> str:
        (escape,) = self.written
        head, tail = b"\x1b]52;c;", b"\x1b\\"
        assert escape.startswith(head)
        assert escape.endswith(tail)
        return base64.b64decode(escape[len(head) : -len(tail)], validate=True).decode()


def program(folder: Path, name: str, script: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def test_the_configured_viewer_gets_the_path_after_its_own_words(tmp_path: Path) -> None:
    viewer = program(
        tmp_path, "viewer", f'printf "%s|" "$@" > {tmp_path}/said.part; mv {tmp_path}/said.part {tmp_path}/said'
    )
    around = Around()
    said = await around.open("/o/a b.png", f"{viewer} --full 'x y'")
    assert (tmp_path / "said").read_text() == "--full|x y|/o/a b.png|"
    assert not said.error
    assert said.text == "is opened outside."
    assert around.written == []


async def test_a_viewer_that_stays_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdtui.ui.showing.outside.FAILING_S", 0.01)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    said = await Around().open("/o/1.png", program(tmp_path, "viewer", f"read _ < {fifo}"))
    assert said.text == "is opened outside."
    with fifo.open("w") as told:
        told.write("go\n")


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("echo first >&2; printf 'cannot \\033[2Jopen display\\n' >&2; exit 3", "cannot ␛[2Jopen display;"),
        ("exit 7", "ended with code 7;"),
    ],
)
async def test_a_viewer_that_fails_says_why_and_the_path_is_copied(tmp_path: Path, script: str, wanted: str) -> None:
    around = Around()
    said = await around.open("/o/1.png", program(tmp_path, "viewer", script))
    assert said.error
    assert wanted in said.text
    assert around.copied() == "/o/1.png"


@pytest.mark.parametrize(
    ("viewer", "wanted"),
    [("no-such-program-here", "There is no program 'no-such-program-here'"), ("'unbalanced", "no command")],
)
async def test_a_viewer_that_cannot_be_started_is_said(viewer: str, wanted: str) -> None:
    said = await Around().open("/o/1.png", viewer)
    assert said.error
    assert wanted in said.text


async def test_over_ssh_without_a_display_the_path_is_a_link_and_in_the_clipboard() -> None:
    around = Around(SSH_CONNECTION="1.2.3.4 5 6.7.8.9 22")
    said = await around.open("/o/a b.png")
    assert not said.error
    assert said.link == "file://far.example/o/a%20b.png"
    assert "No desktop here" in said.text
    assert around.copied() == "/o/a b.png"


async def test_nothing_hostile_is_copied_or_linked() -> None:
    around = Around(SSH_TTY="/dev/pts/3")
    said = await around.open(EVIL)
    assert around.copied() == "/o/␛]52;c;aGk=␇é .png"
    assert said.link == "file://far.example/o/%1B%5D52%3Bc%3BaGk%3D%07%E2%80%AE%C3%A9%20.png"


async def test_inside_tmux_it_is_tmux_that_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "tmux", f'echo "$@" > {tmp_path}/asked; cat > {tmp_path}/text')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    around = Around(TMUX="/tmp/tmux-0/default,1,0")
    said = await around.open("/o/1.png")
    assert (tmp_path / "asked").read_text() == "load-buffer -w -\n"
    assert (tmp_path / "text").read_text() == "/o/1.png"
    assert around.written == []
    assert "tmux's buffer" in said.text


async def test_a_tmux_that_refuses_leaves_it_to_the_escape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "tmux", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    around = Around(TMUX="/tmp/tmux-0/default,1,0")
    await around.open("/o/1.png")
    assert around.copied() == "/o/1.png"


def test_a_text_that_is_too_long_is_not_copied_in_part() -> None:
    assert copied("x" * MOST_BYTES)
    assert copied("x" * (MOST_BYTES + 1)) == b""


def test_a_link_holds_printable_ascii_alone_whatever_the_name() -> None:
    for path in ("/a\udcff.png", "/ü/画.png", "/\x9c\x07;|"):
        assert all("!" <= character <= "~" for character in file_link(path, "hö\x1bst"))


async def test_the_key_shows_the_path_as_a_link_in_the_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    server = FakeServer(jobs=(job_view(1, state="done", path="/o/1.png"),), seq=1)
    async with studio(server, config=FakeConfig()) as pilot:
        await pilot.press("f10")
        await until_seen(pilot, "/o/1.png No desktop here")
        update = pilot.app.screen._compositor.render_update(full=True)
        written = update.render_segments(pilot.app.console)  # type: ignore[union-attr]
        assert re.search(r"\x1b]8;id=\d+;file://[!-~]+/o/1\.png\x1b\\[^]]*/o/1\.png[^]]*\x1b]8;;\x1b\\", written)


async def test_a_viewer_that_fails_is_said_on_the_zoom_too(tmp_path: Path) -> None:
    server = FakeServer(jobs=(job_view(1, state="done", path="/o/1.png"),), seq=1)
    config = FakeConfig(viewer=program(tmp_path, "viewer", "exit 9"))
    async with studio(server, config=config) as pilot:
        await pilot.press("f9")
        await until_seen(pilot, "fit")
        await pilot.press("f10")
        await until_seen(pilot, "ended with code 9")
        await pilot.press("escape")
        await until(pilot, lambda: "1 Prompt" in text(pilot.app))
        assert "ended with code 9" in text(pilot.app)
