"""Presets as they are told: a row each, and what they would change, old → new. Knows no widget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from textual.content import Content

from sdtui.spec.complaint import Complaint, error_of
from sdtui.spec.preset import PROMPTS, Change, Preset, shown
from sdtui.ui.text import one_line

LABEL_CELLS = 17
UNSET = "default"
EMPTY = "(empty)"


def preset_row(preset: Preset, mark: int, width: int) -> Content:
    """The line of a preset: its place among the marked ones, its name, what it is for."""
    sign = f"{mark}" if mark else "✗" if preset.problem is not None else " "
    colour = "$text-error" if preset.problem is not None else ""
    name = Content.styled(f" {sign:>2} {one_line(preset.name)}", f"bold {colour}".strip() if mark else colour)
    aside = "styles" if preset.source == "styles" else ""
    about = one_line(preset.about) or aside
    if not about or width < 40:
        return name
    return Content.assemble(name.truncate(max(20, width // 2), ellipsis=True, pad=True), (f" {about}", "dim"))


def preset_lines(preset: Preset, changes: Sequence[Change], names: Sequence[str], width: int) -> list[Content]:
    """What is to be said of the chosen preset, or of the marked ones: what they would change of what is set up now."""
    return list(_lines(preset, changes, names, max(10, width)))


def hint_lines(save_key: str, width: int) -> list[Content]:
    """What there is to do where there are no presets."""
    said = (
        f"{save_key} saves what is set up, or a part of it, as a preset.",
        "A preset is a file in presets/, such as",
        "  prompt: oil painting of {prompt}\n  params:\n    steps: 30",
        "A styles.csv of A1111 is read where it lies: here, or in the folder whose models are used.",
    )
    return [line for text in said for line in (Content(), *_folded(text, width, ""))]


def _lines(preset: Preset, changes: Sequence[Change], names: Sequence[str], width: int) -> Iterator[Content]:
    if len(names) < 2:
        row = preset.source == "styles" and preset.problem is None
        about = preset.about or ("A row of styles.csv." if row else "")
        yield from _folded(about, width, "dim")
        if preset.problem is not None:
            yield from _folded(f"✗ {error_of(preset.problem)}", width, "$text-error")
            return
    elif names:
        yield from _folded("In this order: " + ", ".join(names), width, "bold")
    yield Content()
    if not changes:
        yield from _folded("Nothing would change: all of it is set up like this.", width, "")
    for change in changes:
        yield from _change(change, width)
    if len(names) < 2:
        yield Content()
        yield Content.styled(" It sets:", "dim")
        yield from _sets(preset, width)


def _change(change: Change, width: int) -> Iterator[Content]:
    old, new = _said(change, change.old), _said(change, change.new)
    short = f"{old} → {new}"
    if "\n" not in short and len(short) <= width - LABEL_CELLS - 1:
        label = Content.styled(f" {change.label}", "bold").truncate(LABEL_CELLS, ellipsis=True, pad=True)
        yield Content.assemble(label, one_line(old), (" → ", "dim"), (one_line(new), "$text-success"))
        return
    yield Content.styled(f" {change.label}", "bold")
    yield from _folded(f"− {old}", width, "dim")
    yield from _folded(f"+ {new}", width, "$text-success")


def _said(change: Change, value: str) -> str:
    return value or (EMPTY if change.name in PROMPTS else UNSET)


def _sets(preset: Preset, width: int) -> Iterator[Content]:
    for name in preset.sets:
        if name == "params":
            values = ", ".join(f"{key} {shown(value)}" for key, value in preset.document.params.items())
            yield from _folded(values, width, "dim")
        else:
            yield from _folded(f"{name.replace('_', ' ')}: {shown(getattr(preset.document, name))}", width, "dim")


def _folded(text: str, width: int, style: str) -> Iterator[Content]:
    for part in text.split("\n"):
        for line in Content(one_line(part)).wrap(max(8, width - 2)) if part.strip() else ():
            yield Content.assemble(" ", line.rstrip().stylize(style) if style else line.rstrip())


def searched(preset: Preset) -> str:
    """Everything of a preset that a filter looks for."""
    document = preset.document
    return f"{preset.name} {preset.about} {document.prompt} {document.negative_prompt}".lower()


def problem_row(problem: Complaint) -> Preset:
    """A problem that is no preset's, such as a broken row of styles.csv, as a line of its own."""
    path, _, line = problem.where.rpartition(":")
    path = path if line.isdigit() else problem.where
    return Preset(name=PurePath(problem.where).name, path=path, source="styles", problem=problem)
