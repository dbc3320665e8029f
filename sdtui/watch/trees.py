"""Prompt files that are trees: YAML, JSON, and the front matter of Markdown; any part of a document will do."""

from __future__ import annotations

import json
from typing import cast

from sdtui.errors import ConfigError, SdtuiError
from sdtui.spec.document import Document
from sdtui.spec.params import FIELD
from sdtui.watch.sheet import Sheet
from sdtui.workspace.documents import document_of
from sdtui.workspace.tree import KeyPath, Plain, Tree
from sdtui.workspace.yaml_reader import parse_yaml

PRESETS = "presets"


def read_yaml_sheet(text: str, where: str) -> Sheet:
    """What a YAML file says; raises ConfigError or UsageError with the line."""
    return sheet_of(parse_yaml(text, where=where))


def read_json_sheet(text: str, where: str) -> Sheet:
    """What a JSON file says; raises ConfigError or UsageError with the line."""
    try:
        value = cast(Plain, json.loads(text, parse_constant=_refuse_constant))
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"This is not JSON: {error.msg}.", where=f"{where}:{error.lineno}", todo="Look at the quotes and commas."
        ) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"This is not JSON: {error}.", where=where) from None
    return sheet_of(Tree(value, _lines(text), where))


def sheet_of(tree: Tree) -> Sheet:
    """A tree as a sheet; parameters may stand at the top or below `params`. Raises ConfigError or UsageError with the line."""
    if not isinstance(tree.value, dict):
        what = "nothing" if tree.value is None else "no keys"
        raise ConfigError(
            f"There is {what} in it.", where=tree.place(()), todo="Write lines such as `prompt: a red circle`."
        )
    values, lines = dict(tree.value), dict(tree.lines)
    if PRESETS in values:
        values[PRESETS] = _presets(values[PRESETS], tree)
    below = values.get("params")
    params: dict[str, Plain] = dict(below) if isinstance(below, dict) else {}
    for name in [name for name in values if name in FIELD and name not in Document.__struct_fields__]:
        if name in params:
            raise ConfigError(f"'{name}' stands here a second time.", where=tree.place((name,)), todo="Keep one.")
        params[name] = values.pop(name)
        lines["params", name] = lines.get((name,), 0) or lines.get((), 1)
    if params:
        values["params"] = cast(Plain, params)
    return Sheet(document_of(Tree(cast(Plain, values), lines, tree.where)), lines.get(("prompt",), 1))


def _presets(value: Plain, tree: Tree) -> Plain:
    """The names of presets: one, or a list of them."""
    names = [] if value is None else value if isinstance(value, list) else [value]
    wrong = [name for name in names if not isinstance(name, str) or not name.strip()]
    if wrong:
        raise ConfigError(
            "Presets are named by words.", where=tree.place((PRESETS,)), todo="Such as `presets: [night, careful]`."
        )
    return [str(name).strip() for name in names]


def _lines(text: str) -> dict[KeyPath, int]:
    """The lines of JSON values: nearly all JSON is YAML, whose reader knows them."""
    try:
        return dict(parse_yaml(text).lines)
    except SdtuiError:
        return {}


def _refuse_constant(name: str) -> Plain:
    raise ValueError(f"{name} is no number")
