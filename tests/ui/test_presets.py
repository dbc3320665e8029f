"""The room of presets, by its keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from sdtui.spec.document import Document
from sdtui.ui.rooms.presets import PresetsRoom
from sdtui.workspace.presets import PresetFolder
from tests.ui.fake import DREAM, SHAPES
from tests.ui.screen import StudioPilot, lines, studio, text, until, until_seen
from tests.ui.shelves import ShelfServer

DRAFT = Document(prompt="a cat", negative_prompt="blurry", params={"steps": 30, "seed": 7})
SAVED = "prompt: a cat\nnegative_prompt: blurry\nparams:\n  steps: 30\n"


@pytest.fixture
def server(tmp_path: Path) -> ShelfServer:
    made = ShelfServer(tmp_path, draft=DRAFT)
    made.preset("ink", "# Black and white.\nprompt: ink drawing of {prompt}\n")
    made.preset("quick", "# Few steps, to look.\nparams:\n  steps: 12\n  sampler: Euler a\n")
    made.preset("sharp", "prompt: sharp\nnegative_prompt: soft\n")
    yield made
    made.store.close()


def document(pilot: StudioPilot) -> Document:
    return pilot.app._studio._presenter.draft.document


async def enter(pilot: StudioPilot, words: str = "ink") -> None:
    await pilot.press("f3")
    await until(pilot, lambda: isinstance(pilot.app.screen, PresetsRoom))
    await until_seen(pilot, words)


async def test_what_a_preset_would_change_is_seen_before_it_is_applied(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await until_seen(pilot, "a cat → ink drawing of a cat")
        assert "Black and white." in text(pilot.app)
        await pilot.press("down")
        await until_seen(pilot, "30 → 12")
        assert "default → Euler a" in text(pilot.app)
        assert document(pilot) == DRAFT


async def test_enter_applies_and_one_key_takes_it_back(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("enter")
        await until_seen(pilot, "ink is applied. Alt+U takes it back.")
        assert document(pilot).prompt == "ink drawing of a cat"
        assert "ink drawing of a cat" in text(pilot.app)
        await pilot.press("alt+u")
        await until_seen(pilot, "ink is taken back.")
        assert document(pilot) == DRAFT
        await pilot.press("alt+u")
        await until_seen(pilot, "No preset was applied")


async def test_several_are_applied_in_the_order_of_their_marks(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("end", "space", "home", "space")
        await until_seen(pilot, "2 marked: sharp, ink")
        await until_seen(pilot, "ink drawing of a cat, sharp")
        await pilot.press("enter")
        await until_seen(pilot, "sharp, ink is applied")
        assert document(pilot).prompt == "ink drawing of a cat, sharp"
        assert document(pilot).negative_prompt == "blurry, soft"


async def test_what_was_typed_after_a_preset_stays_when_it_is_taken_back(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("end", "enter")
        await until_seen(pilot, "sharp is applied")
        await pilot.press("ctrl+end", "!")
        await pilot.press("alt+u")
        await until_seen(pilot, "What was changed since stays: Prompt.")
        assert document(pilot).prompt == "a cat, sharp!"
        assert document(pilot).negative_prompt == "blurry"


async def test_a_chosen_part_of_the_state_is_saved_from_the_studio(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("ctrl+s")
        await until_seen(pilot, "Save as preset")
        await until_seen(pilot, "[x] Steps")
        assert "[ ] Seed" in text(pilot.app)
        await pilot.press(*"mine", "down", "space", "down", "space", "enter")
        await until_seen(pilot, "Preset 'mine' is saved.")
        assert not isinstance(pilot.app.screen, PresetsRoom)
    assert (server.workspace.presets / "mine.yaml").read_text() == "params:\n  steps: 30\n"


async def test_everything_is_saved_where_there_are_vaes_and_refiners_to_choose(tmp_path: Path) -> None:
    models = (SHAPES, DREAM, replace(DREAM, name="clear", path="/m/clear.safetensors", kind="vae"))
    server = ShelfServer(tmp_path, models=models)
    async with studio(server, (80, 40)) as pilot:
        await enter(pilot, "No presets yet.")
        await pilot.press("s")
        await until_seen(pilot, "Save as preset")
        assert sum(" VAE " in line for line in text(pilot.app).split("\n")) == 1
        await pilot.press(*"all", "ctrl+a", "enter")
        await until_seen(pilot, "Preset 'all' is saved.")
        await pilot.press("s")
        await until_seen(pilot, "Save as preset")
        for many in ("31", "0", "31"):
            await pilot.press("ctrl+a")
            await until_seen(pilot, f"{many} of 31 fields are saved")
    found = PresetFolder(server.workspace.presets).find("all")
    server.store.close()
    assert found.problem is None
    assert {"prompt", "checkpoint", "vae"} <= set(found.sets)
    assert found.document.params["steps"] == 20


async def test_a_preset_is_only_replaced_when_asked_twice_and_can_be_brought_back(server: ShelfServer) -> None:
    before = (server.workspace.presets / "ink.yaml").read_text()
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("s")
        await until_seen(pilot, "Save as preset")
        await pilot.press(*"ink", "enter")
        await until_seen(pilot, "Enter again replaces it")
        assert (server.workspace.presets / "ink.yaml").read_text() == before
        await pilot.press("enter")
        await until_seen(pilot, "Preset 'ink' is replaced.")
        assert "a cat" in (server.workspace.presets / "ink.yaml").read_text()
        await pilot.press("u")
        await until_seen(pilot, "Preset 'ink' is as it was before.")
    assert (server.workspace.presets / "ink.yaml").read_text() == before


@pytest.mark.parametrize(("text", "stays"), [(SAVED, True), ("prompt: ink drawing\n", False)])
async def test_what_was_said_of_a_preset_goes_with_what_it_held(server: ShelfServer, text: str, stays: bool) -> None:
    ink = server.preset("ink", f"# For paper.\n{text}")
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("s")
        await until_seen(pilot, "Save as preset")
        await pilot.press(*"ink", "enter", "enter")
        await until_seen(pilot, "Preset 'ink' is replaced.")
    assert ("For paper." in ink.read_text()) == stays
    assert "prompt: a cat" in ink.read_text()


async def test_a_preset_of_another_ending_is_not_doubled(server: ShelfServer) -> None:
    (server.workspace.presets / "ink.yaml").rename(server.workspace.presets / "ink.yml")
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("s")
        await until_seen(pilot, "Save as preset")
        await pilot.press(*"ink", "enter", "enter")
        await until_seen(pilot, "'ink' is the file ink.yml.")
    assert not (server.workspace.presets / "ink.yaml").exists()


@pytest.mark.parametrize(
    ("name", "said"), [("a/b", "It holds '/'"), (".a", "begins with neither"), ("", "Type a name")]
)
async def test_a_name_that_cannot_be_is_said_and_nothing_is_written(server: ShelfServer, name: str, said: str) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("s")
        await until_seen(pilot, "Save as preset")
        await pilot.press(*name, "enter")
        await until_seen(pilot, said)
        await pilot.press("escape")
    assert len(list(server.workspace.presets.iterdir())) == 3


async def test_renaming_and_deleting_can_be_taken_back(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("r")
        await until_seen(pilot, "Rename 'ink'")
        await pilot.press("ctrl+u", *"quick", "enter")
        await until_seen(pilot, "This file exists.")
        await pilot.press("r")
        await until_seen(pilot, "Rename 'ink'")
        await pilot.press("ctrl+u", *"pen", "enter")
        await until_seen(pilot, "'ink' is called 'pen' now.")
        await pilot.press("delete")
        await until_seen(pilot, "Preset 'pen' is deleted. u brings it back.")
        assert sorted(each.stem for each in server.workspace.presets.iterdir()) == ["quick", "sharp"]
        await pilot.press("u")
        await until_seen(pilot, "Preset 'pen' is there again.")
        await pilot.press("u")
        await until_seen(pilot, "'pen' is called 'ink' again.")
        await pilot.press("u")
        await until_seen(pilot, "There is nothing to take back.")
    assert sorted(each.stem for each in server.workspace.presets.iterdir()) == ["ink", "quick", "sharp"]


async def test_a_mark_goes_with_its_preset_and_everything_is_taken_back_one_by_one(server: ShelfServer) -> None:
    before = (server.workspace.presets / "ink.yaml").read_text()
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("s")
        await until_seen(pilot, "Save as preset")
        await pilot.press(*"ink", "enter")
        await until_seen(pilot, "Enter again replaces it")
        await pilot.press("enter")
        await until_seen(pilot, "Preset 'ink' is replaced.")
        await pilot.press("space", "up")
        await until_seen(pilot, "1 marked: ink")
        await pilot.press("r")
        await until_seen(pilot, "Rename 'ink'")
        await pilot.press("ctrl+u", *"pen", "enter")
        await until_seen(pilot, "1 marked: pen")
        await pilot.press("x")
        await until_seen(pilot, "Preset 'pen' is deleted.")
        await pilot.press("u")
        await until_seen(pilot, "Preset 'pen' is there again.")
        await pilot.press("u")
        await until_seen(pilot, "'pen' is called 'ink' again.")
        await pilot.press("u")
        await until_seen(pilot, "Preset 'ink' is as it was before.")
    assert (server.workspace.presets / "ink.yaml").read_text() == before
    assert not (server.workspace.presets / "pen.yaml").exists()


async def test_a_change_outside_shows_at_once_and_an_error_at_its_file(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        server.preset("quick", "params:\n  stpes: 12\n")
        server.preset("new", "prompt: new\n")
        server.changes_outside("presets")
        await until_seen(pilot, "✗ quick")
        await until_seen(pilot, "Presets · 4 · ✗ 1 cannot be used")
        await pilot.press("down", "down")
        await until_seen(pilot, "presets/quick.yaml:2")
        assert "Did you mean" in text(pilot.app)
        await pilot.press("enter")
        await until_seen(pilot, "There is no parameter 'stpes'")
        assert isinstance(pilot.app.screen, PresetsRoom)
        await pilot.press("space")
        await until_seen(pilot, "It cannot be used")


async def test_styles_are_applied_and_made_files(server: ShelfServer) -> None:
    styles = server.workspace.root / "styles.csv"
    styles.write_text('name,prompt,negative_prompt\n"Oil: a/b","oil, thick paint",\nbroken,a,b,c\n')
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot, "Oil: a/b")
        await pilot.press("end")
        await until_seen(pilot, "✗ styles.csv:3")
        await until_seen(pilot, "commas")
        await pilot.press("home", "r")
        await until_seen(pilot, "It is a row of styles.csv")
        await pilot.press("c")
        await until_seen(pilot, "Preset 'Oil- a-b' is saved.")
    assert (server.workspace.presets / "Oil- a-b.yaml").read_text() == "prompt: oil, thick paint\n"


async def test_the_list_is_filtered_by_words_of_name_prompt_and_comment(server: ShelfServer) -> None:
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("/", *"black", "enter")
        await until(pilot, lambda: "sharp" not in text(pilot.app))
        assert "ink" in text(pilot.app)
        await pilot.press("escape")
        await until_seen(pilot, "sharp")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PresetsRoom))


async def test_an_empty_room_says_what_to_do_and_help_knows_it(tmp_path: Path) -> None:
    server = ShelfServer(tmp_path)
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot, "No presets yet.")
        await until_seen(pilot, "s saves what is set up")
        await pilot.press("f1")
        await until_seen(pilot, "Help: presets first")
        assert "Apply the marked presets" in text(pilot.app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PresetsRoom))
        assert "Apply" in lines(pilot.app)[-1]
        await pilot.press("enter", "space", "x", "r", "c", "u")
        await until_seen(pilot, "There is nothing to take back.")
    server.store.close()


async def test_hostile_names_and_texts_are_shown_as_glyphs(server: ShelfServer) -> None:
    server.preset("\x1b]52;c;x\x07evil", 'prompt: "\\e[2J\\u202e red"\n')
    async with studio(server, (80, 24)) as pilot:
        await enter(pilot, "evil")
        await pilot.press("home")
        await until_seen(pilot, "What would change")
        assert "\x1b" not in text(pilot.app)
        assert "\u202e" not in text(pilot.app)
