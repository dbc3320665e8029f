"""Diagnostics about tags: kinds and names nobody knows, numbers that are none, a LoRA named twice or of another family."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sdtui.prompt.adapters import Lora, read_count, read_lora, read_weight
from sdtui.prompt.names import LABEL, TAG_KINDS, NameKind, Names, family_name, fits
from sdtui.prompt.nodes import Diagnostic, Fix, Prompt, Tag
from sdtui.prompt.printer import number

ARGUMENTS: dict[NameKind, tuple[str, ...]] = {"lora": ("te", "unet", "dyn"), "hypernetwork": ("multiplier",)}
"""What follows the name, in order; those of a LoRA may be named."""
WHOLE = "dyn"


def lint_tags(prompt: Prompt, names: Names | None, family: str = "") -> Iterator[Diagnostic]:
    """What is wrong with the prompt's tags; names and families are judged only where they are known."""
    before: dict[str, Lora] = {}
    for tag in prompt.tags:
        kind = TAG_KINDS.get(tag.kind)
        if kind is None:
            yield _unknown_kind(tag)
            continue
        yield from _arguments(prompt, tag, kind)
        known = names.find(kind, tag.name) if names and tag.name else None
        if names and tag.name and known is None:
            yield _unknown_name(prompt, tag, kind, names.nearest(kind, tag.name))
        if known and not fits(known.family, family):
            sentence = (
                f'The {LABEL[kind]} "{tag.name}" is made for {family_name(known.family)}, '
                f"the checkpoint is {family_name(family)}: it cannot work as meant."
            )
            yield Diagnostic(tag.start, tag.end, "warning", sentence)
        if lora := read_lora(tag) if kind == "lora" else None:
            yield from _again(tag, lora, before, known.name if known else tag.name)


def _again(tag: Tag, lora: Lora, before: dict[str, Lora], name: str) -> Iterator[Diagnostic]:
    """A LoRA that was named before, perhaps by another of its names."""
    first = before.get(name)
    if first is None:
        before[name] = lora
        return
    total = Lora(first.name, round(first.te + lora.te, 6), round(first.unet + lora.unet, 6))
    before[name] = total
    sums = number(total.te) if total.te == total.unet else f"te {number(total.te)}, unet {number(total.unet)}"
    alias = f' as "{first.name}"' if first.name != lora.name else ""
    sentence = f'The LoRA "{lora.name}" is named before{alias}: the weights add up to {sums}.'
    yield Diagnostic(tag.start, tag.end, "warning", sentence)


def _unknown_kind(tag: Tag) -> Diagnostic:
    from difflib import get_close_matches

    near = get_close_matches(tag.kind.lower(), TAG_KINDS, 1, 0.5) if len(tag.kind) < 20 else []
    sentence = f'There is no tag "{tag.kind}"; tags are <lora:name:weight> and <hypernet:name:multiplier>.'
    fix = Fix(tag.start + 1, tag.start + 1 + len(tag.kind), near[0]) if near else None
    return Diagnostic(tag.start, tag.end, "error", sentence, fix)


def _unknown_name(prompt: Prompt, tag: Tag, kind: NameKind, nearest: Collection[str]) -> Diagnostic:
    sentence = f'There is no {LABEL[kind]} named "{tag.name}".'
    fix = None
    if nearest:
        likest = next(iter(nearest))
        sentence += " Did you mean " + " or ".join(f'"{name}"' for name in nearest) + "?"
        start = prompt.text.index(tag.name, tag.start + len(tag.kind) + 2)
        fix = Fix(start, start + len(tag.name), likest)
    return Diagnostic(tag.start, tag.end, "error", sentence, fix)


def _arguments(prompt: Prompt, tag: Tag, kind: NameKind) -> Iterator[Diagnostic]:
    """Arguments that are missing, too many, or no numbers."""
    known = ARGUMENTS[kind]
    if not tag.name:
        yield Diagnostic(tag.start, tag.end, "error", f"This tag names no {LABEL[kind]}.")
    if len(tag.positional) > 1 + len(known):
        sentence = f"This tag has {len(tag.positional)} arguments; a {LABEL[kind]} takes {1 + len(known)} at most."
        yield Diagnostic(tag.start, tag.end, "warning", sentence)
    position = 0
    place = tag.start + len(tag.kind) + 2
    for argument in prompt.text[place : tag.end - 1].split(":"):
        key, equals, written = argument.partition("=")
        if equals and not (key in known and kind == "lora"):
            yield Diagnostic(tag.start, tag.end, "warning", f'A {LABEL[kind]} knows no argument "{key}".')
        elif equals:
            yield from _number(key, written, place + len(key) + 1)
        else:
            if 0 < position <= len(known):
                yield from _number(known[position - 1], argument, place)
            position += 1
        place += len(argument) + 1


def _number(key: str, written: str, place: int) -> Iterator[Diagnostic]:
    if (read_count(written) if key == WHOLE else read_weight(written)) is not None:
        return
    if not written.strip():
        yield Diagnostic(place - 1, place + len(written), "error", f'The number for "{key}" is missing here.')
        return
    sentence = (
        f'"{written}" is no number.' if key != WHOLE else f'"{written}" is no whole number above 0, as dyn takes.'
    )
    yield Diagnostic(place, place + len(written), "error", sentence)
