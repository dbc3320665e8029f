"""What is done with presets: the room's and the studio's way to the server for them. Knows no widget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePath
from typing import NamedTuple

from sdtui.errors import SdtuiError, UsageError
from sdtui.spec.complaint import Complaint, error_of
from sdtui.spec.document import Document
from sdtui.spec.preset import Change, Preset, apply, changes, part, reverted
from sdtui.spec.verbs_files import (
    FileAnswer,
    Presets,
    PresetsAnswer,
    ReadFile,
    RemoveFile,
    RenameFile,
    SavePreset,
    WriteFile,
)
from sdtui.ui.connection import Connection
from sdtui.ui.draft import Draft

PRESET = ".yaml"


class Undo(NamedTuple):
    """How something is taken back; it says what is as before then. `applied` tells a preset that was applied."""

    undo: Callable[[], Awaitable[str]]
    applied: bool = False


class PresetShelf:
    """The presets that are known, those that are marked, and what can be taken back; `took` shows the document anew."""

    def __init__(self, connection: Connection, draft: Draft, took: Callable[[], None]) -> None:
        self._connection = connection
        self._draft = draft
        self._took = took
        self._undos: list[Undo] = []
        self.presets: tuple[Preset, ...] = ()
        self.problems: tuple[Complaint, ...] = ()
        self.known = False
        self.marked: list[str] = []

    @property
    def document(self) -> Document:
        """What is set up now."""
        return self._draft.document

    async def read(self) -> None:
        """Ask which presets there are, as soon as the server answers; raises SdtuiError."""
        await self._connection.established()
        answer = await self._connection.demand().ask(Presets(), PresetsAnswer)
        self.presets, self.problems, self.known = answer.presets, answer.problems, True
        names = {preset.name for preset in self.presets}
        self.marked = [name for name in self.marked if name in names]

    def find(self, name: str) -> Preset | None:
        """The preset of this name."""
        return next((preset for preset in self.presets if preset.name == name), None)

    def mark(self, name: str) -> None:
        """Mark a preset, or no longer."""
        if name in self.marked:
            self.marked.remove(name)
        else:
            self.marked.append(name)

    def chosen(self, name: str) -> tuple[Preset, ...]:
        """The marked presets in their order, else the one of this name."""
        found = (self.find(each) for each in (self.marked or [name]))
        return tuple(preset for preset in found if preset is not None)

    def changes(self, chosen: Sequence[Preset]) -> tuple[Change, ...]:
        """What these would change."""
        return changes(self.document, apply(self.document, [each for each in chosen if each.problem is None]))

    def apply(self, chosen: Sequence[Preset]) -> str:
        """Lay presets over what is set up; what was done, in a sentence. Raises the SdtuiError of one that cannot be used."""
        for preset in chosen:
            if preset.problem is not None:
                raise error_of(preset.problem)
        names = ", ".join(preset.name for preset in chosen)
        before = self.document
        after = apply(before, chosen)
        if after == before:
            return f"{names}: nothing to change, all of it is set up like this."
        self._draft.document = after
        self._took()
        self.marked = []

        async def undo() -> str:
            document, stays = reverted(self.document, before, after)
            self._draft.document = document
            self._took()
            kept = f" What was changed since stays: {', '.join(stays)}." if stays else ""
            return f"{names} is taken back.{kept}"

        self._undos.append(Undo(undo, applied=True))
        return f"{names} is applied."

    async def undo(self, *, applied: bool = False) -> str:
        """Take back what was done last, or with `applied` the preset applied last; says what; raises SdtuiError."""
        found = [entry for entry in self._undos if entry.applied or not applied]
        if not found:
            return "No preset was applied that could be taken back." if applied else "There is nothing to take back."
        said = await found[-1].undo()
        self._undos.remove(found[-1])
        if self.known:
            await self.read()
        return said

    async def save(self, name: str, document: Document, fields: Sequence[str]) -> str:
        """Write fields of a document as a preset, in place of the one that has the name; raises SdtuiError."""
        client = self._connection.demand()
        old = self.find(name)
        before = await self._text(old) if old is not None and old.source == "file" else None
        if before is not None and not before.name.endswith(PRESET):
            raise UsageError(f"'{name}' is the file {before.name}.", todo="Choose another name, or rename it first.")
        same = old is not None and before is not None and part(document, fields) == (old.document, old.sets)
        verb = SavePreset(
            name=name,
            document=document,
            fields=tuple(fields),
            about=old.about if old is not None and same else "",  # it tells of what the file held
            etag=before.etag if before is not None else "",
        )
        saved = await client.ask(verb, FileAnswer)

        async def undo() -> str:
            if before is None:
                await self._ask(RemoveFile(folder="presets", name=saved.name, etag=saved.etag))
                return f"Preset '{name}' is gone again."
            await self._ask(WriteFile(folder="presets", name=before.name, text=before.text, etag=saved.etag))
            return f"Preset '{name}' is as it was before."

        self._undos.append(Undo(undo))
        await self.read()
        if saved.name != name + PRESET:
            return f"'{name}' was changed meanwhile; yours is saved beside it as '{PurePath(saved.name).stem}'."
        return f"Preset '{name}' is {'replaced' if before is not None else 'saved'}."

    async def rename(self, preset: Preset, new: str) -> str:
        """Give a preset's file another name; raises SdtuiError."""
        name = PurePath(preset.path).name
        target = new + PurePath(name).suffix
        await self._ask(RenameFile(folder="presets", name=name, new=target))
        self._remark(preset.name, new)

        async def undo() -> str:
            await self._ask(RenameFile(folder="presets", name=target, new=name))
            self._remark(new, preset.name)
            return f"'{new}' is called '{preset.name}' again."

        self._undos.append(Undo(undo))
        await self.read()
        return f"'{preset.name}' is called '{new}' now."

    def _remark(self, name: str, new: str) -> None:
        """A mark goes with the file."""
        self.marked = [new if marked == name else marked for marked in self.marked]

    async def remove(self, preset: Preset) -> str:
        """Delete a preset's file; raises SdtuiError."""
        gone = await self._text(preset)
        await self._ask(RemoveFile(folder="presets", name=gone.name, etag=gone.etag))

        async def undo() -> str:
            await self._ask(WriteFile(folder="presets", name=gone.name, text=gone.text))
            return f"Preset '{preset.name}' is there again."

        self._undos.append(Undo(undo))
        await self.read()
        return f"Preset '{preset.name}' is deleted."

    async def convert(self, preset: Preset, name: str) -> str:
        """Write a style as a preset's file; raises SdtuiError."""
        fields = [field for field in preset.sets if field != "params"]
        return await self.save(name, preset.document, fields)

    async def _text(self, preset: Preset) -> FileAnswer:
        return await self._ask(ReadFile(folder="presets", name=PurePath(preset.path).name))

    async def _ask(self, verb: ReadFile | WriteFile | RemoveFile | RenameFile) -> FileAnswer:
        return await self._connection.demand().ask(verb, FileAnswer)


def name_problem(name: str) -> str:
    """What is wrong with a name for a preset, in a sentence; empty when nothing is."""
    from sdtui.workspace.file_names import check_file_name

    try:
        check_file_name(name + PRESET, (PRESET,), nested=False)
    except SdtuiError as error:
        return error.todo
    return ""
