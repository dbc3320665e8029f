"""The words that trigger a LoRA, which come with its tag and go with it. Knows no widget."""

from __future__ import annotations

import re

from sdtui.prompt.catalogue import Catalogue

LONGEST_TAG = 300
"""Characters of a tag that are looked at."""
_TAG = re.compile(r"<(?:lora|lyco):([^:<>\n]+)(?::[^<>\n]*)?>")


class Triggers:
    """Follows a tag that is taken out letter by letter, of which the last letter no longer says what it was."""

    def __init__(self) -> None:
        self._broken: tuple[int, str] = (-1, "")

    def removal_end(self, text: str, start: int, end: int, loras: Catalogue) -> int:
        """Where taking out `start` to `end` is to end: behind a LoRA's words, when its tag is gone and they are untouched."""
        if not start < end:
            return end
        place, words = self._broken
        if start <= place < end and text.startswith(f" {words}", end):
            self._broken = (-1, "")
            return end + 1 + len(words)
        opened = text.rfind("<", max(0, start - LONGEST_TAG), end)
        tag = _TAG.match(text, opened) if opened >= 0 else None
        entry = loras.get(tag[1]) if tag is not None and tag.end() >= end else None
        if tag is None or entry is None or not entry.words or not text.startswith(f" {entry.words}", tag.end()):
            return end
        if start <= tag.start() and end == tag.end():
            return end + 1 + len(entry.words)
        self._broken = (tag.start(), entry.words)
        return end
