"""How a prompt's text is read, and what is known when it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sdtui.prompt.embeddings import Embeddings
    from sdtui.prompt.names import Names


class Reading(NamedTuple):
    """`negative`: AND is a word like any other; without `marked` brackets are text (emphasis mode "None")."""

    negative: bool = False
    marked: bool = True


class Surroundings(NamedTuple):
    """What a prompt is judged by: names of models and wildcards (None: not known), the checkpoint's family, the steps.

    Of the count and the borders of chunks: how far back a comma is looked for.
    """

    names: Names | None = None
    embeddings: Embeddings | None = None
    wildcards: tuple[str, ...] | None = None
    family: str = ""
    steps: int = 0
    comma_backtrack: int = 20
