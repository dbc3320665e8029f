"""Pictures in the making: generators that own their latents and noise, and ask for everything else."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch

from sdtui.engine.denoise import Guide, denoise
from sdtui.engine.guidance import Looks, guide, read_looks
from sdtui.engine.noise import PictureNoise
from sdtui.engine.prediction import Prediction, epsilon
from sdtui.engine.refining import Refining
from sdtui.engine.requests import Decode, Encode, Making, Picture, Request
from sdtui.engine.sampling.table import SAMPLERS
from sdtui.engine.schedules import schedule_sigmas
from sdtui.engine.sigmas import NoiseLevels
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile


def txt2img(
    render: Render, levels: NoiseLevels, device: torch.device, *, prediction: Prediction = epsilon, family: str = ""
) -> Making:
    """A picture from its prompt: encode, start from noise, sample, decode. Latents on `device`."""
    params, model = render.params, render.checkpoint
    sampler = SAMPLERS[params.sampler]
    looks = read_looks(render, cfg_share=sampler.cfg_share, wants_unconditional=sampler.wants_unconditional)
    guidance = yield from _guided(render, looks, model, prediction)
    sigmas = schedule_sigmas(levels, params.schedule_type, params.sampler, params.steps, family=family)
    noise = PictureNoise(params, device, eta=sampler.eta_of(params))
    latents = noise.first() * sampler.start(sigmas[0])
    steps = sampler.sample(latents, sigmas, noise)
    refining = _refining(render, looks, levels, prediction)
    latents = yield from denoise(steps, guidance, model, seamless=params.tiling, takeover=refining)
    picture: Picture = yield Decode(model, latents * sampler.end(sigmas[-1]), params.tiling)
    return picture


def _guided(render: Render, looks: Looks, model: ModelFile, prediction: Prediction) -> Generator[Request, Any, Guide]:
    """Have a model read the texts; how it is guided by them."""
    params, refiner = render.params, render.refiner
    embeddings = () if refiner and refiner.file == model and not refiner.alike else render.embeddings
    encoded = yield Encode(
        model,
        looks.cues,
        params.clip_skip,
        params.emphasis,
        params.comma_backtrack,
        (params.width, params.height),
        embeddings,
    )
    whole, below = guide(looks, encoded)
    return Guide(whole, below, params.skip_uncond_below, params.guidance_rescale, prediction)


def _refining(render: Render, looks: Looks, levels: NoiseLevels, prediction: Prediction) -> Refining | None:
    if render.refiner is None:
        return None
    file = render.refiner.file
    return Refining(file, render.params.refiner_switch_at, levels, lambda: _guided(render, looks, file, prediction))
