"""What is on the pictures of the built-in model has to do with the prompt."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from sdtui.spec.model import ModelFile
from sdtui.spec.samplers import SAMPLER_NAMES
from sdtui.worker.looks import USUAL, Looks
from tests.engine.renders import builtin, final_latents, loaded, paint, relative, render
from tools.demo_model.analyser import see

RED = "a large red circle on a white background"


def pixels(painted):
    return np.frombuffer(painted.rgb, np.uint8).reshape(painted.height_px, painted.width_px, 3).astype(float)


def border(picture):
    """The mean colour around the edge."""
    return np.concatenate(
        [picture[:3].reshape(-1, 3), picture[-3:].reshape(-1, 3), picture[:, :3].reshape(-1, 3)]
    ).mean(0)


def redness(picture):
    """The share of pixels that are red."""
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    return float(((red > 130) & (green < 110) & (blue < 110)).mean())


# Under guidance of 4 the built-in model bends more sharply than methods of high order can follow in few steps; diffusers' do no
# better (test_parity), and more steps bring the same picture as all others'. LCM is for models that were made for it.
SENSIBLE = {
    "LMS": {"steps": 40},
    "PLMS": {"steps": 40},
    "DPM fast": {"steps": 30},
    "LCM": {"steps": 8, "cfg_scale": 1.5},
}


def test_every_sampler_draws_what_was_asked_for_with_plain_defaults_in_as_many_steps_as_it_needs(engine):
    told = "a red circle on a blue background"
    renders = [
        render(told, seed=1, **({"steps": 20, "sampler": name} | SENSIBLE.get(name, {}))) for name in SAMPLER_NAMES
    ]
    pictures = paint(engine, *renders)
    seen = {one.params.sampler: see(pixels(pictures[one.id]).astype(np.uint8)) for one in renders}
    found = {
        name: (sight.backdrop, [(thing.shape, thing.colour) for thing in sight.things]) for name, sight in seen.items()
    }
    assert found == dict.fromkeys(SAMPLER_NAMES, ("blue", [("circle", "red")]))


def test_lms_comes_to_the_picture_of_the_flow_with_more_steps(engine):
    """It alone has no parity test on this model: diffusers' needs scipy."""
    told = "a red circle on a blue background"
    flow, few, many = (
        render(told, seed=1, sampler=sampler, schedule_type="Uniform", steps=steps)
        for sampler, steps in (("DPM++ 2M", 40), ("LMS", 10), ("LMS", 40))
    )
    wanted, far, near = final_latents(engine, flow, few, many)
    assert relative(near, wanted) < 0.15
    assert relative(far, wanted) > 0.5


def test_with_little_guidance_methods_of_high_order_need_no_more_than_twenty_steps(engine):
    told = "a red circle on a blue background"
    renders = [render(told, seed=2, sampler=name, steps=20, cfg_scale=1.5) for name in ("LMS", "PLMS", "DPM fast")]
    for picture in paint(engine, *renders).values():
        sight = see(pixels(picture).astype(np.uint8))
        assert (sight.backdrop, [(thing.shape, thing.colour) for thing in sight.things]) == (
            "blue",
            [("circle", "red")],
        )


def test_leaving_the_negative_prompt_out_at_the_end_saves_rows_and_hardly_changes_the_picture(engine):
    rows = []
    evaluate = engine._stepper.forward.evaluate
    engine._stepper.forward.evaluate = lambda checkpoint, requests, most: (
        rows.append(sum(request.rows for request in requests)),
        evaluate(checkpoint, requests, most),
    )[1]
    try:
        whole, short = render(RED, steps=20), render(RED, steps=20, skip_uncond_below=1.0)
        first, second = (pixels(paint(engine, one)[one.id]) for one in (whole, short))
    finally:
        engine._stepper.forward.evaluate = evaluate
    assert rows[:20] == [2] * 20
    assert 25 < sum(rows[20:]) < 36
    assert 0 < abs(first - second).mean() < 12


def test_rescaled_guidance_keeps_colours_from_running_over_at_a_high_cfg_scale(engine):
    told = (
        "a red circle on a green background",
        "a blue square on a yellow background",
        "a pink star on a gray background",
    )

    def drawn(**params):
        renders = [render(text, seed=seed, steps=20, **params) for text in told for seed in (1, 2)]
        pictures = paint(engine, *renders)
        return np.stack([pixels(pictures[one.id]) for one in renders])

    usual, over, rescaled = drawn(cfg_scale=4.0), drawn(cfg_scale=25.0), drawn(cfg_scale=25.0, guidance_rescale=0.7)
    burnt, kept = (((pictures < 3) | (pictures > 252)).mean() for pictures in (over, rescaled))
    assert burnt > 0.002
    assert kept < burnt / 2
    assert abs(rescaled - usual).mean() < 0.9 * abs(over - usual).mean()


def test_the_same_render_gives_the_same_pixels_twice(engine):
    one, again, other = render(RED, steps=6), render(RED, steps=6), render(RED, steps=6, seed=8)
    first = paint(engine, one)[one.id]
    second = paint(engine, again)[again.id]
    assert first.rgb == second.rgb
    assert paint(engine, other)[other.id].rgb != first.rgb


def test_emphasis_makes_more_of_what_it_names(engine):
    def size(weight):
        renders = [
            render(f"a (large:{weight}) red circle in the center on a white background", seed=seed, steps=8)
            for seed in range(6)
        ]
        pictures = paint(engine, *renders)
        return np.mean([redness(pixels(pictures[one.id])) for one in renders])

    assert size(1.6) > size(1.0) > size(0.4)


def test_without_emphasis_brackets_are_words(engine):
    marked, plain, literal = (
        render("a (large:1.6) red circle", steps=4),
        render("a large red circle", steps=4),
        render("a (large:1.6) red circle", steps=4, emphasis="None"),
    )
    pictures = paint(engine, marked, plain, literal)
    assert len({picture.rgb for picture in pictures.values()}) == 3


def test_a_prompt_of_two_chunks_counts_in_both(engine):
    first = "a large red circle, " + "a picture of a drawing, " * 14
    long = [render(first + tail, steps=12, sampler="DPM++ 2M") for tail in ("white background", "black background")]
    assert len({picture.rgb for picture in paint(engine, *long).values()}) == 2


def test_a_schedule_paints_first_one_thing_and_then_the_other(engine):
    # the built-in model decides on a colour after its first quarter
    early, late = (
        render(f"a large {colours} circle on a white background", steps=20, sampler="DPM++ 2M")
        for colours in ("[red:blue:0.25]", "[blue:red:0.25]")
    )
    pictures = paint(engine, early, late)
    assert redness(pixels(pictures[early.id])) < 0.02
    assert redness(pixels(pictures[late.id])) > 0.08


def test_a_vae_that_washes_colours_out_is_noticed(tmp_path):
    engine = loaded()
    looks = Looks(tmp_path / "looks.json")
    prompts = ("a large red circle", "a blue square", "a yellow star", "a green ring")
    usual = [render(prompts[seed % 4], seed=seed, steps=8) for seed in range(USUAL)]
    assert [looks.judge(picture) for picture in paint(engine, *usual).values()] == [""] * USUAL
    decode = engine.checkpoint(builtin()).vae.decode
    engine.checkpoint(builtin()).vae.decode = lambda *given, **more: (decode(*given, **more)[0] * 0.3,)
    washed = [render("a large red circle", seed=seed, steps=8) for seed in (1, 2)]
    dull = list(paint(engine, *washed).values())
    assert [looks.judge(picture) for picture in dull] == ["", ""], "the built-in model's own VAE is the right one"
    other = ModelFile(name="other", path="/vae/other.pt", size=1, mtime_ns=1)
    assert "much duller" in looks.judge(replace(dull[0], render=replace(dull[0].render, vae=other)))
