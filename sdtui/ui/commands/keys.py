"""Which key does what, after the config's changes: checked once, and every clash said in a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sdtui.ui.commands.table import COMMAND, COMMANDS, LISTS, REACHED, ROOMS, Command, Place

RESERVED = {
    "ctrl+h": "terminals send it for backspace",
    "ctrl+i": "terminals send it for tab",
    "ctrl+m": "terminals send it for enter",
    "ctrl+[": "terminals send it for escape",
    "ctrl+left_square_bracket": "terminals send it for escape",
    "ctrl+b": "tmux takes it",
}
TAKEN = {
    *(f"ctrl+{letter}" for letter in "acevxyz"),
    *("tab", "shift+tab", "enter", "escape", "space", "backspace", "delete"),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "ctrl+left", "ctrl+right"),
}
"""Without these a prompt cannot be edited; whatever else an editor does with a key, a command may have it instead.

What of them the table gives to the editor is free once it is given another key.
"""
TYPED_BESIDE: frozenset[Place] = frozenset({"parameters", "list", "zoom", "above", "details", "draws", "jump", *LISTS})
"""Where a command may have a letter, because no prompt is typed there."""
BESIDE: Mapping[Place, frozenset[Place]] = {
    "screen": frozenset({"studio"}),
    "above": (ROOMS - {"wildcard"}) | frozenset[Place](("list", "details", "draws")),
    "dialog": frozenset({"list", "form", "saving"}),
    "details": frozenset({"list"}),
    "draws": frozenset({"list"}),
    "form": frozenset(),
    "saving": frozenset(),
    "jump": frozenset(),
}
"""For what lies over a screen, the other places whose commands are in reach there; those of `app` are everywhere."""
IN_EDITORS: frozenset[Place] = frozenset({"editor", "text", "completion"})
SPELT = {
    **{"/": "slash", "?": "question_mark", ".": "full_stop", ",": "comma", "-": "minus", "+": "plus", "*": "asterisk"},
    **{"=": "equals_sign", "[": "left_square_bracket", "]": "right_square_bracket", "\\": "backslash", ":": "colon"},
}
"""Signs, and what terminals call them."""
SHOWN = {
    **{name: sign for sign, name in SPELT.items()},
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "delete": "Del",
    "backspace": "⌫",
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "minus": "−",
}
MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper")
SPOKEN = {
    **{"control": "ctrl", "meta": "alt", "option": "alt", "return": "enter", "esc": "escape", "del": "delete"},
    **{"pgup": "pageup", "pgdn": "pagedown", "page_up": "pageup", "page_down": "pagedown", "ins": "insert"},
    **SPELT,
    " ": "space",
}
"""What people write, as the terminal's keys are called here."""
SIGNS = frozenset(name for spoken, name in SPOKEN.items() if len(spoken) == 1)
NAMES = frozenset({*TAKEN, "insert", *SPOKEN.values(), *(f"f{number}" for number in range(1, 25))}) - set(MODIFIERS)


class Keys(NamedTuple):
    """The keys in force by command id (first one is shown), what of them was changed, and what the config got wrong."""

    by_id: Mapping[str, tuple[str, ...]]
    changed: Mapping[str, str]
    problems: tuple[str, ...]

    @property
    def keymap(self) -> dict[str, str]:
        """The changed keys, and those of commands that share a default key with one of them.

        Textual takes a key away from everything that was bound to it when one of these is given another.
        """
        left = {key for command_id in self.changed for key in _split(COMMAND[command_id].keys)}
        beside = {row.id for row in COMMANDS if row.place in IN_EDITORS and left & set(_split(row.keys))}
        return {command_id: ",".join(self.by_id[command_id]) for command_id in {*self.changed, *beside}}

    def shown(self, command_id: str) -> str:
        """The command's first key as people write it: `F5`, `Ctrl+Q`, `Alt+↑`; empty when it has none."""
        return display(self.by_id[command_id][0]) if self.by_id[command_id] else ""


def display(key: str) -> str:
    """A key as people write it; a letter alone as it is typed."""
    if len(key) == 1:
        return key
    return "+".join(SHOWN.get(part, part.capitalize()) for part in key.split("+"))


def keys_in_force(config: Mapping[str, str]) -> Keys:
    """The table's keys with the config's changes; a change that cannot be is left out and said in `problems`.

    Keys may be swapped: what counts is whether two commands have one in the end.
    """
    by_id = {command.id: _split(command.keys) for command in COMMANDS}
    needed = _needed(by_id, config)
    changed: dict[str, tuple[str, ...]] = {}
    problems: dict[str, str] = {}
    for command_id, typed in config.items():
        keys = tuple(_normal(key) for key in _split(typed))
        problem = _problem(command_id, keys, needed)
        if problem:
            problems[command_id] = problem
        else:
            changed[command_id] = keys
    while clash := _first_clash(by_id | changed, changed):
        problems[clash[0]] = clash[1]
        del changed[clash[0]]
    said = tuple(f"keys.{command_id}: {problems[command_id]}" for command_id in config if command_id in problems)
    return Keys(by_id | changed, {command_id: ",".join(keys) for command_id, keys in changed.items()}, said)


def key_problems(config: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with changed keys, a sentence each, beginning with `keys.<command>: `; empty when nothing is."""
    return keys_in_force(config).problems


def _split(keys: str) -> tuple[str, ...]:
    return tuple(key for key in (part.strip() for part in keys.split(",")) if key)


def _normal(typed: str) -> str:
    """A key as it is called here; a letter alone keeps its case."""
    if len(typed) == 1:
        return SPOKEN.get(typed, typed)
    parts = typed.replace("-", "+").split("+") if not typed.endswith(("+", "-")) else [*_normal_parts(typed), typed[-1]]
    lower = [part.strip().lower() for part in parts]
    return "+".join(SPOKEN.get(part, part) for part in lower if part)


def _normal_parts(typed: str) -> list[str]:
    return typed[:-1].rstrip("+-").replace("-", "+").split("+")


def _needed(by_id: Mapping[str, tuple[str, ...]], config: Mapping[str, str]) -> set[str]:
    """The keys of TAKEN that nobody but the editor may have, when it has the keys of a config."""
    texts = [command_id for command_id in by_id if COMMAND[command_id].place == "text"]
    before = {key for command_id in texts for key in by_id[command_id]}
    after = {
        key
        for command_id in texts
        for key in (map(_normal, _split(config[command_id])) if command_id in config else by_id[command_id])
    }
    return TAKEN - (before - after)


def _problem(command_id: str, keys: tuple[str, ...], needed: Collection[str]) -> str:
    """Why these keys cannot be the command's, whatever the others have, in a sentence; empty when they can."""
    command = COMMAND.get(command_id)
    if command is None:
        return "There is no such command." + _meant(command_id, COMMAND)
    if not keys:
        return "No key is given. Write one, such as f5 or ctrl+g."
    for key in keys:
        if key in RESERVED:
            return f"{display(key)} cannot be used: {RESERVED[key]}."
        *modifiers, last = key.split("+")
        if wrong := next((word for word in modifiers if word not in MODIFIERS), ""):
            return f"There is no key '{key}': '{wrong}' is none that is held down.{_meant(wrong, MODIFIERS)}"
        if len(last) != 1 and last not in NAMES:
            return f"There is no key '{key}'." + _meant(last, NAMES)
        if (
            command.place not in TYPED_BESIDE
            and key not in _split(command.keys)
            and _is_needed(key, command.place, needed)
        ):
            return f"{display(key)} cannot be used: the prompt editor needs it."
    return ""


def _is_needed(key: str, place: Place, needed: Collection[str]) -> bool:
    """An editor cannot do without it; while something is offered it can do without more."""
    if place == "completion":
        return len(key) == 1 or key in {"space", "backspace", "delete"}
    if place == "text":
        return len(key) == 1 or key in SIGNS or key in {"tab", "shift+tab", "enter", "escape", "space"}
    return key in needed or len(key) == 1 or key in SPOKEN.values()


def _meant(word: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def _first_clash(by_id: Mapping[str, tuple[str, ...]], changed: Mapping[str, object]) -> tuple[str, str] | None:
    """A changed command that has a key of another one, and the sentence that names both; the later change gives way."""
    for command_id in reversed(list(changed)):
        for key in by_id[command_id]:
            for other_id, others in by_id.items():
                if other_id != command_id and key in others and _meet(COMMAND[command_id], COMMAND[other_id]):
                    other = COMMAND[other_id]
                    return command_id, f"{display(key)} already is '{other.label}' ({other_id})."
    return None


def _meet(one: Command, other: Command) -> bool:
    """Both commands may be in reach at the same time; what may have an editor's key was asked before."""
    if "text" in {one.place, other.place}:
        return one.place == "text" and other.place in {"app", "studio", "editor", "text", "wildcard"}
    if one.place in BESIDE or other.place in BESIDE:
        return (
            one.place == other.place
            or "app" in {one.place, other.place}
            or other.place in BESIDE.get(one.place, ())
            or one.place in BESIDE.get(other.place, ())
        )
    everywhere: set[Place] = {"app", "studio"}
    if "studio" in {one.place, other.place} and {one.place, other.place} & ROOMS:
        return "zoom" not in {one.place, other.place} and bool({one.id, other.id} & set(REACHED))
    if one.place == other.place or one.place in everywhere or other.place in everywhere:
        return True
    if {one.place, other.place} == {"editor", "completion"}:
        return True
    return "list" in {one.place, other.place} and bool({one.place, other.place} & LISTS)
