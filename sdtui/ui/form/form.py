"""What the parameters form shows and what its keys do to values, made from the FIELDS table. Knows no widget."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import NamedTuple

from sdtui.errors import UsageError
from sdtui.spec.document import AUTOMATIC_VAE, NO_REFINER, OWN_VAE, Document
from sdtui.spec.model import ModelRecord
from sdtui.spec.params import FIELD, FIELDS, Field, Scalar, check_value, parse_value

CHECKPOINT, VAE, REFINER = "checkpoint", "vae", "refiner"
SEED, RANDOM = "seed", -1
ABOUT_VAE = "What decodes the picture. Automatic: what goes with the checkpoint; None: what is inside it."
ABOUT_REFINER = "The checkpoint that makes the last steps. None: the first one makes them all."
SWITCH = "refiner_switch_at"


class Entry(NamedTuple):
    """A line of the form; `differs` says that the value is not the default, `aside` what it means where it does not say."""

    name: str
    label: str
    text: str
    help: str
    differs: bool = False
    aside: str = ""


class FormData(NamedTuple):
    """What the form is about: the document, the checkpoint in use (None while unknown) and the names of the usable models."""

    document: Document
    record: ModelRecord | None
    checkpoints: tuple[str, ...]
    vaes: tuple[str, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The form's lines: the checkpoint, VAE and refiner where there is a choice, and every field."""
        name = self.document.checkpoint or (self.record.name if self.record else "")
        chosen = bool(self.document.checkpoint)
        about = (self.record.title if self.record else "") or "The file of weights that pictures are made with."
        first = Entry(CHECKPOINT, "Checkpoint", name or "none yet", about, differs=chosen)
        chosen_vae = self.document.vae
        vae = Entry(VAE, "VAE", chosen_vae or AUTOMATIC_VAE, ABOUT_VAE, differs=bool(chosen_vae))
        second = (vae,) if self.vaes or chosen_vae else ()
        fields = [self._entry(field) for field in FIELDS]
        chosen_refiner = self.document.refiner
        if len(self.checkpoints) > 1 or chosen_refiner:
            text = chosen_refiner or self.refiner_choices[0]
            place = next(at for at, entry in enumerate(fields) if entry.name == SWITCH)
            fields.insert(place, Entry(REFINER, "Refiner", text, ABOUT_REFINER, differs=bool(chosen_refiner)))
        return (first, *second, *fields)

    @property
    def vae_choices(self) -> tuple[str, ...]:
        """What can be chosen as VAE: the one that goes with the checkpoint, its own, every file there is."""
        return (AUTOMATIC_VAE, OWN_VAE, *self.vaes)

    @property
    def refiner_choices(self) -> tuple[str, ...]:
        """What can be chosen as refiner: none, every checkpoint there is."""
        return (NO_REFINER, *self.checkpoints)

    def _entry(self, field: Field) -> Entry:
        value = self.value(field.name)
        differs = value != self.default(field.name)
        aside = ("(random)" if value == RANDOM else "(locked)") if field.name == SEED else ""
        return Entry(field.name, field.label, shown(value), field.help, differs, aside)

    def default(self, name: str) -> Scalar:
        """The checkpoint's default for a field, else the table's."""
        own = self.record.defaults.get(name) if self.record else None
        return FIELD[name].default if own is None else own

    def value(self, name: str) -> Scalar:
        """What a field comes to."""
        return self.document.params.get(name, self.default(name))

    def stepped_checkpoint(self, steps: int) -> str:
        """The checkpoint so many places further up the list."""
        return stepped_name(self.record.name if self.record else "", self.checkpoints, steps)

    def stepped_vae(self, steps: int) -> str:
        """The VAE so many places further up the choices; nothing is the automatic one."""
        name = stepped_name(self.document.vae or AUTOMATIC_VAE, self.vae_choices, steps)
        return "" if name == AUTOMATIC_VAE else name

    def stepped_refiner(self, steps: int) -> str:
        """The refiner so many places further up the choices; nothing is none."""
        name = stepped_name(self.document.refiner or NO_REFINER, self.refiner_choices, steps)
        return "" if name == NO_REFINER else name


def shown(value: Scalar) -> str:
    """A value as the form shows it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def typed_value(name: str, text: str) -> Scalar:
    """The value that was typed for a field, the start of a choice's name being enough; raises UsageError."""
    if name == SEED and text.strip() and "random".startswith(text.strip().lower()):
        return RANDOM
    starts = [choice for choice in FIELD[name].choices if choice.lower().startswith(text.strip().lower())]
    exact = [choice for choice in starts if choice.lower() == text.strip().lower()]
    if text.strip() and (exact or len(starts) == 1):
        return (exact or starts)[0]
    return parse_value(name, text)


def typed_checkpoint(text: str, names: Sequence[str]) -> str:
    """The checkpoint that was typed, part of its name being enough; raises UsageError with the nearest ones."""
    return _typed_model(text, names, "checkpoint")


def typed_vae(text: str, names: Sequence[str]) -> str:
    """The VAE that was typed, as `typed_checkpoint`; the automatic one is nothing."""
    name = _typed_model(text, names, "VAE")
    return "" if name == AUTOMATIC_VAE else name


def typed_refiner(text: str, names: Sequence[str]) -> str:
    """The refiner that was typed, as `typed_checkpoint`; none is nothing."""
    name = _typed_model(text, names, "checkpoint")
    return "" if name == NO_REFINER else name


def _typed_model(text: str, names: Sequence[str], kind: str) -> str:
    wanted = text.strip().lower()
    if not wanted:
        return ""
    exact = [name for name in names if name.lower() == wanted]
    having = [name for name in names if wanted in name.lower()]
    if exact or len(having) == 1:
        return (exact or having)[0]
    near = having[:3] or difflib.get_close_matches(text, names, n=3, cutoff=0.4)
    todo = f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else f"Known: {', '.join(names)}."
    found = f"{len(having)} {kind}s match" if having else f"No {kind} matches"
    raise UsageError(f"{found} '{text}'.", todo=todo)


def stepped(name: str, value: Scalar, steps: int) -> Scalar:
    """The value so many steps on, within the field's bounds; choices and on/off go round."""
    field = FIELD[name]
    if field.kind == "bool":
        return not value
    if field.kind == "choice":
        at = field.choices.index(str(value)) if value in field.choices else 0
        return field.choices[(at - steps) % len(field.choices)]
    number = float(value) + steps * field.step
    number = min(max(number, field.low), field.high)
    if field.kind == "int":
        whole = round(number)
        return check_value(name, whole - whole % field.multiple)
    return check_value(name, round(number, 6))


def stepped_name(name: str, names: Sequence[str], steps: int) -> str:
    """The name so many places further up the list, going round."""
    if not names:
        return name
    at = list(names).index(name) if name in names else 0
    return names[(at - steps) % len(names)]
