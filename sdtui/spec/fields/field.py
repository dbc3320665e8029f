"""What a row says about its parameter."""

from __future__ import annotations

import math

from msgspec import Struct

Scalar = bool | int | float | str


class Field(Struct, frozen=True, kw_only=True):
    """One parameter as forms, options and infotext show it; `kind` is one of int, float, choice, bool."""

    name: str
    label: str
    kind: str
    default: Scalar
    help: str
    infotext: str = ""
    low: float = -math.inf
    high: float = math.inf
    step: float = 1
    multiple: int = 1
    choices: tuple[str, ...] = ()
    main: bool = True

    @property
    def option(self) -> str:
        """The field's option on the command line."""
        return "--" + self.name.replace("_", "-")
