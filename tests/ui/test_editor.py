"""The prompt editor by its keys: looks, remarks, weights, brackets, whole characters, undo that goes on."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.style import Style
from textual.app import App, ComposeResult
from textual.events import Paste

from sdtui.prompt.tokens import ClipTokenizer
from sdtui.spec.document import Document
from sdtui.spec.event import StepDone
from sdtui.spec.model import ModelRecord
from sdtui.ui.widgets.editor.editor import PromptEditor
from sdtui.ui.writing.reading import Reading, Surroundings
from sdtui.ui.writing.understanding import judge
from tests.ui.fake import DREAM, SHAPES, FakeConfig, FakeServer, job_view
from tests.ui.screen import StudioPilot, studio, text, until, until_seen

LORA = ModelRecord(name="detail", path="/models/detail.safetensors", kind="lora", family="sd1")
WORD = ModelRecord(name="easynegative", path="/models/easynegative.pt", kind="embedding", family="sd1")


def editor(pilot: StudioPilot, pane: str = "prompt") -> PromptEditor:
    return pilot.app.screen.query_one(f"#{pane}", PromptEditor)


def look(pilot: StudioPilot, words: str, at: int = 0) -> Style:
    """The style of a character of the editor's, `at` characters behind the beginning of some words on its screen."""
    region = editor(pilot).content_region
    for strip in pilot.app.screen._compositor.render_strips()[region.y : region.bottom]:
        styles = [segment.style or Style() for segment in strip.crop(region.x, region.right) for _ in segment.text]
        row = strip.crop(region.x, region.right).text
        if words in row:
            return styles[row.index(words) + at]
    raise AssertionError(f"no {words!r} on\n{text(pilot.app)}")


async def test_each_construct_has_a_look_of_its_own() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"a [cat:dog:0.5] {x|y} __w__ <lora:z> \\( AND easynegative ")
        await until_seen(pilot, "AND")
        plain, wildcard = look(pilot, "a ["), look(pilot, "__w__")
        schedule, choice, word, escape = look(pilot, "["), look(pilot, "{"), look(pilot, "AND"), look(pilot, "\\(")
        assert look(pilot, "cat") == plain
        assert len({schedule.color, choice.color, plain.color, look(pilot, "<lora").color}) == 4
        assert wildcard.italic
        assert word.bold
        assert escape.color != plain.color


async def test_what_is_unknown_is_underlined_and_said_on_the_border() -> None:
    async with studio(FakeServer(models=(SHAPES, DREAM, LORA, WORD))) as pilot:
        await pilot.press(*"cat <lora:detial:1>")
        await until_seen(pilot, "1 Prompt ✗1")
        await until_seen(pilot, '✗ There is no LoRA named "detial". Did you')
        assert look(pilot, "<lora:detial:1>", 3).underline
        await pilot.press("ctrl+f")
        await until_seen(pilot, "cat <lora:detail:1>")
        await until_seen(pilot, "Mended:")
        await until(pilot, lambda: "✗1" not in text(pilot.app))
        await pilot.press("ctrl+z")
        await until_seen(pilot, "cat <lora:detial:1>")


async def test_remarks_are_visited_by_keys_and_told_whole() -> None:
    async with studio(FakeServer(models=(SHAPES,)), (80, 24)) as pilot:
        await pilot.press(*"a) b (c:1.9) d")
        await until_seen(pilot, "!1 ·1")
        await pilot.press("ctrl+home", "alt+j")
        await until_seen(pilot, " ! Nothing is open that this")
        assert editor(pilot).cursor_offset == 1
        await pilot.press("alt+j")
        await until_seen(pilot, " · A weight of 1.9 is far from 1")
        await pilot.press("alt+k")
        await until(pilot, lambda: editor(pilot).cursor_offset == 1)
        await pilot.press("alt+k")
        await until(pilot, lambda: editor(pilot).cursor_offset > 1)


async def test_keys_say_when_there_is_nothing_to_do() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press("a", "alt+j")
        await until_seen(pilot, "Nothing is odd here.")
        await pilot.press("ctrl+f")
        await until_seen(pilot, "There is nothing here that a key could mend.")
        await pilot.press("ctrl+right_square_bracket")
        await until_seen(pilot, "No bracket that has a partner is here.")


async def test_embeddings_look_like_what_they_are_and_count() -> None:
    async with studio(FakeServer(models=(SHAPES, WORD))) as pilot:
        await pilot.press(*"bad easynegative x")
        await until_seen(pilot, "3/75")
        await until(pilot, lambda: look(pilot, "easynegative").bold)
        assert not look(pilot, "bad").bold


async def test_the_count_is_of_the_text_as_planned_and_chunks_are_told() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"<lora:detail:1>cat BREAK dog")
        await until_seen(pilot, "chunk 2 of 2 · 76/150")
        await until(pilot, lambda: look(pilot, "dog").underline and not look(pilot, "dog", 1).underline)
        await pilot.press("ctrl+home")
        await until_seen(pilot, "chunk 1 of 2 · 76/150")


async def test_brackets_that_belong_together_stand_out_and_are_jumped_between() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"((a) b]", "ctrl+home")
        await pilot.pause()
        await pilot.press("right")
        await pilot.press("ctrl+right_square_bracket")
        await until(pilot, lambda: editor(pilot).cursor_offset == 3)
        await pilot.press("ctrl+right_square_bracket")
        await until(pilot, lambda: editor(pilot).cursor_offset == 1)
        assert look(pilot, "a)", 1).bgcolor != look(pilot, "a)").bgcolor


async def test_what_does_not_hold_at_the_running_step_is_dimmed() -> None:
    document = Document(prompt="[cat:dog:0.5] on a mat")
    running = job_view(1, document=document, state="running", step=2)
    server = FakeServer(jobs=(running,), seq=1, draft=document)
    async with studio(server) as pilot:
        await until_seen(pilot, "[cat:dog:0.5]")
        await until(pilot, lambda: look(pilot, "dog").italic and not look(pilot, "cat").italic)
        server.happens(StepDone(job_id=1, render_id="r1-0", step=15, steps=20, seconds=0.5), transient=True)
        await until(pilot, lambda: look(pilot, "cat").italic and not look(pilot, "dog").italic)
        assert not look(pilot, "on a mat").italic
        await pilot.press("end", "!")
        server.happens(StepDone(job_id=1, render_id="r1-0", step=16, steps=20, seconds=0.5), transient=True)
        await until(pilot, lambda: not look(pilot, "cat").italic)


@pytest.mark.parametrize(
    ("typed", "keys", "column"),
    [
        ("日本", (), 4),
        ("日本", ("left",), 2),
        ("e\u0301a", ("left", "left"), 0),
        ("e\u0301", (), 1),
        ("a👍🏽", ("left",), 1),
        ("한국어 ok", ("home", "right", "right"), 4),
    ],
)
async def test_the_cursor_stands_where_the_character_is(typed: str, keys: tuple[str, ...], column: int) -> None:
    async with studio(FakeServer()) as pilot:
        pilot.app.post_message(Paste(typed))
        await pilot.press(*keys)
        here = editor(pilot)
        assert here.cursor_screen_offset.x - here.content_region.x == column


async def test_backspace_takes_a_character_with_its_accents() -> None:
    async with studio(FakeServer()) as pilot:
        pilot.app.post_message(Paste("xe\u0301"))
        await pilot.press("backspace")
        assert editor(pilot).text == "x"


async def test_a_weight_key_is_one_step_of_undo() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"猫 red", "alt+up", "alt+up", *" x", "ctrl+z")
        await until_seen(pilot, "(red:1.2)")
        await pilot.press("ctrl+z")
        await until_seen(pilot, "(red:1.1)")
        await pilot.press("ctrl+z")
        await until_seen(pilot, "猫 red")
        assert "(" not in editor(pilot).text
        await pilot.press("ctrl+y")
        await until_seen(pilot, "(red:1.1)")


async def test_a_lora_is_weighed_by_the_same_keys() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"<lora:x:0.8>", "alt+up", "alt+up", "alt+up")
        await until_seen(pilot, "<lora:x:1.1>")


async def test_undo_goes_on_after_a_restart() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press(*"one", "enter", *"two", "alt+up")
        await until_seen(pilot, "(two:1.1)")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: pilot.app.return_value == 0)
    server.snapshot = replace(server.snapshot, draft=server.asked("put_draft")[-1])
    async with studio(server) as pilot:
        await until(pilot, lambda: editor(pilot).history.undo_stack)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: editor(pilot).text == "one\ntwo")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: editor(pilot).text == "one\n")
        await pilot.press("ctrl+y")
        await until(pilot, lambda: editor(pilot).text == "one\ntwo")
        await pilot.press("x", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z", "ctrl+z")
        await until(pilot, lambda: editor(pilot).text == "")


async def test_an_undo_history_of_another_text_is_dropped_without_harm() -> None:
    server = FakeServer()
    async with studio(server) as pilot:
        await pilot.press(*"one", "ctrl+q")
        await until(pilot, lambda: pilot.app.return_value == 0)
    server.snapshot = replace(server.snapshot, draft=Document(prompt="two"))
    server.texts["edits.negative"] = "nonsense"
    async with studio(server) as pilot:
        await until_seen(pilot, "two")
        await until(pilot, lambda: len(server.asked("kept")) >= 2)
        await pilot.press("ctrl+z", "end", "!")
        assert editor(pilot).text == "two!"


class Bare(App[None]):
    """An editor alone, as large as the screen."""

    def compose(self) -> ComposeResult:
        yield PromptEditor(placeholder="", reading=Reading(), id="prompt")


async def test_only_rows_that_changed_are_painted() -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        here = app.query_one(PromptEditor)
        here.colour()
        here.put("one (two:1.2)\nthree\nfour")
        here.focus()
        await pilot.pause()
        here._exchange_repaint_regions()
        here.move_cursor((2, 4))
        here._repaint()
        before = here._shown
        await pilot.pause()
        here.insert("!")
        regions = list(here._exchange_repaint_regions())
        assert [region.y for region in regions] == [3]
        assert regions[0].width < 10
        assert before


async def test_a_long_text_is_seen_in_colours_at_once_and_read_soon() -> None:
    app = Bare()
    async with app.run_test(size=(60, 10)) as pilot:
        here = app.query_one(PromptEditor)
        here.colour()
        here.focus()
        app.post_message(Paste("a (red:1.3) cat, " * 3000))
        await pilot.pause()
        spans = list(here.marks.spans(len(here.text) - 60, len(here.text)))
        assert {span.kind for span in spans} >= {"text", "bracket", "weight"}
        async with asyncio.timeout(20):
            while here.marks.understood != here.text:
                await pilot.pause(0.02)
        assert here.marks.prompt is not None


TEXTS = st.text(alphabet="ab(): ,.\\[]|<>{}1\n日é_$", max_size=40)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 40), st.integers(0, 40), st.lists(st.sampled_from([1, -1]), min_size=1, max_size=4))
def test_weights_never_raise_and_undo_gives_the_text_back(given_text: str, a: int, b: int, ways: list[int]) -> None:
    async def run() -> None:
        app = Bare()
        async with app.run_test(size=(30, 8)):
            here = app.query_one(PromptEditor)
            here.colour()
            here.put(given_text)
            text = here.text
            start, end = sorted((min(a, len(text)), min(b, len(text))))
            here.selection = type(here.selection)(here.location_of(start), here.location_of(end))
            for way in ways:
                here._change_weight(way)
            for _ in ways:
                here.undo()
            assert here.text == text

    asyncio.run(run())


def test_the_count_and_the_borders_are_those_of_the_longest_part_at_the_first_step() -> None:
    tokenizer = ClipTokenizer()
    judged = judge("a " * 200, Reading(), Surroundings(steps=20), tokenizer)
    assert (judged.tokens.used, judged.tokens.limit, len(judged.borders)) == (200, 225, 2)
    judged = judge("[a cat:dog:0.5] AND x", Reading(), Surroundings(steps=20), tokenizer)
    assert judged.tokens.used == 2


async def test_what_joins_characters_can_be_typed() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"👨\u200d👩\u200d👧 a\u3000b\u00a0c\u202ed")
        assert editor(pilot).text == "👨\u200d👩\u200d👧 a\u3000b\u00a0cd"


async def test_what_is_typed_after_an_undo_is_a_step_of_its_own() -> None:
    async with studio(FakeServer()) as pilot:
        await pilot.press(*"base", "home", *"AA", "ctrl+z", *"CC", "ctrl+z")
        assert editor(pilot).text == "base"
        await pilot.press("ctrl+y", *"D", "ctrl+z")
        assert editor(pilot).text == "CCbase"


async def test_the_editors_own_keys_are_those_of_the_config() -> None:
    keys = {"undo": "ctrl+y", "redo": "ctrl+z", "text-down": "f12", "select-all": "ctrl+a", "line-start": "home"}
    async with studio(FakeServer(), config=FakeConfig(keys=keys)) as pilot:
        await pilot.press(*"one", "enter", *"two", "ctrl+y")
        assert editor(pilot).text == "one\n"
        await pilot.press("ctrl+z")
        assert editor(pilot).text == "one\ntwo"
        await pilot.press("ctrl+home", "down", "x", "f12", "y")
        assert editor(pilot).text == "xone\ntywo"
        await pilot.press("ctrl+a", "z")
        assert editor(pilot).text == "z"


def test_every_key_of_the_editor_is_in_the_table() -> None:
    from textual.widgets import TextArea

    ours = {binding.action for binding in PromptEditor.BINDINGS}
    theirs = {binding.action for binding in TextArea.BINDINGS}
    assert theirs <= ours
    assert all(binding.id for _, binding in PromptEditor._merged_bindings)


async def test_a_draft_that_is_come_back_to_is_gone_on_with_at_its_end() -> None:
    async with studio(FakeServer(draft=Document(prompt="a cat,\non a mat"))) as pilot:
        await until_seen(pilot, "on a mat")
        await pilot.press(*"!")
        assert editor(pilot).text == "a cat,\non a mat!"
