"""The one filter at the way out: text from outside, made harmless for a terminal. Inside, names stay as they are."""

from __future__ import annotations

import re

_BIDI_AND_TAGS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f"
_HOSTILE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_BIDI_AND_TAGS}]")
_HOSTILE_IN_LINE = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029{_BIDI_AND_TAGS}]")


def clean(text: str) -> str:
    """The text with control characters as visible glyphs and without bidi controls and tags; tab and newline stay.

    Each glyph is one cell wide. C0 and DEL have glyphs of their own (␛), C1 and lone surrogates become �.
    """
    return _HOSTILE.sub(_glyph, text)


def clean_line(text: str) -> str:
    """As `clean`, for what must stay on one line: tab and line breaks become glyphs too."""
    return _HOSTILE_IN_LINE.sub(_glyph, text)


def _glyph(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in (0x2028, 0x2029):
        return "\u2424"
    return "\ufffd" if code < 0xA0 or 0xD800 <= code < 0xE000 else ""
