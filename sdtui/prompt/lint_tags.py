"""Diagnostics about tags: kinds and names nobody knows, numbers that are none, a LoRA named twice."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from sdtui.prompt.names import TAG_KINDS, NameKind, Names
from sdtui.prompt.nodes import Diagnostic, Fix, Prompt, Tag
from sdtui.prompt.printer import number

_NAMED: dict[NameKind, tuple[str, ...]] = {"lora": ("te", "unet", "dyn"), "hypernetwork": ()}
_POSITIONS: dict[NameKind, int] = {"lora": 4, "hypernetwork": 2}
_LABEL: dict[NameKind, str] = {"lora": "LoRA", "hypernetwork": "hypernetwork"}


def lint_tags(prompt: Prompt, names: Names | None) -> Iterator[Diagnostic]:
    """What is wrong with the prompt's tags; names are judged only where they are known."""
    weights: dict[str, float] = {}
    for tag in prompt.tags:
        kind = TAG_KINDS.get(tag.kind)
        if kind is None:
            yield _unknown_kind(tag)
            continue
        yield from _arguments(prompt, tag, kind)
        if tag.name and names and names.find(kind, tag.name) is None:
            yield _unknown_name(prompt, tag, kind, names.nearest(kind, tag.name))
        weight = te_weight(tag)
        if kind == "lora" and tag.name and weight is not None:
            if tag.name in weights:
                total = number(round(weights[tag.name] + weight, 6))
                sentence = f'The LoRA "{tag.name}" is named before: the weights add up to {total}.'
                yield Diagnostic(tag.start, tag.end, "warning", sentence)
            weights[tag.name] = weights.get(tag.name, 0.0) + weight


def te_weight(tag: Tag) -> float | None:
    """A LoRA's weight for the text encoder, 1 when the tag gives none, None when it is no number."""
    written = dict(tag.named).get("te", tag.positional[1] if len(tag.positional) > 1 else "1")
    return _finite(written)


def _finite(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _unknown_kind(tag: Tag) -> Diagnostic:
    from difflib import get_close_matches

    near = get_close_matches(tag.kind.lower(), TAG_KINDS, 1, 0.5) if len(tag.kind) < 20 else []
    sentence = f'There is no tag "{tag.kind}"; tags are <lora:name:weight> and <hypernet:name:multiplier>.'
    fix = Fix(tag.start + 1, tag.start + 1 + len(tag.kind), near[0]) if near else None
    return Diagnostic(tag.start, tag.end, "error", sentence, fix)


def _unknown_name(prompt: Prompt, tag: Tag, kind: NameKind, nearest: Collection[str]) -> Diagnostic:
    sentence = f'There is no {_LABEL[kind]} named "{tag.name}".'
    fix = None
    if nearest:
        likest = next(iter(nearest))
        sentence += " Did you mean " + " or ".join(f'"{name}"' for name in nearest) + "?"
        start = prompt.text.index(tag.name, tag.start + len(tag.kind) + 2)
        fix = Fix(start, start + len(tag.name), likest)
    return Diagnostic(tag.start, tag.end, "error", sentence, fix)


def _arguments(prompt: Prompt, tag: Tag, kind: NameKind) -> Iterator[Diagnostic]:
    """Arguments that are missing, too many, or no numbers."""
    if not tag.name:
        yield Diagnostic(tag.start, tag.end, "error", f"This tag names no {_LABEL[kind]}.")
    if len(tag.positional) > _POSITIONS[kind]:
        sentence = f"This tag has {len(tag.positional)} arguments; a {_LABEL[kind]} takes {_POSITIONS[kind]} at most."
        yield Diagnostic(tag.start, tag.end, "warning", sentence)
    for written in tag.positional[1 : _POSITIONS[kind]]:
        yield from _number(prompt, tag, written)
    for key, written in tag.named:
        if key in _NAMED[kind]:
            yield from _number(prompt, tag, written)
        else:
            yield Diagnostic(tag.start, tag.end, "warning", f'A {_LABEL[kind]} knows no argument "{key}".')


def _number(prompt: Prompt, tag: Tag, written: str) -> Iterator[Diagnostic]:
    if _finite(written) is None:
        start = prompt.text.index(written, tag.start)
        yield Diagnostic(start, start + len(written), "error", f'"{written}" is no number.')
