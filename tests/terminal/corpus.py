"""Terminals as they are: their environment, what they answer to our questions, and what should come of it."""

from __future__ import annotations

from typing import NamedTuple

from sdtui.terminal.probe import ReplyParser

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
