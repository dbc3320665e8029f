"""FIELDS, the one table of all parameters, in the order in which a form shows them."""

from __future__ import annotations

from collections.abc import Mapping

from sdtui.spec.fields.basics import BASICS
from sdtui.spec.fields.company import COMPANY
from sdtui.spec.fields.field import Field
from sdtui.spec.fields.refining import REFINING
from sdtui.spec.fields.sampling import SAMPLING
from sdtui.spec.fields.texts import TEXTS

FIELDS: tuple[Field, ...] = (*BASICS, *TEXTS, *SAMPLING, *REFINING, *COMPANY)
FIELD: Mapping[str, Field] = {field.name: field for field in FIELDS}
