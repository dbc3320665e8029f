"""The room of watched folders, with keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from sdtui.spec.complaint import Complaint
from sdtui.spec.event import Started, StepDone, Submitted
from sdtui.spec.verbs_watch import PauseWatch, RenderFile, Unwatch, Watch
from sdtui.ui.rooms.watching import WatchingRoom
from tests.ui.fake import job_view
from tests.ui.screen import StudioPilot, studio, text, until, until_seen
from tests.ui.watched import BAD, CAT, DOG, FOLDER, WAITING, WatchServer


def asked(server: WatchServer, kind: type) -> list[object]:
    return [verb for verb in server.asked("ask") if isinstance(verb, kind)]


async def open_room(pilot: StudioPilot) -> WatchingRoom:
    await pilot.press("f6")
    await until(pilot, lambda: isinstance(pilot.app.screen, WatchingRoom) and pilot.app.screen._shelf.known, "the room")
    assert isinstance(pilot.app.screen, WatchingRoom)
    return pilot.app.screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_each_file_and_how_it_stands(size: tuple[int, int]) -> None:
    server = WatchServer(CAT, DOG, BAD, WAITING)
    async with studio(server, size) as pilot:
        await open_room(pilot)
        await until_seen(pilot, "Watching · 1 folder · 4 files · 1 waiting · ✗ 1")
        for words in (
            FOLDER,
            "✗ bad.yaml",
            "line 3",
            "✓ cat.txt",
            "done",
            "· waiting.txt",
            "bad.yaml:3: Steps is a whole",
        ):
            await until_seen(pilot, words)
        await pilot.press("down")
        await until_seen(pilot, "watch/cat/00002-7.png")
        await until(pilot, lambda: "▀" in text(pilot.app), "the picture")
        await pilot.press("down")
        await until_seen(pilot, "Hires upscale: 2")


async def test_with_nothing_watched_it_says_what_to_do_and_a_folder_is_typed() -> None:
    server = WatchServer()
    async with studio(server) as pilot:
        await open_room(pilot)
        await until_seen(pilot, "Nothing is watched yet.")
        await pilot.press("a")
        await until_seen(pilot, "Watch which folder?")
        await pilot.press(*"/p/nowhere", "enter")
        await until_seen(pilot, "There is no such folder to watch.")
        await until_seen(pilot, "/p/nowhere")
        await pilot.press(*["backspace"] * 6, *"ew", "enter")
        await until_seen(pilot, "/p/new is watched.")
        assert [verb.wish.path for verb in asked(server, Watch)] == ["/p/nowhere", "/p/new"]


async def test_a_folder_of_many_files_is_watched_when_it_is_asked_for_twice() -> None:
    server = WatchServer()
    async with studio(server) as pilot:
        await open_room(pilot)
        await pilot.press("a")
        await until_seen(pilot, "Watch which folder?")
        await pilot.press(*"/p/full", "enter")
        await until_seen(pilot, "There are 300 prompt files in it. The same again watches it all the same.")
        await pilot.press("backspace", "l", "enter")
        await until_seen(pilot, "/p/full is watched.")
        assert [verb.wish.many for verb in asked(server, Watch)] == [False, True]


async def test_a_new_picture_is_gone_to_until_the_cursor_is_moved() -> None:
    server = WatchServer(CAT, DOG)
    async with studio(server) as pilot:
        room = await open_room(pilot)
        await until_seen(pilot, "following")
        server.changes(replace(DOG, latest="/w/outputs/watch/dog/00003-7.png", before=DOG.latest))
        await until(pilot, lambda: getattr(room.chosen, "name", "") == "dog.md", "gone to")
        await until_seen(pilot, "dog/00003-7.png")
        await pilot.press("up")
        await until(pilot, lambda: getattr(room.chosen, "name", "") == "cat.txt", "moved")
        server.changes(replace(DOG, latest="/w/outputs/watch/dog/00004-7.png"))
        await pilot.pause()
        assert getattr(room.chosen, "name", "") == "cat.txt"
        await pilot.press("f")
        await until_seen(pilot, "Each new picture is shown.")


async def test_what_is_being_made_shows_its_steps() -> None:
    server = WatchServer(CAT)
    async with studio(server) as pilot:
        await open_room(pilot)
        job = job_view(9)
        server.happens(Submitted(job=job))
        server.changes(replace(CAT, state="rendering", job_id=9))
        await until_seen(pilot, "in line")
        server.happens(Started(job_id=9, render_id="r9-0", device="cpu"))
        server.happens(StepDone(job_id=9, render_id="r9-0", step=7, steps=20), transient=True)
        await until_seen(pilot, "step 7/20")
        server.changes(replace(CAT, state="gone"))
        await until(pilot, lambda: "cat.txt" not in text(pilot.app), "gone")


async def test_pause_again_tree_stop_and_undo() -> None:
    server = WatchServer(CAT)
    async with studio(server) as pilot:
        await open_room(pilot)
        await pilot.press("p")
        await until_seen(pilot, "· paused")
        await pilot.press("p")
        await until(pilot, lambda: "· paused" not in text(pilot.app), "going on")
        await pilot.press("r")
        await until_seen(pilot, "cat.txt is rendered again.")
        await pilot.press("t")
        await until_seen(pilot, "with its folders")
        await pilot.press("x")
        await until_seen(pilot, "watched no longer")
        await until_seen(pilot, "Nothing is watched yet.")
        await pilot.press("u")
        await until_seen(pilot, f"{FOLDER} is watched again.")
        assert [verb.paused for verb in asked(server, PauseWatch)] == [True, False]
        assert [verb.name for verb in asked(server, RenderFile)] == ["cat.txt"]
        assert [verb.path for verb in asked(server, Unwatch)] == [FOLDER]
        assert asked(server, Watch)[-1].wish.recursive


async def test_compare_and_zoom_and_back() -> None:
    server = WatchServer(CAT, BAD)
    async with studio(server) as pilot:
        room = await open_room(pilot)
        await pilot.press("c")
        await until_seen(pilot, "There is no picture of it yet.")
        await pilot.press("down", "c")
        await until_seen(pilot, "beside cat/00001-7.png")
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.screen is room, "back")
        await pilot.press("z")
        await until_seen(pilot, "cat/00002-7.png · 2×2")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1, "the studio")


async def test_a_filter_and_the_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dog.md").write_text("a dog")
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\necho "two dogs" > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    server = WatchServer(CAT)
    dog = replace(DOG, folder=str(tmp_path))
    server.folders = [replace(server.folders[0], wish=replace(server.folders[0].wish, path=str(tmp_path)))]
    server.files = {dog.key: dog, ("x", "y"): replace(CAT, folder=str(tmp_path))}
    async with studio(server) as pilot:
        await open_room(pilot)
        await pilot.press("slash", *"dog", "enter")
        await until(pilot, lambda: "cat.txt" not in text(pilot.app), "filtered")
        await pilot.press("end", "enter")
        await until(pilot, lambda: (tmp_path / "dog.md").read_text() == "two dogs\n", "edited")
        await pilot.press("escape")
        await until_seen(pilot, "cat.txt")


async def test_hostile_names_and_sentences_are_only_shown() -> None:
    evil = "we\x1b[31mird [b]x\u202e.txt"
    complaint = Complaint(what="No \x1b]52;c;aGk=\x07 [red]good[/].", where=f"{evil}:3")
    server = WatchServer(replace(BAD, name=evil, error=complaint))
    async with studio(server) as pilot:
        await open_room(pilot)
        await until_seen(pilot, "we␛[31mird [b]x.txt")
        await until_seen(pilot, "[red]good[/].")
        assert "\x1b" not in text(pilot.app)


async def test_thousands_of_files_are_shown_at_once() -> None:
    server = WatchServer(CAT)
    async with studio(server) as pilot:
        await open_room(pilot)
        many = [replace(WAITING, name=f"{number:04}.txt") for number in range(3000)]
        for start in range(0, 3000, 200):
            server.changes(*many[start : start + 200])
        await until_seen(pilot, "3,001 files · 3,000 waiting")


async def test_a_file_that_is_not_on_this_machine_is_said() -> None:
    async with studio(WatchServer(CAT)) as pilot:
        await open_room(pilot)
        await pilot.press("e")
        await until_seen(pilot, "not on this machine")


async def test_the_cursor_goes_to_the_first_hit_of_a_filter_and_may_leave_it() -> None:
    async with studio(WatchServer(CAT, DOG, BAD)) as pilot:
        room = await open_room(pilot)
        await pilot.press("home", "slash", *"dog", "enter")
        await until(pilot, lambda: getattr(room.chosen, "name", "") == "dog.md", "the hit")
        await pilot.press("up")
        await until(pilot, lambda: getattr(room.chosen, "path", "") == FOLDER, "the folder")
