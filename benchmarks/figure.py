"""One measured number and the bar it has to clear."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Figure(NamedTuple):
    """A measured value in its unit; `bar` None only reports, `better` says on which side of the bar is good."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    better: Literal["lower", "higher"] = "lower"

    @property
    def ok(self) -> bool:
        """The bar is met, or there is none."""
        if self.bar is None:
            return True
        return self.value <= self.bar if self.better == "lower" else self.value >= self.bar
