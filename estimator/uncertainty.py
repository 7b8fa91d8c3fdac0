"""How sure a figure is: each factor has a distribution, and so has what is made from factors.

A factor is lognormal with ``low`` and ``high`` as its 5 % and 95 % points. Its value is the best
estimate within them, and need not be the median: sources disagree more to one side. Products of
independent factors multiply their raw moments and sums add their cumulants, so the first three
moments of an answer come out exactly; its interval is read from the shifted lognormal that has the
same three.

``spread_of`` a factor is relative: its moments are those of factor / value. The tests hold the
interval against a Monte Carlo simulation of the same factors.

Method: three-moment matching to a shifted lognormal, as in Fenton (1960) with one moment more.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Final, NamedTuple

Z90: Final = 1.6448536269514722
"""Standard score of the 95 % point: between -Z90 and Z90 lies 90 % of a normal distribution."""


class Moments(NamedTuple):
    """The first three raw moments of a positive quantity: E[X], E[X²], E[X³]."""

    first: float
    second: float
    third: float

    def times(self, other: Moments) -> Moments:
        """Moments of the product with an independent quantity."""
        return Moments(
            self.first * other.first, self.second * other.second, self.third * other.third
        )


EXACT: Final = Moments(1.0, 1.0, 1.0)
"""A figure that is taken as certain."""


class Cumulants(NamedTuple):
    """Mean, variance and third central moment, which add up over independent quantities."""

    mean: float
    variance: float
    third: float

    def plus(self, other: Cumulants) -> Cumulants:
        """Cumulants of the sum with an independent quantity."""
        return Cumulants(
            self.mean + other.mean, self.variance + other.variance, self.third + other.third
        )


def cumulants(moments: Moments) -> Cumulants:
    """Cumulants from raw moments."""
    m1, m2, m3 = moments
    return Cumulants(m1, max(m2 - m1 * m1, 0.0), m3 - 3 * m1 * m2 + 2 * m1**3)


def product(found: Cumulants, scale: float, *spreads: Moments) -> Cumulants:
    """Cumulants of a multiple of a sum that independent factors are multiplied by.

    Args:
        found: cumulants of the sum.
        scale: what it is multiplied by for certain.
        spreads: moments of each factor over its value.
    """
    mean, variance, third = found
    m1, m2, m3 = mean, variance + mean * mean, third + 3 * mean * variance + mean**3
    for first, second, last in spreads:
        m1, m2, m3 = m1 * first, m2 * second, m3 * last
    return cumulants(Moments(m1 * scale, m2 * scale**2, m3 * scale**3))


def log_width(value: float, low: float | None, high: float | None) -> float:
    """Standard deviation of a factor's logarithm, from its 5 % and 95 % points."""
    least, most = low or value, high or value
    return log(most / least) / (2 * Z90) if value > 0 else 0.0


def spread(value: float, low: float | None, high: float | None) -> Moments:
    """Moments of factor / value for a factor with the given 5 % and 95 % points.

    Args:
        value: the best estimate.
        low: the 5 % point; ``None`` where the factor is not known to be lower than its value.
        high: the 95 % point, likewise.
    """
    sigma = log_width(value, low, high)
    if sigma == 0:
        return EXACT
    median = sqrt((low or value) * (high or value)) / value
    return Moments(*(median**k * exp(0.5 * (k * sigma) ** 2) for k in (1, 2, 3)))


def inverse(value: float, low: float | None, high: float | None) -> Moments:
    """Moments of value / factor, for a factor that something is divided by (a lifetime)."""
    return spread(1 / value, 1 / high if high else None, 1 / low if low else None)


class Points(NamedTuple):
    """The 5 %, 50 % and 95 % points of a sum; those of a multiple are the same multiple of them."""

    low: float
    median: float
    high: float


def points(found: Cumulants) -> Points:
    """The points of the shifted lognormal with these cumulants."""
    mean, variance, third = found
    if variance <= 1e-18 * mean * mean:
        return Points(mean, mean, mean)
    deviation = sqrt(variance)
    skewness = third / (variance * deviation)
    if abs(skewness) < 1e-6:
        return Points(mean - Z90 * deviation, mean, mean + Z90 * deviation)
    # ω = exp(σ²) solves (ω + 2)·√(ω - 1) = |skewness|.
    square = skewness * skewness
    inner = 1 + square / 2
    cubed = (inner + sqrt(square + square * square / 4)) ** (1 / 3)
    omega = cubed + 1 / cubed - 1  # (inner + root)·(inner - root) = 1
    reach = exp(Z90 * sqrt(log(omega)))
    scale = deviation / sqrt(omega * (omega - 1))
    shift = scale * sqrt(omega)
    near, middle, far = scale / reach - shift, scale - shift, scale * reach - shift
    if skewness > 0:
        return Points(mean + near, mean + middle, mean + far)
    return Points(mean - far, mean - middle, mean - near)


def interval(
    found: Points, central: float, scale: float = 1.0, log_variance: float = 0.0
) -> tuple[float, float]:
    """The 90 % interval of a sum, or of a sum that lognormal factors are multiplied by.

    Args:
        found: points of the sum.
        central: the figure made from the central values, which the interval always holds.
        scale: what the sum is multiplied by for certain, and the factors' medians.
        log_variance: variance of the logarithm of all those factors together.

    A product's logarithm is the sum of logarithms. The shifted lognormal gives three points of the
    first one, from which follow its width and its skewness; the factors' own widths are added to
    the width, and dilute the skewness (Cornish and Fisher 1938, first term).
    """
    low, median, high = found
    if median <= 0 or (low == high and not log_variance):
        return central, central
    if log_variance:
        low, high = _widened(low, median, high, log_variance)
    low, high = low * scale, high * scale
    return max(min(low, central), 0.0), max(high, central)


_BEND_AT_Z90: Final = Z90**2 - 1


def _widened(low: float, median: float, high: float, log_variance: float) -> tuple[float, float]:
    """The outer points after multiplication by a lognormal factor with median 1."""
    # Logarithms of the outer points over the median.
    below, above = log(max(low / median, 1e-9)), log(high / median)
    width = (above - below) / (2 * Z90)
    # q(z) = bend + width·z + bend·(z² - 1) at z = -Z90, 0 and Z90, where it is 0 in the middle.
    bend = (above + below) / 2 / Z90**2
    wider = sqrt(width * width + log_variance)
    reach = bend + bend * (width / wider) ** 2 * _BEND_AT_Z90
    out = Z90 * wider
    return median * exp(reach - out), median * exp(reach + out)
