"""The engine obeys the prompt language: what is encoded, what shares a call, and what comes out on the pictures."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from sdtui.engine.encoding import TextEncoding
from tests.engine.renders import final_latents, loaded, paint, relative, render
from tests.engine.test_pictures import pixels, redness

WHITE = "in the center on a white background"
TOLERANCE = 1e-4


@contextmanager
def watched(module, note):
    """Has a module's inputs told while it lasts."""
    handle = module.register_forward_pre_hook(lambda _, inputs, named: note(*inputs, **named), with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def encoded(engine, checkpoint, *renders):
    """How many chunks went through the text encoder."""
    calls = []
    with watched(checkpoint.text_encoder, lambda ids, *_, **__: calls.append(len(ids))):
        paint(engine, *renders)
    assert set(calls) <= {1}
    return len(calls)


def called(engine, checkpoint, *renders):
    """Of each UNet call the rows and the tokens of their contexts."""
    calls = []
    with watched(
        checkpoint.unet,
        lambda latents, times, contexts, **_: calls.append((latents.shape[0], contexts.shape[1])),
    ):
        paint(engine, *renders)
    return calls


@pytest.fixture
def fresh():
    """An engine that has encoded nothing yet."""
    return loaded()


@pytest.mark.parametrize(
    ("prompt", "negative", "chunks"),
    [
        ("a red circle", "", 2),
        # each text of a schedule or an alternation once, however often it comes
        ("a [circle|square]", "", 3),
        ("a [circle|square|ring] [small|large]", "", 7),
        ("[red:blue:0.5] circle", "[low:bad:3] quality", 5),
        # equal parts are one text, and so are prompt and negative prompt
        ("red AND red AND blue", "", 3),
        ("red", "red", 2),
        # a text of two chunks is two calls; the empty text is there to pad with
        ("red BREAK (blue:1.3)", "bad", 4),
    ],
)
def test_a_text_is_encoded_once(fresh, prompt, negative, chunks):
    held = next(iter(fresh._shelf._loaded.values()))
    one = render(prompt, negative=negative, steps=8)
    assert encoded(fresh, held, one) == chunks
    again = render(prompt, negative=negative, steps=5, seed=9, sampler="DDIM")
    assert encoded(fresh, held, again, render(prompt, negative=negative, steps=8, seed=3)) == 0


def test_two_pictures_of_one_prompt_encode_it_once(fresh):
    held = next(iter(fresh._shelf._loaded.values()))
    assert encoded(fresh, held, *(render("a star", seed=seed, steps=2) for seed in range(4))) == 2


def test_another_weight_or_mode_encodes_nothing_and_another_last_chunk_only_itself(fresh):
    held = next(iter(fresh._shelf._loaded.values()))
    long = "red, " * 40
    assert encoded(fresh, held, render(f"{long} a (circle:1.2)", steps=2)) == 3
    assert encoded(fresh, held, render(f"{long} a (circle:1.3)", steps=2)) == 0
    assert encoded(fresh, held, render(f"{long} a (circle:1.3)", steps=2, emphasis="ComfyUI")) == 0
    assert encoded(fresh, held, render(f"{long} a circle", steps=2)) == 0
    assert encoded(fresh, held, render(f"{long} a [square|star]", steps=2)) == 2


def test_a_cache_too_small_for_a_schedule_changes_no_picture(engine, checkpoint, monkeypatch):
    one, again = (render("[red|blue] [circle|square|star]", steps=6) for _ in range(2))
    whole = final_latents(engine, one)[0]
    monkeypatch.setattr(engine._stepper, "encoding", TextEncoding(cache_bytes=1))
    assert relative(final_latents(engine, again)[0], whole) == 0
    # the newest chunk stays whatever its size
    assert engine._stepper.encoding.held_bytes == 77 * checkpoint.text_encoder.final_layer_norm.normalized_shape[0] * 4


@pytest.mark.parametrize(
    ("prompt", "negative", "cfg_scale", "rows", "tokens"),
    [
        ("a circle", "", 4.0, 2, 77),
        ("a circle", "", 1.0, 1, 77),
        ("red AND a circle", "", 4.0, 3, 77),
        ("red AND a circle :0.5 AND small:-1", "bad", 4.0, 4, 77),
        ("red AND red", "", 4.0, 2, 77),
        # the longest part gives the length
        ("red BREAK large AND a circle", "bad", 4.0, 3, 154),
        ("a circle", "bad BREAK worse BREAK worst", 4.0, 2, 231),
    ],
)
def test_all_parts_of_a_picture_are_one_call_a_step(engine, checkpoint, prompt, negative, cfg_scale, rows, tokens):
    calls = called(engine, checkpoint, render(prompt, negative=negative, cfg_scale=cfg_scale, steps=3))
    assert calls == [(rows, tokens)] * 3


def test_the_length_of_a_step_is_that_of_its_own_texts(engine, checkpoint):
    calls = called(engine, checkpoint, render("a circle [: BREAK red:2]", steps=4))
    assert calls == [(2, 77)] * 2 + [(2, 154)] * 2


def test_prompts_of_different_length_share_their_calls_and_equal_their_solo_runs(engine, checkpoint):
    def renders():
        return (
            render("a circle", steps=4),
            render("red BREAK a large circle", steps=4, seed=8),
            render("red AND a ring :0.5", negative="bad BREAK blue", steps=4, seed=9),
            render("[small|large BREAK red] star", steps=4, seed=10),
        )

    assert {rows for rows, _ in called(engine, checkpoint, *renders())} == {9}
    together = final_latents(engine, *renders())
    alone = [final_latents(engine, one)[0] for one in renders()]
    assert max(relative(one, other) for one, other in zip(together, alone, strict=True)) < TOLERANCE


@pytest.mark.parametrize(
    ("prompt", "same_as"),
    [
        ("[red:blue:0] circle", "blue circle"),
        ("[red:blue:1.0] circle", "red circle"),
        ("[red:blue:99] circle", "red circle"),
        ("[red|red] circle", "red circle"),
        ("red AND red", "red :2 AND blue :0"),
        ("  a circle ", "a circle"),
        ("a (red:1.0) circle", "a red circle"),
        (r"a\ red circle", "a red circle"),
    ],
)
def test_prompts_of_one_meaning_are_one_picture(engine, prompt, same_as):
    first, second = (final_latents(engine, render(text, steps=4))[0] for text in (prompt, same_as))
    assert relative(first, second) < TOLERANCE


def test_until_its_switch_a_schedule_is_the_picture_of_its_first_text(engine):
    def guesses(prompt):
        held = []
        note = engine._stepper.sketching.offer

        def spy(offered, *rest):
            held.extend(guess.clone() for _, _, guess in offered)
            return note(offered, *rest)

        engine._stepper.sketching.offer = spy
        try:
            paint(engine, render(prompt, steps=6, exact=True))
        finally:
            engine._stepper.sketching.offer = note
        return held

    changing, steady = guesses("[red:blue:3] circle"), guesses("red circle")
    equal = [relative(one, other) == 0 for one, other in zip(changing, steady, strict=True)]
    assert equal == [True, True, True, False, False]


def shares(engine, *prompts, seeds=range(8)):
    """The mean share of red pixels over some seeds, for each prompt."""
    renders = [[render(text, seed=seed, steps=12, sampler="DPM++ 2M") for seed in seeds] for text in prompts]
    pictures = paint(engine, *(one for group in renders for one in group))
    return [float(np.mean([redness(pixels(pictures[one.id])) for one in group])) for group in renders]


def test_a_weight_raises_and_lowers_the_colour_it_names(engine):
    weak, plain, strong = shares(engine, *(f"a large (red:{weight}) circle {WHITE}" for weight in (0.4, 1.0, 1.6)))
    assert weak < 0.8 * plain
    assert plain < strong


def test_and_combines_by_weight(engine):
    less, none, some, more = shares(
        engine, *(f"a large circle {WHITE} AND red :{weight}" for weight in (-1, 0, 0.3, 1))
    )
    # without its colour the circle has any, red now and then
    assert less < none < 0.1 < some < more


def test_an_alternation_lies_between_its_options(engine):
    small, large, one, other = shares(
        engine, *(f"a {size} red circle {WHITE}" for size in ("small", "large", "[small|large]", "[large|small]"))
    )
    assert 1.1 * small < min(one, other)
    assert max(one, other) < 0.9 * large


def test_a_schedule_changes_the_shape_when_it_says(engine):
    def boxiness(prompt):
        """How much of the box around the red pixels is red: π/4 for a disc, 1 for a box."""
        one = render(prompt, steps=12, sampler="DPM++ 2M")
        picture = pixels(paint(engine, one)[one.id])
        red = (picture[..., 0] > 130) & (picture[..., 1] < 110) & (picture[..., 2] < 110)
        rows, columns = np.where(red.any(1))[0], np.where(red.any(0))[0]
        return red.sum() / ((np.ptp(rows) + 1) * (np.ptp(columns) + 1))

    # the built-in model decides on a shape after its first quarter
    to_square, to_circle = (
        boxiness(f"a large red {shapes} {WHITE}") for shapes in ("[circle:square:0.2]", "[square:circle:0.2]")
    )
    assert to_circle < 0.84 < to_square
