"""Seamless pictures: opposite edges touch, in the UNet and in the VAE, and nothing else does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from sdtui.engine.decoder import decode
from sdtui.engine.flight import Flight, share_call
from sdtui.engine.forward import Forward
from sdtui.engine.requests import Evaluate
from sdtui.engine.seams import join_edges, unwrapped, wrapped
from tests.engine.renders import builtin, final_latents, paint, relative, render

STRIPED = "a large red circle on a checkered background"


def padding_of(module):
    return [part.padding_mode for part in module.modules() if isinstance(part, nn.Conv2d)]


def evaluate(checkpoint, latents, *, seamless):
    request = Evaluate(builtin(), latents, 3.0, (torch.ones(77, 56) * 0.1,), seamless=seamless)
    with torch.inference_mode():
        return Forward().evaluate(checkpoint, [request], 4)[0][0]


@pytest.mark.parametrize("dim", [1, 2])
def test_the_unet_sees_no_edge(checkpoint, dim):
    latents = torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(1)) * 3
    for seamless in (True, False):
        whole = evaluate(checkpoint, latents, seamless=seamless)
        # half a picture is a whole number of cells on every level of the UNet
        rolled = evaluate(checkpoint, latents.roll(8, dim), seamless=seamless).roll(-8, dim)
        assert (relative(rolled, whole) < 1e-4) is seamless


@pytest.mark.parametrize("dim", [1, 2])
def test_the_vae_sees_no_edge(checkpoint, dim):
    latents = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(1))

    def picture(given, seamless):
        made = decode(checkpoint, given, 0, seamless)
        return np.frombuffer(made.rgb, np.uint8).reshape(64, 64, 3).astype(int)

    for seamless in (True, False):
        rolled = np.roll(picture(latents.roll(3, dim), seamless), -24, dim - 1)
        assert bool(abs(rolled - picture(latents, seamless)).max() <= 1) is seamless


def test_the_convolutions_are_as_they_were_afterwards_whatever_happens(checkpoint):
    before = padding_of(checkpoint.unet) + padding_of(checkpoint.vae)
    assert set(before) == {"zeros"}
    inside = []

    def fail():
        with join_edges(checkpoint.unet, True):
            inside.extend(padding_of(checkpoint.unet))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert "circular" in inside
    assert padding_of(checkpoint.unet) + padding_of(checkpoint.vae) == before


def test_a_picture_in_company_of_a_seamless_one_is_its_own(engine):
    one = render(STRIPED, steps=4)
    (alone,) = final_latents(engine, one)
    together = final_latents(engine, render(STRIPED, steps=4), render(STRIPED, steps=4, tiling=True))
    assert relative(together[0], alone) < 1e-5
    assert relative(together[1], alone) > 1e-2


def test_seamless_and_other_pictures_share_no_call():
    def flight(seamless):
        made = Flight(render(tiling=seamless))
        made.request = Evaluate(builtin(), torch.zeros(4, 8, 8), 1.0, (torch.zeros(77, 4),), seamless=seamless)
        return made

    flights = [flight(True), flight(False), flight(True)]
    assert share_call(flights, 8) == [flights[0], flights[2]]
    assert share_call(flights[1:], 8) == [flights[1]]


def test_the_seam_of_a_seamless_picture_is_no_worse_than_its_inside(engine):
    seeds = range(4)
    tiled = [render(STRIPED, steps=12, seed=seed, tiling=True) for seed in seeds]
    plain = [render(STRIPED, steps=12, seed=seed) for seed in seeds]
    pictures = paint(engine, *tiled, *plain)

    def jumps(render):
        picture = pictures[render.id]
        pixels = np.frombuffer(picture.rgb, np.uint8).reshape(picture.height_px, picture.width_px, 3).astype(float)
        inside = max(abs(np.diff(pixels, axis=0)).mean((1, 2)).max(), abs(np.diff(pixels, axis=1)).mean((0, 2)).max())
        seam = max(abs(pixels[0] - pixels[-1]).mean(), abs(pixels[:, 0] - pixels[:, -1]).mean())
        return seam / inside

    assert max(map(jumps, tiled)) <= 1.1
    assert np.mean([jumps(one) for one in tiled]) <= 1 < np.mean([jumps(one) for one in plain])


def test_a_seamless_picture_decoded_in_tiles_fits_as_well(checkpoint):
    latents = torch.randn(4, 24, 16, generator=torch.Generator().manual_seed(1)) * 0.5
    around = wrapped(latents)
    assert around.shape == (4, 40, 32)
    assert torch.equal(around[:, 8:-8, 8:-8], latents)
    assert torch.equal(around[:, :8, 8:-8], latents[:, -8:])
    assert torch.equal(unwrapped(around, (24, 16)), latents)
    made = decode(checkpoint, latents, 16, True)
    assert (made.width_px, made.height_px) == (128, 192)
    pixels = np.frombuffer(made.rgb, np.uint8).reshape(192, 128, 3).astype(float)
    whole = decode(checkpoint, latents, 0, True)
    wanted = np.frombuffer(whole.rgb, np.uint8).reshape(192, 128, 3).astype(float)
    edges = np.concatenate([abs(pixels - wanted)[:4].ravel(), abs(pixels - wanted)[-4:].ravel()])
    assert edges.mean() <= 1.5 * abs(pixels - wanted)[60:130].mean() + 1
