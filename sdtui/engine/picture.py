"""Pictures in the making: generators that own their latents and noise, and ask for everything else."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch
from torch import Tensor

from sdtui.engine.guidance import Guidance, cues_of, guide, read_mixes
from sdtui.engine.noise import SeededNoise
from sdtui.engine.requests import Decode, Encode, Evaluate, Making, Note, Picture, Request
from sdtui.engine.samplers import SAMPLERS, Steps
from sdtui.engine.schedules import schedule_sigmas
from sdtui.engine.sigmas import NoiseLevels
from sdtui.spec.job import Render
from sdtui.spec.model import ModelFile


def txt2img(render: Render, levels: NoiseLevels, device: torch.device) -> Making:
    """A picture from its prompt: encode, start from noise, sample, decode. Latents on `device`."""
    params, model = render.params, render.checkpoint
    mixes = read_mixes(render)
    size = (params.width, params.height)
    encoded = yield Encode(model, cues_of(mixes), params.clip_skip, params.emphasis, params.comma_backtrack, size)
    guidance = guide(mixes, encoded)
    sampler = SAMPLERS[params.sampler]
    sigmas = schedule_sigmas(levels, params.schedule_type, params.sampler, params.steps)
    noise = SeededNoise(params.seed, width_px=params.width, height_px=params.height, device=device)
    latents = noise() * sampler.start(sigmas[0])
    latents = yield from denoise(sampler.sample(latents, sigmas, noise), sigmas, guidance, model)
    picture: Picture = yield Decode(model, latents * sampler.end(sigmas[-1]))
    return picture


def denoise(
    steps: Steps, sigmas: tuple[float, ...], guidance: tuple[Guidance, ...], model: ModelFile
) -> Generator[Request, Any, Tensor]:
    """Carry a sampler from its first sigma to its last, under the guidance of each step; returns the final latents."""
    step = 0
    try:
        latents, sigma = next(steps)
        while True:
            # a sampler may look at one step more than once, and between two sigmas
            while step < len(guidance) and sigma <= sigmas[step]:
                step += 1
            now = guidance[step - 1]
            rows = yield Evaluate(model, latents, sigma, now.contexts, now.added)
            denoised = now.combine(rows)
            yield Note(step, denoised)
            latents, sigma = steps.send(denoised)
    except StopIteration as finished:
        result: Tensor = finished.value
        return result
