from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.ui.commands.table import PANES, PaneId
from sdtui.ui.layout import ALL, NEEDS, Plan, plan, shape_of
from sdtui.ui.widgets.tabs import NUMBER, TITLE, tab_titles

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


@given(width=st.integers(1, 320), height=st.integers(1, 120), recent=st.permutations(ALL))
def test_parts_lie_within_the_screen_cover_it_and_do_not_overlap(width: int, height: int, recent: list[PaneId]) -> None:
    regions = list(plan(width, height, recent).places.values())
    assert all(region.right <= width and region.bottom <= height and region.area for region in regions)
    assert not any(one.overlaps(other) for one, other in combinations(regions, 2))
    assert sum(region.area for region in regions) == width * height


@given(width=st.integers(60, 320), height=st.integers(16, 120), recent=st.permutations(ALL))
def test_no_pane_is_smaller_than_it_needs_and_the_one_used_last_is_seen(
    width: int, height: int, recent: list[PaneId]
) -> None:
    places = plan(width, height, recent).places
    assert recent[0] in places
    for pane in places.keys() & set(ALL):
        need = NEEDS[pane]
        assert places[pane].width >= need.width
        assert places[pane].height >= need.height


@given(width=st.integers(60, 320), height=st.integers(16, 120))
def test_every_pane_is_seen_or_one_of_the_tabs_that_all_fit_into_their_line(width: int, height: int) -> None:
    laid: Plan = plan(width, height, ALL)
    assert {pane for pane, _ in PANES} == {*laid.tabs, *(laid.places.keys() & set(ALL))}
    for shown in laid.tabs:
        titles = tab_titles(laid.tabs, shown, laid.places["tabs"].width)
        assert sum(map(len, titles)) + len(titles) - 1 <= laid.places["tabs"].width
        for pane, title in zip(laid.tabs, titles, strict=True):
            number, word = title.split()
            assert number == str(NUMBER[pane])
            assert TITLE[pane].startswith(word)
            assert len(word) >= 3
            assert word == TITLE[pane] or pane != shown


def test_where_panes_share_a_place_the_first_of_them_is_seen_until_one_was_used() -> None:
    assert "log" in plan(120, 40, ["prompt"]).places
    assert "history" in plan(200, 60, ["prompt"]).places
    assert "history" in plan(120, 40, ["prompt", "history", "log"]).places


def test_200_by_60_has_models_then_the_prompt_then_the_picture() -> None:
    places = plan(200, 60, ["prompt"]).places
    columns = [("models",), ("prompt", "negative", "parameters", "jobs"), ("preview", "history")]
    lefts = [{places[pane].x for pane in column} for column in columns]
    assert [len(left) for left in lefts] == [1, 1, 1]
    assert lefts == sorted(lefts, key=min)
    for column in columns:
        tops = [places[pane].y for pane in column]
        assert tops == sorted(tops)


def test_the_prompt_never_has_more_than_ten_rows() -> None:
    assert all(plan(*size, ALL).places["prompt"].height <= 10 for size in SIZES if shape_of(*size) in {"two", "three"})
