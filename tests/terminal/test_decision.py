from __future__ import annotations

import pytest

from sdtui.terminal.brand import brand
from sdtui.terminal.capabilities import PAINT_PROTOCOLS, PROTOCOL_CHOICES, TRUECOLOR
from sdtui.terminal.decision import USUAL_CELL, colours, decide
from sdtui.terminal.painter import CellSize
from tests.terminal.corpus import CORPUS, KITTY, TRUE, Known, parsed


@pytest.mark.parametrize("known", CORPUS.values(), ids=CORPUS)
def test_each_terminal_gets_its_protocol(known: Known) -> None:
    capabilities = decide(parsed(known.answer).replies, known.environment)
    assert (capabilities.protocol, capabilities.brand) == (known.protocol, known.brand)
    assert capabilities.cell_known == (known.cell is not None)
    assert capabilities.cell == (known.cell or USUAL_CELL)
    assert capabilities.reason


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
