from __future__ import annotations

import os
import shlex
import shutil
import subprocess
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


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["sdtui", "ren"], ["render"]),
        (["sdtui", "-C", "x", "do"], ["doctor"]),
        (["sdtui", "--ver"], ["--version"]),
        (["sdtui", "render", "--cfg"], ["--cfg-scale"]),
        (["sdtui", "render", "--no-ex"], ["--no-exact"]),
        (["sdtui", "render", "a", "--sampler", "Eul"], ["Euler", "Euler\\ a"]),
        (["sdtui", "render", "--sampler", "DPM"], ["DPM++\\ 2M"]),
        (["sdtui", "render", "--sampler", "DPM++\\ "], ["DPM++\\ 2M"]),
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
