"""Fits plain values from a file to a Struct, key by key, so that one bad key costs only itself."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from sdtui.errors import ConfigError
from sdtui.workspace.tree import KeyPath, Plain, Tree

SECRET = frozenset({"tokens"})
"""Keys whose values are told to nobody."""


class Leaf(NamedTuple):
    """One key of a schema that holds a value: where it is, of what type, what it is for, and what would do."""

    path: tuple[str, ...]
    kind: object
    default: object
    help: str
    wanted: str

    @property
    def name(self) -> str:
        """The key as people write it: `outputs.folder`."""
        return ".".join(self.path)


class Fitted(NamedTuple):
    """The values that fit their schema, nested as in the file, and a problem for each that does not."""

    values: dict[str, Plain]
    problems: tuple[ConfigError, ...]


def leaves(schema: type[Struct], prefix: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every key of a schema that holds a value, sections opened, in the order of their definition."""
    for field in msgspec.structs.fields(schema):
        path = (*prefix, field.encode_name)
        section = _section(field.type)
        if section is not None:
            yield from leaves(section, path)
            continue
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        meta = _meta(field.type)
        yield Leaf(path, field.type, default, (meta and meta.description) or "", _wanted(field.type))


def section_help(schema: type[Struct]) -> dict[str, str]:
    """The first sentence of each section's docstring, by key."""
    sections = {field.encode_name: _section(field.type) for field in msgspec.structs.fields(schema)}
    return {name: (kind.__doc__ or "").splitlines()[0] for name, kind in sections.items() if kind is not None}


def fit(tree: Tree, schema: type[Struct]) -> Fitted:
    """What of a file's values fits the schema; never raises."""
    problems: list[ConfigError] = []
    if tree.value is None:
        return Fitted({}, ())
    values = _fit_section(tree, tree.value, schema, (), problems)
    return Fitted(values, tuple(problems))


def _fit_section(
    tree: Tree, value: Plain, schema: type[Struct], path: KeyPath, problems: list[ConfigError]
) -> dict[str, Plain]:
    if not isinstance(value, dict):
        problems.append(_misfit(tree, path, "lines of `key: value`", value))
        return {}
    known = {field.encode_name: field for field in msgspec.structs.fields(schema)}
    fitted: dict[str, Plain] = {}
    for key, item in value.items():
        place = (*path, key)
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            problems.append(
                ConfigError(
                    f"There is no key '{_dotted(place)}'.",
                    where=tree.place(place),
                    todo=f"Did you mean '{_dotted((*path, near[0]))}'?" if near else f"Known here: {', '.join(known)}.",
                )
            )
            continue
        if item is None:
            continue
        kind = known[key].type
        section = _section(kind)
        if section is not None:
            fitted[key] = _fit_section(tree, item, section, place, problems)
            continue
        if isinstance(item, dict) and (of_each := _kind_of_each(kind)) is not None:
            fitted[key] = {
                name: value for name, value in item.items() if _fits(tree, value, of_each, (*place, name), problems)
            }
        elif _fits(tree, item, kind, place, problems):
            fitted[key] = item
    return fitted


def _fits(tree: Tree, value: Plain, kind: object, path: KeyPath, problems: list[ConfigError]) -> bool:
    try:
        msgspec.convert(value, type=kind)
    except msgspec.ValidationError:
        problems.append(_misfit(tree, path, _wanted(kind), value))
        return False
    return True


def _misfit(tree: Tree, path: KeyPath, wanted: str, value: Plain) -> ConfigError:
    if path and path[0] in SECRET:
        return ConfigError(f"'{_dotted(path)}' must be {wanted}.", where=tree.place(path), todo="Put it in quotes.")
    shown = "nothing" if value is None else repr(value) if not isinstance(value, dict) else "keys"
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    subject = f"'{_dotted(path)}'" if path else "The file"
    return ConfigError(f"{subject} must be {wanted}, not {shown}.", where=tree.place(path))


def _dotted(path: KeyPath) -> str:
    return ".".join(map(str, path))


def _section(kind: object) -> type[Struct] | None:
    return kind if isinstance(kind, type) and issubclass(kind, Struct) else None


def _kind_of_each(kind: object) -> object | None:
    """The type of a free map's values (`dict[str, int]` has int); None for anything else."""
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return get_args(plain)[1] if get_origin(plain) is dict else None


def _meta(kind: object) -> Meta | None:
    if get_origin(kind) is Annotated:
        return next((extra for extra in get_args(kind)[1:] if isinstance(extra, Meta)), None)
    return None


def _wanted(kind: object) -> str:
    """What a key takes, in words: its Meta's title, else made from its type."""
    meta = _meta(kind)
    if meta is not None and meta.title:
        return meta.title
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(_wanted(choice) for choice in get_args(kind))
    if origin is Literal:
        return "one of " + ", ".join(map(str, get_args(kind))) if len(get_args(kind)) > 1 else str(get_args(kind)[0])
    if kind in (int, float):
        bounds = ""
        if meta is not None and meta.ge is not None:
            bounds = f" from {meta.ge:g} to {meta.le:g}" if meta.le is not None else f" of at least {meta.ge:g}"
        return ("a whole number" if kind is int else "a number") + bounds
    plain = {bool: "true or false", str: "text", dict: "lines of `key: value`", tuple: "a list"}
    return plain.get(typing.cast(type, origin or kind), "something else")
