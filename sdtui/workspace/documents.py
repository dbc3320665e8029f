"""Documents and presets as trees: what YAML and JSON say of a `Document`."""

from __future__ import annotations

import difflib
from typing import cast

import msgspec
from msgspec.structs import replace

from sdtui.errors import ConfigError, UsageError
from sdtui.spec.document import Document
from sdtui.spec.params import FIELD, Scalar, check_value, parse_value
from sdtui.workspace.schema import fit
from sdtui.workspace.tree import Plain, Tree


def document_of(tree: Tree) -> Document:
    """A tree as a document; raises ConfigError for a key, UsageError for a parameter, at its line."""
    _refuse_misplaced(tree)
    fitted = fit(tree, Document)
    if fitted.problems:
        raise fitted.problems[0]
    document = msgspec.convert(fitted.values, Document)
    params: dict[str, Scalar] = {}
    for name, value in document.params.items():
        try:
            # `exact: on` is a word in YAML; a parameter that is typed takes it as the command line does.
            params[name] = parse_value(name, value) if isinstance(value, str) else check_value(name, value)
        except UsageError as error:
            raise UsageError(error.what, where=tree.place(("params", name)), todo=error.todo) from None
    return replace(document, params=params)


def _refuse_misplaced(tree: Tree) -> None:
    """Raise ConfigError for a parameter that stands beside `params:` instead of below it."""
    known = Document.__struct_fields__
    for key in tree.value if isinstance(tree.value, dict) else ():
        near = difflib.get_close_matches(key, FIELD, n=1) if key not in known else []
        if near and not difflib.get_close_matches(key, known, n=1):
            todo = f"Did you mean '{near[0]}', below `params:`?"
            raise ConfigError(f"There is no key '{key}'.", where=tree.place((key,)), todo=todo)


def parse_json(text: str, where: str) -> Tree:
    """The tree of a JSON text, whose lines are not known; raises ConfigError."""
    try:
        value = cast(Plain, msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ConfigError(f"This is not JSON: {error}.", where=where) from None
    return Tree(value, {}, where)
