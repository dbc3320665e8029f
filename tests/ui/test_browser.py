"""The model browser by its keys alone."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from sdtui.errors import UsageError, WorkspaceError
from sdtui.spec.complaint import Complaint
from sdtui.spec.document import Document
from sdtui.spec.event import KeptChanged, LibraryChanged, WorkerState
from sdtui.spec.fetch import FetchView
from sdtui.spec.verbs_models import Describe, Fetch, FetchAgain, HashModel, StopFetch
from sdtui.ui.app import StudioApp
from tests.ui.browser import FILM, GLOSS, MODELS, ModelServer, record, to_browser, to_studio
from tests.ui.fake import READY, SHAPES
from tests.ui.screen import lines, studio, text, until, until_seen

SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]


def cursor_row(app: StudioApp) -> str:
    """The name under the list's cursor."""
    rows = app.screen.query_one("#list")
    return rows.showing.name if rows.showing is not None else ""  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
async def test_every_kind_of_model_is_listed_with_its_badges(size: tuple[int, int]) -> None:
    async with studio(ModelServer(), size) as pilot:
        await to_browser(pilot)
        seen = ""
        for _ in MODELS:
            seen += text(pilot.app)
            await pilot.press("down")
        for words in ("film", "LoRA  SD1", "LoRA  SDXL", "embed", "hyper", "VAE", "cnet", "upsc", "ckpt", "144 MB"):
            assert words in seen, words


async def test_enter_loads_a_checkpoint_and_puts_a_lora_in_and_takes_it_out_with_its_words() -> None:
    server = ModelServer()
    async with studio(server) as pilot:
        await pilot.press(*"a cat")
        await to_browser(pilot)
        await pilot.press("slash", *"film", "enter", "enter")
        await until_seen(pilot, "film is in the prompt.")
        await until_seen(pilot, "● film")
        await pilot.press("escape", "slash", *"dream", "enter", "enter")
        await until_seen(pilot, "The checkpoint dream is used from now on")
        await until_seen(pilot, "dream is in use")
        await to_studio(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        await to_browser(pilot)
        await pilot.press("slash", *"film", "enter", "enter")
        await until_seen(pilot, "film is out of the prompt again.")
        await to_studio(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(server.asked("submit")) == 2)
    prompt = "a cat <lora:film:0.7> grain, kodak"
    assert server.asked("submit") == [
        Document(prompt=prompt, checkpoint="dream"),
        Document(prompt="a cat", checkpoint="dream"),
    ]


async def test_a_vae_is_used_instead_of_the_checkpoints_own_until_it_is_chosen_again() -> None:
    server = ModelServer()
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"clear", "enter", "enter")
        await until_seen(pilot, "The VAE clear is used from now on")
        await until_seen(pilot, "● clear")
        await pilot.press("enter")
        await until_seen(pilot, "is used no longer")
        await pilot.press("enter")
        await to_studio(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
    assert server.asked("submit") == [Document(vae="clear")]


async def test_what_does_not_fit_is_dimmed_says_why_and_goes_nowhere() -> None:
    server = ModelServer()
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"gloss", "enter")
        await until_seen(pilot, "– This LoRA is for SDXL; the")
        await pilot.press("enter")
        await until_seen(pilot, "✗ This LoRA is for SDXL; the checkpoint shapes-64 is SD 1.x.")
        await pilot.press("escape", "slash", *"canny", "enter", "enter")
        await until_seen(pilot, "canny: a prompt cannot name a file of this kind (ControlNet).")
        await to_studio(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
    assert server.asked("submit") == [Document()]
    assert json.loads(server.texts.get("models.recent", "[]")) == ["/m/canny.safetensors"]


async def test_kinds_families_views_and_orders_are_gone_through() -> None:
    async with studio(ModelServer(), (80, 24)) as pilot:
        await to_browser(pilot)
        await pilot.press("s")
        await until_seen(pilot, "newest first")
        await until(pilot, lambda: cursor_row(pilot.app) == "shapes-64")
        await pilot.press("g")
        assert cursor_row(pilot.app) == "sub/gloss-xl"
        await pilot.press("s", "g")
        await until_seen(pilot, "largest first")
        assert cursor_row(pilot.app) == "canny"
        await pilot.press("s", "right", "right")
        await until_seen(pilot, "‹ LoRAs › · 3 of 10")
        await pilot.press("m")
        await until_seen(pilot, "‹ LoRAs › · for the checkpoint · 2 of 10")
        await pilot.press("m", "m")
        await until_seen(pilot, "‹ LoRAs › · SDXL · 1 of 10")
        await pilot.press("m", "left", "left", "left")
        await until_seen(pilot, "‹ upscalers › · 1 of 10")


async def test_favourites_and_what_was_used_lately_are_kept_by_the_server() -> None:
    server = ModelServer()
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"film", "enter", "f")
        await until_seen(pilot, "film is a favourite.")
        await until_seen(pilot, "★")
        await pilot.press("enter", "escape", "v")
        await until_seen(pilot, "★ favourites · 1 of 10")
        await pilot.press("v")
        await until_seen(pilot, "used lately · 1 of 10")
    assert json.loads(server.texts["models.favourites"]) == [FILM.path]
    assert json.loads(server.texts["models.recent"]) == [FILM.path]
    server.texts["models.favourites"] = json.dumps([GLOSS.path, FILM.path])
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("v")
        await until_seen(pilot, "★ favourites · 2 of 10")
        await pilot.press("slash", *"film", "enter", "f")
        await until_seen(pilot, "film is no favourite any more.")
        await until(pilot, lambda: json.loads(server.texts["models.favourites"]) == [GLOSS.path])


@pytest.mark.parametrize("text_kept", ["", "nonsense", "{}", "[1]"])
async def test_what_was_kept_by_somebody_else_is_no_favourite(text_kept: str) -> None:
    server = ModelServer()
    server.texts["models.favourites"] = text_kept
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("v")
        await until_seen(pilot, "There are no favourites here: f makes one.")


@pytest.mark.parametrize("size", SIZES)
async def test_the_details_tell_everything_in_a_column_or_on_a_page_of_their_own(size: tuple[int, int]) -> None:
    async with studio(ModelServer(), size) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"film", "enter")
        if size[0] < 100:
            await pilot.press("i")
        await until_seen(pilot, "Trigger words: grain, kodak")
        await until_seen(pilot, "Notes: Best at night.")
        if size[1] > 20:
            for words in (
                "Preferred weight: 0.7",
                "Not for faces.",
                "SHA-256: ababababababab",
                "Trained with: grain 40",
            ):
                assert words in text(pilot.app), words
        if size[0] < 100:
            assert "‹" not in text(pilot.app)
            await pilot.press("escape")
            await until_seen(pilot, "‹ all kinds ›")
            assert cursor_row(pilot.app) == "film"


async def test_details_that_are_longer_than_their_place_are_scrolled() -> None:
    server = ModelServer()
    notes = "\n".join(f"line {number}" for number in range(50))
    server.abouts[FILM.path] = replace(server.abouts[FILM.path], notes=notes)
    for size in ((80, 24), (120, 40)):
        async with studio(server, size) as pilot:
            await to_browser(pilot)
            await pilot.press("slash", *"film", "enter", "i")
            await until_seen(pilot, "line 3")
            await pilot.press("G")
            await until_seen(pilot, "line 49")
            await pilot.press("i")
            await until(pilot, lambda app=pilot.app: app.focused is not None and app.focused.id == "list")  # type: ignore[misc]


async def test_a_preview_picture_is_asked_for_and_painted() -> None:
    server = ModelServer()
    server.abouts[FILM.path] = replace(server.abouts[FILM.path], preview="/m/film.preview.png")
    server.pictures["/m/film.preview.png"] = (2, 2, b"\x10\xc0\x30" * 4)
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"film", "enter")
        await until(pilot, lambda: server.parts, "the picture")
        await until(pilot, lambda: any("▀" in line or "█" in line for line in lines(pilot.app)), "paint")
        assert server.parts[0][0] == "/m/film.preview.png"
        assert server.parts[0][3] is True
        await pilot.press("escape", "slash", *"anime", "enter")
        await until(pilot, lambda: not any("▀" in line or "█" in line for line in lines(pilot.app)), "no paint")


async def test_only_what_was_edited_is_written() -> None:
    server = ModelServer()
    async with studio(server, (80, 24)) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"film", "enter", "e")
        await until_seen(pilot, "What is known of film")
        await until_seen(pilot, "grain, kodak")
        await pilot.press("tab", "end", "backspace", "5", "tab", "tab", "pagedown", "end", *" Good.", "ctrl+s")
        await until_seen(pilot, "It is written into /m/film.json.")
    notes = "Best at night.\nNot for faces. Good."
    assert server.verbs(Describe) == [Describe(path=FILM.path, preferred_weight=0.5, notes=notes)]


async def test_a_weight_that_is_none_and_a_folder_that_refuses_are_said_and_what_was_typed_stays() -> None:
    server = ModelServer()
    async with studio(server, (80, 24)) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"film", "enter", "e")
        await until_seen(pilot, "What is known of film")
        await pilot.press("tab", *"x", "ctrl+s")
        await until_seen(pilot, "✗ The preferred weight is a number from −10 to 10.")
        server.refused[Describe] = WorkspaceError(
            "The folder may not be written to, so nothing was changed.", where="/m"
        )
        await pilot.press("backspace", "ctrl+s")
        await until_seen(pilot, "✗ /m: The folder may not be written to")
        await pilot.press("escape")
        await until_seen(pilot, "‹ all kinds ›")
    assert len(server.verbs(Describe)) == 1


async def test_new_files_show_up_and_the_cursor_stays_where_it_was() -> None:
    server = ModelServer()
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("down", "down", "down")
        before = cursor_row(pilot.app)
        server.models = (SHAPES, record("aaa-new", "lora"), *MODELS[1:])
        server.happens(LibraryChanged(count=11), transient=True)
        await until_seen(pilot, "aaa-new")
        assert cursor_row(pilot.app) == before


async def test_a_hash_is_asked_for_by_key_and_for_small_files_when_the_cursor_rests() -> None:
    server = ModelServer()
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"canny", "enter", "c")
        await until(pilot, lambda: server.verbs(HashModel) == [HashModel(path="/m/canny.safetensors")])
        await pilot.press("escape", "slash", *"anime", "enter")
        await until(pilot, lambda: HashModel(path="/m/anime.safetensors") in server.verbs(HashModel))
        await pilot.press("escape", "slash", *"film", "enter", "c")
        await until_seen(pilot, f"SHA-256 {'ab' * 32}")


async def test_a_model_is_got_from_an_address_and_shown_until_it_is_there() -> None:
    server = ModelServer()
    async with studio(server, (80, 24)) as pilot:
        await to_browser(pilot)
        await pilot.press("a")
        await until_seen(pilot, "Get a model")
        await pilot.press(*"nonsense", "enter")
        await until_seen(pilot, "✗ nonsense: This is no address.")
        await pilot.press("ctrl+u", *"https://x.example/night.safetensors", "tab", *"night", "tab", *"loras", "enter")
        await until_seen(pilot, "It is on its way")
        view = FetchView(id=1, url="https://x.example/night.safetensors", state="running", name="night.safetensors")
        server.tell(replace(view, size=100_000_000, done=43_000_000, speed=1_000_000.0, kind="lora"))
        await until_seen(pilot, "↓ night.safetensors")
        await until_seen(pilot, "43% of 100 MB 1 MB/s 0:57")
        server.tell(replace(view, state="done", size=100_000_000, done=100_000_000, kind="lora", checked=True))
        await until_seen(pilot, "✓ night.safetensors")
        await until_seen(pilot, "LoRA, 100 MB, checked")
    assert server.verbs(Fetch)[-1] == Fetch(url="https://x.example/night.safetensors", kind="lora", name="night")


async def test_a_kind_that_there_is_not_is_said() -> None:
    async with studio(ModelServer()) as pilot:
        await to_browser(pilot)
        await pilot.press("a", *"https://x.example/a", "tab", "tab", *"locon", "enter")
        await until_seen(pilot, "✗ There is no kind 'locon'; known are checkpoint, lora,")
        await pilot.press("escape", "a", "enter")
        await until_seen(pilot, "✗ Type or paste an address.")


async def test_downloads_are_stopped_gone_on_with_and_forgotten() -> None:
    server = ModelServer()
    view = FetchView(id=1, url="https://x.example/night.safetensors", state="running", name="night.safetensors")
    server.fetches = {1: view}
    async with studio(server, (80, 24)) as pilot:
        await to_browser(pilot)
        await until_seen(pilot, "↓ night.safetensors")
        await pilot.press("tab", "x")
        await until_seen(pilot, "‖ night.safetensors")
        await pilot.press("r")
        await until_seen(pilot, "… night.safetensors")
        error = Complaint(what="The disk is full.", todo="Make room.")
        server.tell(replace(view, state="failed", error=error))
        await until_seen(pilot, "✗ night.safetensors: The disk is full.")
        await until_seen(pilot, "The disk is full. Make room.")
        await pilot.press("x")
        await until(pilot, lambda: "night.safetensors" not in text(pilot.app))
        await pilot.press("slash", *"film", "enter")
        await until(pilot, lambda: cursor_row(pilot.app) == "film")
    assert server.verbs(StopFetch) == [StopFetch(id=1), StopFetch(id=1, forget=True)]
    assert server.verbs(FetchAgain) == [FetchAgain(id=1)]


async def test_all_downloads_that_are_over_are_forgotten_at_once() -> None:
    server = ModelServer()
    states = {1: "failed", 2: "running", 3: "done", 4: "cancelled"}
    server.fetches = {
        number: FetchView(id=number, url=f"https://x.example/{number}", state=state, name=f"m{number}.safetensors")
        for number, state in states.items()
    }
    async with studio(server, (80, 24)) as pilot:
        await to_browser(pilot)
        await until_seen(pilot, "✗ m1")
        await pilot.press("tab", "X")
        await until(pilot, lambda: "m1" not in text(pilot.app) and "m2" in text(pilot.app))
        await pilot.press("X")
        await until_seen(pilot, "No download is over.")
    assert {verb.id for verb in server.verbs(StopFetch)} == {1, 3, 4}
    assert all(verb.forget for verb in server.verbs(StopFetch))


async def test_favourites_of_another_window_are_seen_at_once() -> None:
    server = ModelServer()
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("v")
        await until_seen(pilot, "There are no favourites here")
        server.texts["models.favourites"] = json.dumps([FILM.path])
        server.happens(KeptChanged(name="models.favourites"), transient=True)
        await until_seen(pilot, "★ favourites · 1 of 10")
        await until(pilot, lambda: cursor_row(pilot.app) == "film")
        asked = server.calls.count(("kept", "models.favourites"))
        server.happens(KeptChanged(name="wildcards.drafts"), transient=True)
        server.texts["models.favourites"] = ""
        server.happens(KeptChanged(name="models.favourites"), transient=True)
        await until_seen(pilot, "There are no favourites here")
        assert server.calls.count(("kept", "models.favourites")) == asked + 1


async def test_downloads_are_asked_for_again_after_a_connection_that_was_lost() -> None:
    server = ModelServer()
    view = FetchView(id=1, url="https://x.example/night.safetensors", state="running", name="night.safetensors")
    server.fetches = {1: view}
    async with studio(server, (80, 24)) as pilot:
        await to_browser(pilot)
        await until_seen(pilot, "↓ night.safetensors")
        server.fetches = {1: replace(view, state="done", kind="lora", size=1_000_000)}
        server.loses()
        await until_seen(pilot, "✓ night.safetensors")


async def test_what_the_server_refuses_is_said_in_the_room() -> None:
    server = ModelServer()
    async with studio(server) as pilot:
        await to_browser(pilot)
        server.refused[HashModel] = UsageError("This is no model that is known.", where="/m/x")
        await pilot.press("c")
        await until_seen(pilot, "✗ /m/x: This is no model that is known.")


async def test_where_there_is_a_graphics_card_and_no_model_the_studio_says_how_to_get_one() -> None:
    server = ModelServer(models=(SHAPES,), workers=(WorkerState(device="cuda:0", state="ready", text="ready"),))
    async with studio(server) as pilot:
        await until_seen(pilot, "Only the tiny built-in model is here. F2 then")


@pytest.mark.parametrize(("models", "device"), [((SHAPES,), "cpu"), (MODELS, "cuda:0")])
async def test_nobody_else_is_told_so(models: tuple[object, ...], device: str) -> None:
    server = ModelServer(models=models, workers=(replace(READY, device=device),))
    async with studio(server) as pilot:
        await to_browser(pilot)
        await pilot.press("escape")
        assert "Only the tiny" not in text(pilot.app)


async def test_ten_thousand_models_are_filtered_as_they_are_typed() -> None:
    many = tuple(record(f"folder/some-model-{number}", "lora") for number in range(10_000))
    async with studio(ModelServer(models=(SHAPES, *many)), (80, 24)) as pilot:
        await to_browser(pilot)
        await pilot.press("slash", *"model-9999", "enter")
        await until(pilot, lambda: cursor_row(pilot.app) == "folder/some-model-9999")
