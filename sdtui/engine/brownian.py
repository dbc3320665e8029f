"""One Brownian path for a picture, walked in as many steps as a run has."""

from __future__ import annotations

import math
import struct
from bisect import bisect_left
from collections.abc import Callable

import torch
from torch import Tensor

HIGHEST, LOWEST = 16.0, -16.0
"""The path is fixed between sigmas of 2 to the power of these."""
DEPTH = 10
"""So often is that range halved, to a 32nd of an octave: what lies finer depends on the run's own sigmas as well."""
WORD = 0xFFFFFFFFFFFFFFFF


class BrownianPath:
    """A path through time 1/sigma², in which the noise of the diffusion SDE is additive: x/sigma² gains its increments.

    So any two runs of one seed solve the same equation, and more steps come nearer to its solution (a Brownian tree as in
    Li et al. 2020, with bridges between known times below a fixed depth). `draw`: unit noise for a key of 64 bits, the same for
    the same key. Sigmas may be asked for in falling order only; what lies before is forgotten.
    """

    def __init__(self, draw: Callable[[int], Tensor]) -> None:
        self._draw = draw
        end = _time(LOWEST)
        last = draw(_key(-1.0)) * math.sqrt(end)
        self._times = [0.0, end]
        self._places = [torch.zeros_like(last), last]

    def between(self, sigma: float, following: float) -> Tensor:
        """The path's increment from a sigma down to another, as unit noise."""
        start, end = self._at(sigma), self._at(following)
        self._forget(sigma**-2)
        return (end - start).div_(math.sqrt(following**-2 - sigma**-2))

    def _at(self, sigma: float) -> Tensor:
        time = sigma**-2
        place = bisect_left(self._times, time)
        if self._times[place] == time:
            return self._places[place]
        exponent = math.log2(sigma)
        above, below = HIGHEST, LOWEST
        self._bridge(_time(above), above)
        for _ in range(DEPTH):
            middle = (above + below) / 2
            self._bridge(_time(middle), middle)
            above, below = (middle, below) if exponent <= middle else (above, middle)
        return self._bridge(time, exponent)

    def _bridge(self, time: float, name: float) -> Tensor:
        """The place at a time, drawn between its known neighbours where it is not known; times already forgotten are passed over."""
        after = bisect_left(self._times, time)
        if after == 0 or self._times[after] == time:
            return self._places[after]
        start, end = self._times[after - 1], self._times[after]
        spread = math.sqrt((time - start) * (end - time) / (end - start))
        place = torch.lerp(self._places[after - 1], self._places[after], (time - start) / (end - start))
        place.add_(self._draw(_key(name)), alpha=spread)
        self._times.insert(after, time)
        self._places.insert(after, place)
        return place

    def _forget(self, time: float) -> None:
        """Drop what lies before a time."""
        known = bisect_left(self._times, time)
        del self._times[:known], self._places[:known]


def mixed(seed: int, key: int) -> int:
    """A seed of 63 bits for one key of a picture's seed (Steele et al. 2014, SplitMix64)."""
    word = (seed * 0x9E3779B97F4A7C15 + key) & WORD
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        word = ((word ^ word >> shift) * factor) & WORD
    return (word ^ word >> 31) >> 1


def _time(exponent: float) -> float:
    return math.pow(4.0, -exponent)


def _key(exponent: float) -> int:
    """The bits of a number."""
    bits: int = struct.unpack("<Q", struct.pack("<d", exponent))[0]
    return bits
