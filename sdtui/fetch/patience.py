"""How often something that breaks off is tried again, and after which pauses."""

from __future__ import annotations

from sdtui.errors import ModelError
from sdtui.fetch.sites import shown
from sdtui.fetch.transport import Interrupted

TRIES = 8
"""Attempts in a row that bring nothing, after which it is given up."""
FIRST_TRIES = 3
"""The same where nobody has answered yet: the address may be wrong."""
LONGEST_PAUSE_S = 60.0


class Patience:
    """Counts the attempts in a row that brought nothing."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._fruitless = 0

    def pause_s(self, broken: Interrupted, *, fruitful: bool, known: bool) -> float:
        """Seconds to wait before the next attempt; raises ModelError when it is given up.

        `fruitful` says that the last one brought something, `known` that the site has answered at some time.
        """
        self._fruitless = 1 if fruitful else self._fruitless + 1
        if self._fruitless > (TRIES if broken.answered or known else FIRST_TRIES):
            raise ModelError(
                f"It could not be fetched: {broken.why}.",
                where=shown(self._url),
                todo="Try again later; it goes on where it stopped.",
            )
        return broken.after_s or min(LONGEST_PAUSE_S, 2.0 ** (self._fruitless - 1))
