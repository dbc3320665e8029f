"""What a client asks about presets and wildcards as files: what there is, reading, writing, and who uses a wildcard."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.preset import Preset
from sdtui.spec.verb import Answer, Verb

Folder = Literal["presets", "wildcards"]


class FileVerb(Verb, frozen=True, kw_only=True):
    """What they all are, for the one place that answers them."""


class Presets(FileVerb, frozen=True, kw_only=True, tag="presets"):
    """The presets of the workspace, styles among them; answered by PresetsAnswer."""


class SavePreset(FileVerb, frozen=True, kw_only=True, tag="save-preset"):
    """Write the `fields` of a document (`prompt`, `params.steps`) as a preset; answered by FileAnswer.

    `etag` is that of the preset it is to replace; without it the name must be free. `about` becomes the comment at its head.
    """

    name: str
    document: Document
    fields: tuple[str, ...]
    about: str = ""
    etag: str = ""


class ReadFile(FileVerb, frozen=True, kw_only=True, tag="read-file"):
    """The text of a preset's or wildcards' file (`careful.yaml`, `animals/tame.txt`); answered by FileAnswer."""

    folder: Folder
    name: str


class WriteFile(FileVerb, frozen=True, kw_only=True, tag="write-file"):
    """Write a text in place of the one with this etag ("": of none); answered by FileAnswer.

    If the file was changed meanwhile both texts are kept, and the answer names the file in which this one is.
    """

    folder: Folder
    name: str
    text: str
    etag: str = ""


class RenameFile(FileVerb, frozen=True, kw_only=True, tag="rename-file"):
    """Give a file another name, which must be free; answered by FileAnswer."""

    folder: Folder
    name: str
    new: str


class RemoveFile(FileVerb, frozen=True, kw_only=True, tag="remove-file"):
    """Remove a file whose text has this etag; answered by FileAnswer with what it held, so that it can be written again."""

    folder: Folder
    name: str
    etag: str


class WildcardUses(FileVerb, frozen=True, kw_only=True, tag="wildcard-uses"):
    """Where a wildcard is used; answered by UsesAnswer."""

    name: str


class PresetsAnswer(Answer, frozen=True, kw_only=True, tag="presets"):
    """Presets in the order of their names, those that cannot be used among them; `problems` are of other files."""

    presets: tuple[Preset, ...]
    problems: tuple[Complaint, ...] = ()


class FileAnswer(Answer, frozen=True, kw_only=True, tag="file"):
    """A file: where it is in its folder, what it holds, and what tells this text from every other.

    `kept` is where the text lies that was replaced or removed; empty where none was.
    """

    name: str
    text: str
    etag: str
    kept: str = ""


class Uses(Struct, frozen=True, kw_only=True):
    """Who names a wildcard: presets, other wildcards, jobs by number (newest first), the draft."""

    presets: tuple[str, ...] = ()
    wildcards: tuple[str, ...] = ()
    jobs: tuple[int, ...] = ()
    draft: bool = False


class UsesAnswer(Answer, frozen=True, kw_only=True, tag="uses"):
    """Where it is used."""

    uses: Uses


FilesVerb = Presets | SavePreset | ReadFile | WriteFile | RenameFile | RemoveFile | WildcardUses
FilesAnswer = PresetsAnswer | FileAnswer | UsesAnswer
