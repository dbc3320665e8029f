"""What is done with files of wildcards: the room's way to the server for them. Knows no widget."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from sdtui.errors import SdtuiError
from sdtui.spec.complaint import Complaint
from sdtui.spec.verbs_files import (
    FileAnswer,
    ReadFile,
    RemoveFile,
    RenameFile,
    Uses,
    UsesAnswer,
    WildcardUses,
    WriteFile,
)
from sdtui.spec.verbs_prompts import Wildcards, WildcardsAnswer
from sdtui.spec.wildcard import Draws, WildcardName
from sdtui.ui.connection import Connection

ENDINGS = (".txt", ".yaml", ".yml", ".json")
TEXT = ".txt"
NEW = "# One value a line; {a|b}, __other__ and 3::heavier work in them.\n"
DRAFTS = "wildcard-drafts"
"""The name under which the server keeps what is typed and not in a file yet."""
FileVerb = ReadFile | WriteFile | RenameFile | RemoveFile


class Made(NamedTuple):
    """The file that something was done to, and what was done, in a sentence; `before` is a name that no file has any more."""

    file: str
    said: str
    before: str = ""


class TextDraft(msgspec.Struct, frozen=True):
    """A text that is not in its file yet, and the etag of the text that it is to replace."""

    etag: str
    text: str


class WildcardShelf:
    """The wildcards that are known, texts that could not be written yet, and what can be taken back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._saving = asyncio.Lock()
        self._undos: list[Callable[[], Awaitable[Made]]] = []
        self._files: dict[str, FileAnswer] = {}
        self._drafting = asyncio.Lock()
        self.drafts: dict[str, TextDraft] = {}
        self.unsaved: dict[str, str] = {}
        self.wildcards: tuple[WildcardName, ...] = ()
        self.problems: tuple[Complaint, ...] = ()
        self.known = False

    async def read(self) -> None:
        """Ask which wildcards there are, as soon as the server answers; raises SdtuiError."""
        await self._connection.established()
        client = self._connection.demand()
        if not self.known:
            self.drafts = _drafts(await client.kept(DRAFTS))
        answer = await client.ask(Wildcards(), WildcardsAnswer)
        self.wildcards, self.problems, self.known = answer.wildcards, answer.problems, True

    async def load(self, file: str) -> FileAnswer:
        """A file as it is now; raises SdtuiError."""
        return await self._ask(ReadFile(folder="wildcards", name=file))

    def opened(self, file: FileAnswer) -> None:
        """This is what the user sees, and what their changes are to replace."""
        self._files[file.name] = file

    def resume(self, file: str) -> str:
        """The text of an open file that was typed before a studio was killed; empty where there is none.

        What it replaces is the text that it was typed over: where that was changed since, both are kept.
        """
        draft, found = self.drafts.get(file), self._files[file]
        if draft is None or draft.text == found.text:
            return ""
        self._files[file] = msgspec.structs.replace(found, etag=draft.etag)
        return draft.text

    async def keep_draft(self, file: str, text: str) -> None:
        """Have the server keep a text that is not in its file yet; raises SdtuiError."""
        draft = TextDraft(self._files[file].etag, text)
        await self._change_drafts(lambda drafts: drafts.update({file: draft}))

    async def _change_drafts(self, change: Callable[[dict[str, TextDraft]], object]) -> None:
        client = self._connection.demand()
        async with self._drafting:
            # another studio may have written drafts of other files
            drafts = _drafts(await client.kept(DRAFTS))
            before = dict(drafts)
            change(drafts)
            self.drafts = drafts
            if drafts != before:
                await client.keep(DRAFTS, msgspec.json.encode(drafts).decode() if drafts else "")

    async def forget_draft(self, file: str) -> None:
        """The file has the text, or nobody wants it."""
        # Beside what was just written a draft that stays is no loss, and the next one takes its place.
        with suppress(SdtuiError):
            if file in self.drafts or self._drafting.locked():
                await self._change_drafts(lambda drafts: drafts.pop(file, None))

    def path_of(self, file: str) -> str:
        """Where a file lies; empty where that is not known."""
        known = next((each.path for each in self.wildcards if each.file == file), "")
        if known or not self.wildcards:
            return known
        other = self.wildcards[0]
        return other.path.removesuffix(other.file) + file if other.path.endswith(other.file) else ""

    async def save(self, file: str, text: str) -> Made:
        """Write a text over the one that was opened; raises SdtuiError, and the text is kept here until it is written."""
        async with self._saving:
            return await self._save(file, text)

    async def _save(self, file: str, text: str) -> Made:
        before = self._files[file]
        text = text if not text or text.endswith("\n") else text + "\n"
        if text == before.text:
            self.unsaved.pop(file, None)
            await self.forget_draft(file)
            return Made(file, "")
        self.unsaved[file] = text
        saved = await self._ask(WriteFile(folder="wildcards", name=file, text=text, etag=before.etag))
        self.unsaved.pop(file, None)
        await self.forget_draft(file)
        self._files[saved.name] = saved
        if saved.name != file:
            self._files.pop(file, None)
            self._undos.append(self._removing(saved))
            return Made(saved.name, f"It was changed outside meanwhile; yours is kept as {saved.name}.")

        async def undo() -> Made:
            again = await self._ask(WriteFile(folder="wildcards", name=file, text=before.text, etag=saved.etag))
            return Made(again.name, f"{file} is as it was before.")

        self._undos.append(undo)
        return Made(file, f"{file} is saved.")

    async def make(self, file: str, text: str = NEW) -> Made:
        """Make a file; raises SdtuiError."""
        made = await self._ask(WriteFile(folder="wildcards", name=file, text=text))
        self._files[file] = made
        self._undos.append(self._removing(made))
        return Made(file, f"{file} is made.")

    async def rename(self, file: str, new: str) -> Made:
        """Give a file another name; raises SdtuiError."""
        await self._rename(file, new)

        async def undo() -> Made:
            await self._rename(new, file)
            return Made(file, f"{new} is called {file} again.", new)

        self._undos.append(undo)
        return Made(new, f"{file} is called {new} now.", file)

    async def _rename(self, file: str, new: str) -> None:
        """What is not in the file yet goes with it."""
        await self._ask(RenameFile(folder="wildcards", name=file, new=new))
        if file in self.unsaved:
            self.unsaved[new] = self.unsaved.pop(file)
        if file in self._files:
            self._files[new] = msgspec.structs.replace(self._files.pop(file), name=new)
        # the file is called so already, whether its draft can follow now or only at the next key
        with suppress(SdtuiError):
            await self._change_drafts(lambda drafts: drafts.update({new: drafts.pop(file)} if file in drafts else {}))

    async def remove(self, file: str) -> Made:
        """Delete a file; raises SdtuiError."""
        gone = await self._ask(ReadFile(folder="wildcards", name=file))
        await self._ask(RemoveFile(folder="wildcards", name=file, etag=gone.etag))
        draft, unsaved = self.drafts.get(file), self.unsaved.pop(file, None)
        await self.forget_draft(file)

        async def undo() -> Made:
            await self._ask(WriteFile(folder="wildcards", name=file, text=gone.text))
            if unsaved is not None:
                self.unsaved[file] = unsaved
            if draft is not None:
                with suppress(SdtuiError):
                    await self._change_drafts(lambda drafts: drafts.update({file: draft}))
            return Made(file, f"{file} is there again.")

        self._undos.append(undo)
        return Made("", f"{file} is deleted.", file)

    async def undo(self) -> Made:
        """Take back what was done last; raises SdtuiError."""
        if not self._undos:
            return Made("", "There is nothing to take back.")
        made = await self._undos[-1]()
        self._undos.pop()
        return made

    async def uses(self, name: str) -> Uses:
        """Who names a wildcard; raises SdtuiError."""
        return (await self._connection.demand().ask(WildcardUses(name=name), UsesAnswer)).uses

    async def draws(self, template: str, count: int, seed: int) -> Draws:
        """What pictures would draw from a template; raises SdtuiError."""
        return await self._connection.demand().draws(template, count, seed)

    def _removing(self, made: FileAnswer) -> Callable[[], Awaitable[Made]]:
        async def undo() -> Made:
            await self._ask(RemoveFile(folder="wildcards", name=made.name, etag=made.etag))
            return Made("", f"{made.name} is gone again.", made.name)

        return undo

    async def _ask(self, verb: FileVerb) -> FileAnswer:
        return await self._connection.demand().ask(verb, FileAnswer)


def _drafts(kept: str) -> dict[str, TextDraft]:
    with suppress(msgspec.DecodeError):  # another version's
        return msgspec.json.decode(kept or "{}", type=dict[str, TextDraft])
    return {}


def file_name(typed: str) -> str:
    """What was typed, as the name of a file: `.txt` where no ending is given, `__x__` as people copy it."""
    name = typed.strip().removeprefix("__").removesuffix("__").strip("/")
    return name if name.endswith(ENDINGS) else name + TEXT


def name_problem(typed: str) -> str:
    """What is wrong with a name for a file, in a sentence; empty when nothing is."""
    from sdtui.workspace.file_names import check_file_name

    name = file_name(typed)
    try:
        check_file_name(name, ENDINGS, nested=True)
    except SdtuiError as error:
        return error.todo
    if "__" in name or any(mark in name for mark in "{}$()"):
        return "A prompt could not name it: no __, {}, $ or brackets."
    return ""


def list_name_problem(typed: str) -> str:
    """The same for a file of lines."""
    return name_problem(typed) or (
        "" if file_name(typed).endswith(TEXT) else f"It has to end in {TEXT}, or in nothing."
    )


def uses_line(uses: Uses) -> str:
    """Who uses a wildcard, in a line."""
    said = [
        f"{word} {', '.join(map(str, names[:3]))}{' …' if len(names) > 3 else ''}"
        for word, names in _named(uses)
        if names
    ]
    said += ["the prompt that is set up"] if uses.draft else []
    return f"Used by {'; '.join(said)}" if said else "Used by nothing that is known"


def _named(uses: Uses) -> Sequence[tuple[str, Sequence[object]]]:
    jobs = tuple(f"#{number}" for number in uses.jobs)
    return (("presets", uses.presets), ("wildcards", uses.wildcards), ("jobs", jobs))
