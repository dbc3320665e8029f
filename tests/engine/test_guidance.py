"""Which texts count how much at which step, and how weights act."""

from __future__ import annotations

import pytest
import torch

from sdtui.engine.emphasis import weigh
from sdtui.engine.guidance import Guidance, guide, read_looks, rescale
from sdtui.engine.requests import Encoded, EncodedText
from sdtui.prompt.emphasis import runs
from tests.engine.renders import render


def words(text):
    return "".join(run.text for run in text).strip()


def mixes(prompt, negative="", **params):
    """Each step's texts with their coefficients, rounded."""
    return [counted(look.guided) for look in read_looks(render(prompt, negative=negative, **params)).whole]


def counted(mix):
    """A mix's texts with their coefficients, rounded."""
    shares = {}
    for cue, share in mix:
        shares[words(cue.text)] = round(shares.get(words(cue.text), 0.0) + share, 6)
    return shares


@pytest.mark.parametrize(
    ("prompt", "negative", "cfg_scale", "wanted"),
    [
        ("cat", "dog", 7.0, {"cat": 7.0, "dog": -6.0}),
        ("cat", "", 7.0, {"cat": 7.0, "": -6.0}),
        ("cat", "dog", 1.0, {"cat": 1.0}),
        ("cat", "cat", 7.0, {"cat": 1.0}),
        ("", "", 7.0, {"": 1.0}),
        ("cat AND dog", "rat", 5.0, {"cat": 5.0, "dog": 5.0, "rat": -9.0}),
        ("cat AND dog :0.5", "rat", 4.0, {"cat": 4.0, "dog": 2.0, "rat": -5.0}),
        ("cat AND dog :-1", "rat", 4.0, {"cat": 4.0, "dog": -4.0, "rat": 1.0}),
        ("cat AND cat", "rat", 4.0, {"cat": 8.0, "rat": -7.0}),
        ("cat AND dog", "dog", 4.0, {"cat": 4.0, "dog": -3.0}),
        # at cfg 1 several parts still pull away from the negative prompt
        ("cat AND dog", "rat", 1.0, {"cat": 1.0, "dog": 1.0, "rat": -1.0}),
        ("cat :0.5 AND dog :0.5", "rat", 1.0, {"cat": 0.5, "dog": 0.5}),
        # the negative prompt is never split
        ("cat", "dog AND rat", 3.0, {"cat": 3.0, "dog AND rat": -2.0}),
    ],
)
def test_denoised_is_uncond_plus_what_each_part_pulls(prompt, negative, cfg_scale, wanted):
    assert mixes(prompt, negative, cfg_scale=cfg_scale, steps=2) == [wanted] * 2


def test_a_schedule_changes_the_text_after_its_step():
    found = mixes("[cat:dog:2]", cfg_scale=1.0, steps=4)
    assert found == [{"cat": 1.0}, {"cat": 1.0}, {"dog": 1.0}, {"dog": 1.0}]


def test_an_alternation_changes_the_text_every_step():
    assert mixes("[cat|dog]", cfg_scale=1.0, steps=3) == [{"cat": 1.0}, {"dog": 1.0}, {"cat": 1.0}]


def test_a_schedule_in_the_negative_prompt_holds_too():
    assert mixes("cat", "[dog:rat:1]", cfg_scale=2.0, steps=2) == [{"cat": 2.0, "dog": -1.0}, {"cat": 2.0, "rat": -1.0}]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a (b) c", [("a ", 1.0), ("b", 1.1), (" c", 1.0)]),
        ("((b))", [("b", 1.21)]),
        ("(b:1.5)", [("b", 1.5)]),
        # an explicit weight replaces what is around it, a bracket multiplies it
        ("((b:1.2):1.5)", [("b", 1.2)]),
        ("((b):1.5)", [("b", 1.65)]),
        ("(a (b:1.2) c:1.5)", [("a ", 1.5), ("b", 1.2), (" c", 1.5)]),
        ("((b:1.2))", [("b", 1.2)]),
        ("(b", [("b", 1.1)]),
        (r"\(b\)", [("(b)", 1.0)]),
        ("", [("", 1.0)]),
    ],
)
def test_comfyui_weighs_by_its_own_rules(text, wanted):
    assert [(run.text, pytest.approx(run.weight)) for run in runs(text, inner_replaces=True)] == wanted


def test_comfyui_keeps_breaks():
    assert [run.is_break for run in runs("(a BREAK b:1.3)", inner_replaces=True)] == [False, True, False]


ENCODED = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
EMPTY = torch.tensor([[1.0, 1.0], [1.0, 1.0]])
WEIGHTS = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        # the mean, 2.5, stays: 17 over 4 would be 4.25
        ("Original", [[1 / 1.7, 2 / 1.7], [6 / 1.7, 8 / 1.7]]),
        ("No norm", [[1.0, 2.0], [6.0, 8.0]]),
        ("Ignore", [[1.0, 2.0], [3.0, 4.0]]),
        ("None", [[1.0, 2.0], [3.0, 4.0]]),
        ("ComfyUI", [[1.0, 2.0], [5.0, 7.0]]),
    ],
)
def test_each_emphasis_mode_weighs_by_its_formula(mode, wanted):
    assert torch.allclose(weigh(ENCODED, WEIGHTS, mode, EMPTY), torch.tensor(wanted))


def test_original_leaves_the_mean_alone_when_it_is_nearly_nothing():
    encoded = torch.tensor([[1.0, -1.0], [2.0, -2.0]])
    assert torch.equal(weigh(encoded, WEIGHTS, "Original", EMPTY), encoded * WEIGHTS[:, None])


@pytest.mark.parametrize("mode", ["Original", "No norm", "ComfyUI"])
def test_weights_of_one_change_not_a_bit(mode):
    assert weigh(ENCODED, torch.ones(2), mode, EMPTY) is ENCODED


def encoded_of(lengths):
    """Contexts of so many chunks, told apart by their first number; the empty chunk is zero."""
    texts = (
        tuple(torch.full((77, 2), 10.0 * place + chunk + 1) for chunk in range(length))
        for place, length in enumerate(lengths)
    )
    return Encoded(tuple(EncodedText(chunks, torch.zeros(77, 2)) for chunks in texts))


def test_shorter_contexts_of_a_step_are_padded_with_empty_chunks():
    found = read_looks(render("cat", negative="dog", steps=1))
    (now,), _ = guide(found, encoded_of([1, 3]))
    cat, dog = now.contexts
    assert cat.shape == dog.shape == (231, 2)
    assert cat[::77, 0].tolist() == [1.0, 0.0, 0.0]
    assert dog[::77, 0].tolist() == [11.0, 12.0, 13.0]


def test_only_the_texts_of_the_step_itself_count_for_its_padding():
    found = read_looks(render("[cat:dog:1]", steps=2, cfg_scale=1.0))
    lengths = {"cat": 1, "dog": 2}
    guidance, _ = guide(found, encoded_of([lengths[words(cue.text)] for cue in found.cues]))
    assert [now.contexts[0].shape[0] for now in guidance] == [77, 154]


def test_combining_is_the_formula():
    now = one_step("cat AND dog :0.5", negative="rat", cfg_scale=3.0)
    cat, dog, rat = torch.randn(3, 4, 8, 8)
    wanted = rat + 3.0 * (cat - rat) + 0.5 * 3.0 * (dog - rat)
    assert torch.allclose(now.combine(torch.stack([cat, dog, rat])), wanted, atol=1e-5)


def one_step(prompt, **params):
    """The guidance of a run of one step."""
    looks = read_looks(render(prompt, steps=1, **params), wants_unconditional=True)
    (now,), _ = guide(looks, encoded_of([1] * len(looks.cues)))
    return now


def test_the_guess_without_the_prompt_is_there_even_where_it_does_not_count():
    now = one_step("cat", negative="rat", cfg_scale=1.0)
    cat, rat = torch.randn(2, 4, 8, 8)
    assert torch.equal(now.combine(torch.stack([cat, rat])), cat)
    assert torch.equal(now.without(torch.stack([cat, rat])), rat)


def test_the_prompts_own_guess_is_that_of_cfg_1():
    now = one_step("cat AND dog :0.5", negative="rat", cfg_scale=3.0, guidance_rescale=0.5)
    cat, dog, rat = torch.randn(3, 4, 8, 8)
    wanted = rat + (cat - rat) + 0.5 * (dog - rat)
    assert torch.allclose(now.own(torch.stack([cat, dog, rat])), wanted, atol=1e-5)


def test_rescaling_gives_the_prediction_the_deviation_of_the_prompts_own():
    x, guided, own = torch.randn(3, 4, 8, 8)
    whole = rescale(x, guided, own, 1.0)
    assert (x - whole).std() == pytest.approx(float((x - own).std()), rel=1e-5)
    assert torch.allclose(rescale(x, guided, own, 0.5), (whole + guided) / 2, atol=1e-5)
    assert torch.allclose(rescale(x, guided, own, 0.0), guided, atol=1e-6)


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("cat", {"cat": 1.0}),
        ("cat AND dog :0.5", {"cat": 0.666667, "dog": 0.333333}),
        # weights that cancel out leave nothing to go by, so that the negative prompt stays
        ("cat AND dog :-1", {"cat": 4.0, "dog": -4.0, "rat": 1.0}),
    ],
)
def test_below_the_sigma_the_prompts_parts_count_alone(prompt, wanted):
    looks = read_looks(render(prompt, negative="rat", cfg_scale=4.0, steps=2, skip_uncond_below=1.0))
    assert [counted(look.guided) for look in looks.below] == [wanted] * 2


def test_a_part_of_the_cfg_scale_pulls_as_much_less():
    (look,) = read_looks(render("cat", negative="rat", cfg_scale=5.0, steps=1), cfg_share=0.1).whole
    assert counted(look.guided) == {"cat": 0.5, "rat": 0.5}


def test_one_row_is_its_own_guess():
    rows = torch.randn(1, 4, 8, 8)
    assert torch.equal(Guidance((rows,), None).combine(rows), rows[0])
