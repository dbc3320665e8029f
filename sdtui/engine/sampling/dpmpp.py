"""DPM-Solver++ of Lu et al. 2022: methods on the guess of the clean latents, for the probability flow and for its SDE."""

from __future__ import annotations

import math
from functools import partial

from torch import Tensor

from sdtui.engine.sampling.steps import Noise, Point, Sample, Sigmas, Steps, ancestral_step, walk


def dpmpp_2m(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """DPM-Solver++(2M), algorithm 2: multistep in lambda = −log sigma, of first order at both ends."""
    x, before, last_width = latents, None, 0.0
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        if following == 0:
            return denoised
        width = math.log(sigma / following)
        target = denoised
        if before is not None:
            share = width / (2 * last_width)
            target = denoised + (denoised - before) * share
        x = _toward(x, target, sigma, following)
        before, last_width = denoised, width
    return x


def dpmpp_2s_ancestral(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """DPM-Solver++(2S), algorithm 1 with r = 1/2, to a lower sigma, and fresh noise up to the next (Song et al. 2020)."""
    x = latents
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        down, up = ancestral_step(sigma, following, noise.eta)
        if down > 0:
            middle = math.sqrt(sigma * down)
            denoised = yield Point(_toward(x, denoised, sigma, middle), middle, step)
        x = _toward(x, denoised, sigma, down)
        if up > 0:
            x = x + noise() * up
    return x


def dpmpp_sde(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """SDE-DPM-Solver++(2S) with r = 1/2: both the half step and the whole one add the noise of their part of one path."""
    x = latents
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        if following > 0:
            middle = math.sqrt(sigma * following)
            down, up = ancestral_step(sigma, middle, noise.eta)
            ahead = _toward(x, denoised, sigma, down)
            if up > 0:
                ahead = ahead + noise.between(sigma, middle) * up
            denoised = yield Point(ahead, middle, step)
        down, up = ancestral_step(sigma, following, noise.eta)
        x = _toward(x, denoised, sigma, down)
        if up > 0:
            x = x + noise.between(sigma, following) * up
    return x


def _dpmpp_2m_sde(latents: Tensor, sigmas: Sigmas, noise: Noise, *, heun: bool) -> Steps:
    """SDE-DPM-Solver++(2M), Lu et al. 2022, section 5: the multistep method on the SDE, in its midpoint or Heun form."""
    x, before, last_width = latents, None, 0.0
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        if following == 0:
            return denoised
        width = math.log(sigma / following)
        h = width * (1 + noise.eta)
        x = x * math.exp(-h) - denoised * math.expm1(-h)
        if before is not None:
            bend = (denoised - before) * (width / last_width)
            x = x + bend * (1 + math.expm1(-h) / h if heun else -math.expm1(-h) / 2)
        x = _stirred(x, sigma, following, noise)
        before, last_width = denoised, width
    return x


dpmpp_2m_sde: Sample = partial(_dpmpp_2m_sde, heun=False)
dpmpp_2m_sde_heun: Sample = partial(_dpmpp_2m_sde, heun=True)


def dpmpp_3m_sde(latents: Tensor, sigmas: Sigmas, noise: Noise) -> Steps:
    """The multistep method on the SDE with the last three guesses: DPM-Solver++'s third order (appendix A) under eta noise."""
    x = latents
    held: list[tuple[Tensor, float]] = []
    for step, sigma, following in walk(sigmas):
        denoised = yield Point(x, sigma, step)
        if following == 0:
            return denoised
        width = math.log(sigma / following)
        h = width * (1 + noise.eta)
        phi_2 = 1 + math.expm1(-h) / h
        x = x * math.exp(-h) - denoised * math.expm1(-h)
        if held:
            before, first = held[0]
            slope = (denoised - before) * (width / first)
            if len(held) == 2:
                earlier, second = held[1]
                bend = (slope - (before - earlier) * (width / second)) * (width / (first + second))
                slope = slope + bend * (first / width)
                x = x + bend * (0.5 - phi_2 / h)
            x = x + slope * phi_2
        x = _stirred(x, sigma, following, noise)
        held = [(denoised, width), *held[:1]]
    return x


def _toward(x: Tensor, denoised: Tensor, sigma: float, following: float) -> Tensor:
    """The exact step of a constant guess: Lu et al. 2022, equation 8 of first order, −expm1(−h) being 1 − following/sigma."""
    share = following / sigma
    return x * share + denoised * (1 - share)


def _stirred(x: Tensor, sigma: float, following: float, noise: Noise) -> Tensor:
    """Latents with the noise that the SDE adds on the way from one sigma to the next."""
    if noise.eta == 0:
        return x
    return x + noise.between(sigma, following) * (following * math.sqrt(1 - (following / sigma) ** (2 * noise.eta)))
