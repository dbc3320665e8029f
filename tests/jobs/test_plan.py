"""From a document to renders: what is fixed, what is refused, what is said."""

import pytest
from msgspec.structs import replace

from sdtui.errors import UsageError
from sdtui.jobs.plan import MAX_PICTURES, SEED_RANGE, check, draw_prompts, plan
from sdtui.prompt.expand.source import ListedValues
from sdtui.prompt.lint import MAX_BYTES
from sdtui.spec.document import Document
from sdtui.spec.model import ModelRecord

TINY = ModelRecord(name="tiny", path="/m/tiny.safetensors", kind="checkpoint", family="sd1", defaults={"width": 64})


VALUES = ListedValues({"c": ["red", "green", "blue"], "bad": ["__cc__"], "tags": ["<lora:x:1>"]})


def wish(document=None, **params):
    return check(replace(Document(prompt="a cat", params=params), **(document or {})), lambda name: TINY)


def drawn(made, seed=5):
    return draw_prompts(made, VALUES, seed=seed)


def planned(made, seed=5):
    drawn_ = drawn(made, seed)
    return plan(made, drawn_, job_id=3, now=1.0, name=lambda renders, now: tuple(f"/o/{r.index}" for r in renders))


def test_the_checkpoints_defaults_count_where_nothing_was_set():
    assert (wish().params.width, wish().params.height) == (64, 512)
    assert wish(width=128).params.width == 128


def test_an_open_seed_is_drawn_once_and_counts_up_for_each_picture():
    assert [r.params.seed for r in planned(wish(batch_count=3)).renders] == [5, 6, 7]
    assert [r.params.seed for r in planned(wish(seed=SEED_RANGE - 1, batch_size=2)).renders] == [SEED_RANGE - 1, 0]


def test_with_a_variation_the_seed_stays_and_the_variation_seed_counts_up():
    made = planned(wish(seed=7, variation_seed=SEED_RANGE - 1, variation_strength=0.2, batch_count=3))
    assert [r.params.seed for r in made.renders] == [7, 7, 7]
    assert [r.params.variation_seed for r in made.renders] == [SEED_RANGE - 1, 0, 1]


def test_an_open_variation_seed_is_drawn_and_another_than_the_seed():
    (render,) = planned(wish(variation_strength=0.2)).renders
    assert render.params.seed == 5
    assert 0 <= render.params.variation_seed < SEED_RANGE
    assert render.params.variation_seed != 5


def test_pictures_that_vary_around_a_seed_draw_what_the_seed_draws():
    wished = {"prompt": "a {red|green|blue} {cat|dog}"}
    assert len(set(drawn(wish(wished, seed=7, variation_strength=0.2, batch_count=8)).prompts)) == 1


def test_every_render_has_an_id_a_path_and_the_version_of_its_model():
    renders = planned(wish(batch_count=20)).renders
    assert len({r.id for r in renders}) == 20
    assert [r.path for r in renders] == [f"/o/{i}" for i in range(20)]
    assert {r.checkpoint.path for r in renders} == {TINY.path}


def test_too_many_pictures_are_refused():
    with pytest.raises(UsageError, match="too many"):
        wish(batch_count=1000, batch_size=MAX_PICTURES // 1000 + 1)


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_a_text_that_no_prompt_may_be_as_long_as_is_refused(field):
    assert wish({field: "ä" * (MAX_BYTES // 2)})
    with pytest.raises(UsageError, match="256 kB are the most") as caught:
        wish({field: "ä" * (MAX_BYTES // 2 + 1)})
    assert caught.value.where == field


def test_each_picture_draws_its_prompts_anew_with_its_own_seed():
    wished = {"prompt": "a __c__ cat", "negative_prompt": "{x|y|z}"}
    eight = drawn(wish(wished, batch_count=8, seed=7)).prompts
    assert len({prompt for prompt, _ in eight}) > 1
    assert len({negative for _, negative in eight}) > 1
    assert drawn(wish(wished, seed=9)).prompts == eight[2:3]


def test_equal_choices_in_both_prompts_do_not_fall_alike():
    pairs = drawn(wish({"prompt": "{a|b}", "negative_prompt": "{a|b}"}, batch_count=64, seed=0)).prompts
    assert set(pairs) == {("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")}


def test_combinations_make_one_picture_each_as_often_as_asked_for():
    made = wish({"prompt": "{a|b} {c|d}", "negative_prompt": "{x|y}"}, wildcards="combinatorial", batch_count=2, seed=3)
    both = [(p, n) for p in ("a c", "a d", "b c", "b d") for n in ("x", "y")]
    assert list(drawn(made).prompts) == both * 2
    assert [render.params.seed for render in planned(made).renders] == list(range(3, 19))
    assert drawn(made).notes(made) == ("8 combinations × 2 each: 16 pictures.",)


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("{a|b}" * 14, "16,384 pictures are too many"),
        ("{a|b}" * 200, "1,000,000,000,000,000,000 pictures are too many"),
    ],
)
def test_too_many_combinations_are_counted_and_refused(prompt, sentence):
    with pytest.raises(UsageError, match=sentence):
        drawn(wish({"prompt": prompt}, wildcards="combinatorial"))


def test_wildcards_off_leaves_braces_and_underscores_alone():
    text = "{a|b} __c__ ${x} # d"
    assert drawn(wish({"prompt": f"# note\n{text}"}, wildcards="off")).prompts == ((text, ""),)


def test_comments_are_in_no_prompt():
    made = planned(wish({"prompt": "a cat\n# by night\non a mat", "negative_prompt": "#"}))
    assert (made.renders[0].prompt, made.renders[0].negative_prompt) == ("a cat\non a mat", "")
    assert made.document.prompt == "a cat\n# by night\non a mat"


def test_a_prompt_without_wildcards_stays_as_it_was_written():
    text = "  snake__case, {one\t 5 $ and 10 % \\(x\\) \n"
    assert drawn(wish({"prompt": text})).prompts[0][0] == text


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"prompt": "__cc__"}, "prompt"),
        ({"prompt": "a\n__cc__"}, "prompt, line 2"),
        ({"negative_prompt": "__cc__"}, "negative_prompt"),
        ({"prompt": "__bad__"}, "bad:1"),
    ],
)
def test_a_template_that_cannot_be_expanded_is_refused_at_its_place(document, where):
    for mode in ("random", "combinatorial"):
        with pytest.raises(UsageError, match="There is no wildcard '__cc__'") as caught:
            drawn(wish(document, wildcards=mode))
        assert caught.value.where == where
