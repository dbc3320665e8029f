from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sdtui.errors import UsageError
from sdtui.ui.writing.external import edit_text, editor_command, run_program
from tests.ui.fake import FakeServer
from tests.ui.screen import StudioPilot, studio, until_seen


def writes(data: bytes, code: int = 0) -> Callable[[Sequence[str]], int]:
    def run(command: Sequence[str]) -> int:
        Path(command[-1]).write_bytes(data)
        return code

    return run


def script(folder: Path, *lines: str) -> str:
    file = folder / "editor.sh"
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(0o755)
    return str(file)


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"VISUAL": "sh -x", "EDITOR": "cat"}, ["sh", "-x"]),
        ({"EDITOR": "'sh' --wait 'a b'"}, ["sh", "--wait", "a b"]),
        ({"VISUAL": "  ", "EDITOR": "sh"}, ["sh"]),
    ],
)
def test_visual_comes_before_editor_and_arguments_count(environ: dict[str, str], command: list[str]) -> None:
    assert editor_command({**environ, "PATH": os.environ["PATH"]}) == command


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"EDITOR": "no-such-editor -x"}, "EDITOR: There is no program 'no-such-editor' here."),
        ({"VISUAL": "vi 'x"}, "VISUAL: 'vi 'x' is no command."),
        ({"PATH": "/nowhere"}, "There is no editor here."),
    ],
)
def test_a_missing_editor_is_said(environ: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        editor_command(environ)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"a cat\n", "a cat"),
        (b"a cat", "a cat"),
        (b"a\r\ncat\r\n", "a\ncat"),
        (b"\xef\xbb\xbfa cat\n", "a cat"),
        (b"a cat\n\n", "a cat\n"),
        (b"", ""),
        (b"a\x1b[2Jb\x00\n", "a[2Jb"),
        ("größer\n".encode(), "größer"),
    ],
)
def test_what_an_editor_leaves_comes_back(written: bytes, text: str) -> None:
    assert edit_text("before", "prompt.txt", ["x"], writes(written)) == text


def test_the_editor_sees_the_text_in_a_private_file_that_goes() -> None:
    seen: list[tuple[str, str, int]] = []

    def run(command: Sequence[str]) -> int:
        file = Path(command[-1])
        seen.append((file.name, file.read_text(), file.parent.stat().st_mode & 0o777))
        assert file.parent.is_dir()
        seen.append((str(file.parent), "", 0))
        return 0

    assert edit_text("a\ncat", "prompt.txt", ["x"], run) == "a\ncat"
    assert seen[0] == ("prompt.txt", "a\ncat\n", 0o700)
    assert not Path(seen[1][0]).exists()


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (writes(b"new\n", 3), "ended with 3; nothing was taken over"),
        (writes(b"\xff\xfe"), "not UTF-8"),
        (writes(b"a" * 2_000_000), "longer than 256 kB"),
    ],
)
def test_an_editor_that_fails_changes_nothing(run: Callable[[Sequence[str]], int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        edit_text("before", "prompt.txt", ["x"], run)


def test_a_program_that_cannot_be_run_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "editor"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    with pytest.raises(UsageError, match="does not start"):
        edit_text("before", "prompt.txt", [str(broken)], run_program)


def texts(pilot: StudioPilot) -> tuple[str, str]:
    return pilot.app.screen.editor("prompt").text, pilot.app.screen.editor("negative").text


async def test_f4_edits_the_focused_text_and_undo_brings_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", script(tmp_path, 'sed -i "s/cat/large dog/" "$1"'))
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"a cat", "alt+2", *"cat", "f4")
        await until_seen(pilot, "Taken over.")
        assert texts(pilot) == ("a cat", "large dog")
        await pilot.press("alt+1", "f4")
        assert texts(pilot) == ("a large dog", "large dog")
        await pilot.press("ctrl+z")
        assert texts(pilot) == ("a cat", "large dog")


async def test_a_broken_editor_is_said_and_the_text_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", script(tmp_path, "echo gone > $1", "exit 7"))
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"a cat", "f4")
        await until_seen(pilot, "ended with 7")
        assert texts(pilot)[0] == "a cat"
        monkeypatch.setenv("VISUAL", "no-such-editor")
        await pilot.press("f4")
        await until_seen(pilot, "There is no program 'no-such-editor' here.")


async def test_an_edit_of_the_config_is_checked_and_counts_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.yaml"
    monkeypatch.setenv("SDTUI_CONFIG", str(config))
    monkeypatch.setenv("VISUAL", script(tmp_path, 'cp "$0.yaml" "$1"'))
    wanted = tmp_path / "editor.sh.yaml"
    server = FakeServer()
    async with studio(server) as pilot:
        wanted.write_text("theme: nord\nkeys: {generate: f12}\nin_flight: 4\nviewer: feh\n")
        await pilot.app.run_action("do_edit_config", pilot.app.screen)
        await until_seen(pilot, "taken over. When the studio is opened again: viewer. With the next job: in_flight.")
        await until_seen(pilot, "F12  Generate")
        assert pilot.app.theme == "nord"
        await pilot.press("x", "f12")
        await until_seen(pilot, "Job #1 is queued")
        wanted.write_text("theem: nord\n")
        await pilot.app.run_action("do_edit_config", pilot.app.screen)
        await until_seen(pilot, "There is no key 'theem'.")


async def test_a_config_that_was_not_written_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SDTUI_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("VISUAL", "true")
    async with studio(FakeServer()) as pilot:
        await pilot.app.run_action("do_edit_config", pilot.app.screen)
        await until_seen(pilot, "The configuration is as it was.")
    assert not (tmp_path / "sdtui" / "config.yaml").exists()
