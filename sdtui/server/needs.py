"""What a watched file needs besides itself: wildcards and presets, each known by a digest of what it says now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from sdtui.errors import SdtuiError
from sdtui.prompt.expand.source import Source, Values
from sdtui.spec.preset import Preset
from sdtui.workspace.presets import PresetFolder

WILDCARD, PRESET = "wildcard:", "preset:"


class Noting:
    """A source that notes in `uses` which wildcards are asked for, and what they say."""

    def __init__(self, source: Source, uses: dict[str, str]) -> None:
        self._source = source
        self._uses = uses

    def values(self, pattern: str) -> Values:
        """As the source; raises what it raises."""
        if WILDCARD + pattern not in self._uses:
            self._uses[WILDCARD + pattern] = wildcard_digest(self._source, pattern)
        return self._source.values(pattern)

    def names(self) -> Sequence[str]:
        """As the source."""
        return self._source.names()


def note_presets(presets: PresetFolder, names: Iterable[str], uses: dict[str, str]) -> list[Preset]:
    """The presets of these names, noted in `uses`; raises UsageError for the first that cannot be used."""
    found: list[Preset] = []
    for name in names:
        uses[PRESET + name] = preset_digest(presets, name)
        found.append(presets.find(name))
    return found


def digests(uses: Iterable[str], source: Source, presets: PresetFolder) -> dict[str, str]:
    """What each of these uses says now."""
    return {
        use: wildcard_digest(source, use.removeprefix(WILDCARD))
        if use.startswith(WILDCARD)
        else preset_digest(presets, use.removeprefix(PRESET))
        for use in set(uses)
    }


def wildcard_digest(source: Source, pattern: str) -> str:
    """What a wildcard says, or why it says nothing."""
    try:
        values = source.values(pattern)
    except SdtuiError as error:
        return _digest(f"!{error.what}")
    return _digest(repr([(value.text, value.weight) for value in values.items]))


def preset_digest(presets: PresetFolder, name: str) -> str:
    """What a preset says, or why it cannot be used."""
    try:
        preset = presets.find(name)
    except SdtuiError as error:
        return _digest(f"!{error.what}")
    return _digest(msgspec.json.encode((preset.document, preset.sets)).decode())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
