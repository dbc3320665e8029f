"""Every key that does something has a row in the one table of commands, so that the config can change it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

import sdtui.ui
from sdtui.ui.commands.keys import key_problems
from sdtui.ui.commands.table import COMMAND, COMMANDS
from tests.ui.fake import FakeConfig, FakeServer
from tests.ui.screen import StudioPilot, lines, studio, text, until, until_seen
from tests.ui.test_snapshots import full_server


def modules() -> list[ModuleType]:
    return [importlib.import_module(found.name) for found in pkgutil.walk_packages(sdtui.ui.__path__, "sdtui.ui.")]


def kinds(of: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def bound_ids(kind: type[DOMNode]) -> set[tuple[str, str | None]]:
    return {(key, each.id) for key, bindings in kind._merge_bindings().key_to_bindings.items() for each in bindings}


def test_every_key_of_every_screen_and_widget_of_ours_is_in_the_table() -> None:
    ours = {module.__name__ for module in modules()}
    found = {kind for kind in kinds(DOMNode) if kind.__module__ in ours}
    assert len([kind for kind in found if issubclass(kind, Screen)]) > 10
    unknown = {kind.__name__: sorted(each for each in bound_ids(kind) if each[1] not in COMMAND) for kind in found}
    assert {name: keys for name, keys in unknown.items() if keys} == {}


def test_no_widget_of_textuals_own_that_has_keys_is_used_as_it_is() -> None:
    for module in modules():
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for name in called:
            kind = getattr(module, name, None)
            if isinstance(kind, type) and issubclass(kind, Widget) and kind.__module__.startswith("textual."):
                assert bound_ids(kind) == set(), f"{module.__name__}: {name}"


def test_every_command_of_the_table_is_bound_somewhere_or_has_no_key() -> None:
    ours = {module.__name__ for module in modules()}
    bound = {name for kind in kinds(DOMNode) if kind.__module__ in ours for _, name in bound_ids(kind)}
    assert {row.id for row in COMMANDS} - bound == set()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"leave": "ctrl+g"}, ""),
        ({"leave": "c"}, "c already is 'Compare' (zoom-compare)."),
        ({"draw-again": "q"}, "q already is 'Back' (leave)."),
        ({"close-dialog": "f1"}, "F1 already is 'Help' (help)."),
        ({"close-dialog": "ctrl+s"}, "Ctrl+S already is 'Send' (send-form)."),
        ({"close-dialog": "x"}, "x cannot be used: the prompt editor needs it."),
        ({"next-part": "f5"}, "F5 already is 'Generate' (generate)."),
        ({"jump-4": "x"}, ""),
        ({"jump-4": "5"}, "5 already is 'Preview' (jump-5)."),
    ],
)
def test_clashes_among_the_keys_of_dialogs_are_said(config: dict[str, str], said: str) -> None:
    (name,) = config
    assert key_problems(config) == ((f"keys.{name}: {said}",) if said else ())


DIALOGS = {
    "leave": ("alt+4", "end", "i"),
    "close-dialog": ("ctrl+p",),
    "jump-4": ("ctrl+o",),
}


@pytest.mark.parametrize("command", DIALOGS)
async def test_a_dialog_is_left_by_the_key_that_the_config_gives(command: str) -> None:
    config = FakeConfig(keys={command: "f12"})
    async with studio(full_server(), (80, 24), config) as pilot:
        below = pilot.app.screen
        await pilot.press(*DIALOGS[command])
        await until(pilot, lambda: pilot.app.screen is not below)
        await pilot.press("f12")
        await until(pilot, lambda: pilot.app.screen is below, command)
        if command.startswith("jump"):
            assert pilot.app.focused is not None
            assert pilot.app.focused.id == "jobs"


async def dialog(pilot: StudioPilot, *keys: str) -> None:
    below = pilot.app.screen
    await pilot.press(*keys)
    await until(pilot, lambda: pilot.app.screen is not below, keys)
    await pilot.pause()


async def test_a_dialog_says_the_keys_that_are_in_force() -> None:
    config = FakeConfig(keys={"leave": "ctrl+g", "close-dialog": "ctrl+t", "select-all": "f12", "jump-2": "b"})
    async with studio(full_server(), (80, 24), config) as pilot:
        await dialog(pilot, "alt+4", "end", "i")
        assert "Ctrl+G closes" in text(pilot.app)
        await pilot.press("q", "escape")
        assert "Ctrl+G closes" in text(pilot.app)
        await pilot.press("ctrl+g")
        await dialog(pilot, "ctrl+p")
        assert "Ctrl+T closes" in text(pilot.app)
        await pilot.press("ctrl+t")
        await dialog(pilot, "ctrl+o")
        assert any("  b  " in line for line in lines(pilot.app))


async def test_the_help_tells_of_the_keys_of_dialogs() -> None:
    async with studio(FakeServer(), (80, 24)) as pilot:
        await pilot.press("f1", *"draw again")
        await until_seen(pilot, "id draw-again")
        assert "Draw others." in text(pilot.app)


async def test_a_line_of_text_obeys_the_keys_of_the_editors() -> None:
    config = FakeConfig(keys={"delete-to-line-start": "ctrl+g"})
    async with studio(FakeServer(), (80, 24), config) as pilot:
        await pilot.press(*"a fox", "shift+home", "alt+w")
        await until_seen(pilot, "Wildcard of")
        await pilot.press(*"beasts")
        await until_seen(pilot, "beasts")
        await pilot.press("ctrl+g", *"new")
        await until(pilot, lambda: "new" in text(pilot.app) and "beasts" not in text(pilot.app))
