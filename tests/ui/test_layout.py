from __future__ import annotations

from itertools import combinations

import pytest

from sdtui.ui.commands import PANES
from sdtui.ui.layout import ALL, Plan, plan, shape_of

SIZES = [(width, height) for width in (40, 59, 60, 79, 80, 109, 110, 120, 169, 170, 200) for height in range(10, 61, 5)]
SIZES += [(60, 16), (80, 24), (120, 40), (200, 60), (1, 1), (80, 22), (80, 21), (110, 31), (110, 32)]


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [
        (40, 10, "none"),
        (59, 40, "none"),
        (200, 15, "none"),
        (60, 16, "single"),
        (79, 50, "single"),
        (200, 21, "single"),
        (80, 24, "tabbed"),
        (109, 60, "tabbed"),
        (110, 24, "split"),
        (120, 40, "two"),
        (169, 60, "two"),
        (170, 60, "three"),
        (200, 60, "three"),
    ],
)
def test_the_shape_follows_the_breakpoints(width: int, height: int, shape: str) -> None:
    assert shape_of(width, height) == shape


@pytest.mark.parametrize("size", SIZES)
def test_parts_lie_within_the_screen_cover_it_and_do_not_overlap(size: tuple[int, int]) -> None:
    for first in ALL:
        regions = list(plan(*size, [first, *ALL]).places.values())
        assert all(region.right <= size[0] and region.bottom <= size[1] and region.area for region in regions)
        assert not any(one.overlaps(other) for one, other in combinations(regions, 2))
        assert sum(region.area for region in regions) == size[0] * size[1]


@pytest.mark.parametrize("size", [size for size in SIZES if shape_of(*size) != "none"])
def test_the_pane_used_last_is_seen_and_large_enough(size: tuple[int, int]) -> None:
    for first in ALL:
        region = plan(*size, [first, *ALL]).places[first]
        assert region.height >= 4
        assert region.width >= 40


@pytest.mark.parametrize("size", [size for size in SIZES if shape_of(*size) != "none"])
def test_every_pane_is_seen_or_one_of_the_tabs(size: tuple[int, int]) -> None:
    laid: Plan = plan(*size, ALL)
    assert {pane for pane, _ in PANES} == {*laid.tabs, *(laid.places.keys() & set(ALL))}


def test_the_prompt_never_has_more_than_ten_rows() -> None:
    assert all(plan(*size, ALL).places["prompt"].height <= 10 for size in SIZES if shape_of(*size) in {"two", "three"})
