from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

import sdtui

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "numpy", "diffusers", "transformers", "safetensors", "scipy", "accelerate", "huggingface_hub"}
ROOMS = sorted(found.name for found in pkgutil.iter_modules(sdtui.__path__) if found.ispkg)

# Prints what is loaded, and what the import did to the world around it.
REPORT = """
import json, signal, sys, threading
deeds = []
def watch(event, args):
    if event in {"subprocess.Popen", "socket.connect", "socket.bind", "os.mkdir", "os.remove", "os.rename", "os.chmod"}:
        deeds.append(f"{event} {args[:1]}")
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        deeds.append(f"open {args[0]} {args[1]}")
sys.dont_write_bytecode = True
handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
sys.addaudithook(watch)
for name in sys.argv[1:]:
    __import__(name)
if any(signal.getsignal(number) != handler for number, handler in handlers.items()):
    deeds.append("a signal handler was changed")
if threading.active_count() != 1:
    deeds.append("a thread was started")
print(json.dumps({"modules": sorted(sys.modules), "deeds": deeds}))
"""


def import_in_subprocess(*names: str) -> tuple[set[str], list[str]]:
    """Every top-level package that is loaded after importing the names, and what the imports did."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *names],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    answer = json.loads(done.stdout)
    return {name.split(".")[0] for name in answer["modules"]}, answer["deeds"]


def modules_of(room: str) -> list[str]:
    package = f"sdtui.{room}"
    found = pkgutil.walk_packages([str(ROOT / "sdtui" / room)], f"{package}.")
    return [package, *(module.name for module in found if not module.name.endswith("__main__"))]


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in {"engine", "data"}])
def test_a_room_imports_nothing_heavy_and_does_nothing(room: str) -> None:
    loaded, deeds = import_in_subprocess(*modules_of(room))
    assert not loaded & HEAVY
    assert not deeds


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in {"engine", "data", "ui"}])
def test_rooms_below_the_ui_run_without_textual(room: str) -> None:
    loaded, _ = import_in_subprocess(*modules_of(room))
    assert "textual" not in loaded


def test_the_engine_is_where_torch_is() -> None:
    """Else the tests above could not fail."""
    loaded, _ = import_in_subprocess("sdtui.engine.engine")
    assert {"torch", "numpy"} <= loaded


def test_the_studio_paints_before_it_loads_what_only_pictures_and_prompts_need() -> None:
    loaded, _ = import_in_subprocess("sdtui.cli.studio", "sdtui.cli.main", "sdtui.ui.app")
    assert not loaded & {"PIL", "tokenizers", "yaml", "sqlite3", "argparse"}


OPENED = """
import gc, sys
import sdtui.cli.main as main, sdtui.cli.studio as studio
studio.open_studio = lambda folder: print(folder, "argparse" in sys.modules, gc.isenabled()) or 0
main.run(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("arguments", "folder"), [([], "None"), (["-C", "here"], "here"), (["--workspace", "here"], "here")]
)
def test_the_studio_is_opened_without_a_parser_of_arguments(arguments: list[str], folder: str) -> None:
    command = [sys.executable, "-c", OPENED, *arguments]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, check=True, text=True
    )
    assert done.stdout.split() == [folder, "False", "False"]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_a_word_of_help_loads_next_to_nothing(arguments: list[str]) -> None:
    code = f"import sys, sdtui.cli.main as m\ntry: m.run({arguments!r})\nexcept SystemExit: pass\n"
    script = f"{code}\nprint('|'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = {name.split(".")[0] for name in done.stderr.strip().split("|")}
    assert "argparse" in loaded
    assert not loaded & (HEAVY | {"textual", "rich", "asyncio", "msgspec", "yaml", "PIL", "sqlite3"})


def test_no_module_imports_itself_by_way_of_others_not_even_for_its_types() -> None:
    graph = grimp.build_graph("sdtui", cache_dir=None)
    TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()
