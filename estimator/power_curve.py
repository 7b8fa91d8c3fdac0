"""How much power a device draws at a given load, from measured curves.

The load, or utilisation, is the share of the time in which a device computes at all, as monitors
show it (``GPU-Util`` of nvidia-smi). A device that never rests draws less than its full power where
its work waits for the memory, and one that rests draws more than nothing. A curve holds measured
points; between two of them the power is on a straight line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from estimator.accelerator import Accelerator
from estimator.errors import DataError
from estimator.source import Basis, Factor

ANY: Final = "any"
"""Id of the curve for devices that no other curve fits."""


class LoadPoint(NamedTuple):
    """A measured point: a load (0-1), and the share of its full power that a device draws there."""

    load: float
    share: Factor


@dataclass(frozen=True, kw_only=True)
class LoadCurve:
    """Power over load, of one model or of all devices of a vendor."""

    id: str
    model: str | None = None
    """The accelerator that it was measured on; ``None`` for a curve of several."""
    vendor: str | None = None
    """Whose GPUs it stands for, where they have no curve of their own."""
    points: tuple[LoadPoint, ...]

    def __post_init__(self) -> None:
        where = f"load_curves.toml [{self.id}]"
        if len(self.points) < 2 or self.points[0].load != 0:
            raise DataError(where, "a curve has a point at load 0, and at least one more")
        for before, after in pairwise(self.points):
            if not before.load < after.load <= 1:
                raise DataError(where, "loads increase, and none is above 1")
            if any(one > two for one, two in zip(_ends(before), _ends(after), strict=True)):
                raise DataError(where, "the power does not fall as the load rises")
        if _ends(self.points[0])[0] <= 0 or _ends(self.points[-1])[2] > 1:
            raise DataError(where, "a share of full power is above 0 and at most 1")

    def at(self, load: float) -> tuple[float, float, float]:
        """Low, central and high share of full power at a load [0-1].

        Beyond the last point the last stretch goes on, up to full power.
        """
        left, right = self.around(load)
        along = (load - left.load) / (right.load - left.load)
        low, value, high = (
            min(start + along * (end - start), 1.0)
            for start, end in zip(_ends(left), _ends(right), strict=True)
        )
        return low, value, high

    def around(self, load: float) -> tuple[LoadPoint, LoadPoint]:
        """The points that a load lies between; the last two for one beyond them."""
        for left, right in pairwise(self.points):
            if load <= right.load:
                return left, right
        return self.points[-2], self.points[-1]

    def said(self, load: float) -> str:
        """The points that a figure lies between, in words."""
        left, right = (
            f"{point.share.value:g} of full power at {100 * point.load:g} %"
            for point in self.around(load)
        )
        return f"On the straight line through {left} and {right}"


def _ends(point: LoadPoint) -> tuple[float, float, float]:
    share = point.share
    low = share.value if share.low is None else share.low
    high = share.value if share.high is None else share.high
    return low, share.value, high


def curve_of(device: Accelerator, curves: Mapping[str, LoadCurve]) -> LoadCurve:
    """The curve of a device: its own, or that of its vendor's GPUs, or the one for any device."""
    own = next((c for c in curves.values() if c.model == device.id), None)
    if own is not None:
        return own
    if device.kind == "GPU":
        vendors = (c for c in curves.values() if c.vendor == device.vendor)
        return next(vendors, curves[ANY])
    return curves[ANY]


def power_share(device: Accelerator, load: float, curve: LoadCurve) -> Factor:
    """The share of its full power that a device draws at a load, with the curve's range.

    Args:
        device: the accelerator.
        load: share of the time in which it computes [0-1].
        curve: its curve, from ``curve_of``.
    """
    low, value, high = curve.at(load)
    nearest = curve.around(load)[1].share
    return Factor(
        id=f"{device.id}.power_share",
        value=value,
        low=low,
        high=high,
        unit="1",
        basis=nearest.basis if curve.model is not None else Basis.ASSUMED,
        source=nearest.source,
        note=f"{curve.said(load)} of the time. {nearest.note or ''}".rstrip(),
    )
