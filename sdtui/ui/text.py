"""Text from outside as it may be shown or edited, and numbers as people read them."""

from __future__ import annotations

import re

from sdtui.terminal.filter import clean_line

UNTYPABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def one_line(text: str) -> str:
    """The text on one line, with its control characters made visible."""
    return clean_line(" ".join(text.split()))


def editable(text: str) -> str:
    """Text as an editor may hold it: lines of what could be typed; what a terminal would obey is left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return UNTYPABLE.sub("", lines)


def sizes(count: int) -> str:
    """Bytes as people read them: `3.2 GB`, `512 MB`, `4 kB`."""
    if count >= 1e9:
        return f"{count / 1e9:.1f} GB"
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """Seconds as a clock shows them: `0:09`, `12:40`, `1:02:03`."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def speed(step_seconds: float) -> str:
    """The pace of the steps, as `3.20 it/s` or, when slow, `1.70 s/it`."""
    if step_seconds <= 0:
        return ""
    return f"{1 / step_seconds:.2f} it/s" if step_seconds <= 1 else f"{step_seconds:.2f} s/it"
