"""The names a prompt may use, as the linter and the planner ask for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal, NamedTuple, Protocol

NameKind = Literal["lora", "hypernetwork", "embedding"]
TAG_KINDS: dict[str, NameKind] = {"lora": "lora", "lyco": "lora", "hypernet": "hypernetwork"}
LABEL: dict[NameKind, str] = {"lora": "LoRA", "hypernetwork": "hypernetwork", "embedding": "embedding"}

ANY_FAMILY = frozenset({"", "any", "unknown"})


class Known(NamedTuple):
    """A model of a known name: `name` is its file's, `family` empty when nobody can tell; `vectors` counts an embedding's tokens."""

    name: str
    family: str = ""
    vectors: int = 1


class Names(Protocol):
    """What is installed: the library answers it for the planner, a snapshot of it for the editor."""

    def find(self, kind: NameKind, name: str) -> Known | None:
        """The one of this name, which is its file's or an alias; None when there is none."""
        ...

    def nearest(self, kind: NameKind, name: str) -> Collection[str]:
        """Known names like it, the likest first; may be empty."""
        ...


class ListedNames:
    """Names from lists, compared as they are written; a list holds names, or maps each name and alias to what it stands for."""

    def __init__(self, names: Mapping[NameKind, Iterable[str] | Mapping[str, Known]]) -> None:
        self._names: dict[NameKind, dict[str, Known]] = {
            kind: dict(listed) if isinstance(listed, Mapping) else {name: Known(name) for name in listed}
            for kind, listed in names.items()
        }

    def find(self, kind: NameKind, name: str) -> Known | None:
        """The entry of this name in the list of its kind."""
        return self._names.get(kind, {}).get(name)

    def nearest(self, kind: NameKind, name: str) -> Collection[str]:
        """At most three names of the list that look like it."""
        from difflib import get_close_matches

        known = {each.casefold(): each for each in self._names.get(kind, {})}
        return [known[each] for each in get_close_matches(name.casefold(), known, 3, 0.6)]


def fits(family: str, checkpoint: str) -> bool:
    """Whether a model of a family works with a checkpoint of another; what nobody can tell is taken for fitting."""
    if family in ANY_FAMILY or checkpoint in ANY_FAMILY:
        return True
    # what only the input or the pass differs in: sd1-inpaint, sdxl-refiner
    mine, its = family.partition("-")[0], checkpoint.partition("-")[0]
    return mine == its or (mine == "sd" and its.startswith("sd"))


def family_name(family: str) -> str:
    """A family as people write it."""
    return family.partition("-")[0].upper()
