"""Models and downloads of the browser as lines of text. Knows no widget."""

from __future__ import annotations

import time
from collections.abc import Iterator

from textual.content import Content

from sdtui.spec.fetch import FetchView
from sdtui.spec.model import ModelRecord
from sdtui.spec.model_about import ModelAbout
from sdtui.ui.models.list import KINDS
from sdtui.ui.models.row import BROKEN, UNFIT, model_row
from sdtui.ui.text import duration, one_line, sizes
from sdtui.weights.families import FAMILY

STAR = "★"
FETCH_MARKS = {"waiting": "…", "running": "↓", "done": "✓", "failed": BROKEN, "cancelled": "‖"}
TAGS_SHOWN = 25
DIGITS = 16
"""Of a hash are shown; A1111 knows a model by the first ten."""


def browser_row(record: ModelRecord, width: int, *, in_use: bool, unfit: bool, favourite: bool) -> Content:
    """The row of the models pane, with a star before it."""
    star = f"{STAR} " if favourite else "  "
    return Content(star).append(model_row(record, max(1, width - 2), in_use=in_use, unfit=unfit))


def details(record: ModelRecord, about: ModelAbout | None, misfit: str, width: int) -> list[Content]:
    """Everything about a model, in lines."""
    lines: list[Content] = []
    for text, style in _facts(record, about, misfit):
        lines += [line.stylize(style) for line in Content(text).wrap(max(1, width))]
    return lines


def _facts(record: ModelRecord, about: ModelAbout | None, misfit: str) -> Iterator[tuple[str, str]]:
    yield one_line(record.name), "bold"
    known = FAMILY.get(record.family)
    family = known.label if known is not None else record.family
    size = f", {sizes(record.size)}" if record.size else ""
    yield f"{KINDS[record.kind][0]}, {one_line(family)}{size}", ""
    if record.problem:
        yield f"{BROKEN} {one_line(record.problem)}", "$text-error"
    elif misfit:
        yield f"{UNFIT} {one_line(misfit)}", "$text-warning"
    if record.title and record.title != record.name:
        yield one_line(record.title), ""
    if record.trigger_words:
        yield f"Trigger words: {one_line(', '.join(record.trigger_words))}", "$text-accent"
    if record.preferred_weight:
        yield f"Preferred weight: {record.preferred_weight:g}", ""
    if about is not None:
        yield from _about(about)
    if record.sha256:
        yield f"SHA-256: {record.sha256[:DIGITS]}…", "dim"
    elif not record.builtin:
        yield "SHA-256: not known yet", "dim"
    if record.mtime_ns:
        yield f"Changed: {time.strftime('%Y-%m-%d %H:%M', time.localtime(record.mtime_ns / 1e9))}", "dim"
    yield ("Comes with sdtui." if record.builtin else one_line(record.path)), "dim"
    if about is not None and about.tags:
        tags = ", ".join(f"{one_line(tag)} {count}" for tag, count in about.tags[:TAGS_SHOWN])
        yield f"Trained with: {tags}", "dim"
    for name, value in about.facts if about is not None else ():
        yield f"{name[:1].upper()}{name[1:]}: {one_line(value)}", "dim"


def _about(about: ModelAbout) -> Iterator[tuple[str, str]]:
    if about.negative_text:
        yield f"Negative text: {one_line(about.negative_text)}", ""
    for title, text in (("Notes", about.notes), ("About", about.description)):
        if text:
            first, *rest = text.split("\n")
            yield f"{title}: {one_line(first)}", ""
            yield from ((one_line(line), "") for line in rest)


def fetch_row(view: FetchView, width: int) -> Content:
    """A download: how far it is, or why it ended."""
    mark = FETCH_MARKS[view.state]
    name = one_line(view.name or view.url)
    right = _how_far(view)
    left = f"{mark} {name}"
    if view.error is not None:
        left += f": {one_line(view.error.what)}"
    elif view.text:
        left += f" ({one_line(view.text)})"
    cut = Content(left).truncate(max(1, width - len(right) - 1), ellipsis=True, pad=True)
    style = {"failed": "$text-error", "done": "$text-success", "cancelled": "dim"}.get(view.state, "")
    return Content.assemble(cut, (f" {right}", "dim")).stylize(style)


def _how_far(view: FetchView) -> str:
    if view.state == "done":
        return f"{KINDS[view.kind][0]}, {sizes(view.size)}{', checked' if view.checked else ''}"
    if not view.size:
        return sizes(view.done) if view.done else ""
    said = f"{view.done / view.size:.0%} of {sizes(view.size)}"
    if view.state == "running" and view.speed > 0:
        said += f" {sizes(int(view.speed))}/s {duration((view.size - view.done) / view.speed)}"
    return said


def about_fetch(view: FetchView) -> str:
    """What is to be said of the download under the cursor."""
    if view.error is not None:
        return " ".join(part for part in (view.error.what, view.error.todo) if part)
    return f"{view.url} → {view.path}" if view.path else view.url
