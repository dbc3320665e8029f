"""DDIM and what grew from it: the guess of the clean latents, and noise put back onto it."""

from __future__ import annotations

from torch import Tensor

from sdtui.engine.sampling.steps import Noise, Point, Sigmas, Steps, Unconditional, ancestral_step, walk


def ddim(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Song et al. 2020 (DDIM), equation 12 divided by sqrt(ᾱ): the guess, the predicted noise scaled anew, and eta fresh noise."""
    x = latents
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        predicted = (x - denoised) / sigma
        down, up = ancestral_step(sigma, following, noise.eta)
        x = denoised + predicted * down
        if up > 0:
            x = x + noise() * up
    return x


def ddim_cfgpp(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Chung et al. 2024 (CFG++), algorithm 2: DDIM that puts back the noise predicted without the prompt."""
    x = latents
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        unconditional = yield Unconditional()
        predicted = (x - unconditional) / sigma
        down, up = ancestral_step(sigma, following, noise.eta)
        x = denoised + predicted * down
        if up > 0:
            x = x + noise() * up
    return x


def lcm(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """Luo et al. 2023 (LCM), algorithm 3: the guess, and all the noise of the next sigma anew.

    The paper's skip connection differs from the plain guess by less than 1e-5 at every timestep but the lowest ones.
    """
    x = latents
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        x = denoised
        if following > 0:
            x = x + noise() * following
    return x
