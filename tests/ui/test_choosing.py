from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.spec.document import Document
from sdtui.spec.params import FIELD, check_value
from sdtui.ui.form.aspects import RATIOS, next_ratio, sides_of
from tests.ui.fake import FakeServer
from tests.ui.screen import studio, until, until_seen


@pytest.mark.parametrize(
    ("budget", "ratio", "sides"),
    [
        (512 * 512, (1, 1), (512, 512)),
        (512 * 512, (3, 2), (624, 416)),
        (512 * 512, (9, 16), (384, 680)),
        (1024 * 1024, (16, 9), (1368, 768)),
        (64 * 64, (1, 1), (64, 64)),
        (64 * 64, (2, 3), (64, 96)),
        (64 * 64, (16, 9), (112, 64)),
    ],
)
def test_a_preset_has_about_the_checkpoints_pixels(budget: int, ratio: tuple[int, int], sides: tuple[int, int]) -> None:
    assert sides_of(ratio, budget) == sides


@given(budget=st.integers(1, 5000 * 5000), ratio=st.sampled_from(RATIOS))
def test_a_presets_sides_always_fit_their_fields(budget: int, ratio: tuple[int, int]) -> None:
    for name, side in zip(("width", "height"), sides_of(ratio, budget), strict=True):
        assert check_value(name, side) == side
        assert side % FIELD[name].multiple == 0


@pytest.mark.parametrize("budget", [64 * 64, 512 * 512, 768 * 768, 1024 * 1024])
def test_going_on_reaches_every_preset_and_comes_round(budget: int) -> None:
    sides, seen = (8, 8), []
    for _ in range(len(RATIOS) + 1):
        ratio = next_ratio(*sides, budget)
        sides = sides_of(ratio, budget)
        seen.append(ratio)
    assert seen == [*RATIOS, RATIOS[0]]


async def test_alt_a_goes_through_the_presets_and_alt_x_swaps_the_sides() -> None:
    server = FakeServer(draft=Document(checkpoint="dream"))
    async with studio(server) as pilot:
        await pilot.press("alt+a")
        await until_seen(pilot, "3:2, 624×416.")
        await until_seen(pilot, "• Width           624")
        await pilot.press("alt+x")
        await until_seen(pilot, "The picture is 416×624 now.")
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(checkpoint="dream", params={"width": 416, "height": 624})]


async def test_the_built_in_models_own_size_counts() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("alt+a", "alt+a", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(params={"height": 96})]
