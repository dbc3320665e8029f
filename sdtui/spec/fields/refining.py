"""When another checkpoint takes over; which one is the document's `refiner`."""

from __future__ import annotations

from sdtui.spec.fields.field import Field

REFINING: tuple[Field, ...] = (
    Field(
        name="refiner_switch_at",
        label="Refiner from",
        kind="float",
        default=0.8,
        low=0.01,
        high=1.0,
        step=0.05,
        infotext="Refiner switch at",
        main=False,
        help="How far down the noise levels the refiner takes over, as A1111: 0.8 leaves it the last fifth.",
    ),
)
