"""How a picture shares its work with others."""

from __future__ import annotations

from sdtui.spec.fields.field import Field

COMPANY: tuple[Field, ...] = (
    Field(
        name="exact",
        label="Exact",
        kind="bool",
        default=False,
        main=False,
        help="Never share a batch: the picture is bit-equal on every run on this machine, and slower in company.",
    ),
)
