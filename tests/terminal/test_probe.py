from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from sdtui.terminal.decision import decide
from sdtui.terminal.probe import STATUS_QUERY, Multiplexer, Replies, ReplyParser, multiplexer, queries
from tests.terminal.corpus import CORPUS, OK, TMUX, TRUE, Known, parsed
from tests.terminal.decoders import unwrap_tmux


@given(st.sampled_from(list(CORPUS.values())), st.lists(st.integers(0, 200)), st.binary(max_size=3))
def test_replies_are_found_in_any_pieces(known: Known, cuts: list[int], typed: bytes) -> None:
    typed = typed.replace(b"\x1b", b"")
    data = known.answer + typed
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    parser = ReplyParser()
    rest = b"".join(parser.feed(data[start:end]) for start, end in itertools.pairwise(edges))
    assert rest + parser.flush() == typed
    assert parser.replies == parsed(known.answer).replies


KEYS = [
    b"a",
    b"\x1b[A",
    b"\x1b[6~",
    b"\x1b[4~",
    b"\x1bOP",
    b"\x1b[1;5C",
    b"\x1b[<0;10;20M",
    b"\x1b[200~x\x1b[201~",
    b"\x1b[I",
]
KEYS += [
    b"\x1b\r",
    b"\x1b[97;5u",
    b"\x1b[?2026;2$y",
    b"\x1b[48;40;120;680;960t",
    b"\x1b\x1b",
    b"\xc3\xa9",
    b"\x1bP",
    b"\x1b_",
    b"\x1b[?",
]


@given(
    st.lists(st.sampled_from([*KEYS, OK, b"\x1b[6;20;10t", b"\x1b[?62;4c", b"\x1b[0n"])), st.lists(st.integers(1, 9))
)
def test_what_the_user_types_comes_through_in_order(items: list[bytes], sizes: list[int]) -> None:
    data, parser, out = b"".join(items), ReplyParser(), b""
    for size in [*sizes, len(data)]:
        out += parser.feed(data[:size])
        data = data[size:]
    out += parser.flush()
    ours = {OK, b"\x1b[6;20;10t", b"\x1b[?62;4c", b"\x1b[0n"}
    typed = [item for item in items if item not in ours]
    if not any(item in {b"\x1bP", b"\x1b_", b"\x1b[?", b"\x1b\x1b"} for item in items):
        assert out == b"".join(typed)
    else:  # the beginning of a string may take the next thing with it, but nothing is lost
        assert len(out) >= sum(map(len, typed))


@given(st.lists(st.sampled_from(list(b"\x1b[?PG_>|;0146ab\xc3\xff\x00"))).map(bytes))
def test_bytes_without_the_end_of_a_reply_come_through_unchanged(data: bytes) -> None:
    parser = ReplyParser()
    assert parser.feed(data) + parser.flush() == data
    assert parser.replies == Replies()


def test_a_lone_escape_is_held_until_it_is_asked_for() -> None:
    parser = ReplyParser()
    assert parser.feed(b"x\x1b") == b"x"
    assert parser.holding
    assert parser.flush() == b"\x1b"
    assert not parser.holding
    assert parser.feed(b"[A") == b"[A"


def test_endless_strings_are_not_held_for_ever() -> None:
    parser = ReplyParser()
    data = b"\x1b_G" + b"x" * 1000
    assert parser.feed(data) == data
    assert not parser.holding


def test_late_replies_are_swallowed_and_can_be_decided_on_again() -> None:
    parser = parsed(b"\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2c")
    assert parser.replies.complete
    assert decide(parser.replies, TMUX).protocol == "half"
    assert parser.feed(b"a" + OK + b"b") == b"ab"
    assert decide(parser.replies, TMUX).protocol == "kitty"


def test_status_reports_are_counted() -> None:
    assert STATUS_QUERY == b"\x1b[5n"
    assert parsed(b"\x1b[0n\x1b[0n").status_reports == 2


def test_a_refusal_of_kittys_query_is_no_kitty() -> None:
    parser = parsed(b"\x1b_Gi=4211;EINVAL:no\x1b\\\x1b_Gi=1;OK\x1b\\")
    assert parser.replies.kitty_graphics is False


# what is asked


def test_device_attributes_are_asked_last() -> None:
    for environment in (TRUE, TMUX, {"TERM": "screen"}, TRUE | {"ZELLIJ": "0"}):
        assert queries(environment).endswith(b"\x1b[c")


def test_nothing_is_asked_of_what_would_print_it() -> None:
    for term in ("dumb", "linux", "vt100", "unknown"):
        assert queries({"TERM": term}) == b""
    assert queries({}) == b""


def test_kitty_is_never_asked_bare_inside_tmux_and_not_at_all_inside_screen_and_zellij() -> None:
    asked = queries(TMUX)
    wrapped = asked[asked.index(b"\x1bPtmux;") : asked.index(b"\x1b[16t")]
    assert unwrap_tmux(wrapped) in queries(TRUE)
    assert b"_G" not in asked.replace(wrapped, b"")
    assert b"_G" not in queries({"TERM": "screen-256color"}) + queries(TRUE | {"ZELLIJ": ""})


def test_multiplexers_are_known_by_the_environment() -> None:
    assert multiplexer(TRUE) is Multiplexer.NONE
    assert multiplexer(TMUX) is Multiplexer.TMUX
    assert multiplexer(TMUX | {"TERM": "screen-256color"}) is Multiplexer.TMUX
    assert multiplexer({"TERM": "screen"}) is Multiplexer.SCREEN
    assert multiplexer({"TERM": "xterm", "ZELLIJ": "0"}) is Multiplexer.ZELLIJ
