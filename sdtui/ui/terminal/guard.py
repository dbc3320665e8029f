"""The filter at the way out: no control character in any cell of the screen, whatever a widget was given."""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


class OutputGuard(LineFilter):
    """Removes what a terminal would obey; removing keeps the width, because such characters have none.

    Panes make control characters visible before; what comes as far as this was forgotten by one.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments without control characters; the list itself where there are none."""
        if not any(DANGEROUS.search(segment.text) for segment in segments):
            return segments
        return [Segment(DANGEROUS.sub("", segment.text), segment.style) for segment in segments]
