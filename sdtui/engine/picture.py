"""Pictures in the making: generators that own their latents and noise, and ask for everything else."""

from __future__ import annotations

import torch

from sdtui.engine.denoise import Guide, denoise
from sdtui.engine.guidance import guide, read_looks
from sdtui.engine.noise import PictureNoise
from sdtui.engine.prediction import Prediction, epsilon
from sdtui.engine.requests import Decode, Encode, Making, Picture
from sdtui.engine.sampling.table import SAMPLERS
from sdtui.engine.schedules import schedule_sigmas
from sdtui.engine.sigmas import NoiseLevels
from sdtui.spec.job import Render


def txt2img(
    render: Render, levels: NoiseLevels, device: torch.device, *, prediction: Prediction = epsilon, family: str = ""
) -> Making:
    """A picture from its prompt: encode, start from noise, sample, decode. Latents on `device`."""
    params, model = render.params, render.checkpoint
    sampler = SAMPLERS[params.sampler]
    looks = read_looks(render, cfg_share=sampler.cfg_share, wants_unconditional=sampler.wants_unconditional)
    size = (params.width, params.height)
    encoded = yield Encode(
        model, looks.cues, params.clip_skip, params.emphasis, params.comma_backtrack, size, render.embeddings
    )
    whole, below = guide(looks, encoded)
    guidance = Guide(whole, below, params.skip_uncond_below, params.guidance_rescale, prediction)
    sigmas = schedule_sigmas(levels, params.schedule_type, params.sampler, params.steps, family=family)
    noise = PictureNoise(params, device, eta=sampler.eta_of(params))
    latents = noise.first() * sampler.start(sigmas[0])
    steps = sampler.sample(latents, sigmas, noise)
    latents = yield from denoise(steps, guidance, model, seamless=params.tiling)
    picture: Picture = yield Decode(model, latents * sampler.end(sigmas[-1]), params.tiling)
    return picture
