"""The FIELDS table: every parameter has its row, and what users type is checked in their words."""

import msgspec
import pytest

from sdtui.errors import UsageError
from sdtui.spec.params import FIELDS, Params, check_value, parse_value, resolve_params


def test_every_parameter_has_its_row_with_the_same_default():
    assert {field.name: field.default for field in FIELDS} == msgspec.structs.asdict(Params())


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_default_passes_its_own_check(field):
    assert check_value(field.name, field.default) == field.default


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", " 30 ", 30),
        ("cfg_scale", "7", 7.0),
        ("cfg_scale", "4.5", 4.5),
        ("sampler", "euler a", "Euler a"),
        ("schedule_type", "KARRAS", "Karras"),
        ("seed", "-1", -1),
        ("seed", "4294967295", 2**32 - 1),
        ("exact", "on", True),
        ("exact", "no", False),
        ("width", "2048", 2048),
    ],
)
def test_typed_values(name, text, value):
    parsed = parse_value(name, text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("width", "513", "multiple of 8, not 513. Use 512 or 520"),
        ("width", "2049", "from 64 to 2048, not 2049"),
        ("width", "big", "a whole number from 64 to 2048, not 'big'"),
        ("steps", "0", "from 1 to 150"),
        ("steps", "2.5", "whole number"),
        ("cfg_scale", "nan", "a number from 1 to 30"),
        ("cfg_scale", "inf", "a number from 1 to 30"),
        ("seed", "4294967296", "to 4294967295, not 4294967296."),
        ("cfg_scale", "30.0000001", "not 30.0000001."),
        ("steps", "1" + "0" * 400, "from 1 to 150, not 1000"),
        ("sampler", "DPM++ 2M Karras", "Did you mean 'DPM++ 2M' with the schedule type 'Karras'?"),
        ("sampler", "Eular Karras", "no sampler 'Eular Karras'. Did you mean 'Euler"),
        ("sampler", "Eular", "no sampler 'Eular'. Did you mean 'Euler'?"),
        ("exact", "maybe", "on or off"),
        ("widht", "512", "no parameter 'widht'. Did you mean 'width'?"),
    ],
)
def test_refusals_say_what_would_do(name, text, says):
    with pytest.raises(UsageError) as refused:
        parse_value(name, text)
    assert says in str(refused.value)
    assert refused.value.where == ""


def test_later_layers_win_and_are_checked():
    params = resolve_params({"width": 64, "cfg_scale": 4.0}, {"width": 128})
    assert (params.width, params.height, params.cfg_scale) == (128, 512, 4.0)
    with pytest.raises(UsageError, match="multiple of 8"):
        resolve_params({"width": 100})
    with pytest.raises(UsageError, match="True"):
        resolve_params({"steps": True})


def test_count_is_batch_size_times_batch_count():
    assert Params(batch_size=3, batch_count=4).count == 12
