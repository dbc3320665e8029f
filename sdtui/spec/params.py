"""The parameters of a picture, and the checks that the FIELDS table asks for."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping

from msgspec import Struct

from sdtui.errors import UsageError
from sdtui.spec.fields.field import Field, Scalar
from sdtui.spec.fields.table import FIELD, FIELDS
from sdtui.spec.samplers import SAMPLER_NAMES, SCHEDULE_TYPES, split_former

__all__ = ["FIELD", "FIELDS", "Field", "Params", "Scalar", "check_value", "find_field", "parse_value", "resolve_params"]


class Params(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every number a picture is made with. `FIELDS` holds bounds, units and help of each."""

    steps: int = 20
    cfg_scale: float = 7.0
    sampler: str = "DPM++ 2M"
    schedule_type: str = "Automatic"
    seed: int = -1
    width: int = 512
    height: int = 512
    batch_size: int = 1
    batch_count: int = 1
    clip_skip: int = 1
    emphasis: str = "Original"
    comma_backtrack: int = 20
    wildcards: str = "random"
    variation_seed: int = -1
    variation_strength: float = 0.0
    seed_resize_width: int = 0
    seed_resize_height: int = 0
    ensd: int = 0
    rng: str = "CPU"
    tiling: bool = False
    eta: float = 1.0
    eta_ddim: float = 0.0
    guidance_rescale: float = 0.0
    skip_uncond_below: float = 0.0
    refiner_switch_at: float = 0.8
    exact: bool = False

    @property
    def count(self) -> int:
        """How many pictures a job makes: batch size and batch count only multiply; the engine decides the packing."""
        return self.batch_size * self.batch_count


def parse_value(name: str, text: str) -> Scalar:
    """The value that a user typed for a field; raises UsageError that names the field, the text and what would do."""
    field = find_field(name)
    typed = text.strip()
    try:
        if field.kind == "int":
            return check_value(name, int(typed))
        if field.kind == "float":
            return check_value(name, float(typed))
    except ValueError:
        raise UsageError(f"{field.label} is {_wanted(field)}, not '{text}'.") from None
    if field.kind == "bool":
        if typed.lower() in {"on", "yes", "true", "1"}:
            return True
        if typed.lower() in {"off", "no", "false", "0"}:
            return False
        raise UsageError(f"{field.label} is on or off, not '{text}'.")
    for choice in field.choices:
        if choice.lower() == typed.lower():
            return choice
    return check_value(name, typed)


def find_field(name: str) -> Field:
    """The row of a field; raises UsageError with the nearest known name."""
    field = FIELD.get(name)
    if field is None:
        near = difflib.get_close_matches(name, FIELD, n=1)
        raise UsageError(
            f"There is no parameter '{name}'.",
            todo=f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(FIELD)}.",
        )
    return field


def check_value(name: str, value: Scalar) -> Scalar:
    """The value in its field's own type; raises UsageError when it is out of bounds or of the wrong kind."""
    field = find_field(name)
    if field.kind == "bool":
        if isinstance(value, bool):
            return value
        raise UsageError(f"{field.label} is on or off, not {value!r}.")
    if field.kind == "choice":
        if value in field.choices:
            return value
        raise UsageError(f"There is no {field.label.lower()} '{value}'.", todo=_other_choice(field, str(value)))
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (isinstance(value, float) and not math.isfinite(value))
        or (field.kind == "int" and value != int(value))
    ):
        raise UsageError(f"{field.label} is {_wanted(field)}, not {value!r}.")
    if not field.low <= value <= field.high:
        raise UsageError(f"{field.label} is {_wanted(field)}, not {_told(value)}.")
    if value % field.multiple and field.kind == "int":
        below = int(value) // field.multiple * field.multiple
        near_two = [size for size in (below, below + field.multiple) if field.low <= size <= field.high]
        raise UsageError(
            f"{field.label} must be a multiple of {field.multiple}, not {_told(value)}.",
            todo=f"Use {' or '.join(map(str, near_two))}.",
        )
    return int(value) if field.kind == "int" else float(value)


def resolve_params(*layers: Mapping[str, Scalar]) -> Params:
    """Params from sparse layers, later ones winning (checkpoint's defaults, presets, what the user set); each value is checked."""
    merged: dict[str, Scalar] = {}
    for layer in layers:
        for name, value in layer.items():
            merged[name] = check_value(name, value)
    return Params(**merged)  # type: ignore[arg-type]


def _told(value: float) -> str:
    """A number without rounding what was typed."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _other_choice(field: Field, text: str) -> str:
    """What somebody who wrote this may have meant."""
    sampler, schedule = split_former(text)
    if field.name == "sampler" and schedule in SCHEDULE_TYPES and sampler in SAMPLER_NAMES:
        return f"Did you mean '{sampler}' with the schedule type '{schedule}'?"
    near = difflib.get_close_matches(text, field.choices, n=1, cutoff=0.4)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(field.choices)}."


def _wanted(field: Field) -> str:
    what = "a whole number" if field.kind == "int" else "a number"
    return f"{what} from {field.low:.10g} to {field.high:.10g}"
