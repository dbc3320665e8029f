"""The quantiles of the beta distribution, for the schedule of that name."""

from __future__ import annotations

import math

MOST_TERMS = 200
MOST_STEPS = 60
PRECISION = 1e-13


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x below which this share of Beta(a, b) lies, both 0..1; Newton's steps, halving where one would leave the bracket."""
    low, high = 0.0, 1.0
    if share <= low or share >= high:
        return min(max(share, 0.0), 1.0)
    log_norm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    x = a / (a + b)
    for _ in range(MOST_STEPS):
        missing = share - beta_share(x, a, b)
        low, high = (x, high) if missing > 0 else (low, x)
        density = math.exp(log_norm + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x))
        following = x + missing / density
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - x) <= PRECISION * x:
            return following
        x = following
    return x


def beta_share(x: float, a: float, b: float) -> float:
    """The share of Beta(a, b) below x: the regularized incomplete beta function (DLMF 8.17.22, the continued fraction)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        # the fraction converges quickly below its mean only
        return 1 - beta_share(1 - x, b, a)
    log_front = a * math.log(x) + b * math.log1p(-x) - math.log(a)
    log_front += math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(log_front) / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + …)) by Lentz's method."""
    value = c = 1.0
    d = 0.0
    for term in range(1, MOST_TERMS):
        m, odd = divmod(term, 2)
        if odd:
            coefficient = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            coefficient = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + coefficient * d)
        c = 1 + coefficient / c
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
