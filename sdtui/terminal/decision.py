"""From what a terminal answered and what the environment says to how pictures are painted on it."""

from __future__ import annotations

from collections.abc import Mapping

from sdtui.terminal.brand import Brand, brand
from sdtui.terminal.capabilities import TRUECOLOR, Capabilities, PaintProtocol, ProtocolChoice
from sdtui.terminal.painter import CellSize
from sdtui.terminal.probe import Multiplexer, Replies, multiplexer

USUAL_CELL = CellSize(10, 20)
"""Taken where the terminal does not tell; only the ratio matters to most painters."""

SIXEL = 4
"""DA1's number for sixel graphics."""

PLACEHOLDERS_SINCE = (0, 28)
"""The first version of kitty that knows Unicode placeholders; before, it says OK and shows boxes."""

Verdict = tuple[PaintProtocol, str]


def decide(
    replies: Replies,
    environment: Mapping[str, str],
    *,
    choice: ProtocolChoice = "auto",
    screen: tuple[int, int] = (0, 0),
    window_px: tuple[int, int] = (0, 0),
) -> Capabilities:
    """What the terminal can do; to be asked again when more replies come, on resize and on attach.

    `choice` other than auto is taken as it is. `screen` is width and height in cells and `window_px` the size in pixels as the
    operating system tells them, zeros where it does not.
    """
    between = multiplexer(environment)
    known_brand = brand(replies.version, environment if between is Multiplexer.NONE else {})
    shades = colours(environment)
    cell = _cell_size(replies, screen, window_px)
    if choice != "auto":
        protocol, reason = choice, "chosen in the configuration"
    else:
        protocol, reason = _automatic(replies, known_brand, between, environment.get("TERM", "dumb"))
        protocol, reason = _within_colours(protocol, reason, shades, between)
    return Capabilities(
        protocol=protocol,
        reason=reason,
        cell=cell or USUAL_CELL,
        cell_known=cell is not None,
        colours=shades,
        brand=known_brand.name,
        version=known_brand.version,
        in_tmux=between is Multiplexer.TMUX,
        remote=any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")),
        sixel=_has_sixel(replies),
        sixel_colours=min(256, replies.sixel_colours) if replies.sixel_colours >= 2 else 256,
        kitty_graphics=bool(replies.kitty_graphics),
    )


def colours(environment: Mapping[str, str]) -> int:
    """How many colours text is written in, by the usual variables: 0, 16, 256 or TRUECOLOR."""
    term = environment.get("TERM", "dumb").lower()
    if environment.get("NO_COLOR") or term in {"", "dumb", "unknown"}:
        return 0
    if environment.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return TRUECOLOR
    return 256 if term.endswith(("256color", "kitty")) else 16


def _automatic(replies: Replies, known: Brand, between: Multiplexer, term: str) -> Verdict:
    if term in {"", "dumb"}:
        return "ascii", "the terminal says that it is dumb (TERM)"
    if between is Multiplexer.SCREEN:
        return "half", "GNU screen lets no pictures through"
    if not replies.complete:
        return "half", "the terminal has not answered"
    if between is not Multiplexer.NONE:
        return _inside(replies, between)
    match known.name:
        case "kitty":
            if known.numbers >= PLACEHOLDERS_SINCE:
                return "kitty", f"kitty {known.version} shows pictures by placeholders"
            if replies.kitty_graphics:
                return "kitty-direct", f"kitty {known.version} knows no placeholders".replace("  ", " ")
        case "ghostty":
            return "kitty", "ghostty shows pictures by kitty's placeholders"
        case "wezterm" | "iterm2":
            return "iterm", f"{known.name} takes JPEG pictures inline"
        case "vscode" if _has_sixel(replies):
            return "iterm", "VS Code takes JPEG pictures inline"
        case "xterm" | "foot" | "windows terminal" if _has_sixel(replies):
            return "sixel", f"{known.name} shows sixel graphics"
    return _by_answers(replies)


def _inside(replies: Replies, between: Multiplexer) -> Verdict:
    if _has_sixel(replies):
        return "sixel", f"{between.value} shows sixel graphics"
    if between is Multiplexer.TMUX and replies.kitty_graphics:
        return "kitty", "the terminal around tmux answers kitty's protocol"
    return "half", f"{between.value} lets no pictures through"


def _by_answers(replies: Replies) -> Verdict:
    if replies.kitty_graphics:
        return "kitty-direct", "the terminal answers kitty's protocol"
    if _has_sixel(replies):
        return "sixel", "the terminal says that it shows sixel graphics"
    return "half", "the terminal knows no protocol for pictures"


def _within_colours(protocol: PaintProtocol, reason: str, shades: int, between: Multiplexer) -> Verdict:
    """The nearest protocol that does with as many colours as text has."""
    few = "no colours are wanted" if shades == 0 else f"text has {shades} colours only"
    if protocol == "kitty" and shades < 256:
        # A placeholder's colour says which picture it belongs to.
        if between is Multiplexer.NONE:
            return "kitty-direct", f"{reason}, but {few}"
        return "ascii", few
    if protocol == "half" and shades < 256:
        return "ascii", f"{reason}, and {few}"
    return protocol, reason


def _has_sixel(replies: Replies) -> bool:
    return SIXEL in (replies.attributes or ())


def _cell_size(replies: Replies, screen: tuple[int, int], window_px: tuple[int, int]) -> CellSize | None:
    """The size of a cell as the terminal told it, or worked out from that of the window; None where it is not known."""
    if replies.cell:
        return replies.cell
    if min(screen) < 1:
        return None
    for width_px, height_px in (replies.text_area_px or (0, 0), window_px):
        size = CellSize(width_px // screen[0], height_px // screen[1])
        if min(size) >= 1:
            return size
    return None
