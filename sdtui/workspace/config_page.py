"""`sdtui config --show`: every key with its help, its value and where that comes from, as YAML that can be used as a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from sdtui.workspace.config import Config, load_layers
from sdtui.workspace.schema import SECRET, Leaf, leaves, section_help

HIDDEN = "(not shown)"

_PLAIN = re.compile(r"[A-Za-z~./_][\w~./+ -]*\Z")
_NOT_PLAIN = {"true", "false", "null", "~"}


def show(workspace_root: Path | None = None) -> str:
    """Every key of the configuration as a commented YAML file."""
    layers = load_layers(workspace_root)
    helps = section_help(Config)
    lines = ["# Every key of sdtui, as it counts now. Read from, the later one winning:"]
    lines += [f"#   {file}{'' if file.exists() else ' (not there)'}" for file in layers.files]
    section = ""
    for leaf in leaves(Config):
        indent = "  " * (len(leaf.path) - 1)
        head = leaf.path[0] if indent else ""
        if head != section:
            section = head
            if head:
                lines += ["", f"# {helps[head]}", f"{head}:"]
        if not indent:
            lines.append("")
        lines += _wrapped(f"{indent}# {leaf.help}")
        source = layers.sources.get(leaf.name, "default")
        lines.append(f"{indent}{leaf.path[-1]}: {_flow(_value(layers.config, leaf))}  # {source}")
    return "\n".join(lines) + "\n"


def _value(config: Config, leaf: Leaf) -> object:
    value: object = config
    for name in leaf.path:
        value = getattr(value, name)
    if leaf.name in SECRET and isinstance(value, dict):
        return {name: token if token.startswith("$") else HIDDEN for name, token in value.items()}
    return msgspec.to_builtins(value)


def _flow(value: object) -> str:
    """A value on one line, so that reading it back gives the same."""
    if isinstance(value, str):
        plain = _PLAIN.match(value) and value.lower() not in _NOT_PLAIN and not value.endswith(" ")
        return value if plain else json.dumps(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)


def _wrapped(comment: str, width: int = 110) -> list[str]:
    indent = comment[: comment.index("#")] + "# "
    lines, line = [], indent.rstrip()
    for word in comment.removeprefix(indent).split():
        if len(line) + 1 + len(word) > width:
            lines.append(line)
            line = indent.rstrip()
        line += " " + word
    return [*lines, line]
