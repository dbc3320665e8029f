from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sdtui.cli import shells
from sdtui.cli.commands import COMMANDS
from sdtui.cli.words import read_grammar
from sdtui.spec.params import FIELDS
from sdtui.spec.samplers import SAMPLER_NAMES

GRAMMAR = read_grammar()
SHELLS = {"bash": shells.bash, "zsh": shells.zsh, "fish": shells.fish}


def complete_in_bash(words: list[str], folder: Path) -> list[str]:
    """What bash would offer for the last word."""
    script = (
        shells.bash(GRAMMAR)
        + f"\nCOMP_WORDS=({' '.join(shlex.quote(word) for word in words)}); COMP_CWORD={len(words) - 1}\n"
        'compopt() { :; }\n_sdtui\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(["bash", "--norc", "-c", script], cwd=folder, check=True, capture_output=True, text=True)
    assert not done.stderr
    return done.stdout.split("\n")[:-1] if done.stdout != "\n" else []


def samplers_from(start: str) -> list[str]:
    """The samplers that begin so, as bash wants them typed."""
    return [name.replace(" ", "\\ ") for name in SAMPLER_NAMES if name.startswith(start)]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["sdtui", "ren"], ["render"]),
        (["sdtui", "-C", "x", "do"], ["doctor"]),
        (["sdtui", "--ver"], ["--version"]),
        (["sdtui", "render", "--cfg"], ["--cfg-scale"]),
        (["sdtui", "render", "--no-ex"], ["--no-exact"]),
        (["sdtui", "render", "a", "--sampler", "Eul"], ["Euler", "Euler\\ a"]),
        (["sdtui", "render", "--sampler", "DPM"], samplers_from("DPM")),
        (["sdtui", "render", "--sampler", "DPM++\\ "], samplers_from("DPM++ ")),
        (["sdtui", "render", "-f", "wi"], ["wish.yaml"]),
        (["sdtui", "-C", "fo"], ["folder"]),
        (["sdtui", "render", "--steps", ""], []),
        (["sdtui", "completion", "z"], ["zsh"]),
        (["sdtui", "stop", "--n"], ["--now"]),
        (["sdtui", "expand", "x", "--wildcards", "fo"], ["folder"]),
        (["sdtui", "render", "--wildcards", "of"], ["off"]),
    ],
)
def test_bash_offers_commands_options_and_values(words: list[str], offered: list[str], tmp_path: Path) -> None:
    (tmp_path / "wish.yaml").write_text("")
    (tmp_path / "folder").mkdir()
    assert complete_in_bash(words, tmp_path) == offered


def test_bash_offers_every_command(tmp_path: Path) -> None:
    offered = complete_in_bash(["sdtui", ""], tmp_path)
    assert {command.name for command in COMMANDS} <= set(offered)


def test_a_real_bash_completes_at_its_prompt(tmp_path: Path) -> None:
    """readline itself, in a pseudo-terminal: the script is loaded, tab is pressed, the line is run."""
    (tmp_path / "rc").write_text(shells.bash(GRAMMAR) + '\nsdtui() { printf "<%s>" "$@"; echo; }\nPS1="ready> "\n')
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        ["bash", "--rcfile", str(tmp_path / "rc"), "-i"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(tmp_path), "INPUTRC": "/dev/null"},
        start_new_session=True,
    )
    os.close(follower)
    seen = b""

    def until(wanted: bytes) -> None:
        nonlocal seen
        while wanted not in seen:
            seen += os.read(leader, 4096)
        seen = seen.partition(wanted)[2]

    until(b"ready> ")
    os.write(leader, b"sdtui rend\t--schedule\tKar\t\n")
    until(b"<render><--schedule-type><Karras>")
    os.write(leader, b"exit\n")
    process.wait()
    os.close(leader)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_and_choice_is_in_every_script(shell: str) -> None:
    script = SHELLS[shell](GRAMMAR)
    for field in FIELDS:
        assert field.option.removeprefix("--") in script
    for sampler in SAMPLER_NAMES:
        assert sampler.split()[0] in script
    for command in COMMANDS:
        assert command.name in script


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_itself_can_read_its_script(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here; .ci/run installs it")
    file = tmp_path / "script"
    file.write_text(SHELLS[shell](GRAMMAR))
    subprocess.run([shell, "-n", str(file)], check=True, stdin=subprocess.DEVNULL)


def test_the_command_prints_the_script(sdtui) -> None:
    assert sdtui("completion", "bash").out == shells.bash(GRAMMAR)
    assert sdtui("completion", "tcsh").code == 2


@pytest.fixture
def with_sdtui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command `sdtui` on the path, as the scripts call it."""
    command = tmp_path / "bin" / "sdtui"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sdtui "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")


def test_what_the_server_knows_is_offered_while_it_runs(sdtui, workspace, with_sdtui, tmp_path: Path) -> None:
    line = ["sdtui", "-C", str(workspace.root), "cancel", ""]
    assert sdtui("completion", "--list", "checkpoints").out == ""
    assert complete_in_bash(line, tmp_path) == []
    assert not workspace.socket.exists(), "asking starts no server"
    assert sdtui("render", "stuck cat", "--detach").code == 0
    assert sdtui("completion", "--list", "checkpoints").out == "shapes-64\tsd1\n"
    assert sdtui("completion", "--list", "vaes").out == "None\tthe checkpoint's own\n"
    assert complete_in_bash([*line[:3], "render", "--checkpoint", "sh"], tmp_path) == ["shapes-64"]
    offered = complete_in_bash(line, tmp_path)
    assert "1" in offered
    assert "all" in offered
    assert complete_in_bash([*line[:3], "retry", ""], tmp_path)[:1] != ["1"]
    assert complete_in_bash([*line[:3], "cancel", "--work"], tmp_path) == ["--workspace"]
    if shutil.which("fish"):
        script = tmp_path / "sdtui.fish"
        script.write_text(shells.fish(GRAMMAR))
        asked = f"source {script}; complete -C 'sdtui -C {workspace.root} render --checkpoint sh'"
        done = subprocess.run(["fish", "-N", "-c", asked], capture_output=True, text=True, check=True)
        assert "shapes-64\tsd1" in done.stdout


def test_nothing_is_made_by_asking(sdtui, tmp_path: Path) -> None:
    told = sdtui("completion", "--list", "unfinished", "-C", str(tmp_path / "nowhere"))
    assert (told.code, told.out, told.err) == (0, "", "")
    assert not (tmp_path / "nowhere").exists()
    assert "Which shell?" in sdtui("completion").err
