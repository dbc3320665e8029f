"""Prompts explained at the command line: with the models that lie in the folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from sdtui.errors import ModelError, UsageError
from sdtui.prompt.calling import CalledNames, listed_embeddings
from sdtui.prompt.explain import Explained, Explainer
from sdtui.prompt.tokens import ClipTokenizer
from sdtui.spec.params import FIELD

if TYPE_CHECKING:
    from sdtui.library.library import Library


class Wish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A prompt to be explained; what is None is as the command line says."""

    prompt: str
    steps: int | None = None
    hires_steps: int | None = None
    old_timelines: bool | None = None
    negative: bool | None = None


def read_wish(line: bytes) -> Wish:
    """A line of JSON: a string, or an object with `prompt`; raises UsageError."""
    try:
        read = msgspec.json.decode(line, type=str | Wish)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"This line is no JSON string and no object with a prompt: {error}.", todo='"a cat" or {"prompt": "a cat"}.'
        ) from None
    wish = Wish(prompt=read) if isinstance(read, str) else read
    most = FIELD["steps"].high
    for name, steps, least in (("steps", wish.steps, 1), ("hires_steps", wish.hires_steps, 0)):
        if steps is not None and not least <= steps <= most:
            raise UsageError(f'"{name}" is a whole number from {least} to {most:g}, not {steps}.')
    return wish


class Understanding:
    """Explains prompts; `checkpoint` names the model that LoRAs are to fit, None: the one that a job without a name takes."""

    def __init__(self, folder: Path | None, checkpoint: str | None) -> None:
        self._folder = folder
        self._checkpoint = checkpoint
        self._tokenizer = ClipTokenizer()
        self._knowing: Explainer | None = None

    def explain(self, text: str, steps: int, hires_steps: int, old_timelines: bool, negative: bool) -> Explained:
        """What is understood of a prompt; raises what reading the configuration and finding the checkpoint can raise."""
        explainer = self._knowing = self._knowing or self._know()
        return explainer.explain(text, steps, hires_steps=hires_steps, old_timelines=old_timelines, negative=negative)

    def _know(self) -> Explainer:
        from sdtui.cli.place import open_place
        from sdtui.library.opening import open_library
        from sdtui.weights.hashes import HashStore
        from sdtui.workspace.wildcards import WildcardFolder

        place = open_place(self._folder)
        library = open_library(place.workspace, place.config, HashStore(place.workspace.state / "hashes.json"))
        records = library.scan()
        return Explainer(
            self._tokenizer,
            names=CalledNames(records),
            embeddings=listed_embeddings(records),
            family=self._family(library, place.config.checkpoint),
            wildcards=WildcardFolder(place.workspace.wildcards).look().names(),
        )

    def _family(self, library: Library, default: str) -> str:
        """The family that adapters are to fit; unknown when nobody asked for a checkpoint and the default is not there."""
        try:
            return library.find_checkpoint(self._checkpoint or "", default).family
        except ModelError:
            if self._checkpoint:
                raise
            return ""
