from __future__ import annotations

import subprocess
import sys

import pytest

from sdtui.ui.commands.keys import RESERVED, TAKEN, display, key_problems, keys_in_force
from sdtui.ui.commands.table import COMMANDS


def test_the_table_itself_has_no_clash_and_no_key_that_cannot_be() -> None:
    for row in COMMANDS:
        if row.keys:
            assert key_problems({row.id: row.keys}) == (), row.id
        assert not set(row.keys.split(",")) & set(RESERVED)
        if row.place in {"app", "studio", "editor"}:
            assert not set(row.keys.split(",")) & TAKEN


def test_ids_are_unique() -> None:
    assert len({row.id for row in COMMANDS}) == len(COMMANDS)


def test_a_key_of_the_users_takes_the_place_of_the_tables() -> None:
    keys = keys_in_force({"generate": "Ctrl-G, f12"})
    assert keys.by_id["generate"] == ("ctrl+g", "f12")
    assert keys.changed == {"generate": "ctrl+g,f12"}
    assert keys.shown("generate") == "Ctrl+G"


@pytest.mark.parametrize(
    ("command", "key", "said"),
    [
        ("generat", "f2", "Did you mean 'generate'?"),
        ("generate", "", "No key is given"),
        ("generate", "ctrl+h", "terminals send it for backspace"),
        ("generate", "ctrl+x", "the prompt editor needs it"),
        ("generate", "g", "the prompt editor needs it"),
        ("generate", "f8", "F8 already is 'Cancel' (cancel)"),
        ("weight-up", "f5", "F5 already is 'Generate' (generate)"),
    ],
)
def test_a_key_that_cannot_be_is_left_out_and_said(command: str, key: str, said: str) -> None:
    keys = keys_in_force({command: key})
    assert len(keys.problems) == 1
    assert said in keys.problems[0]
    assert keys.problems[0].startswith(f"keys.{command}: ")
    assert keys.changed == {}


def test_panes_may_share_keys_as_only_one_has_the_focus() -> None:
    assert key_problems({"retry-job": "insert", "log-scope": "insert", "step-up": "insert"}) == ()


@pytest.mark.parametrize("place", ["retry-job", "log-scope"])
def test_a_list_needs_the_keys_it_is_moved_through_with(place: str) -> None:
    assert "↑ already is 'Up' (list-up)" in key_problems({place: "up"})[0]


def test_keys_may_be_swapped() -> None:
    keys = keys_in_force({"generate": "f8", "cancel": "f5", "retry-job": "u", "use-job": "r"})
    assert keys.problems == ()
    assert (keys.by_id["generate"], keys.by_id["cancel"]) == (("f8",), ("f5",))


def test_of_two_changes_that_clash_the_later_gives_way_and_both_are_named() -> None:
    keys = keys_in_force({"generate": "f12", "cancel": "f12"})
    assert keys.problems == ("keys.cancel: F12 already is 'Generate' (generate).",)
    assert keys.changed == {"generate": "f12"}


def test_a_command_without_a_key_may_get_one() -> None:
    assert keys_in_force({}).shown("skip-chore") == ""
    assert keys_in_force({"skip-chore": "f12"}).shown("skip-chore") == "F12"


@pytest.mark.parametrize(
    ("typed", "key"),
    [("Ctrl-G", "ctrl+g"), ("/", "slash"), ("K", "K"), ("alt+?", "alt+question_mark"), ("meta-esc", "alt+escape")],
)
def test_keys_are_understood_as_people_write_them(typed: str, key: str) -> None:
    assert keys_in_force({"step-up": typed}).by_id["step-up"] == (key,)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("f99", "There is no key 'f99'. Did you mean 'f9'?"), ("ctlr+g", "Did you mean 'ctrl'?"), ("pagup", "'pageup'")],
)
def test_a_key_that_no_keyboard_has_is_said_with_the_nearest(typed: str, said: str) -> None:
    (problem,) = key_problems({"retry-job": typed})
    assert said in problem


@pytest.mark.parametrize("key", ["ctrl+d", "ctrl+k", "ctrl+u", "ctrl+w", "ctrl+end"])
def test_a_command_may_have_a_key_that_is_only_convenient_in_an_editor(key: str) -> None:
    assert key_problems({"generate": key}) == ()


@pytest.mark.parametrize("key", [*(f"ctrl+{letter}" for letter in "acevxyz"), "up", "g", "enter", "delete", "tab"])
def test_no_command_may_have_a_key_that_editing_needs(key: str) -> None:
    (problem,) = key_problems({"generate": key})
    assert "the prompt editor needs it" in problem


def test_keys_are_checked_without_textual() -> None:
    asked = (
        "import sys, sdtui.ui.commands.keys as k; print(k.key_problems({'generat': 'f6'})[0], 'textual' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said == "keys.generat: There is no such command. Did you mean 'generate'? False\n"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("f5", "F5"),
        ("ctrl+q", "Ctrl+Q"),
        ("alt+up", "Alt+↑"),
        ("delete", "Del"),
        ("n", "n"),
        ("K", "K"),
        ("left_square_bracket", "["),
        ("ctrl+right_square_bracket", "Ctrl+]"),
        ("question_mark", "?"),
    ],
)
def test_keys_are_shown_as_people_write_them(key: str, shown: str) -> None:
    assert display(key) == shown


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"undo": "ctrl+g"}, ()),
        ({"undo": "ctrl+y", "redo": "ctrl+z"}, ()),
        ({"undo": "ctrl+g", "generate": "ctrl+z"}, ()),
        ({"select-all": "ctrl+a", "line-start": "home"}, ()),
        ({"undo": "ctrl+y"}, ("keys.undo: Ctrl+Y already is 'Redo' (redo).",)),
        ({"undo": "f8"}, ("keys.undo: F8 already is 'Cancel' (cancel).",)),
        ({"help": "["}, ("keys.help: [ cannot be used: the prompt editor needs it.",)),
        ({"undo": "u"}, ("keys.undo: u cannot be used: the prompt editor needs it.",)),
        ({"undo": "/"}, ("keys.undo: / cannot be used: the prompt editor needs it.",)),
    ],
)
def test_the_editors_own_keys_can_be_changed(config: dict[str, str], said: tuple[str, ...]) -> None:
    assert key_problems(config) == said
