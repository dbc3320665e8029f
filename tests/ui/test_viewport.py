from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.ui.showing.viewport import LEVELS, Span, Viewport, scale_name

LARGE = Viewport(Span(4096, 4096), Span(960, 640))
SMALL = Viewport(Span(64, 64), Span(960, 640))


def test_fitted_is_all_of_the_picture() -> None:
    assert LARGE.crop == (0, 0, 4096, 4096)
    assert LARGE.out == (640, 640)
    assert SMALL.out == (640, 640)


def test_true_pixels_are_as_many_as_there_is_room_for() -> None:
    assert LARGE.at(1.0).crop == (1568, 1728, 2528, 2368)
    assert LARGE.at(1.0).out == (960, 640)
    assert SMALL.at(1.0).out == (64, 64)
    assert SMALL.at(1.0).all_seen


@pytest.mark.parametrize(
    ("start", "scales"),
    [(LARGE, [1 / 4, 1 / 2, 1, 2, 4, 8, 16, 16]), (SMALL, [16, 16])],
)
def test_nearer_goes_through_the_levels(start: Viewport, scales: list[float]) -> None:
    seen = []
    for _ in scales:
        start = start.nearer()
        seen.append(start.scale)
    assert seen == scales


@pytest.mark.parametrize(
    ("start", "scales"),
    [(LARGE.at(1.0), [1 / 2, 1 / 4, None, None]), (SMALL, [8, 4, 2, 1, 1])],
)
def test_further_ends_with_all_of_the_picture_or_with_its_true_pixels(
    start: Viewport, scales: list[float | None]
) -> None:
    seen = []
    for _ in scales:
        start = start.further()
        seen.append(start.scale)
    assert seen == scales


def test_moving_stops_at_the_edges() -> None:
    port = LARGE.at(1.0)
    for _ in range(60):
        port = port.moved(1 / 8, 0)
    assert port.crop == (4096 - 960, 1728, 4096, 2368)
    assert port.moved(-1 / 8, 0).crop[0] == 4096 - 960 - 120, "one step leads away from the edge"


@given(
    st.tuples(st.integers(1, 9000), st.integers(1, 9000)),
    st.tuples(st.integers(1, 4000), st.integers(1, 2500)),
    st.sampled_from([None, *LEVELS]),
    st.lists(st.sampled_from(["nearer", "further", "left", "down", "fit", "true"]), max_size=12),
)
def test_whatever_is_done_some_of_the_picture_is_seen_and_nothing_else(
    picture: tuple[int, int], view: tuple[int, int], scale: float | None, moves: list[str]
) -> None:
    port = Viewport(Span(*picture), Span(*view), scale).settled()
    for move in moves:
        match move:
            case "nearer":
                port = port.nearer()
            case "further":
                port = port.further()
            case "left":
                port = port.moved(-0.7, 0)
            case "down":
                port = port.moved(0, 1)
            case "fit":
                port = port.at(None)
            case _:
                port = port.at(1.0)
        left, top, right, bottom = port.crop
        assert 0 <= left < right <= picture[0]
        assert 0 <= top < bottom <= picture[1]
        assert 1 <= port.out.width <= view[0]
        assert 1 <= port.out.height <= view[1]
        if port.scale == 1:
            assert port.out == (right - left, bottom - top)


@pytest.mark.parametrize(
    ("scale", "name"), [(None, "fit 37 %"), (1.0, "1:1"), (4.0, "4:1"), (0.5, "1:2"), (1 / 16, "1:16")]
)
def test_a_scale_is_shown_as_people_write_it(scale: float | None, name: str) -> None:
    assert scale_name(scale, 0.37) == name
