"""Prompt files that are text: plain ones as A1111 writes them, and Markdown whose body is the prompt."""

from __future__ import annotations

from msgspec.structs import replace

from sdtui.errors import ConfigError, UsageError
from sdtui.images.infotext import Record, parse
from sdtui.images.restore import restore
from sdtui.spec.document import Document
from sdtui.spec.params import FIELDS
from sdtui.watch.sheet import Sheet
from sdtui.watch.trees import sheet_of
from sdtui.workspace.yaml_reader import parse_yaml

FENCE = "---"
KNOWN = frozenset({field.infotext for field in FIELDS if field.infotext} | {"Size", "Model"})
OURS = {"Version": "sdtui", "RNG": "CPU"}
"""What a record that somebody typed is taken to say where it says nothing: that it was meant for us."""


def read_text_sheet(text: str, where: str) -> Sheet:
    """A prompt, perhaps `Negative prompt: …`, perhaps a line of parameters; raises UsageError with the line.

    What of a picture's own record cannot be had here becomes a note; in one that somebody typed it is an error.
    """
    return _read(text, where, 1)


def read_markdown_sheet(text: str, where: str) -> Sheet:
    """The same below a front matter in YAML, which counts over a line of parameters; raises ConfigError or UsageError."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        return _read(text, where, 1)
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() in {FENCE, "..."}), 0)
    if not end:
        raise ConfigError(
            "The front matter has no end.", where=f"{where}:1", todo=f"Write a line {FENCE} below its last one."
        )
    # Empty lines in the place of what is left out keep the numbers of the lines.
    tree = parse_yaml("\n".join(["", *lines[1:end]]), where=where)
    front = sheet_of(tree) if tree.value is not None else Sheet(Document())
    body = _read("\n".join(lines[end + 1 :]), where, end + 2)
    document, below = front.document, body.document
    if document.prompt and below.prompt:
        raise UsageError(
            "There are two prompts: one in the front matter, one below it.",
            where=tree.place(("prompt",)),
            todo="Keep one.",
        )
    whole = replace(
        document,
        prompt=document.prompt or below.prompt,
        negative_prompt=document.negative_prompt or below.negative_prompt,
        params={**below.params, **document.params},
        checkpoint=document.checkpoint or below.checkpoint,
        vae=document.vae or below.vae,
    )
    return Sheet(whole, front.line if document.prompt else body.line, body.notes)


def _read(text: str, where: str, first: int) -> Sheet:
    record = parse(text, KNOWN)
    begins = first + text[: len(text) - len(text.lstrip())].count("\n")
    if not record.line:
        return Sheet(Document(prompt=record.prompt, negative_prompt=record.negative_prompt), begins)
    typed = "Version" not in record.pairs
    found = restore(Record(record.prompt, record.negative_prompt, OURS | record.pairs) if typed else record)
    place = f"{where}:{first + record.line - 1}"
    if typed and found.problems:
        raise UsageError(found.problems[0], where=place)
    notes = list(found.problems)
    below = text.replace("\r\n", "\n").split("\n")[record.line :]
    if typed and any(line.strip() for line in below):
        notes.append(f"What stands below the parameters (line {first + record.line - 1}) is not read.")
    # What was only taken to be said is set by nobody.
    params = {name: value for name, value in found.document.params.items() if name != "rng" or "RNG" in record.pairs}
    return Sheet(replace(found.document, params=params), begins, tuple(notes))
