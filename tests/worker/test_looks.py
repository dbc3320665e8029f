"""The hint about a VAE: for a picture that is much duller than its checkpoint's others, and for nothing else."""

import random

import msgspec
import pytest

from sdtui.spec.model import ModelFile
from sdtui.spec.outcome import Painted
from sdtui.weights.identify import builtin_path
from sdtui.worker.looks import KEPT, USUAL, Looks, look_at
from tests.jobs.make import a_render

SIDE = 64


def painted(fade=1.0, *, seed=0, job=1, grey=False, vae=None, steps=20, model="m"):
    """A picture of four coloured fields, its colours drawn towards grey."""
    random.seed(seed)
    fields = [[random.choice((20, 235)) for _ in range(3)] for _ in range(4)]
    fields[0], fields[1] = [230, 30, 40], [20, 40, 220]
    if grey:
        fields = [[255] * 3, [0] * 3, [255] * 3, [0] * 3]
    rgb = bytes(
        round(128 + (value - 128) * fade)
        for y in range(SIDE)
        for x in range(SIDE)
        for value in fields[2 * (y >= SIDE // 2) + (x >= SIDE // 2)]
    )
    render = a_render(f"r{seed}", job=job, model=model)
    params = msgspec.structs.replace(render.params, steps=steps)
    render = msgspec.structs.replace(render, params=params, vae=vae)
    return Painted(render=render, width_px=SIDE, height_px=SIDE, rgb=rgb, seconds=1.0)


@pytest.fixture
def looks(tmp_path):
    """Looks that have seen as many pictures as tell what is usual."""
    made = Looks(tmp_path / "looks.json")
    for seed in range(USUAL):
        assert made.judge(painted(seed=seed)) == ""
    return made


def test_a_washed_out_picture_gets_a_hint_that_names_the_vae(looks):
    vae = ModelFile(name="other.vae.pt", path="/v", size=1, mtime_ns=1)
    assert looks.judge(painted(0.3, vae=vae)) == "", "one may be so because it was asked for"
    hint = looks.judge(painted(0.3, vae=vae, seed=1))
    assert "much duller" in hint
    assert "other.vae.pt" in hint
    assert "own VAE" in Looks(looks._path).judge(painted(0.3, job=2))


def test_a_plain_picture_among_others_gets_none(looks):
    for seed in range(4):
        assert looks.judge(painted(0.3, seed=seed)) == ""
        assert looks.judge(painted(seed=seed)) == ""


def test_the_built_in_models_own_vae_is_above_suspicion(tmp_path):
    looks = Looks(tmp_path / "looks.json")
    fades = [1.0] * USUAL + [0.3] * 3
    pictures = [painted(fade, seed=seed) for seed, fade in enumerate(fades)]
    builtin = ModelFile(name="shapes-64", path=str(builtin_path()), size=1, mtime_ns=1)
    replace = msgspec.structs.replace
    built_in = [replace(picture, render=replace(picture.render, checkpoint=builtin)) for picture in pictures]
    assert [looks.judge(picture) for picture in built_in] == [""] * len(fades)
    vae = ModelFile(name="other.vae.pt", path="/v", size=1, mtime_ns=1)
    assert "other.vae.pt" in looks.judge(replace(built_in[-1], render=replace(built_in[-1].render, vae=vae)))


@pytest.mark.parametrize(
    "picture",
    [painted(0.9), painted(0.6), painted(grey=True), painted(0.3, steps=4), painted(0.3, model="another")],
    ids=["normal", "a little dull", "black and white", "unfinished", "of another checkpoint"],
)
def test_nothing_else_does(looks, picture):
    assert looks.judge(picture) == ""


def test_a_job_gets_one_hint(looks):
    looks.judge(painted(0.3, job=4))
    assert looks.judge(painted(0.3, job=5))
    assert not looks.judge(painted(0.3, job=5, seed=1))
    assert looks.judge(painted(0.3, job=6))


def test_nothing_is_usual_before_there_are_some(tmp_path):
    made = Looks(tmp_path / "looks.json")
    assert [made.judge(painted(1.0 if seed < USUAL - 1 else 0.3, seed=seed)) for seed in range(USUAL)] == [""] * USUAL


def test_what_is_usual_changes_in_the_end(looks):
    hints = [bool(looks.judge(painted(0.3, job=job, seed=job))) for job in range(KEPT)]
    assert hints[1]
    assert not hints[-1]


@pytest.mark.parametrize("content", ["", "{", '{"m": [[1]]}', "[]"])
def test_a_file_that_cannot_be_understood_is_begun_anew(tmp_path, content):
    path = tmp_path / "looks.json"
    path.write_text(content)
    made = Looks(path)
    assert made.judge(painted()) == ""
    assert len(Looks(path)._looks) == 1


def test_where_nothing_can_be_written_pictures_go_on(tmp_path):
    assert Looks(tmp_path / "nowhere" / "looks.json").judge(painted()) == ""


def test_one_even_grey_has_no_look():
    assert look_at(painted(0.0)) == (0, 0)
