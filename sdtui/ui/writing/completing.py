"""What one editor offers at its cursor, and what of it the user has chosen or does not want. Knows no widget."""

from __future__ import annotations

from sdtui.prompt.catalogue import Sources
from sdtui.prompt.complete import Completions, Item, complete

NOTHING = Completions(0, 0)
WORD_EDGE = frozenset(" \t\n,<>{}|()[]:")


class Completing:
    """`found` is what is offered; `chosen` the number of the item the user has gone to, None while they only type.

    `asked`: the user wanted to be offered something there, whatever is typed.
    """

    def __init__(self, *, automatic: bool = True) -> None:
        self.sources = Sources()
        self.found = NOTHING
        self.chosen: int | None = None
        self.asked = False
        self._automatic = automatic
        self._unwanted: int | None = None
        self._text = ""
        self._offset = 0

    @property
    def open(self) -> bool:
        """Something is offered."""
        return bool(self.found.items)

    @property
    def offset(self) -> int:
        """Where the cursor was when it was looked."""
        return self._offset

    @property
    def item(self) -> Item | None:
        """The chosen item, or else the first."""
        return self.found.items[self.chosen or 0] if self.open else None

    @property
    def grey(self) -> str:
        """What the item would add to what is typed; empty where it would change that."""
        return self.found.rest(self._text, self._offset, self.chosen or 0) if self.open else ""

    def look(self, text: str, offset: int, *, asked: bool = False) -> None:
        """Offer what can come there; unasked not in a word for which it was not wanted."""
        self.chosen, self.asked = None, asked
        self._text, self._offset = text, offset
        start = word_start(text, offset)
        if asked or start != self._unwanted:
            self._unwanted = None
        wanted = asked or (self._automatic and self._unwanted is None)
        self.found = complete(text, offset, self.sources, asked=asked) if wanted else NOTHING

    def move(self, by: int) -> None:
        """Go to another item; before the first one is back to typing."""
        if self.open:
            at = by - 1 if self.chosen is None else self.chosen + by
            self.chosen = min(at, len(self.found.items) - 1) if at >= 0 else None

    def close(self, *, unwanted: bool = False) -> None:
        """Offer nothing; `unwanted` for the rest of this word."""
        if unwanted:
            self._unwanted = word_start(self._text, self._offset)
        self.found, self.chosen = NOTHING, None


def word_start(text: str, offset: int) -> int:
    """Where the word at the offset begins."""
    while offset > 0 and text[offset - 1] not in WORD_EDGE:
        offset -= 1
    return offset
