"""What a fix makes of a text."""

from __future__ import annotations

from collections.abc import Iterable

from sdtui.prompt.nodes import Diagnostic, Fix


def apply(text: str, fix: Fix) -> str:
    """The text with the fix made."""
    return text[: fix.start] + fix.text + text[fix.end :]


def apply_all(text: str, fixes: Iterable[Fix]) -> str:
    """The text with every fix made; of those that overlap only the first."""
    done = 0
    pieces: list[str] = []
    for fix in sorted(fixes, key=lambda each: (each.start, each.end)):
        if fix.start >= done:
            pieces += [text[done : fix.start], fix.text]
            done = fix.end
    return "".join([*pieces, text[done:]])


def moved(offset: int, fix: Fix) -> int:
    """Where the cursor at `offset` stands once the fix is made: with its character, or behind what was put in its place."""
    if offset <= fix.start:
        return offset
    return fix.start + len(fix.text) + max(0, offset - fix.end)


def fix_at(diagnostics: Iterable[Diagnostic], offset: int) -> Diagnostic | None:
    """The diagnostic with a fix that a key at `offset` would apply: the shortest that holds the place, else none."""
    near = [each for each in diagnostics if each.fix and each.start <= offset <= each.end]
    return min(near, key=lambda each: each.end - each.start, default=None)
