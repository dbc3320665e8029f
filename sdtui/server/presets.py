"""Presets and wildcards as clients read and write them, and what of them changed outside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import assert_never

from sdtui.jobs.store import Store
from sdtui.server.uses import Asked, find_uses
from sdtui.spec.complaint import complaint_of
from sdtui.spec.preset import part
from sdtui.spec.verbs_files import (
    FileAnswer,
    FilesAnswer,
    FilesVerb,
    Folder,
    Presets,
    PresetsAnswer,
    ReadFile,
    RemoveFile,
    RenameFile,
    SavePreset,
    UsesAnswer,
    WildcardUses,
    WriteFile,
)
from sdtui.workspace.paths import Workspace
from sdtui.workspace.preset_text import write_preset
from sdtui.workspace.presets import ENDINGS, PresetFolder
from sdtui.workspace.text_files import TextFile, TextFiles
from sdtui.workspace.wildcard_files import TEXT, TREES
from sdtui.workspace.wildcards import WildcardFolder

REMOVED = "removed"
PRESET = ".yaml"
NEWEST_JOBS = 1000
"""So many jobs are looked through for a wildcard."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """Answers what clients ask about the two folders; file work is done on threads, one writer at a time."""

    workspace: Workspace
    store: Store
    presets: PresetFolder
    wildcards: WildcardFolder
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def answer(self, verb: FilesVerb) -> FilesAnswer:
        """What a verb gets; raises SdtuiError where it is refused."""
        match verb:
            case Presets():
                return await asyncio.to_thread(self._list)
            case WildcardUses(name=name):
                asked = Asked(name, tuple(self.store.documents(NEWEST_JOBS)), self.store.draft())
                return UsesAnswer(uses=await asyncio.to_thread(find_uses, asked, self.presets, self.wildcards))
            case ReadFile(folder=folder, name=name):
                return _told(await asyncio.to_thread(self._files(folder).get, name))
            case SavePreset() | WriteFile() | RenameFile() | RemoveFile():
                async with self._writing:
                    return _told(await asyncio.to_thread(self._write, verb))
            case _:
                assert_never(verb)

    def _list(self) -> PresetsAnswer:
        listing = self.presets.look()
        return PresetsAnswer(presets=listing.presets, problems=tuple(map(complaint_of, listing.problems)))

    def _write(self, verb: SavePreset | WriteFile | RenameFile | RemoveFile) -> TextFile:
        match verb:
            case SavePreset():
                text = write_preset(*part(verb.document, verb.fields), about=verb.about)
                return self._files("presets").put(verb.name + PRESET, text, verb.etag)
            case WriteFile():
                return self._files(verb.folder).put(verb.name, verb.text, verb.etag)
            case RenameFile():
                return self._files(verb.folder).rename(verb.name, verb.new)
            case RemoveFile():
                return self._files(verb.folder).remove(verb.name, verb.etag)

    def _files(self, folder: Folder) -> TextFiles:
        removed = self.workspace.state / REMOVED
        if folder == "presets":
            return TextFiles(self.workspace.presets, ENDINGS, removed, nested=False)
        return TextFiles(self.workspace.wildcards, (TEXT, *TREES), removed, nested=True)


def _told(file: TextFile) -> FileAnswer:
    return FileAnswer(name=file.name, text=file.text, etag=file.etag, kept=file.kept)
