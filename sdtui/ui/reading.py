"""How a prompt's text is read."""

from __future__ import annotations

from typing import NamedTuple


class Reading(NamedTuple):
    """`negative`: AND is a word like any other; without `marked` brackets are text (emphasis mode "None")."""

    negative: bool = False
    marked: bool = True
