"""The noise levels a model was trained on: sigma for a timestep and back."""

from __future__ import annotations

import math
from bisect import bisect_left

TRAIN_STEPS = 1000
BETA_FIRST, BETA_LAST = 0.00085, 0.012
TERMINAL_SIGNAL = 4.8973451890853435e-08
"""A1111's last ᾱ of a schedule that ends in pure noise; sigma is about 4519 there."""


class NoiseLevels:
    """SD's training schedule: beta from 0.00085 to 0.012, linear in its square root, over 1000 timesteps.

    sigma(t)² = (1 − ᾱ(t)) / ᾱ(t), the noise of Karras et al. 2022 on pictures that are not scaled down. Between whole
    timesteps log sigma is interpolated, as A1111 does. `zero_terminal` shifts and scales the square roots of ᾱ so that the last
    is (almost) zero, pure noise (Lin et al. 2023, algorithm 1), with A1111's number in place of the zero.
    """

    def __init__(self, *, zero_terminal: bool = False) -> None:
        first, last = math.sqrt(BETA_FIRST), math.sqrt(BETA_LAST)
        remaining, signals = 1.0, []
        for step in range(TRAIN_STEPS):
            remaining *= 1.0 - (first + (last - first) * step / (TRAIN_STEPS - 1)) ** 2
            signals.append(remaining)
        if zero_terminal:
            signals = _zero_terminal(signals)
        self._log_sigmas = tuple(0.5 * math.log((1.0 - signal) / signal) for signal in signals)

    @property
    def lowest(self) -> float:
        """The sigma of timestep 0, about 0.0292."""
        return math.exp(self._log_sigmas[0])

    @property
    def highest(self) -> float:
        """The sigma of timestep 999, about 14.61."""
        return math.exp(self._log_sigmas[-1])

    def sigma(self, timestep: float) -> float:
        """The sigma of a timestep, 0..999, whole or not."""
        below = min(int(timestep), TRAIN_STEPS - 2)
        share = timestep - below
        return math.exp((1.0 - share) * self._log_sigmas[below] + share * self._log_sigmas[below + 1])

    def timestep(self, sigma: float) -> float:
        """The timestep of a sigma, 0..999; sigmas outside the training range get the nearest end."""
        log_sigma = math.log(sigma)
        above = bisect_left(self._log_sigmas, log_sigma)
        if above == 0:
            return 0.0
        if above == TRAIN_STEPS:
            return float(TRAIN_STEPS - 1)
        low, high = self._log_sigmas[above - 1], self._log_sigmas[above]
        return above - 1 + (log_sigma - low) / (high - low)


def _zero_terminal(signals: list[float]) -> list[float]:
    roots = [math.sqrt(signal) for signal in signals]
    first, last = roots[0], roots[-1]
    rescaled = [((root - last) * first / (first - last)) ** 2 for root in roots[:-1]]
    return [*rescaled, TERMINAL_SIGNAL]
