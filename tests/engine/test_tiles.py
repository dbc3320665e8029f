"""Decoding in tiles: that they cover the picture, meet without a seam, and are made only when memory is short."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from sdtui.engine.decoder import Decoder, decode
from sdtui.engine.tiles import decode_tiled, smaller_sides, spans
from sdtui.spec.outcome import Broken
from tests.engine.renders import builtin, drive, final_latents, loaded, of, paint, render
from tests.engine.short import limited, own_checkpoint, pixels


@pytest.mark.parametrize(
    ("length", "side", "wanted"),
    [(8, 8, [(0, 8)]), (5, 8, [(0, 5)]), (9, 8, [(0, 8), (1, 9)]), (32, 16, [(0, 16), (8, 24), (16, 32)])],
)
def test_tiles_cover_everything_and_overlap_by_a_quarter(length, side, wanted):
    assert spans(length, side) == wanted


@pytest.mark.parametrize("length", range(9, 260, 7))
@pytest.mark.parametrize("side", [8, 24, 64])
def test_neighbouring_tiles_share_at_least_a_quarter(length, side):
    found = spans(length, side)
    assert found[0][0] == 0
    assert found[-1][1] == length
    assert all(before[1] - after[0] >= side // 4 for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("cells", "than", "wanted"),
    [((64, 64), 0, [48, 32, 24, 16, 8]), ((64, 64), 24, [16, 8]), ((8, 8), 0, []), ((8, 32), 0, [24, 16, 8])],
)
def test_tiles_are_smaller_than_the_picture_and_than_what_was_too_large(cells, than, wanted):
    assert list(smaller_sides(cells, than)) == wanted


def test_tiles_of_a_decode_that_is_local_are_the_decode_itself():
    def local(latents):
        return latents[:3].repeat_interleave(8, 1).repeat_interleave(8, 2)

    latents = torch.randn(4, 21, 37)
    assert torch.allclose(decode_tiled(local, latents, 16), local(latents), atol=1e-6)


def test_a_picture_in_tiles_is_like_the_one_in_one_piece_and_shows_no_seam(engine, checkpoint):
    (latents,) = final_latents(engine, render("a red circle on a white background", width=256, height=192, steps=10))
    with torch.inference_mode():
        whole, tiled = decode(checkpoint, latents), decode(checkpoint, latents, 16)
    assert tiled.makeshifts == ("tiled decode",)
    one, other = pixels(whole), pixels(tiled)
    assert abs(one - other).mean() < 3
    # columns where a tile begins or ends step no more than others do
    steps = abs(np.diff(other - one, axis=1)).mean((0, 2))
    edges = [edge * 8 for span in spans(32, 16) for edge in span if 0 < edge < 32]
    assert max(steps[edge - 1] for edge in edges) <= max(np.percentile(steps, 99), 1.0)


@pytest.mark.parametrize(("most", "side"), [(32, 0), (24, 24), (16, 16)])
def test_a_decode_without_room_is_made_of_tiles_that_have_it(most, side):
    one = own_checkpoint()
    seen = limited(one.vae.decoder, most, lambda inputs: max(inputs.shape[-2:]))
    made = Decoder(torch.device("cpu"))
    for _ in range(2):
        made.submit("x", one, torch.zeros(4, 32, 16))
        made.wait(60)
        ((_, picture),) = made.take()
        assert picture.makeshifts == (("tiled decode",) if side else ())
        assert len(picture.rgb) == 128 * 256 * 3
    # what was learnt is used the second time
    assert seen.count(32) == 2


def test_a_picture_says_that_it_was_decoded_in_tiles():
    engine = loaded()
    limited(engine.checkpoint(builtin()).vae.decoder, 16, lambda inputs: max(inputs.shape[-2:]))
    one = render(steps=1, width=256, height=128)
    painted = paint(engine, one)[one.id]
    assert painted.makeshift == "tiled decode"
    assert any("tiles of 128 pixels" in note for note in painted.notes)


def test_a_decode_for_which_the_smallest_tile_is_too_large_breaks_with_the_numbers():
    engine = loaded()
    limited(engine.checkpoint(builtin()).vae.decoder, 4, lambda inputs: max(inputs.shape[-2:]))
    engine.add(render(steps=1, width=128, height=128))
    (broken,) = of(Broken, drive(engine))
    assert "not enough memory on cpu to decode a picture of 128×128" in str(broken.error)
