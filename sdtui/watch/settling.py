"""Which files have changed and come to rest since: an editor's save is several steps, and only what they end in counts.

Everything is told from what is there and since when, never from events: whatever way a file is saved (in place, by a new file
that takes its name, emptied first and written then, moved in with its folder), what is seen in the end is a new stamp.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sdtui.watch.look import Stamp

SETTLE_S = 0.12
"""So long a file must stay as it is to be read."""
EMPTY_S = 0.8
"""The same for one that is empty: most likely it is being written."""
GONE_S = 0.8
"""So long a file must be away to be gone: an editor may be about to put the new one in its place."""


class Settled(NamedTuple):
    """Files to be read, files that are gone, and in how many seconds another look is due (None: none is)."""

    ready: tuple[str, ...]
    gone: tuple[str, ...]
    again_s: float | None


class Settling:
    """`now` is always seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._known: dict[str, Stamp] = {}
        self._fresh: dict[str, tuple[Stamp, float]] = {}
        self._missing: dict[str, float] = {}
        self._empty: dict[str, Stamp] = {}

    def take(self, stamps: Mapping[str, Stamp], now: float) -> Settled:
        """These files are there now."""
        ready: list[str] = []
        for name, stamp in stamps.items():
            if self._known.get(name) == stamp:
                self._fresh.pop(name, None)
                continue
            since = self._fresh.get(name)
            if since is None or since[0] != stamp:
                self._fresh[name] = (stamp, now + SETTLE_S)
            elif now >= since[1]:
                del self._fresh[name]
                self._known[name] = stamp
                ready.append(name)
        gone = self._find_gone(stamps, now)
        due = [*(due for _, due in self._fresh.values()), *self._missing.values()]
        return Settled(tuple(ready), gone, max(0.0, min(due) - now) if due else None)

    def postpone(self, name: str, now: float) -> bool:
        """A file that was read is empty: False when that is to be believed, else it will be ready once more."""
        stamp = self._known.get(name)
        if stamp is None or self._empty.get(name) == stamp:
            return False
        self._empty[name] = stamp
        del self._known[name]
        self._fresh[name] = (stamp, now + EMPTY_S)
        return True

    def _find_gone(self, stamps: Mapping[str, Stamp], now: float) -> tuple[str, ...]:
        for name in [name for name in self._missing if name in stamps]:
            del self._missing[name]
        for name in [name for name in self._fresh if name not in stamps]:
            del self._fresh[name]
            if name not in self._known:
                self._missing.setdefault(name, now + GONE_S)
        for name in self._known:
            if name not in stamps:
                self._missing.setdefault(name, now + GONE_S)
        gone = tuple(name for name, due in self._missing.items() if now >= due)
        for name in gone:
            del self._missing[name]
            self._known.pop(name, None)
            self._empty.pop(name, None)
        return gone
