from __future__ import annotations

import pytest

from sdtui.errors import SdtuiError
from sdtui.spec.document import Document
from sdtui.spec.params import FIELDS, Scalar
from sdtui.ui.form.form import FormData, stepped, stepped_name, typed_checkpoint, typed_refiner, typed_vae, typed_value
from sdtui.ui.form.grid import FINER, section_of
from tests.ui.fake import DREAM, SHAPES


def entry(form: FormData, name: str) -> tuple[str, bool]:
    found = next(entry for entry in form.entries if entry.name == name)
    return found.text, found.differs


def test_the_form_has_the_checkpoint_and_every_field() -> None:
    form = FormData(Document(), SHAPES, ("shapes-64",))
    assert [row.name for row in form.entries] == ["checkpoint", *(field.name for field in FIELDS)]


def test_what_is_not_set_has_the_checkpoints_default_and_else_the_tables() -> None:
    assert entry(FormData(Document(), SHAPES, ()), "width") == ("64", False)
    assert entry(FormData(Document(), DREAM, ()), "width") == ("512", False)
    assert entry(FormData(Document(), None, ()), "width") == ("512", False)
    assert entry(FormData(Document(params={"width": 512}), SHAPES, ()), "width") == ("512", True)


def test_a_chosen_checkpoint_is_marked() -> None:
    assert entry(FormData(Document(), SHAPES, ()), "checkpoint") == ("shapes-64", False)
    assert entry(FormData(Document(checkpoint="dream"), DREAM, ()), "checkpoint") == ("dream", True)
    assert entry(FormData(Document(checkpoint="gone"), None, ()), "checkpoint") == ("gone", True)


@pytest.mark.parametrize(
    ("name", "value", "steps", "after"),
    [
        ("steps", 20, 1, 21),
        ("steps", 20, -1, 19),
        ("steps", 1, -1, 1),
        ("steps", 145, 10, 150),
        ("cfg_scale", 7.0, 1, 7.5),
        ("cfg_scale", 1.2, -1, 1.0),
        ("width", 512, 1, 520),
        ("width", 2048, 1, 2048),
        ("width", 64, -1, 64),
        ("seed", -1, 1, 0),
        ("seed", -1, -1, -1),
        ("exact", False, 1, True),
        ("exact", True, -1, False),
        ("sampler", "DPM++ 2M", -1, "DPM++ SDE"),
        ("sampler", "DPM++ 2M", 1, "LCM"),
    ],
)
def test_a_step_stays_within_the_fields_bounds(name: str, value: Scalar, steps: int, after: Scalar) -> None:
    assert stepped(name, value, steps) == after


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("steps", " 30 ", 30), ("sampler", "unip", "UniPC"), ("sampler", "euler", "Euler"), ("exact", "on", True)],
)
def test_typed_text_becomes_a_value(name: str, text: str, value: Scalar) -> None:
    assert typed_value(name, text) == value


@pytest.mark.parametrize(
    ("name", "text"), [("steps", "0"), ("steps", "x"), ("width", "100"), ("sampler", "Eu"), ("exact", "")]
)
def test_typed_text_that_does_not_fit_is_refused(name: str, text: str) -> None:
    with pytest.raises(SdtuiError):
        typed_value(name, text)


def test_a_checkpoint_is_found_by_a_part_of_its_name() -> None:
    names = ("shapes-64", "dream", "dreamier")
    assert typed_checkpoint("SHAPES", names) == "shapes-64"
    assert typed_checkpoint("dream", names) == "dream"
    assert typed_checkpoint("", names) == ""
    with pytest.raises(SdtuiError, match=r"2 checkpoints match 'drea'\. Did you mean 'dream' or 'dreamier'\?"):
        typed_checkpoint("drea", names)
    with pytest.raises(SdtuiError, match=r"No checkpoint matches 'draem'\. Did you mean 'dream"):
        typed_checkpoint("draem", names)


def test_the_next_checkpoint_goes_round() -> None:
    names = ("a", "b", "c")
    assert [stepped_name(name, names, -1) for name in "abc"] == ["b", "c", "a"]
    assert stepped_name("a", names, 1) == "c"


def test_a_vae_is_chosen_where_there_is_a_choice() -> None:
    plain = FormData(Document(), None, ("dream",))
    assert "vae" not in [entry.name for entry in plain.entries]
    several = FormData(Document(), None, ("dream",), ("clear", "vivid"))
    entry = several.entries[1]
    assert (entry.label, entry.text, entry.differs) == ("VAE", "Automatic", False)
    assert [several.stepped_vae(steps) for steps in (0, -1, -2, -3, -4)] == ["", "None", "clear", "vivid", ""]
    chosen = FormData(Document(vae="gone"), None, ("dream",)).entries[1]
    assert (chosen.text, chosen.differs) == ("gone", True)


def test_a_refiner_is_chosen_where_there_is_another_checkpoint() -> None:
    plain = FormData(Document(), None, ("dream",))
    assert "refiner" not in [entry.name for entry in plain.entries]
    several = FormData(Document(), None, ("dream", "polish"))
    names = [entry.name for entry in several.entries]
    assert names[names.index("refiner") + 1] == "refiner_switch_at"
    assert entry(several, "refiner") == ("None", False)
    assert [several.stepped_refiner(steps) for steps in (0, -1, -2, -3)] == ["", "dream", "polish", ""]
    assert entry(FormData(Document(refiner="gone"), None, ()), "refiner") == ("gone", True)
    assert section_of("refiner") == section_of("refiner_switch_at") == FINER
    assert [typed_refiner(text, several.refiner_choices) for text in ("pol", "none", "")] == ["polish", "", ""]


def test_a_vae_is_found_by_a_part_of_its_name() -> None:
    choices = FormData(Document(), None, (), ("clear", "vivid")).vae_choices
    assert [typed_vae(text, choices) for text in ("viv", "auto", "none", "")] == ["vivid", "", "None", ""]
    with pytest.raises(SdtuiError, match=r"No VAE matches 'claer'\. Did you mean 'clear'"):
        typed_vae("claer", choices)
