"""Which key does what, after the config's changes: checked once, and every clash said in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sdtui.ui.commands import COMMAND, COMMANDS, Command, Place

RESERVED = {
    "ctrl+h": "terminals send it for backspace",
    "ctrl+i": "terminals send it for tab",
    "ctrl+m": "terminals send it for enter",
    "ctrl+[": "terminals send it for escape",
    "ctrl+left_square_bracket": "terminals send it for escape",
    "ctrl+b": "tmux takes it",
    "ctrl+left": "editors move by words with it",
    "ctrl+right": "editors move by words with it",
}
TAKEN = {
    *(f"ctrl+{letter}" for letter in "acevxyz"),
    *("tab", "shift+tab", "enter", "escape", "space", "backspace", "delete"),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
}
"""Without these a prompt cannot be edited; whatever else an editor does with a key, a command may have it instead."""
SHOWN = {
    "up": "↑",
    "down": "↓",
    "delete": "Del",
    "backspace": "⌫",
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}


class Keys(NamedTuple):
    """The keys in force by command id (first one is shown), what of them was changed, and what the config got wrong."""

    by_id: Mapping[str, tuple[str, ...]]
    changed: Mapping[str, str]
    problems: tuple[str, ...]

    def shown(self, command_id: str) -> str:
        """The command's first key as people write it: `F5`, `Ctrl+Q`, `Alt+↑`."""
        return display(self.by_id[command_id][0])


def display(key: str) -> str:
    """A key as people write it."""
    return "+".join(SHOWN.get(part, part.capitalize()) for part in key.split("+"))


def keys_in_force(config: Mapping[str, str]) -> Keys:
    """The table's keys with the config's changes; a change that cannot be is left out and said in `problems`."""
    by_id = {command.id: tuple(command.keys.split(",")) for command in COMMANDS}
    changed: dict[str, str] = {}
    problems: list[str] = []
    for command_id, typed in config.items():
        keys = tuple(key for key in (_normal(part) for part in typed.split(",")) if key)
        problem = _problem(command_id, keys, by_id)
        if problem:
            problems.append(f"keys.{command_id}: {problem}")
            continue
        by_id[command_id] = keys
        changed[command_id] = ",".join(keys)
    return Keys(by_id, changed, tuple(problems))


def key_problems(config: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with changed keys, a sentence each, beginning with `keys.<command>: `; empty when nothing is."""
    return keys_in_force(config).problems


def _normal(typed: str) -> str:
    return typed.strip().lower().replace("-", "+").replace("control+", "ctrl+").replace("meta+", "alt+")


def _problem(command_id: str, keys: tuple[str, ...], by_id: Mapping[str, tuple[str, ...]]) -> str:
    """Why these keys cannot be the command's, in a sentence; empty when they can."""
    command = COMMAND.get(command_id)
    if command is None:
        import difflib

        near = difflib.get_close_matches(command_id, COMMAND, n=1)
        return "There is no such command." + (f" Did you mean '{near[0]}'?" if near else "")
    if not keys:
        return "No key is given. Write one, such as f5 or ctrl+g."
    for key in keys:
        if key in RESERVED:
            return f"{display(key)} cannot be used: {RESERVED[key]}."
        if command.place not in {"parameters", "jobs"} and (key in TAKEN or len(key) == 1):
            return f"{display(key)} cannot be used: the prompt editor needs it."
        for other_id, others in by_id.items():
            if other_id != command_id and key in others and _meet(command, COMMAND[other_id]):
                return f"{display(key)} already is '{COMMAND[other_id].label}' ({other_id})."
    return ""


def _meet(one: Command, other: Command) -> bool:
    """Both commands may be in reach at the same time."""
    everywhere: set[Place] = {"app", "studio"}
    return one.place == other.place or one.place in everywhere or other.place in everywhere
