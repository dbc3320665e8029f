"""Recorded sequences of what is seen of a file while an editor saves it: each comes to one reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.watch.settling import EMPTY_S, GONE_S, SETTLE_S, Settling

OLD, NEW, PART, EMPTY = (1, 1, 10, 7), (3, 3, 12, 8), (2, 2, 5, 7), (2, 2, 0, 7)
LOOK_S = 0.05

# what is seen of a.txt at each look, LOOK_S apart; None: it is not there
SAVES = {
    "in place": [OLD, NEW],
    "emptied first": [OLD, EMPTY, NEW],
    "in two writes": [OLD, PART, PART, NEW],
    "away for a moment": [OLD, None, None, NEW],
    "away and empty": [OLD, None, EMPTY, NEW],
    "a new file in its place": [OLD, NEW],
    "written twice": [OLD, PART, NEW, PART, NEW],
}


def looks(settling: Settling, seen: list, start: float = 0.0) -> tuple[list[str], list[str], float]:
    ready, gone, now = [], [], start
    for stamp in seen:
        settled = settling.take({"a.txt": stamp} if stamp else {}, now)
        ready += settled.ready
        gone += settled.gone
        now += LOOK_S
    return ready, gone, now


@pytest.mark.parametrize("seen", SAVES.values(), ids=SAVES)
def test_a_save_is_read_once_and_is_never_gone(seen: list) -> None:
    settling = Settling()
    ready, gone, now = looks(settling, [seen[0]] * 10)
    assert (ready, gone) == (["a.txt"], [])
    ready, gone, _ = looks(settling, [*seen[1:], *[seen[-1]] * 40], now)
    assert (ready, gone) == (["a.txt"], [])


def test_a_file_that_stays_away_is_gone_once_and_comes_back_as_a_new_one() -> None:
    settling = Settling()
    _, _, now = looks(settling, [OLD] * 10)
    ready, gone, now = looks(settling, [None] * 40, now)
    assert (ready, gone) == ([], ["a.txt"])
    assert looks(settling, [OLD] * 10, now)[0] == ["a.txt"]


def test_one_that_was_there_for_a_moment_is_nothing() -> None:
    settling = Settling()
    ready, gone, _ = looks(settling, [OLD, None, *[None] * 40])
    assert ready == []
    assert gone in ([], ["a.txt"])


def test_an_empty_file_is_believed_at_the_second_time() -> None:
    settling = Settling()
    _, _, now = looks(settling, [EMPTY] * 5)
    assert settling.postpone("a.txt", now)
    assert settling.take({"a.txt": EMPTY}, now + EMPTY_S / 2).ready == ()
    assert settling.take({"a.txt": EMPTY}, now + EMPTY_S).ready == ("a.txt",)
    assert not settling.postpone("a.txt", now + EMPTY_S)


def test_it_says_when_another_look_is_due() -> None:
    settling = Settling()
    assert settling.take({"a.txt": OLD}, 0.0).again_s == pytest.approx(SETTLE_S)
    assert settling.take({"a.txt": OLD}, SETTLE_S).again_s is None
    assert settling.take({}, 1.0).again_s == pytest.approx(GONE_S)


@given(st.lists(st.sampled_from([OLD, NEW, PART, None]), max_size=40), st.sampled_from([OLD, NEW, None]))
def test_whatever_happens_the_last_content_is_read_last(seen: list, last: object) -> None:
    settling = Settling()
    told: object = None
    now = 0.0
    for stamp in [*seen, *[last] * 40]:
        settled = settling.take({"a.txt": stamp} if stamp else {}, now)
        if settled.ready:
            told = stamp
        if settled.gone:
            told = None
        now += LOOK_S
    assert told == last
