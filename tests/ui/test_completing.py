from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdtui.spec.complaint import Complaint
from sdtui.spec.model import ModelRecord
from sdtui.spec.tag import TagName
from sdtui.spec.wildcard import Draws, WildcardName
from sdtui.ui.panes.prompt import PromptPane
from sdtui.ui.widgets.completion_list import CompletionList, place_for
from tests.ui.fake import DREAM, SHAPES, FakeCompletion, FakeConfig, FakeServer
from tests.ui.screen import StudioPilot, lines, studio, text, until, until_seen

GRAIN = ModelRecord(
    name="styles/film-grain",
    path="/m/film-grain.safetensors",
    kind="lora",
    family="sd1",
    alias="kodak",
    trigger_words=("film grain", "kodak"),
    preferred_weight=0.7,
)
PIXEL = ModelRecord(name="pixel", path="/m/pixel.safetensors", kind="lora", family="sd1")
EASY = ModelRecord(name="EasyNegative", path="/m/EasyNegative.safetensors", kind="embedding", family="sd1")
WILDCARDS = (
    WildcardName(name="colours", count=9, path="/w/wildcards/colours.txt"),
    WildcardName(name="shapes", count=6, path="/w/wildcards/shapes.txt"),
)


def server_with() -> FakeServer:
    server = FakeServer(models=(SHAPES, DREAM, GRAIN, PIXEL, EASY))
    server.wildcards = WILDCARDS
    server.tags = (
        TagName(name="circle", kind="shape"),
        TagName(name="long_hair", kind="0", count=4_000_000, listed=True),
    )
    return server


def prompt(pilot: StudioPilot) -> PromptPane:
    return pilot.app.screen.query_one("#prompt", PromptPane)


def offers(pilot: StudioPilot) -> CompletionList:
    return pilot.app.screen.query_one(CompletionList)


async def until_offered(pilot: StudioPilot, words: str) -> None:
    await until(
        pilot, lambda: offers(pilot).display and any(words in item.label for item in offers(pilot)._items), words
    )


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 16)])
async def test_a_loras_name_is_offered_and_taken_with_its_words(size: tuple[int, int]) -> None:
    async with studio(server_with(), size) as pilot:
        await pilot.press(*"a <lo")
        await until_seen(pilot, "<lora:")
        await pilot.press("tab")
        await until_offered(pilot, "film-grain")
        await pilot.press(*"fi", "tab")
        assert prompt(pilot).text == "a <lora:film-grain:0.7> film grain, kodak"
        assert not offers(pilot).display
        await pilot.press("ctrl+z")
        assert prompt(pilot).text == "a <lora:fi"


async def test_the_words_go_with_the_tag() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"<lora:fi", "tab", "home", *["right"] * 21)
        assert prompt(pilot).text == "<lora:film-grain:0.7> film grain, kodak"
        await pilot.press(*["backspace"] * 21)
        assert prompt(pilot).text == ""
        await pilot.press("ctrl+z")
        assert "film grain" in prompt(pilot).text


async def test_words_that_were_touched_stay() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"<lora:fi", "tab", "backspace", "home", *["right"] * 21, *["backspace"] * 21)
        assert prompt(pilot).text == " film grain, koda"


async def test_what_is_grey_is_taken_with_right() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"a __col")
        await until_seen(pilot, "9 values")
        assert lines(pilot.app)[2].startswith("┃a __colours__")
        assert prompt(pilot).text == "a __col"
        await pilot.press("right")
        assert prompt(pilot).text == "a __colours__"


async def test_words_come_from_the_server_for_the_built_in_model() -> None:
    server = server_with()
    async with studio(server) as pilot:
        await pilot.press(*"a ci")
        await until_offered(pilot, "circle")
        await pilot.press("tab")
        assert prompt(pilot).text == "a circle"
        assert server.asked("tags")


async def test_a_tag_is_put_in_as_people_write_it() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"lon")
        await until_offered(pilot, "long_hair")
        assert "4.0M" in text(pilot.app)
        await pilot.press("tab")
        assert prompt(pilot).text == "long hair, "


async def test_arrows_and_enter_are_the_editors_until_something_is_chosen() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"one", "enter", *"__", "up")
        assert prompt(pilot).cursor_location == (0, 2)
        assert not offers(pilot).display
        await pilot.press("down", "end", *"x", "backspace", "down", "down", "enter")
        assert prompt(pilot).text == "one\n__shapes__"
        await pilot.press("enter")
        assert prompt(pilot).text == "one\n__shapes__\n"


async def test_enter_is_a_new_line_while_nothing_is_chosen() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"a __c", "enter")
        assert prompt(pilot).text == "a __c\n"


async def test_up_from_the_first_is_back_to_typing() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"a __", "down", "up", "enter")
        assert prompt(pilot).text == "a __\n"


@pytest.mark.parametrize("key", ["ctrl+space", "ctrl+@", "ctrl+n"])
async def test_offers_can_be_asked_for_and_gone_through(key: str) -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"a __", "escape")
        assert not offers(pilot).display
        await pilot.press(key, key, "enter")
        assert prompt(pilot).text == "a __shapes__"


async def test_escape_closes_for_the_word_and_not_for_the_next() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press(*"a __c", "escape", "o")
        assert not offers(pilot).display
        await pilot.press(*"l, __c")
        assert offers(pilot).display


async def test_tab_leaves_the_editor_while_nothing_is_offered() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press("x", "tab")
        assert pilot.app.focused is not prompt(pilot)


async def test_only_when_asked_if_the_config_says_so() -> None:
    config = FakeConfig(completion=FakeCompletion(automatic=False))
    async with studio(server_with(), config=config) as pilot:
        await pilot.press(*"a __c")
        assert not offers(pilot).display
        await pilot.press("ctrl+space", "tab")
        assert prompt(pilot).text == "a __colours__"


async def test_the_list_goes_when_the_focus_or_the_cursor_does() -> None:
    async with studio(server_with()) as pilot:
        for away in ("alt+2", "left", "home"):
            await pilot.press("alt+1", "end", *" __c")
            assert offers(pilot).display
            await pilot.press(away)
            assert not offers(pilot).display, away


async def test_the_list_never_covers_the_cursors_row() -> None:
    async with studio(server_with(), (60, 16)) as pilot:
        await pilot.press(*["enter"] * 12, *"__")
        assert offers(pilot).display
        assert not offers(pilot).place.contains_point(prompt(pilot).cursor_screen_offset)
        row = prompt(pilot).cursor_screen_offset.y
        assert not offers(pilot).place.y <= row < offers(pilot).place.bottom


def test_a_place_is_inside_the_screen() -> None:
    from textual.geometry import Offset, Size

    from sdtui.prompt.complete import Item

    items = [Item("name" * 30, "x", "about", "word")] * 20
    for width, height in ((1, 1), (20, 3), (80, 24)):
        for x in range(width):
            for y in range(height):
                place = place_for(items, Offset(x, y), Size(width, height))
                assert Size(width, height).region.contains_region(place) or not place.area
                assert not place.y <= y < place.bottom


async def test_draws_are_shown_drawn_again_and_taken() -> None:
    server = server_with()
    server.draws = Draws(texts=("a red cat", "a blue cat"), total=1234)
    async with studio(server) as pilot:
        await pilot.press(*"a {{red|blue} cat", "escape", "alt+d")
        await until_seen(pilot, "2 draws of 1,234 combinations")
        await pilot.press("r")
        await until(pilot, lambda: len(server.asked("draws")) == 2)
        await pilot.press("j", "enter")
        await until(pilot, lambda: prompt(pilot).text == "a blue cat")
        await pilot.press("ctrl+z")
        assert prompt(pilot).text == "a {{red|blue} cat"


async def test_what_is_wrong_with_a_template_is_said() -> None:
    server = server_with()
    server.draws = Draws(problem=Complaint(what="There is no wildcard 'x'.", where="line 1", todo="Did you mean 'y'?"))
    async with studio(server, (80, 24)) as pilot:
        await pilot.press("x", "alt+d")
        await until_seen(pilot, "line 1: There is no wildcard 'x'. Did you mean 'y'?")
        await pilot.press("enter", "escape", "y")
        assert prompt(pilot).text == "xy"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [*"<l:_fc ,(\\>", "tab", "right", "down", "up", "enter", "escape", "ctrl+n", "left", "backspace"]
        ),
        max_size=25,
    )
)
async def test_whatever_is_pressed_undo_brings_the_text_back(keys: list[str]) -> None:
    async with studio(server_with()) as pilot:
        editor = prompt(pilot)
        for key in keys:
            await pilot.press(key)
            if not editor.has_focus:
                editor.focus()
                await pilot.pause()
        for _ in range(len(keys) + 1):
            editor.undo()
        assert editor.text == ""


async def test_a_picture_gives_way_to_the_list_and_comes_back() -> None:
    from textual.geometry import Region

    from sdtui.ui.panes.preview import PreviewPane

    async with studio(server_with()) as pilot:
        preview = pilot.app.screen.query_one(PreviewPane)
        preview._laid = None
        assert preview._seen
        covered: list[Region] = []
        preview.cover = covered.append  # type: ignore[method-assign]
        await pilot.press(*"a __c")
        assert covered[-1] == offers(pilot).place
        assert covered[-1].area
        await pilot.press("escape")
        assert covered[-1] == Region()


async def test_what_files_are_called_reaches_no_terminal_as_it_is() -> None:
    server = server_with()
    server.wildcards = (WildcardName(name="co\x1b[2Jl", count=1, path="/w/x.txt"),)
    async with studio(server) as pilot:
        await pilot.press(*"a __c")
        await until(pilot, lambda: offers(pilot).display)
        assert "\x1b" not in text(pilot.app)


async def test_what_is_asked_for_with_nothing_typed_is_shown_when_the_server_has_answered() -> None:
    async with studio(server_with()) as pilot:
        await pilot.press("ctrl+n")
        await until_offered(pilot, "circle")
        await pilot.press("enter")
        assert prompt(pilot).text == "EasyNegative"


async def test_the_list_leaves_the_border_alone() -> None:
    server = server_with()
    server.tags = (TagName(name="1girl", kind="0", count=4_000_000, listed=True),)
    async with studio(server, (80, 24)) as pilot:
        await pilot.press(*"1gi")
        await until_offered(pilot, "1girl")
        assert offers(pilot).place.x == prompt(pilot).content_region.x
