from __future__ import annotations

import pytest
from msgspec.structs import replace

from sdtui.errors import ServerError
from sdtui.spec.document import Document
from sdtui.spec.event import Published, Started
from sdtui.spec.jobview import JobView
from sdtui.ui.showing.finished import finished, grid_of
from tests.ui.fake import FakeConfig, FakePreview, FakeServer, job_view
from tests.ui.screen import lines, studio, text, until, until_seen


def done(job_id: int, count: int = 1) -> JobView:
    """A job whose pictures are all on the disk."""
    job = job_view(job_id, count, Document(prompt=f"prompt {job_id}", params={"steps": 9, "batch_count": count}))
    paths = (replace(each, state="done", path=f"/o/{job_id}-{each.index}.png") for each in job.renders)
    return replace(job, renders=tuple(paths))


JOBS = (done(1), done(2, 2), job_view(3))


def test_finished_pictures_are_listed_the_newest_first() -> None:
    assert [picture.path for picture in finished(JOBS)] == ["/o/2-1.png", "/o/2-0.png", "/o/1-0.png"]


@pytest.mark.parametrize(
    ("room", "plain", "grid"),
    [
        ((78, 8), False, (5, 1, 14, 7)),
        ((57, 9), False, (3, 1, 16, 8)),
        ((78, 40), False, (4, 4, 16, 8)),
        ((78, 8), True, (1, 8, 78, 0)),
        ((10, 3), False, (1, 3, 10, 0)),
        ((5, 9), False, (1, 1, 5, 8)),
    ],
)
def test_pictures_are_as_large_as_the_room_allows(
    room: tuple[int, int], plain: bool, grid: tuple[int, int, int, int]
) -> None:
    assert grid_of(*room, plain=plain) == grid


async def test_the_strip_shows_small_pictures_and_the_chosen_one_is_named() -> None:
    server = FakeServer(jobs=JOBS, seq=1)
    server.pictures["/o/2-1.png"] = (2, 2, b"\x00\xff\x00" * 4)
    async with studio(server) as pilot:
        await pilot.press("alt+8")
        await until_seen(pilot, "▸#2 2-1.png")
        await until_seen(pilot, "#2 2-1.png  seed 101  prompt 2")
        await until_seen(pilot, "━ 1 of 3 ━")
        await until(pilot, lambda: text(pilot.app).count("▀" * 14) >= 21)
        strip = pilot.app.screen._compositor.render_strips()[30]
        greens = [each for each in strip if each.style and each.style.color and each.style.color.triplet == (0, 255, 0)]
        assert greens
        assert {"/o/2-1.png", "/o/2-0.png", "/o/1-0.png"} <= set(server.asked("picture"))


async def test_right_and_enter_show_another_picture_and_u_takes_all_of_it_into_the_form() -> None:
    server = FakeServer(jobs=JOBS, seq=1)
    async with studio(server) as pilot:
        await pilot.press("alt+8", "right", "enter")
        await until_seen(pilot, "#2 2-0.png ━┛")
        await pilot.press("alt+8", "l", "u")
        await until_seen(pilot, "• Steps           9")
        await until_seen(pilot, "│prompt 1 ")
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="prompt 1", params={"steps": 9, "seed": 100})]


async def test_the_newest_picture_is_chosen_until_another_one_was() -> None:
    server = FakeServer(jobs=(done(1), job_view(2), job_view(3)), seq=1)
    async with studio(server) as pilot:
        await pilot.press("alt+8")
        await until_seen(pilot, "▸#1 1-0.png")
        for job_id in (2, 3):
            server.happens(Started(job_id=job_id, render_id=f"r{job_id}-0", device="cpu"))
            server.happens(Published(job_id=job_id, render_id=f"r{job_id}-0", path=f"/o/{job_id}-0.png"))
            if job_id == 2:
                await until_seen(pilot, "▸#2 2-0.png")
                await pilot.press("right")
        await until_seen(pilot, "#3 3-0.png")
        await until_seen(pilot, "▸#1 1-0.png")


@pytest.mark.parametrize("without", ["NO_COLOR", "ascii"])
async def test_without_colours_there_are_names(without: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = FakeConfig(preview=FakePreview("ascii")) if without == "ascii" else None
    if config is None:
        monkeypatch.setenv("NO_COLOR", "1")
    server = FakeServer(jobs=JOBS, seq=1)
    async with studio(server, config=config) as pilot:
        await pilot.press("alt+8", "down", "down")
        await until_seen(pilot, "▸#1 1-0.png  seed 100  prompt 1")
        await until_seen(pilot, " #2 2-1.png  seed 101  prompt 2")
        await pilot.press("home", "k", "j", "end", "pageup", "pagedown")
        await until_seen(pilot, "3 of 3")


async def test_many_pictures_scroll_and_every_one_is_reached() -> None:
    server = FakeServer(jobs=(done(1, 40),), seq=1)
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("alt+8", *["right"] * 39)
        await until_seen(pilot, "▸#1 1-0.png")
        await pilot.press("right", "home", "down", "down")
        await until_seen(pilot, "▸#1 1-27.png")
        await pilot.press("end", "up", "down")
        await until_seen(pilot, "40 of 40")


async def test_a_picture_that_cannot_be_read_is_asked_for_once_and_nothing_is_said() -> None:
    server = FakeServer(jobs=(done(1), done(2)), seq=1)
    server.refusals["picture"] = ServerError("The picture is gone.", where="/o/2-0.png")
    async with studio(server, (200, 60)) as pilot:
        await until(pilot, lambda: "/o/1-0.png" in server.asked("picture"))
        await pilot.press("alt+8", "right", "left")
        await pilot.pause()
        assert server.asked("picture").count("/o/1-0.png") == 1
        assert len(lines(pilot.app)) == 60


async def test_without_pictures_a_sentence_says_so() -> None:
    async with studio(FakeServer(), (200, 60)) as pilot:
        await until_seen(pilot, "No picture is finished yet.")
        await pilot.press("alt+8", "enter", "u", "down", "end")
        await until_seen(pilot, "No picture is finished yet.")


async def test_the_mouse_chooses_a_picture() -> None:
    async with studio(FakeServer(jobs=JOBS, seq=1)) as pilot:
        await pilot.press("alt+8")
        await pilot.click("#history", (20, 3))
        await until_seen(pilot, "2 of 3")
