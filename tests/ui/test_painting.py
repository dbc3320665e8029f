from __future__ import annotations

import asyncio
import re

import pytest
from textual.geometry import Offset
from textual.strip import Strip

from sdtui.spec.event import Preview, Published, Started, Submitted
from sdtui.terminal.capabilities import Capabilities
from sdtui.terminal.painter import NOTHING, Box, Cell, CellSize, Painter, Painting, Quality
from sdtui.terminal.probe import STATUS_QUERY, Replies
from sdtui.ui.app import StudioApp
from sdtui.ui.messages import TerminalReplied
from sdtui.ui.showing.easel import Easel, Laid, Place, paint
from sdtui.ui.showing.shown import Shown
from sdtui.ui.terminal.keystrokes import Keystrokes
from sdtui.ui.terminal.link import TerminalLink, WindowSize
from sdtui.ui.terminal.writes import ScreenWrites, at_cell
from tests.ui.fake import FakeConfig, FakePreview, FakeServer, job_view
from tests.ui.screen import studio, text, until, until_seen

CARD = (4, 4, bytes([255, 0, 0] * 8 + [0, 0, 255] * 8))
CURSOR = re.compile(rb"\x1b7\x1b\[(\d+);(\d+)H")
XTERM = Replies(version="XTerm(379)", attributes=frozenset({1, 4}), cell=CellSize(8, 17), sixel_colours=256)


class Painted(StudioApp):
    """Keeps what is written past Textual, and answers for it as a terminal does."""

    def __init__(self, server: FakeServer, protocol: str, answers: bool = True) -> None:
        super().__init__(server.open, FakeConfig(preview=FakePreview(protocol)))
        self.writes: list[bytes] = []
        self.answers = answers
        self.reports = 0

    def write_past(self, data: bytes) -> None:
        self.writes.append(data)
        if self.answers and data.endswith(STATUS_QUERY):
            self.answer()

    def answer(self) -> None:
        self.reports += 1
        self.post_message(TerminalReplied(Replies(), self.reports))

    @property
    def pictures(self) -> list[bytes]:
        return [write for write in self.writes if b"\x1bP" in write or (b"\x1b_G" in write and b"a=T" in write)]

    def cursor(self) -> tuple[int, int]:
        """The cell at which the last picture was drawn, from 0."""
        found = CURSOR.search(self.pictures[-1])
        assert found
        return int(found[2]) - 1, int(found[1]) - 1


def finished() -> FakeServer:
    server = FakeServer(jobs=(job_view(1, state="done", path="/o/1.png"),), seq=1)
    server.pictures["/o/1.png"] = CARD
    return server


@pytest.mark.parametrize("protocol", ["sixel", "kitty-direct"])
async def test_a_picture_past_textual_is_drawn_within_its_pane_and_again_where_the_pane_went(protocol: str) -> None:
    server = finished()
    app = Painted(server, protocol)
    async with studio(server, app=app) as pilot:
        await until(pilot, lambda: app.pictures, "painted")
        pane = app.screen.query_one("#preview")
        await pilot.pause()
        assert pane.content_region.contains(*app.cursor())
        count = len(app.pictures)
        await pilot.resize_terminal(80, 24)
        await pilot.press("alt+5")
        await until(pilot, lambda: len(app.pictures) > count, "painted again")
        await pilot.pause()
        assert pane.content_region.contains(*app.cursor())


async def test_a_picture_is_not_written_again_while_only_other_cells_change() -> None:
    server = finished()
    app = Painted(server, "sixel")
    async with studio(server, app=app) as pilot:
        await until(pilot, lambda: app.pictures, "painted")
        await pilot.pause()
        count = len(app.pictures)
        for keys in (tuple("a cat on a mat"), ("alt+3", "tab", "up"), ("alt+6",), ("alt+4",), ("alt+2", "a")):
            await pilot.press(*keys)
            assert len(app.pictures) == count, keys


@pytest.mark.parametrize("key", ["f1", "ctrl+p", "ctrl+o"])
async def test_a_screen_above_takes_the_picture_away_and_leaving_it_brings_the_picture_back(key: str) -> None:
    server = finished()
    app = Painted(server, "kitty-direct")
    async with studio(server, app=app) as pilot:
        await until(pilot, lambda: app.pictures, "painted")
        await pilot.pause()
        await pilot.press(key)
        await until(pilot, lambda: b"a=d" in app.writes[-1], "taken away")
        await pilot.press("escape")
        await until(pilot, lambda: b"a=T" in app.writes[-1], "back")


async def test_leaving_takes_the_picture_away() -> None:
    server = finished()
    app = Painted(server, "kitty-direct")
    async with studio(server, app=app) as pilot:
        await until(pilot, lambda: app.pictures, "painted")
        await pilot.press("ctrl+q")
    assert b"a=d" in app.writes[-1]


async def test_a_hidden_pane_takes_its_picture_away_and_shows_it_again() -> None:
    server = finished()
    app = Painted(server, "kitty-direct")
    async with studio(server, (80, 24), app=app) as pilot:
        await pilot.press("alt+5")
        await until(pilot, lambda: app.pictures, "painted")
        await pilot.press("alt+6")
        await until(pilot, lambda: b"a=d" in app.writes[-1], "taken away")
        await pilot.press("alt+5")
        await until(pilot, lambda: b"a=T" in app.writes[-1], "back")


async def test_half_blocks_are_painted_at_once_and_better_when_the_terminal_has_answered() -> None:
    server = finished()
    app = Painted(server, "auto")
    async with studio(server, app=app) as pilot:
        await until_seen(pilot, "▀▀▀")
        assert not app.pictures
        app.post_message(TerminalReplied(XTERM, 0))
        await until(pilot, lambda: app.pictures, "sixel")
        await until(pilot, lambda: "▀" not in text(app), "no half blocks left")


async def test_previews_wait_for_the_terminal_and_the_newest_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdtui.ui.terminal.writes.PATIENCE_S", 60.0)
    server = FakeServer()
    app = Painted(server, "kitty-direct", answers=False)
    async with studio(server, app=app) as pilot:
        server.happens(Submitted(job=job_view(1)))
        server.happens(Started(job_id=1, render_id="r1-0", device="cpu"))

        def sketch(step: int) -> None:
            event = Preview(job_id=1, render_id="r1-0", step=step, width_px=4, height_px=4)
            server.happens(event, bytes([step]) * 48, transient=True)

        sketch(1)
        await until(pilot, lambda: len(app.pictures) == 1, "first preview")
        for step in range(2, 9):
            sketch(step)
            await pilot.pause()
        assert len(app.pictures) == 1
        app.answers = True
        app.answer()
        await until(pilot, lambda: len(app.pictures) == 2, "the newest preview")
        server.happens(Published(job_id=1, render_id="r1-0", path="/o/1.png"))
        server.pictures["/o/1.png"] = CARD
        await until(pilot, lambda: len(app.pictures) >= 3, "the picture")


async def test_kitty_placeholders_are_cells_and_their_data_travels_once() -> None:
    server = finished()
    app = Painted(server, "kitty")
    async with studio(server, app=app) as pilot:
        await until_seen(pilot, "\U0010eeee")
        await pilot.pause()
        assert not any(CURSOR.search(write) for write in app.pictures)
        count = len(app.pictures)
        await pilot.press("a", "f1", "escape")
        await pilot.pause()
        assert len(app.pictures) <= count + 1


async def test_off_paints_nothing() -> None:
    server = finished()
    app = Painted(server, "off")
    async with studio(server, app=app) as pilot:
        await until(pilot, lambda: server.asked("picture"))
        await pilot.pause()
        assert not app.pictures
        assert "▀" not in text(app)


class Slow:
    """A painter that says when it paints and waits to be let go."""

    def __init__(self) -> None:
        self.painted: list[tuple[int, Quality]] = []

    def paint(self, picture: object, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        size = getattr(picture, "size", (0, 0))
        self.painted.append((size[0], quality))
        return Painting(cells=((Cell("x", (1, 2, 3), None), Cell("y")),), size=Box(2, 1))

    def clear(self) -> tuple[bytes, ...]:
        return ()


def shown(width: int, final: bool = True) -> Shown:
    return Shown((f"r{width}", 1), width, 1, b"\x00" * 3 * width, final)


async def nobody_types() -> None:
    """There is a pause."""


async def test_the_easel_paints_the_newest_and_the_same_only_once() -> None:
    painter = Slow()
    place = Place(Box(4, 4), CellSize(8, 16), painter)
    laid: list[Laid] = []
    through = asyncio.Event()

    async def lay(one: Laid) -> None:
        laid.append(one)
        await through.wait()

    easel = Easel(lay, nobody_types)
    work = asyncio.create_task(easel.work())
    easel.offer(shown(1), place)
    while not laid:
        await asyncio.sleep(0)
    for width in (2, 3, 4):
        easel.offer(shown(width), place)
    through.set()
    while len(laid) < 2:
        await asyncio.sleep(0)
    easel.offer(shown(4), place)
    easel.offer(None, place)
    while len(laid) < 3:
        await asyncio.sleep(0)
    work.cancel()
    assert painter.painted == [(1, "first"), (4, "first")], "without writes the first painting is all there is"
    assert laid[-1].painting is NOTHING


class Writing(Slow):
    """As `Slow`, with bytes to write."""

    def paint(self, picture: object, box: Box, cell: CellSize, *, quality: Quality) -> Painting:
        return super().paint(picture, box, cell, quality=quality)._replace(writes=(quality.encode(),), at_cursor=True)


class Easeling:
    """An easel at work; what it laid, and the pause that it waits for."""

    def __init__(self) -> None:
        self.laid: list[str] = []
        self.typing = asyncio.Event()
        self.painter = Writing()
        self.place = Place(Box(4, 4), CellSize(8, 16), self.painter)
        self.easel = Easel(self._lay, self._pause)
        self._work = asyncio.create_task(self.easel.work())

    async def _lay(self, one: Laid) -> None:
        self.laid += [write.decode() for write in one.painting.writes] or ["nothing"]

    async def _pause(self) -> None:
        await self.typing.wait()

    async def until(self, *laid: str) -> None:
        async with asyncio.timeout(20):
            while self.laid != list(laid):
                await asyncio.sleep(0)

    async def settled(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    def close(self) -> None:
        self._work.cancel()


async def test_a_finished_picture_comes_small_first_and_whole_when_nobody_types() -> None:
    at = Easeling()
    at.easel.offer(shown(1), at.place)
    await at.until("first")
    await at.settled()
    assert at.laid == ["first"], "somebody types"
    at.easel.offer(shown(1), at.place)
    at.typing.set()
    await at.until("first", "final")
    at.easel.offer(shown(1), at.place)
    await at.settled()
    assert at.painter.painted == [(1, "first"), (1, "final")]
    at.close()


async def test_another_picture_comes_before_the_rest_of_the_one_before() -> None:
    at = Easeling()
    at.easel.offer(shown(1), at.place)
    await at.until("first")
    at.easel.offer(shown(2), at.place)
    await at.until("first", "first")
    at.typing.set()
    await at.until("first", "first", "final")
    assert at.painter.painted == [(1, "first"), (2, "first"), (2, "final")]
    at.close()


async def test_a_step_preview_comes_once_and_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdtui.ui.showing.easel.PREVIEW_S", 0.0)
    at = Easeling()
    at.easel.offer(shown(1, final=False), at.place)
    await at.until("preview")
    at.easel.offer(shown(2, final=False), at.place)
    await at.until("preview", "preview")
    at.close()


async def test_what_was_painted_is_laid_again_without_being_painted_again() -> None:
    at = Easeling()
    at.typing.set()
    at.easel.offer(shown(1), at.place)
    await at.until("first", "final")
    at.easel.repaint()
    await at.until("first", "final", "final")
    assert len(at.painter.painted) == 2
    at.close()


async def test_at_most_five_previews_a_second_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("sdtui.ui.showing.easel.asyncio.sleep", sleep)
    at = Easeling()
    at.easel.offer(shown(1, final=False), at.place)
    while not slept:
        await asyncio.Event().wait() if at._work.done() else await asyncio.wait([at._work], timeout=0.01)
    assert slept[0] == 0.2
    at.close()


def test_a_pause_is_two_tenths_of_a_second_without_a_key() -> None:
    now = [100.0]
    keystrokes = Keystrokes(lambda: now[0])
    assert keystrokes.left_s == 0, "nobody has typed yet"
    keystrokes.note()
    assert keystrokes.left_s == pytest.approx(0.2)
    now[0] += 0.15
    keystrokes.note()
    now[0] += 0.15
    assert keystrokes.left_s == pytest.approx(0.05)
    now[0] += 0.06
    assert keystrokes.left_s == 0


def test_a_paintings_cells_become_strips_in_their_colours() -> None:
    laid = paint(shown(1), Place(Box(4, 4), CellSize(8, 16), Slow()), "final")
    (strip,) = laid.strips
    assert isinstance(strip, Strip)
    assert [segment.text for segment in strip] == ["x", "y"]
    style = next(iter(strip)).style
    assert style is not None
    assert style.color is not None
    assert style.color.triplet == (1, 2, 3)


def test_a_write_at_a_cell_puts_the_cursor_back() -> None:
    assert at_cell(Offset(3, 5), b"X") == b"\x1b7\x1b[6;4HX\x1b8"


async def test_each_write_waits_for_the_answer_to_the_one_before() -> None:
    sent: list[bytes] = []
    writes = ScreenWrites(sent.append)
    sending = asyncio.create_task(writes.send([b"a", b"b"], None))
    while not sent:
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert sent == [b"a" + STATUS_QUERY]
    writes.answered()
    while len(sent) < 2:
        await asyncio.sleep(0)
    writes.answered()
    await sending
    assert sent == [b"a" + STATUS_QUERY, b"b" + STATUS_QUERY]


async def test_typing_holds_up_what_is_left_of_a_painting() -> None:
    sent: list[bytes] = []
    writes = ScreenWrites(sent.append)
    paused = asyncio.Event()

    async def hold() -> None:
        await paused.wait()

    sending = asyncio.create_task(writes.send([b"a", b"b"], None, hold))
    while not sent:
        await asyncio.sleep(0)
    writes.answered()
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(sent) == 1
    paused.set()
    while len(sent) < 2:
        await asyncio.sleep(0)
    writes.answered()
    await sending


async def test_two_places_never_have_writes_on_their_way_at_once() -> None:
    sent: list[bytes] = []
    writes = ScreenWrites(sent.append)
    both = [asyncio.create_task(writes.send([name, name], None)) for name in (b"a", b"b")]
    for number in range(1, 5):
        while len(sent) < number:
            await asyncio.sleep(0)
        writes.send_now([b"gone"])
        for _ in range(20):
            await asyncio.sleep(0)
        assert len([write for write in sent if write != b"gone"]) == number
        writes.answered()
        await asyncio.sleep(0)
        if number % 2 == 0:
            for _ in range(5):
                await asyncio.sleep(0)
            sent[:] = [write for write in sent if write != b"gone"]
    await asyncio.gather(*both)
    assert [write[:1] for write in sent] == [b"a", b"a", b"b", b"b"]


def used_by(link: TerminalLink) -> list[str]:
    """The protocols that a place was handed painters of, in their order."""
    used: list[str] = []
    link.serve(lambda known, _: used.append(known.protocol))
    return used


def link_to(sent: list[bytes], **environment: str) -> TerminalLink:
    known = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
    return TerminalLink(sent.append, "auto", environment=known, window=WindowSize)


async def test_a_terminal_that_lost_its_pictures_is_given_time_to_say_that_it_has_them() -> None:
    loop = asyncio.get_running_loop()
    link = link_to([])
    used = used_by(link)
    link.replied(XTERM, 0)
    plain = Replies(version="XTerm(379)", attributes=frozenset({1}))
    link.replied(plain, 0)
    assert used == ["half", "sixel"], "the answer about pictures may be late"
    link.replied(XTERM, 0)
    link.replied(plain, 0)
    assert link._settling is not None
    assert link._settling.when() <= loop.time() + 1.0
    link._settling._run()
    assert used == ["half", "sixel", "half"]


def test_each_question_forgets_the_answers_of_another_terminal() -> None:
    order: list[str] = []
    link = TerminalLink(
        lambda data: order.append("asked"),
        "auto",
        environment={"TERM": "xterm-256color"},
        window=WindowSize,
        forget=lambda: order.append("forgot"),
    )
    link.ask()
    assert order == ["forgot", "asked"]


def test_places_have_pictures_of_their_own() -> None:
    link = TerminalLink(lambda data: None, "kitty", environment={"TERM": "xterm-kitty"}, window=WindowSize)
    ids: list[set[bytes]] = []

    def use(known: Capabilities, painter: Painter) -> None:
        ids.append(set(re.findall(rb"i=(\d+)", b"".join(painter.clear()))))

    end = link.serve(use)
    link.serve(use)
    assert len(ids[0] | ids[1]) == 4
    end()
    link.serve(use)
    assert ids[2] == ids[0]


@pytest.mark.parametrize("cells", [(0, 0), (0, 24), (80, 0)])
def test_a_terminal_without_columns_divides_by_nothing(cells: tuple[int, int]) -> None:
    link = TerminalLink(lambda data: None, "auto", environment={}, window=lambda: WindowSize(cells, (640, 480)))
    assert not link.capabilities.cell_known
    assert min(link.capabilities.cell) > 0


@pytest.mark.parametrize("protocol", ["kitty", "kitty-direct", "iterm", "sixel", "half", "ascii", "off"])
def test_the_protocol_of_the_configuration_is_taken_before_the_terminal_answers(protocol: str) -> None:
    link = TerminalLink(lambda data: None, protocol, environment={"TERM": "xterm-256color"}, window=WindowSize)
    assert used_by(link) == [protocol]
    link.replied(XTERM, 0)
    assert link.capabilities.protocol == protocol
    assert link.capabilities.cell == CellSize(8, 17)


async def test_the_terminal_is_asked_and_its_painter_changes_with_its_answers() -> None:
    used: list[tuple[Capabilities, Painter]] = []
    sent: list[bytes] = []
    environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    link = TerminalLink(sent.append, "auto", environment=environment, window=WindowSize)
    link.serve(lambda *now: used.append(now))
    link.ask()
    assert [known.protocol for known, _ in used] == ["half"]
    assert sent
    assert sent[0].endswith(b"\x1b[c")
    link.replied(Replies(version="XTerm(379)"), 0)
    assert len(used) == 1
    link.replied(XTERM, 0)
    link.replied(XTERM, 1)
    assert [known.protocol for known, _ in used] == ["half", "sixel"]


def test_a_dumb_terminal_is_asked_nothing() -> None:
    sent: list[bytes] = []
    link = TerminalLink(sent.append, "auto", environment={"TERM": "dumb"}, window=WindowSize)
    link.ask()
    assert sent == []
