from __future__ import annotations

import pytest
from msgspec.structs import replace

from sdtui.prompt.calling import Called
from sdtui.spec.document import Document
from sdtui.spec.model import ModelRecord
from sdtui.ui.models.list import ModelList, misfit
from sdtui.ui.writing.tagging import toggled
from sdtui.ui.writing.vocabulary import entries_of
from tests.ui.fake import DREAM, SHAPES, FakeServer
from tests.ui.screen import StudioPilot, studio, text, until, until_seen


def record(name: str, kind: str, family: str = "sd1", **more: object) -> ModelRecord:
    base = ModelRecord(name=name, path=f"/m/{kind}/{name}.safetensors", kind="lora", family=family, size=144_000_000)
    return replace(base, kind=kind, **more)


DETAIL = record("detail", "lora")
XL = record("sub/gloss-xl", "lora", "sdxl")
NESTED = record("sub/gloss-xl", "lora")
HANDS = record("bad-hands", "embedding")
ANIME = record("anime", "hypernetwork")
CLEAR = record("clear", "vae", "sd")
BROKEN = record("broken", "lora", "unknown", problem="The file ends before its header does.")
CANNY = record("canny", "controlnet")
MODELS = (SHAPES, ANIME, HANDS, BROKEN, CLEAR, DETAIL, DREAM, XL)


async def to_models(pilot: StudioPilot) -> None:
    await pilot.press("alt+7")
    await until_seen(pilot, "all kinds › 8")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_every_model_is_listed_with_kind_family_and_size(size: tuple[int, int]) -> None:
    async with studio(FakeServer(models=MODELS), size) as pilot:
        await to_models(pilot)
        seen = text(pilot.app)
        for name, badges in (
            ("● shapes-64", "ckpt  SD1"),
            ("  detail", "LoRA  SD1   144 MB"),
            ("– sub/gloss-xl", "LoRA  SDXL"),
        ):
            if name.split()[-1] not in seen:
                await pilot.press("end")
                seen = text(pilot.app)
            line = next(line for line in seen.split("\n") if name in line)
            assert badges in line


async def test_enter_on_a_checkpoint_uses_it_from_then_on() -> None:
    server = FakeServer(models=MODELS)
    async with studio(server) as pilot:
        await to_models(pilot)
        await pilot.press("slash", *"dream", "enter", "enter")
        await until_seen(pilot, "The checkpoint dream is used from now on; the next job loads it.")
        await until_seen(pilot, "• Checkpoint      dream")
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(checkpoint="dream")]


async def test_enter_on_a_lora_puts_its_tag_at_the_cursor_and_again_takes_it_out() -> None:
    server = FakeServer(models=MODELS)
    async with studio(server) as pilot:
        await pilot.press(
            *"a cat, soft", "left", "left", "left", "left", "left", "left", "alt+7", "slash", *"dtl", "enter"
        )
        await pilot.press("enter")
        await until_seen(pilot, "detail is in the prompt.")
        await until_seen(pilot, "● detail")
        await pilot.press("f5", "enter")
        await until_seen(pilot, "detail is out of the prompt again.")
        await pilot.press("f5")
        await until(pilot, lambda: len(server.asked("submit")) == 2)
        prompts = [document.prompt for document in server.asked("submit")]  # type: ignore[attr-defined]
        assert prompts == ["a cat <lora:detail:1>, soft", "a cat, soft"]


async def test_an_embeddings_word_goes_into_either_prompt_and_a_hypernetworks_tag_into_the_prompt() -> None:
    server = FakeServer(models=MODELS)
    async with studio(server) as pilot:
        await pilot.press("alt+2", *"blurry,", "alt+7", "slash", *"hands", "enter", "n", "escape")
        await pilot.press("slash", *"anime", "enter", "enter", "f5")
        await until(pilot, lambda: server.asked("submit"))
        wanted = Document(prompt="<hypernet:anime:1>", negative_prompt="blurry, bad-hands")
        assert server.asked("submit") == [wanted]


async def test_one_undo_takes_a_tag_back() -> None:
    server = FakeServer(models=MODELS)
    async with studio(server) as pilot:
        await pilot.press(*"a cat", "alt+7", "slash", *"detail", "enter", "enter", "alt+1", "ctrl+z", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="a cat")]


async def test_what_does_not_fit_or_is_broken_says_why_and_goes_into_no_prompt() -> None:
    server = FakeServer(models=(*MODELS, CANNY))
    async with studio(server) as pilot:
        await pilot.press("alt+7")
        await until_seen(pilot, "all kinds › 9")
        await pilot.press("slash", *"gloss", "enter", "enter")
        await until_seen(pilot, "✗ This LoRA is for SDXL; the checkpoint shapes-64 is SD 1.x.")
        await pilot.press("escape", "slash", *"broken", "enter")
        await until_seen(pilot, "✗ The file ends before its header does.")
        await until_seen(pilot, "✗ broken")
        await pilot.press("enter", "escape", "slash", *"canny", "enter", "enter")
        await until_seen(pilot, "canny: a prompt cannot name a file of this kind (ControlNet).")
        await pilot.press("f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document()]


@pytest.mark.parametrize(("name", "mark"), [("a:b", "':'"), ("x>y", "'>'"), ("m<n", "'<'")])
async def test_a_name_that_no_tag_can_hold_goes_into_no_prompt(name: str, mark: str) -> None:
    async with studio(FakeServer(models=(SHAPES, record(name, "lora"))), (120, 40)) as pilot:
        await pilot.press("alt+7")
        await until_seen(pilot, "all kinds › 2")
        for key in ("end", "enter"):
            await pilot.press(key)
        await until_seen(pilot, f"The file's name holds {mark}, so no tag can name it: rename the file.")
        assert "<lora" not in text(pilot.app)
    assert misfit(record(name, "embedding"), SHAPES) == ""
    assert entries_of([record(name, "lora")], "lora") == []


async def test_a_tag_that_does_not_fit_can_still_be_taken_out() -> None:
    server = FakeServer(models=MODELS, draft=Document(prompt="a <lora:sub/gloss-xl:0.5> cat"))
    async with studio(server) as pilot:
        await pilot.press("alt+7", "slash", *"gloss", "enter", "enter", "f5")
        await until(pilot, lambda: server.asked("submit"))
        assert server.asked("submit") == [Document(prompt="a cat")]


async def test_kinds_are_gone_through_by_key_and_the_filter_says_how_many_are_left() -> None:
    async with studio(FakeServer(models=MODELS)) as pilot:
        await to_models(pilot)
        await pilot.press("right")
        await until_seen(pilot, "checkpoints › 2 of 8")
        await pilot.press("right")
        await until_seen(pilot, "LoRAs › 3 of 8")
        await pilot.press("slash", *"xl")
        await until_seen(pilot, "LoRAs › 1 of 8")
        await until_seen(pilot, "7 Models /xl▏")
        await pilot.press("escape", "left", "left")
        await until_seen(pilot, "all kinds › 8")
        await pilot.press("slash", *"zzz")
        await until_seen(pilot, "No model has these letters.")


async def test_letters_move_the_cursor_and_are_typed_in_a_filter() -> None:
    async with studio(FakeServer(models=MODELS)) as pilot:
        await to_models(pilot)
        await pilot.press("G")
        await until_seen(pilot, "– This LoRA is for")
        await pilot.press("g", "j", "j", "k")
        await until_seen(pilot, "/m/hypernetwork/anime.safetensors")
        await pilot.press("slash", *"jkgG")
        await until_seen(pilot, "7 Models /jkgG▏")


async def test_the_folders_are_looked_through_again_by_key() -> None:
    server = FakeServer(models=(SHAPES,))
    async with studio(server) as pilot:
        await pilot.press("alt+7")
        server.models = MODELS
        await pilot.press("r")
        await until_seen(pilot, "The model folders hold 8 models.")
        await until_seen(pilot, "all kinds › 8")
        assert server.asked("models") == [True]


async def test_another_checkpoint_changes_which_models_fit() -> None:
    xl = record("big", "checkpoint", "sdxl")
    async with studio(FakeServer(models=(*MODELS, xl), draft=Document(checkpoint="big"))) as pilot:
        await pilot.press("alt+7")
        await until_seen(pilot, "– detail")
        await pilot.press("G")
        await until_seen(pilot, "  sub/gloss-xl")


async def test_a_key_pressed_before_the_pane_is_there_goes_to_it() -> None:
    server = FakeServer(models=MODELS)
    async with studio(server, (80, 24), ready=False) as pilot:
        await pilot.press("alt+7", "j")
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "models"
        await until_seen(pilot, "all kinds › 8")


LIST = [record(name, kind) for name, kind in (("art/detail-tweaker", "lora"), ("tweaked", "vae"), ("a-detail", "lora"))]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", ["art/detail-tweaker", "tweaked", "a-detail"]),
        ("det", ["art/detail-tweaker", "a-detail"]),
        ("tweak", ["tweaked", "art/detail-tweaker"]),
        ("dtl", ["a-detail", "art/detail-tweaker"]),
        ("lora det", ["art/detail-tweaker", "a-detail"]),
        ("adt", ["a-detail", "art/detail-tweaker"]),
        ("x", []),
    ],
)
def test_a_filter_finds_letters_in_their_order_the_likest_first(typed: str, names: list[str]) -> None:
    whole, letter_by_letter = ModelList(), ModelList()
    whole.update(LIST)
    letter_by_letter.update(LIST)
    whole.filter(tuple(typed.split()), None)
    for end in range(len(typed) + 1):
        letter_by_letter.filter(tuple(typed[:end].split()), None)
    assert [each.name for each in whole.shown] == names
    assert [each.name for each in letter_by_letter.shown] == names


def test_a_shorter_filter_finds_again_what_a_longer_one_did_not() -> None:
    models = ModelList()
    models.update(LIST)
    for typed, kind, count in (
        ("zz", None, 0),
        ("", None, 3),
        ("", "vae", 1),
        ("", None, 3),
        ("d", "lora", 2),
        ("d", "vae", 1),
    ):
        models.filter(tuple(typed.split()), kind)  # type: ignore[arg-type]
        assert len(models.shown) == count


@pytest.mark.parametrize(
    ("kind", "family", "checkpoint", "fits"),
    [
        ("lora", "sd1", "sd1", True),
        ("lora", "sd1", "sd1-inpaint", True),
        ("lora", "sdxl", "sd1", False),
        ("lora", "unknown", "sd1", True),
        ("embedding", "sd2", "sd1", False),
        ("vae", "sd", "sdxl", True),
        ("upscaler", "any", "sdxl", True),
        ("checkpoint", "sdxl", "sd1", True),
    ],
)
def test_a_model_of_another_family_does_not_fit(kind: str, family: str, checkpoint: str, fits: bool) -> None:
    assert (misfit(record("m", kind, family), record("c", "checkpoint", checkpoint)) == "") == fits


@pytest.mark.parametrize(
    ("before", "model", "after"),
    [
        ("|", DETAIL, "<lora:detail:1>"),
        ("a cat|", DETAIL, "a cat <lora:detail:1>"),
        ("a c|at", DETAIL, "a cat <lora:detail:1>"),
        ("(a |cat)", DETAIL, "(a <lora:detail:1> cat)"),
        ("a <lora:o|ther:1> b", DETAIL, "a <lora:other:1> <lora:detail:1> b"),
        ("|cat", HANDS, "bad-hands cat"),
        ("a|, b", HANDS, "a bad-hands, b"),
        ("x <lora:detail:0.4:1> y|", DETAIL, "x y"),
        ("<lora:detail:1> y|", DETAIL, "y"),
        ("<lora:detail:1> <lora:detail:0.5>|", DETAIL, ""),
        ("<lora:detailed:1>|", DETAIL, "<lora:detailed:1> <lora:detail:1>"),
        ("<lyco:Detail:1>|", DETAIL, ""),
        ("<lora:detail.safetensors:1> a|", DETAIL, "a"),
        ("|", NESTED, "<lora:gloss-xl:1>"),
        ("<lora:sub/gloss-xl:1> <lora:gloss-xl>|", NESTED, ""),
        ("a, (bad-hands:1.2)|", HANDS, "a,"),
        ("bad-hands-2|", HANDS, "bad-hands-2 bad-hands"),
        ("<lora:bad-hands:1>|", HANDS, "<lora:bad-hands:1> bad-hands"),
    ],
)
def test_a_model_is_put_in_at_the_cursor_and_taken_out_where_it_is(before: str, model: ModelRecord, after: str) -> None:
    at = before.index("|")
    said = before.replace("|", "")
    for edit in toggled(said, at, model, Called([model])):
        said = said[: edit.start] + edit.text + said[edit.end :]
    assert said == after
