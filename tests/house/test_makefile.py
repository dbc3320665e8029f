"""What `make` says on machines that lack something; offline, in a copy of the few files it needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def write_python(folder: Path, body: str) -> str:
    script = folder / "python"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    return f"PYTHON={script}"


def test_a_missing_python_is_said_with_what_to_install(copy: Path) -> None:
    done = make(copy, "run", "PYTHON=/none/python3")
    assert done.returncode == 2
    assert "needs Python 3.11" in done.stderr
    assert "is not there" in done.stderr
    assert "apt install python3" in done.stderr


def test_a_python_that_is_too_old_is_named(copy: Path) -> None:
    old = write_python(copy, '[ "$1" = --version ] && echo Python 3.9.2 || exit 1')
    assert "is Python 3.9.2." in make(copy, "install", old).stderr


def test_a_python_without_venv_is_said_with_the_package(copy: Path) -> None:
    bare = write_python(copy, f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"')
    assert "apt install python3-venv" in make(copy, "install", bare).stderr
    assert not (copy / ".venv").exists()


def test_a_second_install_does_nothing_until_the_tested_set_changes(copy: Path) -> None:
    pip = '[ "$2" = venv ] && { mkdir -p .venv/bin; cp "$0" .venv/bin/python; exit 0; }; echo "pip $*"'
    fake = write_python(copy, f'case "$1" in -c) exit 0;; --version) echo Python 3.12.0; exit 0;; esac\n{pip}')
    assert "install -c constraints.txt -e ." in make(copy, "install", fake).stdout
    assert "pip" not in make(copy, "install", fake).stdout
    (copy / "constraints.txt").write_text((copy / "constraints.txt").read_text() + "\n")
    assert "install -c constraints.txt -e ." in make(copy, "install", fake).stdout


def test_torch_index_is_for_torch_alone_and_is_remembered(copy: Path) -> None:
    pip = '[ "$2" = venv ] && { mkdir -p .venv/bin; cp "$0" .venv/bin/python; exit 0; }; echo "pip $*"'
    fake = write_python(copy, f'case "$1" in -c) exit 0;; --version) echo Python 3.12.0; exit 0;; esac\n{pip}')
    lines = [line for line in make(copy, "install", fake, "TORCH_INDEX=there").stdout.splitlines() if "pip" in line]
    assert ["--index-url there torch==" in line for line in lines] == [True, False]
    assert "pip" not in make(copy, "install", fake, "TORCH_INDEX=there").stdout
    assert "--index-url" not in make(copy, "install", fake).stdout
    assert "--index-url elsewhere" in make(copy, "install", fake, "TORCH_INDEX=elsewhere").stdout


def test_help_names_every_target(copy: Path) -> None:
    done = make(copy)
    for target in ("run", "install", "test", "bench", "lint", "clean"):
        assert f"make {target}" in done.stdout
