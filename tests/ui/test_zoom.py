from __future__ import annotations

import pytest
from PIL import Image

from sdtui.errors import WorkspaceError
from sdtui.spec.event import Published, Started, Submitted
from sdtui.ui.app import StudioApp
from sdtui.ui.screens import sighted
from tests.ui.fake import FakeConfig, FakePreview, FakeServer, job_view
from tests.ui.screen import StudioPilot, lines, studio, text, until, until_seen


def rainbow(width: int, height: int) -> tuple[int, int, bytes]:
    """Red says the column and green the row, each in steps of 16 pixels."""
    red = Image.linear_gradient("L").rotate(90).resize((width, height))
    green = Image.linear_gradient("L").resize((width, height))
    return width, height, Image.merge("RGB", [red, green, green]).tobytes()


def server_with(*sizes: tuple[int, int]) -> FakeServer:
    """A job of so many pictures of these sizes, `/o/1.png` and so on; the last one stands for it."""
    from msgspec.structs import replace

    job = job_view(7, len(sizes), state="done")
    renders = tuple(replace(render, path=f"/o/{number}.png") for number, render in enumerate(job.renders, 1))
    server = FakeServer(jobs=(replace(job, renders=renders),), seq=1)
    for number, size in enumerate(sizes, 1):
        server.pictures[f"/o/{number}.png"] = rainbow(*size)
    return server


def about(app: StudioApp) -> str:
    return lines(app)[-1]


def app_of(server: FakeServer, protocol: str) -> StudioApp:
    return StudioApp(server.open, FakeConfig(preview=FakePreview(protocol)))


async def zoomed(pilot: StudioPilot, wanted: str = "fit") -> None:
    await pilot.press("f9")
    await until(pilot, lambda: wanted in about(pilot.app), wanted)


async def test_a_large_picture_is_asked_for_by_the_part_that_is_seen_and_never_as_a_whole() -> None:
    server = server_with((4096, 4096))
    async with studio(server, (120, 40), app=app_of(server, "sixel")) as pilot:
        await zoomed(pilot, "4096×4096 · fit 19 %")
        await pilot.press("1")
        await until(pilot, lambda: server.parts[-1][2] is not None, "a part")
        path, most, crop, outside = server.parts[-1]
        assert (path, outside) == ("/o/1.png", False)
        assert crop == (1448, 1658, 2648, 2438), "120×39 cells of 10×20 pixels, from the middle"
        assert most == 1200
        await pilot.press("right")
        await until(pilot, lambda: "at 1598,1658" in about(pilot.app), "moved by an eighth")
        for key, place in (("j", "at 1598,1756"), ("pagedown", "at 1598,2536"), ("h", "at 1448,2536"), ("k", "2438")):
            await pilot.press(key)
            await until(pilot, lambda place=place: place in about(pilot.app), key)
        for part in server.parts:
            assert part[1] <= 1200


@pytest.mark.parametrize(
    ("protocol", "crop"),
    [("half", (88, 89, 168, 167 - 32)), ("ascii", None), ("kitty", None), ("iterm", None), ("kitty-direct", None)],
)
async def test_true_pixels_are_those_of_the_protocol(protocol: str, crop: object) -> None:
    server = server_with((2000, 2000))
    async with studio(server, (80, 24), app=app_of(server, protocol)) as pilot:
        await zoomed(pilot)
        await pilot.press("1")
        await until(pilot, lambda: server.parts[-1][2] is not None, "a part")
        left, top, right, bottom = server.parts[-1][2] or (0, 0, 0, 0)
        across, down = (80, 46) if protocol in {"half", "ascii"} else (800, 460)
        assert (right - left, bottom - top) == (across, down)


async def test_nearer_and_further_go_by_levels_and_nought_shows_all() -> None:
    server = server_with((1000, 1000))
    async with studio(server, app=app_of(server, "half")) as pilot:
        await zoomed(pilot)
        for key, scale in (
            ("plus", "1:8"),
            ("plus", "1:4"),
            ("minus", "1:8"),
            ("1", "1:1"),
            ("plus", "2:1"),
            ("0", "fit"),
        ):
            await pilot.press(key)
            await until(pilot, lambda scale=scale: f" {scale}" in about(pilot.app), scale)


async def test_pictures_of_the_job_follow_each_other() -> None:
    server = server_with((64, 64), (96, 64), (128, 64))
    async with studio(server) as pilot:
        await zoomed(pilot, "3.png · 3 of 3 · 128×64")
        for key, name in (
            ("n", "1.png · 1 of 3"),
            ("p", "3.png"),
            ("left", "2.png"),
            ("right", "3.png"),
            ("l", "1.png"),
        ):
            await pilot.press(key)
            await until(pilot, lambda name=name: f"#7 {name}" in about(pilot.app), key)


async def test_keys_of_two_pictures_compare_them_from_the_same_point() -> None:
    server = server_with((640, 640), (640, 640))
    async with studio(server, app=app_of(server, "half")) as pilot:
        await zoomed(pilot, "2.png")
        await pilot.press("1", "j")
        await until(pilot, lambda: " 1:1 · at " in about(pilot.app))
        point = about(pilot.app).partition(" at ")[2].split()[0]
        await pilot.press("space")
        await until(pilot, lambda: "#7 1.png" in about(pilot.app) and f"at {point}" in about(pilot.app), "flipped")
        await pilot.press("tab")
        await until(pilot, lambda: "#7 2.png" in about(pilot.app) and f"at {point}" in about(pilot.app), "back")
        await pilot.press("c")
        await until(pilot, lambda: "beside #7 1.png" in about(pilot.app), "side by side")
        await until(pilot, lambda: len({part[0] for part in server.parts[-2:]}) == 2, "both are asked for")
        assert server.parts[-1][2][1:4:2] == server.parts[-2][2][1:4:2]  # type: ignore[index]
        await pilot.press("c")
        await until(pilot, lambda: "beside" not in about(pilot.app), "alone again")


async def test_without_another_picture_there_is_nothing_to_compare() -> None:
    server = server_with((64, 64))
    async with studio(server) as pilot:
        await zoomed(pilot)
        for key, says in (("c", "no other picture to compare"), ("n", "no other picture"), ("space", "to compare")):
            await pilot.press(key)
            await until(pilot, lambda says=says: says in about(pilot.app), key)


async def test_a_sentence_gives_the_line_back_to_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sighted, "SAID_S", 0.05)
    async with studio(server_with((64, 64))) as pilot:
        await zoomed(pilot)
        name = about(pilot.app)
        await pilot.press("n")
        await until(pilot, lambda: about(pilot.app) == name, "the name again")


async def test_what_a_picture_says_of_itself_is_shown_and_obeyed_by_nobody() -> None:
    server = server_with((64, 64))
    server.record = "a red \x1b[31mcat\x9b2J\u202e\nSteps: 20, Seed: 7"
    async with studio(server) as pilot:
        await zoomed(pilot)
        await pilot.press("i")
        await until_seen(pilot, "Steps: 20, Seed: 7")
        assert "a red [31mcat2J" in text(pilot.app)
        await pilot.press("i")
        await until(pilot, lambda: "Steps: 20" not in text(pilot.app))


async def test_every_key_leads_back_to_the_studio_with_its_picture() -> None:
    server = server_with((64, 64))
    async with studio(server) as pilot:
        for key in ("f9", "escape", "q"):
            await zoomed(pilot)
            await pilot.press(key)
            await until_seen(pilot, "1 Prompt")
            await until_seen(pilot, "▀▀▀")


async def test_a_job_without_a_picture_cannot_be_zoomed_and_says_so() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press("f9")
        await until_seen(pilot, "no finished picture yet")
        server.happens(Submitted(job=job_view(1)))
        server.happens(Started(job_id=1, render_id="r1-0", device="cpu"))
        await pilot.press("f9")
        await until_seen(pilot, "no finished picture yet")
        server.happens(Published(job_id=1, render_id="r1-0", path="/o/1.png"))
        server.pictures["/o/1.png"] = rainbow(64, 64)
        await until_seen(pilot, "1.png")
        await zoomed(pilot)


async def test_a_picture_that_is_gone_is_said_on_the_zoom() -> None:
    server = server_with((64, 64), (64, 64))
    async with studio(server) as pilot:
        await until_seen(pilot, "▀▀▀")
        server.refusals["picture"] = WorkspaceError("The picture is gone.", where="/o/2.png")
        await pilot.press("f9")
        await until_seen(pilot, "The picture is gone.")
        await pilot.press("n")
        await until(pilot, lambda: "#7 1.png" in about(pilot.app) and "▀▀▀" in text(pilot.app))


async def test_help_in_the_zoom_is_about_the_zoom() -> None:
    server = server_with((64, 64))
    async with studio(server) as pilot:
        await zoomed(pilot)
        await pilot.press("f1")
        await until_seen(pilot, "Help: zoom first")
        await pilot.press("escape", "escape")
        await until_seen(pilot, "1 Prompt")


async def test_a_picture_file_is_shown_first_until_a_job_is_looked_at() -> None:
    server = server_with((64, 64))
    server.pictures["/elsewhere/cat.png"] = rainbow(96, 96)
    app = StudioApp(server.open, FakeConfig(), opened="/elsewhere/cat.png")
    async with studio(server, app=app) as pilot:
        await until_seen(pilot, "cat.png")
        assert ("/elsewhere/cat.png", 512, None, True) in server.parts
        await zoomed(pilot, "cat.png · 96×96")
        assert server.parts[-1][3], "read as a file from outside"
        await pilot.press("escape", "alt+4", "down", "enter")
        await until_seen(pilot, "#7 1.png")


async def test_a_file_that_is_no_picture_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer()
    server.refusals["picture"] = WorkspaceError("This is no picture that can be shown.", where="/x/notes.txt")
    app = StudioApp(server.open, FakeConfig(), opened="/x/notes.txt")
    async with studio(server, app=app) as pilot:
        await until_seen(pilot, "This is no picture that can be shown.")
