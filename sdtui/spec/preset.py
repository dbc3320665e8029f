"""Presets: documents of which only some fields count, laid over another document or merged in beneath it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.params import FIELD, Scalar

PROMPTS = ("prompt", "negative_prompt")
PLACEHOLDER = "{prompt}"
"""In a preset's prompt: the prompt it is applied to."""
LABELS = {"prompt": "Prompt", "negative_prompt": "Negative prompt", "vae": "VAE"}

Source = Literal["file", "styles"]


class Preset(Struct, frozen=True, kw_only=True):
    """A named part of a document: of `document` only the fields in `sets` count, and of its parameters those that it has.

    `about` is the comment at the head of its file. `problem` says why the file cannot be used, and then it sets nothing.
    One with the source `styles` is a row of a styles.csv, at `line`.
    """

    name: str
    document: Document = Document()
    sets: tuple[str, ...] = ()
    about: str = ""
    path: str = ""
    line: int = 0
    source: Source = "file"
    problem: Complaint | None = None


class Change(Struct, frozen=True, kw_only=True):
    """A field or parameter that differs: its name and label, and both values as text; an unset one is empty."""

    name: str
    label: str
    old: str
    new: str


def apply(document: Document, presets: Iterable[Preset]) -> Document:
    """The document with the presets laid over it in their order: later ones win, prompts are put together as A1111's styles."""
    for preset in presets:
        changes: dict[str, object] = {}
        for name in preset.sets:
            value = getattr(preset.document, name)
            if name in PROMPTS:
                changes[name] = merge_prompts(value, getattr(document, name))
            elif name == "params":
                changes[name] = {**document.params, **preset.document.params}
            else:
                changes[name] = value
        document = replace(document, **changes)
    return document


def resolve(document: Document, presets: Iterable[Preset]) -> Document:
    """The document with presets merged in beneath it: what it sets itself wins, its prompts go into the presets' prompts."""
    beneath = apply(Document(prompt=document.prompt, negative_prompt=document.negative_prompt), presets)
    plain = Document()
    own = {
        name: value
        for name in Document.__struct_fields__
        if name not in {*PROMPTS, "params", "presets"} and (value := getattr(document, name)) != getattr(plain, name)
    }
    return replace(beneath, **own, params={**beneath.params, **document.params})


def merge_prompts(style: str, prompt: str) -> str:
    """A preset's prompt around a prompt: in the place of `{prompt}`, else after it and a comma, as A1111's styles."""
    if PLACEHOLDER in style:
        return style.replace(PLACEHOLDER, prompt)
    return ", ".join(part for part in (prompt.strip(), style.strip()) if part)


def changes(before: Document, after: Document) -> tuple[Change, ...]:
    """What is different after, field by field, parameters one by one."""
    found: list[Change] = []
    for name in Document.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if name == "params":
            names = [row for row in FIELD if row in old or row in new]
            found += [
                Change(name=f"params.{row}", label=FIELD[row].label, old=shown(old.get(row)), new=shown(new.get(row)))
                for row in names
                if old.get(row) != new.get(row)
            ]
        elif old != new:
            label = LABELS.get(name, name.replace("_", " ").capitalize())
            found.append(Change(name=name, label=label, old=shown(old), new=shown(new)))
    return tuple(found)


def reverted(now: Document, before: Document, after: Document) -> tuple[Document, tuple[str, ...]]:
    """What led from `before` to `after` taken back from `now`, and the labels of what was changed again since and stays."""
    fields: dict[str, object] = {}
    params = dict(now.params)
    stays: list[str] = []
    since = {change.name for change in changes(after, now)}
    for change in changes(before, after):
        if change.name in since:
            stays.append(change.label)
        elif change.name.startswith("params."):
            name = change.name.removeprefix("params.")
            params.pop(name, None)
            if name in before.params:
                params[name] = before.params[name]
        else:
            fields[change.name] = getattr(before, change.name)
    return replace(now, **fields, params=params), tuple(stays)


def part(document: Document, names: Sequence[str]) -> tuple[Document, tuple[str, ...]]:
    """The fields named (`prompt`, `params.steps`), as a preset's document and what it sets."""
    plain = Document()
    fields = tuple(name for name in Document.__struct_fields__ if name != "params" and name in names)
    params: dict[str, Scalar] = {name: value for name, value in document.params.items() if f"params.{name}" in names}
    kept = replace(plain, **{name: getattr(document, name) for name in fields}, params=params)
    return kept, (*fields, *(("params",) if params else ()))


def shown(value: object) -> str:
    """A value as it is written for people: on and off, numbers short, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, tuple):
        return ", ".join(map(shown, value))
    return value if isinstance(value, str) else str(msgspec.to_builtins(value))
