from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdtui import __version__
from sdtui.images.infotext import Record, infotext, parse, quote, unquote
from sdtui.images.restore import restore
from sdtui.spec.document import Document
from sdtui.spec.fields.sampling import RNG_SOURCES
from sdtui.spec.job import Refiner
from sdtui.spec.params import FIELD, resolve_params
from sdtui.spec.samplers import EMPHASIS_MODES, SAMPLER_NAMES, SCHEDULE_TYPES
from tests.images.made import SHA256, document, render

PLAIN = (
    "Steps: 20, Sampler: DPM++ 2M, Schedule type: Automatic, CFG scale: 7, Seed: 7, Size: 512x512, "
    f"Model hash: 0123456789, Model: shapes-64, RNG: CPU, Version: sdtui {__version__}"
)
WRITTEN = {
    "as it comes": ({}, f"a red circle\n{PLAIN}"),
    "negative prompt": ({"negative_prompt": "blurry"}, f"a red circle\nNegative prompt: blurry\n{PLAIN}"),
    "no prompt": ({"prompt": ""}, PLAIN),
    "only negative": ({"prompt": "", "negative_prompt": "x"}, f"Negative prompt: x\n{PLAIN}"),
    "several lines": (
        {"prompt": "a\nb", "negative_prompt": "c\nd"},
        f"a\nb\nNegative prompt: c\nd\n{PLAIN}",
    ),
    "half a cfg": ({"cfg_scale": 7.5}, f"a red circle\n{PLAIN.replace('scale: 7', 'scale: 7.5')}"),
    "clip skip": ({"clip_skip": 2}, f"a red circle\n{PLAIN.replace('RNG', 'Clip skip: 2, RNG')}"),
    "emphasis": ({"emphasis": "No norm"}, f"a red circle\n{PLAIN.replace('Version', 'Emphasis: No norm, Version')}"),
    "noise": (
        {"variation_seed": 5, "variation_strength": 0.3, "seed_resize_height": 640, "ensd": 31337, "tiling": True},
        "a red circle\n"
        + PLAIN.replace(
            "RNG: CPU",
            "Variation seed: 5, Variation seed strength: 0.3, Seed resize from: 512x640, ENSD: 31337, RNG: CPU, Tiling: True",
        ),
    ),
    "guidance": (
        {"eta": 0.5, "guidance_rescale": 0.7, "skip_uncond_below": 1.5, "emphasis": "Ignore"},
        "a red circle\n"
        + PLAIN.replace("CPU", "CPU, Eta: 0.5, Rescale CFG: 0.7, NGMS: 1.5, NGMS all steps: True, Emphasis: Ignore"),
    ),
    "batch": (
        {"batch_size": 4, "index": 6},
        f"a red circle\n{PLAIN.replace('RNG', 'Batch size: 4, Batch pos: 2, RNG')}",
    ),
}


@pytest.mark.parametrize(("changes", "text"), WRITTEN.values(), ids=WRITTEN)
def test_writing(changes: dict[str, object], text: str) -> None:
    made = render(**changes)
    assert infotext(made, document(made), model_hash=SHA256) == text


def test_an_unknown_hash_is_left_out() -> None:
    assert "Model hash" not in infotext(render(), document(render()), model_hash="")


def test_a_resolved_prompt_keeps_its_template() -> None:
    wish = Document(prompt="a __colour__ circle", negative_prompt="")
    assert ", Template: a __colour__ circle, Version: " in infotext(render(), wish, model_hash=SHA256)


def test_our_picture_is_read_back_as_its_templates() -> None:
    wish = Document(prompt="# a note\na __colour__, {big|small} circle", negative_prompt="{a|b}")
    made = render(prompt="a red, big circle", negative_prompt="b")
    record = parse(infotext(made, wish, model_hash=SHA256))
    assert (record.prompt, record.negative_prompt) == ("a red, big circle", "b")
    restored = restore(record).document
    assert (restored.prompt, restored.negative_prompt) == (wish.prompt, wish.negative_prompt)


@pytest.mark.parametrize("prompt", ["{red|blue} circle", "__c__"])
def test_a_picture_made_with_wildcards_off_keeps_them_off(prompt: str) -> None:
    made = render(prompt=prompt, wildcards="off")
    restored = restore(parse(infotext(made, document(made), model_hash=SHA256))).document
    assert (restored.prompt, restored.params["wildcards"]) == (prompt, "off")


def test_one_of_all_combinations_is_restored_as_all_of_them_and_says_so() -> None:
    made = render(prompt="red", wildcards="combinatorial")
    restored = restore(parse(infotext(made, Document(prompt="{red|blue}"), model_hash=SHA256)))
    assert (restored.document.prompt, restored.document.params["wildcards"]) == ("{red|blue}", "combinatorial")
    assert "makes them all" in "\n".join(restored.problems)


EXTENSION = (
    "a red cat\nNegative prompt: b\nSteps: 9, Sampler: Euler, CFG scale: 7, Seed: 1, Version: v1.9.4\n"
    "Template: a {red|blue} cat\nwho: x, where: y, when: z\nNegative Template: {a|b}"
)


def test_the_templates_below_another_programs_record_are_read() -> None:
    record = parse(EXTENSION)
    assert (record.prompt, record.negative_prompt, record.pairs["Steps"]) == ("a red cat", "b", "9")
    assert record.pairs["Template"] == "a {red|blue} cat\nwho: x, where: y, when: z"
    assert record.pairs["Negative Template"] == "{a|b}"


def test_what_another_program_drew_is_kept_and_said() -> None:
    restored = restore(parse(EXTENSION))
    assert restored.document.prompt == "a red cat"
    assert "another program" in "\n".join(restored.problems)


def test_another_programs_braces_are_not_drawn() -> None:
    restored = restore(Record("a {b|c}", "", {"Steps": "9", "RNG": "CPU"}))
    assert (restored.document.params["wildcards"], restored.problems) == ("off", ())


QUOTED = {
    "plain": "plain",
    "a b (c)": "a b (c)",
    "a, b": '"a, b"',
    "a: b": '"a: b"',
    "a\nb": r'"a\nb"',
    'a "b"': r'"a \"b\""',
    "日本, x": '"日本, x"',
    " edges ": '" edges "',
}


@pytest.mark.parametrize(("value", "text"), QUOTED.items())
def test_quoting(value: str, text: str) -> None:
    assert quote(value) == text
    assert unquote(text) == value


def test_half_a_surrogate_pair_does_not_get_in() -> None:
    assert unquote(r'"a\ud800, b"') == "a?, b"


READ = {
    "today's": (
        "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x768",
        Record(
            "a cat",
            "dog",
            {
                "Steps": "20",
                "Sampler": "Euler a",
                "Schedule type": "Karras",
                "CFG scale": "7",
                "Seed": "1",
                "Size-1": "512",
                "Size-2": "768",
            },
        ),
    ),
    "text below it": (
        "a cat\nSteps: 20, Seed: 1, Sampler: Euler\nsome words\nkey: value, other: one",
        Record("a cat", "", {"Steps": "20", "Seed": "1", "Sampler": "Euler"}),
    ),
    "two pairs are text": ("a cat\nfg: cat, bg: sea", Record("a cat\nfg: cat, bg: sea")),
    "weights are text": (
        "(red:1.2), (blue:1.1), (big:1.3), (x:1.1)",
        Record("(red:1.2), (blue:1.1), (big:1.3), (x:1.1)"),
    ),
    "pairs in the prompt": (
        "who: cat, where: sea, when: now\nSteps: 9, Seed: 1, Sampler: Euler",
        Record("who: cat, where: sea, when: now", "", {"Steps": "9", "Seed": "1", "Sampler": "Euler"}),
    ),
    "nothing but a prompt": ("a cat", Record("a cat")),
    "nothing": ("", Record()),
    "windows": (
        "a cat\r\non a mat\r\nNegative prompt: dog\r\nSteps: 9, Seed: 1, Sampler: Euler",
        Record("a cat\non a mat", "dog", {"Steps": "9", "Seed": "1", "Sampler": "Euler"}),
    ),
    "several lines each": (
        "a\nb\nNegative prompt: c\nd\nSteps: 9, Seed: 1, Sampler: Euler",
        Record("a\nb", "c\nd", {"Steps": "9", "Seed": "1", "Sampler": "Euler"}),
    ),
    "quotes": (
        'x\nSteps: 9, Seed: 1, Model: "a, b: c", Lora hashes: "x: 1, y: 2", Hires resize: 1024x0, Empty: , Version: v1.9.3',
        Record(
            "x",
            "",
            {
                "Steps": "9",
                "Seed": "1",
                "Model": "a, b: c",
                "Lora hashes": "x: 1, y: 2",
                "Hires resize-1": "1024",
                "Hires resize-2": "0",
                "Empty": "",
                "Version": "v1.9.3",
            },
        ),
    ),
    "foreign JSON between": (
        'x\nSteps: 9, Seed: 1, Sampler: Euler, Civitai resources: [{"type":"lora","weight":1}], Version: v1.9',
        Record(
            "x",
            "",
            {
                "Steps": "9",
                "Seed": "1",
                "Sampler": "Euler",
                "Civitai resources": '[{"type":"lora"',
                "Version": "v1.9",
            },
        ),
    ),
}


@pytest.mark.parametrize(("text", "record"), READ.values(), ids=READ)
def test_reading(text: str, record: Record) -> None:
    assert parse(text) == record


prompts = (
    st.text(st.characters(exclude_categories=["Cs"]))
    .map(lambda text: text.replace("\r", ""))
    .filter(lambda text: not any(line.lstrip().startswith("Negative prompt:") for line in text.split("\n")))
)
params = st.fixed_dictionaries(
    {
        "steps": st.integers(1, 150),
        "cfg_scale": st.floats(1, 30).map(lambda number: round(number, 2)),
        "sampler": st.sampled_from(SAMPLER_NAMES),
        "schedule_type": st.sampled_from(SCHEDULE_TYPES),
        "seed": st.integers(0, 2**32 - 1),
        "width": st.integers(8, 256).map(lambda number: number * 8),
        "height": st.integers(8, 256).map(lambda number: number * 8),
        "clip_skip": st.integers(1, 12),
        "emphasis": st.sampled_from(EMPHASIS_MODES),
        "variation_seed": st.integers(0, 2**32 - 1),
        "variation_strength": st.integers(1, 100).map(lambda number: number / 100),
        "seed_resize_width": st.integers(1, 256).map(lambda number: number * 8),
        "seed_resize_height": st.integers(1, 256).map(lambda number: number * 8),
        "ensd": st.integers(0, 2**32 - 1),
        "rng": st.sampled_from(RNG_SOURCES),
        "tiling": st.booleans(),
        "eta": st.integers(0, 100).map(lambda number: number / 100),
        "eta_ddim": st.integers(0, 100).map(lambda number: number / 100),
        "guidance_rescale": st.integers(0, 100).map(lambda number: number / 100),
        "skip_uncond_below": st.integers(0, 150).map(lambda number: number / 10),
    }
)


@given(prompts, prompts, params, st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_what_was_written_is_read_back(prompt: str, negative: str, wanted: dict[str, object], model: str) -> None:
    made = render(prompt=prompt, negative_prompt=negative, **wanted)
    made = type(made)(**{name: getattr(made, name) for name in made.__struct_fields__ if name != "checkpoint"} | {
        "checkpoint": type(made.checkpoint)(name=model, path="/m", size=1, mtime_ns=1)
    })  # fmt: skip
    record = parse(infotext(made, document(made), model_hash=SHA256))
    assert (record.prompt, record.negative_prompt) == (prompt.strip(), negative.strip())
    restored = restore(record)
    assert restored.problems == ()
    assert restored.document.checkpoint == model
    assert resolve_params(restored.document.params) == resolve_params(wanted)  # type: ignore[arg-type]


@given(
    st.text(), st.lists(st.sampled_from(["Steps: ", "Negative prompt:", ", ", '"', "\\", "\n", "512x512", ":", "Size"]))
)
def test_reading_never_raises(text: str, pieces: list[str]) -> None:
    restore(parse(text + "".join(pieces)))


@pytest.mark.parametrize(
    "text", ["a" * 10**6, "a " * 500_000, "a: " + " " * 10**6 + "x", 'a: "' + "\\" * 10**6, "a:b," * 250_000]
)
@pytest.mark.timeout(30)
def test_reading_takes_linear_time(text: str) -> None:
    parse(text)  # quadratic time would take hours


RESTORED = {
    "former sampler name": ({"Sampler": "DPM++ 2M Karras"}, {"sampler": "DPM++ 2M", "schedule_type": "Karras"}),
    "its own name": ({"Sampler": "Euler a"}, {"sampler": "Euler a"}),
    "case": ({"Sampler": "euler A"}, {"sampler": "Euler a"}),
    "size": ({"Size-1": "640", "Size-2": "448"}, {"width": 640, "height": 448}),
    "noise of a card": ({"RNG": "NV"}, {"rng": "NV"}),
    "variation": (
        {"Variation seed": "5", "Variation seed strength": "0.3"},
        {"variation_seed": 5, "variation_strength": 0.3},
    ),
    "seed resize": (
        {"Seed resize from-1": "512", "Seed resize from-2": "640"},
        {"seed_resize_width": 512, "seed_resize_height": 640},
    ),
    "seamless": ({"Tiling": "True", "ENSD": "31337"}, {"tiling": True, "ensd": 31337}),
    "eta": ({"Eta": "0.67", "Eta DDIM": "0.2"}, {"eta": 0.67, "eta_ddim": 0.2}),
    "no negative prompt at the end": ({"NGMS": "1.5", "NGMS all steps": "True"}, {"skip_uncond_below": 1.5}),
    "its batch does not matter": ({"Batch size": "4", "Batch pos": "2", "Seed": "9"}, {"seed": 9}),
}


@pytest.mark.parametrize(("pairs", "wanted"), RESTORED.values(), ids=RESTORED)
def test_restoring(pairs: dict[str, str], wanted: dict[str, object]) -> None:
    restored = restore(Record("p", "n", {"RNG": "CPU"} | pairs))
    wanted = {"rng": "CPU"} | wanted
    assert restored.document == Document(prompt="p", negative_prompt="n", params=wanted)  # type: ignore[arg-type]
    assert restored.problems == ()


PROBLEMS = {
    "unknown sampler": ({"Sampler": "Magic"}, "There is no sampler 'Magic'."),
    "sampler of another program": ({"Sampler": "DEIS Karras"}, "There is no sampler 'DEIS'."),
    "a size that is none": ({"Size-1": "100", "Size-2": "512"}, "multiple of 8"),
    "too many steps": ({"Steps": "9999"}, "Steps"),
    "a number that is none": ({"Seed": "x"}, "Seed is a whole number"),
    "what we cannot do yet": ({"Hires upscale": "2"}, "'Hires upscale: 2' is not supported yet."),
    "a strange noise": ({"RNG": "dice"}, "There is no rng 'dice'."),
    "every other step": ({"NGMS": "1.5"}, "every other step"),
}


@pytest.mark.parametrize(("pairs", "sentence"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_cannot_be_restored_is_said(pairs: dict[str, str], sentence: str) -> None:
    assert sentence in "\n".join(restore(Record("p", "", {"RNG": "CPU"} | pairs)).problems)


def test_a_picture_that_does_not_name_its_noise_was_made_with_a_cards() -> None:
    restored = restore(Record("p", "", {"Steps": "9"}))
    assert restored.document.params["rng"] == "NV"
    assert restored.problems == ()


FORMER = {
    "DPM++ 2M Karras": ("DPM++ 2M", "Karras"),
    "DPM++ 2M SDE Karras": ("DPM++ 2M SDE", "Karras"),
    "DPM++ 2M SDE Exponential": ("DPM++ 2M SDE", "Exponential"),
    "DPM++ 2M SDE Heun Exponential": ("DPM++ 2M SDE Heun", "Exponential"),
    "DPM++ 3M SDE Karras": ("DPM++ 3M SDE", "Karras"),
    "DPM++ SDE Karras": ("DPM++ SDE", "Karras"),
    "DPM++ 2S a Karras": ("DPM++ 2S a", "Karras"),
    "DPM2 Karras": ("DPM2", "Karras"),
    "DPM2 a Karras": ("DPM2 a", "Karras"),
    "LMS Karras": ("LMS", "Karras"),
    "DPM++ 2M": ("DPM++ 2M", "Uniform"),
    "Euler a": ("Euler a", "Uniform"),
    "DDIM": ("DDIM", None),
    "PLMS": ("PLMS", None),
    "UniPC": ("UniPC", None),
}


@pytest.mark.parametrize(("name", "wanted"), FORMER.items())
def test_sampler_names_of_the_time_before_schedule_types(name: str, wanted: tuple[str, str | None]) -> None:
    params = restore(Record("p", "", {"Sampler": name, "Version": "v1.8.0", "RNG": "CPU"})).document.params
    assert (params["sampler"], params.get("schedule_type")) == wanted


def test_a_sampler_alone_means_its_own_schedule_since_then() -> None:
    params = restore(Record("p", "", {"Sampler": "DPM++ 2M", "Version": "v1.9.4", "RNG": "CPU"})).document.params
    assert "schedule_type" not in params


def test_every_key_of_the_fields_table_is_written_where_it_differs() -> None:
    changed = {"steps": 9, "cfg_scale": 2.5, "sampler": "Euler", "schedule_type": "Karras", "clip_skip": 3}
    changed |= {"emphasis": "None", "batch_size": 2, "seed": 4, "wildcards": "off"}
    changed |= {"variation_seed": 5, "variation_strength": 0.25, "ensd": 31337, "rng": "NV", "tiling": True}
    changed |= {"eta": 0.5, "eta_ddim": 0.75, "guidance_rescale": 0.7, "skip_uncond_below": 1.5}
    changed |= {"refiner_switch_at": 0.75}
    refiner = Refiner(file=render().checkpoint)
    made = replace(render(**changed), refiner=refiner)
    pairs = parse(infotext(made, document(render()), model_hash=SHA256)).pairs
    assert {name: pairs.get(field.infotext) for name, field in FIELD.items() if field.infotext} == {
        name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in changed.items()
    }


def test_what_a_lack_of_memory_changed_is_in_the_record():
    made = render()
    record = infotext(made, document(made), model_hash=SHA256, makeshift="sliced attention, tiled decode")
    assert ', Low memory: "sliced attention, tiled decode", Version: ' in record
    assert "Low memory" not in infotext(made, document(made), model_hash=SHA256)
    assert not restore(parse(record)).problems
