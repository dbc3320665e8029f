from __future__ import annotations

import pytest

import sdtui.ui.form.form as form_module
from sdtui.spec.document import Document
from sdtui.spec.params import FIELD, FIELDS, Field
from sdtui.ui.form.grid import HEADING, Stop, grid_of
from sdtui.ui.form.look import LABEL_CELLS
from tests.ui.fake import FakeServer
from tests.ui.screen import lines, studio, text, until, until_seen

MORE = (
    Field(
        name="hires.steps",
        label="Hires steps",
        kind="int",
        default=10,
        low=0,
        high=150,
        help="Steps of the second pass.",
    ),
    Field(
        name="hires.scale",
        label="Upscale by",
        kind="float",
        default=2.0,
        low=1,
        high=4,
        step=0.1,
        help="How much larger.",
    ),
    Field(
        name="face.model", label="Face model", kind="choice", default="none", choices=("none", "one"), help="Who mends."
    ),
)


MAIN = [field for field in FIELDS if field.main]
FINER = [field for field in FIELDS if not field.main]


@pytest.fixture
def more_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that has grown sections."""
    monkeypatch.setattr(form_module, "FIELDS", FIELDS + MORE)
    for field in MORE:
        monkeypatch.setitem(FIELD, field.name, field)  # type: ignore[arg-type]


NAMES = ("a", "b", "c", "x.d", "x.e", "y.f")


def test_the_grid_goes_down_each_column_and_gives_every_section_a_heading() -> None:
    grid = grid_of(NAMES, 2, ())
    assert grid.lines == ((0, 2), (1,), (3,), (4, 5), (6,), (7,))
    assert [stop.field for stop in grid.stops] == [0, 1, 2, HEADING, 3, 4, HEADING, 5]
    assert grid.beside(0, 1) == 2
    assert grid.beside(1, 1) == 1
    assert grid.line_of(5) == 3


def test_a_folded_section_is_its_heading_alone() -> None:
    grid = grid_of(NAMES, 1, {"x"})
    assert grid.stops == (Stop("", 0), Stop("", 1), Stop("", 2), Stop("x", HEADING), Stop("y", HEADING), Stop("y", 5))
    assert grid.nearest(Stop("x", 4)) == 3
    assert grid.nearest(Stop("y", 5)) == 5


@pytest.mark.parametrize("stop", range(8))
@pytest.mark.parametrize("rows", range(1, 9))
def test_the_current_line_is_always_among_those_that_are_seen(stop: int, rows: int) -> None:
    grid = grid_of(NAMES, 1, ())
    first = grid.first_seen(stop, rows)
    assert first <= grid.line_of(stop) < first + rows


@pytest.mark.usefixtures("more_fields")
async def test_sections_unfold_and_fold_and_their_fields_are_set_by_key() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+3", *["tab"] * (len(MAIN) + 2))
        await until_seen(pilot, "▸ Hires (2 fields)")
        assert "Hires steps" not in text(pilot.app)
        await until_seen(pilot, "Enter or Space folds and unfolds this section.")
        await pilot.press("enter", "tab", *"25", "tab", "up")
        await until_seen(pilot, "• Hires steps     25")
        await until_seen(pilot, "• Upscale by      2.1")
        await pilot.press("shift+tab", "shift+tab", "left")
        await until_seen(pilot, "• ▸ Hires (2 fields, 2 set by hand)")
        assert "Hires steps" not in text(pilot.app)
        await pilot.press("tab", "space", "tab", "down")
        wanted = Document(params={"hires.steps": 25, "hires.scale": 2.1, "face.model": "one"})
        await until(pilot, lambda: wanted in server.asked("put_draft"))


@pytest.mark.usefixtures("more_fields")
async def test_a_mistake_in_a_folded_section_is_unfolded_to() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+3", *["tab"] * (len(MAIN) + 2), "right", "tab", *"999", "shift+tab", "left", "f5")
        await until_seen(pilot, "✗ Hires steps: Hires steps is a whole number from 0 to 150, not 999.")
        await until_seen(pilot, "! Hires steps     999")
        assert not server.asked("submit")


@pytest.mark.usefixtures("more_fields")
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (80, 22), (120, 40), (200, 60)])
async def test_a_long_form_scrolls_with_the_current_field_in_view(size: tuple[int, int]) -> None:
    async with studio(FakeServer(), size) as pilot:
        await pilot.press("alt+3")
        for field in (*MAIN, *FINER):
            # a heading that unfolds before the first finer field, the refiner before its switch
            between = {FINER[0].name: ("enter", "tab"), "refiner_switch_at": ("tab",)}
            await pilot.press("tab", *between.get(field.name, ()))
            assert any(f" {field.label} " in line for line in lines(pilot.app)), field.name
        await pilot.press("tab", "tab", "space", "tab")
        await until_seen(pilot, "Face model")


async def test_ten_steps_at_once_and_the_field_beside() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+3", "tab", "shift+up", "pageup", "shift+down", "right", "up", "left", "down", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(params={"steps": 29, "width": 72})]


async def test_the_whole_form_is_reset_by_key_and_the_checkpoint_stays() -> None:
    draft = Document(prompt="kept", checkpoint="dream", params={"steps": 9, "width": 640, "seed": 5})
    server = FakeServer(draft=draft)
    async with studio(server) as pilot:
        await until_seen(pilot, "• Seed            5 (locked)")
        await pilot.press("alt+3", "tab", *"999", "ctrl+delete")
        await until_seen(pilot, "3 parameters have their default again.")
        await until_seen(pilot, "  Seed            -1 (random)")
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="kept", checkpoint="dream")]


async def test_a_seed_is_typed_as_a_number_or_as_random() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+3", *["tab"] * 5, *"4294967295", "tab")
        await until_seen(pilot, "• Seed            4294967295 ")
        await pilot.press("shift+tab", *"rand", "enter")
        await until_seen(pilot, "  Seed            -1 (random)")


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_fields_label_leaves_a_space_before_its_value(field: Field) -> None:
    assert len(field.label) < LABEL_CELLS
