"""What the terminal marks as pasted, taken out of what is typed: whatever is in it, nothing of it is a key."""

from __future__ import annotations

from typing import NamedTuple

PASTE_BEGINS = b"\x1b[200~"
PASTE_ENDS = b"\x1b[201~"


class Typed(NamedTuple):
    """Bytes of keys, and of answers among them."""

    data: bytes


class Pasted(NamedTuple):
    """Bytes of a paste, without its marks."""

    data: bytes


class PasteParser:
    """Takes what arrives from the terminal, in any pieces, and gives it back in order, each paste in one piece."""

    def __init__(self) -> None:
        self._pending = b""
        self._paste: list[bytes] | None = None

    @property
    def pasting(self) -> bool:
        """A paste has begun and not ended yet."""
        return self._paste is not None

    @property
    def holding(self) -> bool:
        """What may be the beginning of a paste's mark is held back; `flush` if nothing follows."""
        return bool(self._pending) and not self.pasting

    def feed(self, data: bytes) -> list[Typed | Pasted]:
        """What of the data is complete; a paste that was not marked as begun is typed."""
        data, self._pending = self._pending + data, b""
        found: list[Typed | Pasted] = []
        while data:
            mark = PASTE_BEGINS if self._paste is None else PASTE_ENDS
            before, seen, data = data.partition(mark)
            if not seen:
                before, self._pending = _without_beginning(before, mark)
            if self._paste is None:
                if before:
                    found.append(Typed(before))
                if seen:
                    self._paste = []
            else:
                self._paste.append(before)
                if seen:
                    found += self.end_paste()
        return found

    def flush(self) -> list[Typed | Pasted]:
        """What was held back, once nothing has followed for a while: keys, after all."""
        if not self.holding:
            return []
        held, self._pending = self._pending, b""
        return [Typed(held)]

    def end_paste(self) -> list[Typed | Pasted]:
        """What has come of a paste, whether its end came or not; nothing where none has begun."""
        if self._paste is None:
            return []
        pasted = b"".join([*self._paste, self._pending])
        self._paste, self._pending = None, b""
        return [Pasted(pasted)] if pasted else []


def _without_beginning(data: bytes, mark: bytes) -> tuple[bytes, bytes]:
    """The data up to where a mark may begin at its end, and the rest."""
    for length in range(min(len(mark) - 1, len(data)), 0, -1):
        if data.endswith(mark[:length]):
            return data[:-length], data[-length:]
    return data, b""
