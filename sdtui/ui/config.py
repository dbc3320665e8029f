"""What of the configuration the studio looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class PreviewConfig(Protocol):
    """How pictures are painted."""

    @property
    def protocol(self) -> str:
        """auto, or the painter's name."""


class CompletionConfig(Protocol):
    """How prompts are completed."""

    @property
    def automatic(self) -> bool:
        """Offer while typing; else only when asked."""

    @property
    def spaces(self) -> bool:
        """Underscores of tags become spaces."""

    @property
    def comma(self) -> bool:
        """A tag is followed by a comma."""


class StudioConfig(Protocol):
    """What of the configuration the studio looks at."""

    @property
    def preview(self) -> PreviewConfig:
        """How pictures are painted."""

    @property
    def completion(self) -> CompletionConfig:
        """How prompts are completed."""

    @property
    def keys(self) -> Mapping[str, str]:
        """Changed keys by command id."""

    @property
    def theme(self) -> str:
        """A theme's name, or nothing."""

    @property
    def viewer(self) -> str:
        """The program that opens pictures, or nothing."""
