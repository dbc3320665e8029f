"""The model browser as it looks in a narrow and in a wide window, cell by cell; see test_snapshots.py."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sdtui.spec.complaint import Complaint
from sdtui.spec.fetch import FetchView
from tests.ui.browser import FILM, ModelServer, to_browser
from tests.ui.screen import StudioPilot, studio, until, until_seen
from tests.ui.test_snapshots import compare, settled, the_same_clock_everywhere

__all__ = ["the_same_clock_everywhere"]

SIZES = ((80, 24), (120, 40))
RUNNING = FetchView(
    id=1,
    url="https://x.example/night.safetensors",
    state="running",
    name="night.safetensors",
    kind="lora",
    size=144_000_000,
    done=61_000_000,
    speed=4_200_000.0,
)
FAILED = FetchView(
    id=2,
    url="https://x.example/page",
    state="failed",
    error=Complaint(what="The address leads to a web page, “Sign in”, not to a file."),
)


def full_server() -> ModelServer:
    server = ModelServer()
    server.texts["models.favourites"] = f'["{FILM.path}"]'
    server.abouts[FILM.path] = replace(server.abouts[FILM.path], preview="/m/film.preview.png")
    server.pictures["/m/film.preview.png"] = (2, 2, b"\x10\xc0\x30" * 4)
    server.fetches = {1: RUNNING, 2: FAILED}
    return server


async def to_film(pilot: StudioPilot) -> None:
    await to_browser(pilot)
    await until_seen(pilot, "↓ night.safetensors")
    await pilot.press("slash", *"fil", "enter")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_browser_looks_as_it_did(size: tuple[int, int]) -> None:
    server = full_server()
    async with studio(server, size) as pilot:
        await to_browser(pilot)
        await until_seen(pilot, "↓ night.safetensors")
        await until_seen(pilot, "★")
        await pilot.press(*["down"] * 7)
        await until(pilot, lambda: server.parts, "the picture")
        compare(f"browser/browser-{size[0]}x{size[1]}", await settled(pilot))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("key", "title"), [("e", "What is known of film"), ("a", "Get a model"), ("i", "Trained with")]
)
async def test_its_forms_and_pages_look_as_they_did(key: str, title: str, size: tuple[int, int]) -> None:
    server = full_server()
    async with studio(server, size) as pilot:
        await to_film(pilot)
        await until(pilot, lambda: server.parts, "the picture")
        await pilot.press(key)
        if not (key == "i" and size[1] < 30):
            await until_seen(pilot, title)
        compare(f"browser/browser-{key}-{size[0]}x{size[1]}", await settled(pilot))
