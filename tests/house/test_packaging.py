"""The wheel and what is in it. Built without isolation and offline, with the hatchling of the test extras."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    for what in ("wheel", "sdist"):
        script = f"import sys, hatchling.build as b; b.build_{what}(sys.argv[1])"
        subprocess.run([sys.executable, "-c", script, str(folder)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder


def run_installed(installed: Path, home: Path, *arguments: str) -> str:
    environ = {"PYTHONPATH": str(installed), "HOME": str(home), "PATH": os.environ["PATH"], "SDTUI_TMPDIR": str(home)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=home, env=environ, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_the_wheel_carries_model_vocabulary_presets_wildcards_and_licence(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    for name in (
        "sdtui/data/models/shapes-64.safetensors",
        "sdtui/data/clip/vocab.json",
        "sdtui/data/clip/merges.txt",
        "sdtui/data/configs/sd1/unet.json",
        "sdtui/data/starter/wildcards/colours.txt",
        "sdtui/data/starter/presets/red-circle.yaml",
    ):
        assert name in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "tools")) or "__pycache__" in name]


def test_the_source_archive_can_be_built_and_tested_from(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in (
        "README.md",
        "LICENSE",
        "Makefile",
        "constraints.txt",
        "pyproject.toml",
        "tests/house/test_packaging.py",
    ):
        assert name in names


def test_an_installed_package_makes_the_default_workspace_from_its_own_files(installed: Path, tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from sdtui.workspace.paths import find_workspace\n"
        "w = find_workspace(Path.cwd(), Path('~/sdtui'))\n"
        "print(w.root, sorted(p.name for p in w.wildcards.iterdir())[0], sorted(p.name for p in w.presets.iterdir())[-1])"
    )
    root, wildcard, preset = run_installed(installed, tmp_path, "-c", script).split()
    assert root == str(tmp_path / "sdtui")
    assert (wildcard, preset) == ("backgrounds.txt", "red-circle.yaml")


def test_the_command_is_there_and_says_its_version(installed: Path, tmp_path: Path) -> None:
    entry = next(installed.glob("*.dist-info")) / "entry_points.txt"
    assert "sdtui = sdtui.__main__:main" in entry.read_text()
    version = run_installed(installed, tmp_path, "-m", "sdtui", "--version").split()[1]
    assert next(installed.glob("*.dist-info")).name == f"sdtui-{version}.dist-info"


def test_every_dependency_is_in_the_tested_set() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(line.count("==") == 1 and "+" not in line and "@" not in line for line in lines)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {name.split(">")[0].split("=")[0].split("[")[0].lower() for name in wanted}
    assert names <= pinned
    assert "torch==2.13.0" in lines
