from __future__ import annotations

import itertools
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdtui.terminal.brand import brand
from sdtui.terminal.capabilities import PAINT_PROTOCOLS, PROTOCOL_CHOICES, TRUECOLOR
from sdtui.terminal.decision import USUAL_CELL, colours, decide
from sdtui.terminal.painter import CellSize
from sdtui.terminal.probe import STATUS_QUERY, Multiplexer, Replies, ReplyParser, multiplexer, queries
from tests.terminal.decoders import unwrap_tmux

OK = b"\x1b_Gi=4211;OK\x1b\\"
TRUE = {"COLORTERM": "truecolor", "TERM": "xterm-256color"}
KITTY = {"TERM": "xterm-kitty", "COLORTERM": "truecolor", "KITTY_WINDOW_ID": "1"}
TMUX = {"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0", "TERM_PROGRAM": "tmux"}


class Known(NamedTuple):
    """A terminal: its environment, what it answers, and what should come of it."""

    environment: dict[str, str]
    answer: bytes
    protocol: str
    brand: str
    cell: tuple[int, int] | None = None


CORPUS = {
    "kitty 0.35": Known(
        KITTY,
        b"\x1bP>|kitty(0.35.2)\x1b\\" + OK + b"\x1b[6;20;9t\x1b[4;800;1080t\x1b[?62;c",
        "kitty",
        "kitty",
        (9, 20),
    ),
    "kitty 0.26": Known(
        KITTY, b"\x1bP>|kitty(0.26.5)\x1b\\" + OK + b"\x1b[6;17;8t\x1b[?62;c", "kitty-direct", "kitty", (8, 17)
    ),
    "kitty over ssh": Known(
        {"TERM": "xterm-kitty", "SSH_TTY": "/dev/pts/1"},
        b"\x1bP>|kitty(0.42.1)\x1b\\" + OK + b"\x1b[?62;52;c",
        "kitty",
        "kitty",
    ),
    "ghostty": Known(
        {"TERM": "xterm-ghostty", "COLORTERM": "truecolor", "TERM_PROGRAM": "ghostty"},
        b"\x1bP>|ghostty 1.1.3\x1b\\" + OK + b"\x1b[6;34;16t\x1b[4;1360;1920t\x1b[?62;22;52c",
        "kitty",
        "ghostty",
        (16, 34),
    ),
    "ghostty over ssh without COLORTERM": Known(
        {"TERM": "xterm-ghostty"}, b"\x1bP>|ghostty 1.1.3\x1b\\" + OK + b"\x1b[?62;22;52c", "kitty-direct", "ghostty"
    ),
    "Konsole": Known(
        TRUE | {"KONSOLE_VERSION": "230801"},
        b"\x1bP>|Konsole 23.08.1\x1b\\" + OK + b"\x1b[6;18;9t\x1b[4;720;1080t\x1b[?62;1;4c",
        "kitty-direct",
        "konsole",
        (9, 18),
    ),
    "WezTerm": Known(
        TRUE | {"TERM_PROGRAM": "WezTerm"},
        b"\x1bP>|WezTerm 20240203-110809-5046fc22\x1b\\"
        + OK
        + b"\x1b[6;18;8t\x1b[4;720;960t\x1b[?1;0;1024S\x1b[?65;4;6;18;22c",
        "iterm",
        "wezterm",
        (8, 18),
    ),
    "iTerm2": Known(
        TRUE | {"TERM_PROGRAM": "iTerm.app", "LC_TERMINAL": "iTerm2"},
        b"\x1bP>|iTerm2 3.5.10\x1b\\\x1b[6;15;7t\x1b[4;600;840t\x1b[?64;1;2;4;6;17;18;21;22c",
        "iterm",
        "iterm2",
        (7, 15),
    ),
    "iTerm2 over ssh": Known({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, b"\x1b[?1;2;4c", "iterm", "iterm2"),
    "foot": Known(
        {"TERM": "foot", "COLORTERM": "truecolor"},
        b"\x1bP>|foot(1.16.2)\x1b\\\x1b[6;19;8t\x1b[4;760;960t\x1b[?1;0;1024S\x1b[?62;4;22c",
        "sixel",
        "foot",
        (8, 19),
    ),
    "xterm with sixel": Known(
        TRUE | {"XTERM_VERSION": "XTerm(379)"},
        b"\x1bP>|XTerm(379)\x1b\\\x1b[6;17;8t\x1b[4;680;960t\x1b[?1;0;256S\x1b[?63;1;2;4;6;9;15;16;22;28c",
        "sixel",
        "xterm",
        (8, 17),
    ),
    "xterm without": Known(
        {"TERM": "xterm-256color"},
        b"\x1bP>|XTerm(379)\x1b\\\x1b[?1;3;0S\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
        "half",
        "xterm",
    ),
    "plain xterm of 16 colours": Known({"TERM": "xterm"}, b"\x1bP>|XTerm(379)\x1b\\\x1b[?64;1;2c", "ascii", "xterm"),
    "Windows Terminal": Known(
        TRUE | {"WT_SESSION": "x"},
        b"\x1b[6;20;10t\x1b[4;800;1200t\x1b[?1;0;256S\x1b[?61;4;6;7;14;21;22;23;24;28;32;42c",
        "sixel",
        "windows terminal",
        (10, 20),
    ),
    "Windows Terminal before 1.22": Known(
        TRUE | {"WT_SESSION": "x"}, b"\x1b[?61;6;7;22;23;24;28;32;42c", "half", "windows terminal"
    ),
    "VS Code": Known(
        TRUE | {"TERM_PROGRAM": "vscode", "TERM_PROGRAM_VERSION": "1.95.0"},
        b"\x1bP>|xterm.js(5.6.0)\x1b\\\x1b[4;720;1080t\x1b[?62;4;9;22c",
        "iterm",
        "vscode",
    ),
    "VS Code without pictures": Known(
        TRUE | {"TERM_PROGRAM": "vscode"}, b"\x1bP>|xterm.js(5.6.0)\x1b\\\x1b[?1;2c", "half", "vscode"
    ),
    "GNOME Terminal": Known(TRUE | {"VTE_VERSION": "7200"}, b"\x1bP>|VTE(7200)\x1b\\\x1b[?65;1;9c", "half", "vte"),
    "mlterm": Known(
        {"TERM": "mlterm-256color"}, b"\x1b[6;16;8t\x1b[?1;0;256S\x1b[?63;1;2;3;4;7;29c", "sixel", "mlterm", (8, 16)
    ),
    "somebody with kitty's protocol": Known(TRUE, b"\x1bP>|rio 0.2\x1b\\" + OK + b"\x1b[?62;4c", "kitty-direct", "rio"),
    "tmux": Known(TMUX, b"\x1bP>|tmux 3.3a\x1b\\\x1b[4;680;960t\x1b[?1;2c", "half", "tmux"),
    "tmux with sixel": Known(
        TMUX, b"\x1bP>|tmux 3.4\x1b\\\x1b[6;17;8t\x1b[4;680;960t\x1b[?1;2;4c", "sixel", "tmux", (8, 17)
    ),
    "tmux in kitty": Known(TMUX, b"\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2c" + OK, "kitty", "tmux"),
    "tmux of 16 colours in kitty": Known(
        TMUX | {"TERM": "screen"}, b"\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2c" + OK, "ascii", "tmux"
    ),
    "screen": Known({"TERM": "screen.xterm-256color", "STY": "1.x"}, b"\x1b[?1;2c", "half", ""),
    "screen inside kitty, its variables left over": Known(
        {"TERM": "screen-256color", "STY": "1.x", "KITTY_WINDOW_ID": "1"}, b"\x1b[?1;2c", "half", ""
    ),
    "zellij": Known(TRUE | {"ZELLIJ": "0"}, b"\x1b[6;17;8t\x1b[?65;4c", "sixel", "", (8, 17)),
    "zellij without": Known(TRUE | {"ZELLIJ": "0"}, b"\x1b[?62;c", "half", ""),
    "nobody answers": Known(KITTY, b"", "half", "kitty"),
    "dumb": Known({"TERM": "dumb"}, b"", "ascii", ""),
    "no TERM": Known({}, b"", "ascii", ""),
    "no colour wanted": Known(
        KITTY | {"NO_COLOR": "1"}, b"\x1bP>|kitty(0.35.2)\x1b\\" + OK + b"\x1b[?62;c", "kitty-direct", "kitty"
    ),
    "no colour wanted on xterm": Known(TRUE | {"NO_COLOR": "1"}, b"\x1b[?64;1;2c", "ascii", ""),
}


def parsed(data: bytes) -> ReplyParser:
    parser = ReplyParser()
    assert parser.feed(data) == b""
    assert not parser.holding
    return parser


@pytest.mark.parametrize("known", CORPUS.values(), ids=CORPUS)
def test_each_terminal_gets_its_protocol(known: Known) -> None:
    capabilities = decide(parsed(known.answer).replies, known.environment)
    assert (capabilities.protocol, capabilities.brand) == (known.protocol, known.brand)
    assert capabilities.cell_known == (known.cell is not None)
    assert capabilities.cell == (known.cell or USUAL_CELL)
    assert capabilities.reason


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


# what comes of it


@pytest.mark.parametrize("choice", PROTOCOL_CHOICES)
def test_the_configuration_overrides_everything(choice: str) -> None:
    for known in CORPUS.values():
        capabilities = decide(parsed(known.answer).replies, known.environment, choice=choice)  # type: ignore[arg-type]
        assert capabilities.protocol == (known.protocol if choice == "auto" else choice)
        assert capabilities.protocol in PAINT_PROTOCOLS


COLOURS = [
    ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, TRUECOLOR),
    ({"TERM": "xterm", "COLORTERM": "24bit"}, TRUECOLOR),
    ({"TERM": "xterm-256color"}, 256),
    ({"TERM": "xterm-kitty"}, 256),
    ({"TERM": "xterm"}, 16),
    ({"TERM": "dumb", "COLORTERM": "truecolor"}, 0),
    ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, 0),
    ({"TERM": "xterm-256color", "NO_COLOR": ""}, 256),
    ({}, 0),
]


@pytest.mark.parametrize(("environment", "wanted"), COLOURS)
def test_how_many_colours_text_has(environment: dict[str, str], wanted: int) -> None:
    assert colours(environment) == wanted


CELLS = {
    "as the terminal says": (b"\x1b[6;20;9t\x1b[4;999;999t", (80, 24), (800, 480), CellSize(9, 20)),
    "from the text area": (b"\x1b[4;480;720t", (80, 24), (0, 0), CellSize(9, 20)),
    "from the operating system": (b"", (80, 24), (800, 480), CellSize(10, 20)),
    "nobody says": (b"", (80, 24), (0, 0), None),
    "no columns": (b"\x1b[4;480;720t", (0, 0), (800, 480), None),
    "nonsense": (b"\x1b[6;0;0t\x1b[4;0;9t", (80, 24), (10, 10), None),
}


@pytest.mark.parametrize(("answer", "screen", "window", "wanted"), CELLS.values(), ids=CELLS)
def test_the_size_of_a_cell(
    answer: bytes, screen: tuple[int, int], window: tuple[int, int], wanted: CellSize | None
) -> None:
    capabilities = decide(parsed(answer).replies, TRUE, screen=screen, window_px=window)
    assert (capabilities.cell, capabilities.cell_known) == (wanted or USUAL_CELL, wanted is not None)


@pytest.mark.parametrize(("registers", "wanted"), [(b"16", 16), (b"1024", 256), (b"0", 256), (b"1", 256)])
def test_sixel_registers(registers: bytes, wanted: int) -> None:
    assert decide(parsed(b"\x1b[?1;0;" + registers + b"S").replies, TRUE).sixel_colours == wanted


def test_a_terminal_that_names_itself_is_believed_before_the_environment() -> None:
    assert brand("XTerm(379)", KITTY) == ("xterm", "379")
    assert brand("", KITTY).name == "kitty"
    assert brand("kitty(0.26.5)", {}).numbers == (0, 26, 5)


def test_a_name_full_of_escapes_is_harmless() -> None:
    parser = parsed(b"\x1bP>|evil\x07\x9b 1.0\x1b\\\x1b[?62c")
    assert decide(parser.replies, TRUE).brand.isprintable()
