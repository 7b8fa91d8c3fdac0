"""What one of two compared runs leaves unsaid, and the other says.

``64 H100 vs 32 B200 for 2 weeks in France`` is about two weeks in France on both sides. Where that
would make one run of both, the contrast is what one of them says alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from estimator import FactorSet, TrainingRun

_SHARED: Final = (
    "duration_h",
    "workload",
    "location",
    "year",
    "month",
    "lifetime_years",
    "storage_tb",
    "transfer_tb",
    "overhead",
    "utilisation",
    "duty_cycle",
    "pue",
)
"""What two runs may have in common, by how likely it is meant of both: the likeliest first."""
_AMOUNTS: Final = frozenset({"duration_h", "workload"})
_OF_COMPUTERS: Final = frozenset({"overhead", "utilisation", "duty_cycle", "pue"})
"""What metered energy has in it already."""
_OF_ITS_PLACE: Final = "pue"
"""A data centre's, which says nothing of one elsewhere."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two compared runs.

    Attributes:
        run: with what the other run says for both.
        taken: the fields that were taken from the other run.
        alone: the fields that it says for itself alone, and that the other could have too.
    """

    run: TrainingRun
    taken: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


def completed(a: TrainingRun, b: TrainingRun) -> tuple[Side, Side]:
    """Two runs, each with what the other one says for both."""
    if FactorSet.ARTICLE in {a.factors, b.factors}:
        # The article knows neither time nor place.
        return Side(a), Side(b)
    for_a, for_b = _unsaid(a, b), _unsaid(b, a)
    if not (_stands_open(a) and _stands_open(b)):
        return Side(a, alone=for_b), Side(b, alone=for_a)
    from_a, from_b = _carried(b, a, for_b), _carried(a, b, for_a)
    if _with(a, b, from_b) == _with(b, a, from_a):
        from_a, from_b = from_a[:-1], from_b[:-1]
    return (
        Side(_with(a, b, from_b), from_b, _left(for_b, from_a)),
        Side(_with(b, a, from_a), from_a, _left(for_a, from_b)),
    )


def _stands_open(run: TrainingRun) -> bool:
    """Whether a run is one of many: a published one is whole, a live figure is of its place."""
    return run.like is None and run.live is None


def _unsaid(run: TrainingRun, other: TrainingRun) -> tuple[str, ...]:
    """What the other run says, and this one could say too."""
    found = [
        field
        for field in _SHARED
        if getattr(run, field) is None and getattr(other, field) is not None
    ]
    counted = (run.duration_h, run.device_hours, run.workload, run.energy_kwh) != (None,) * 4
    if counted or (other.workload is not None and other.duration_h is not None):
        found = [field for field in found if field not in _AMOUNTS]
    if len(run.devices) != 1:
        found = [field for field in found if field != "workload"]
    if run.energy_kwh is not None:
        found = [field for field in found if field not in _OF_COMPUTERS]
    return tuple(found)


def _carried(run: TrainingRun, other: TrainingRun, unsaid: tuple[str, ...]) -> tuple[str, ...]:
    """What of it is meant of this run too."""
    elsewhere = None not in {run.location, other.location} and run.location != other.location
    return tuple(field for field in unsaid if not (elsewhere and field == _OF_ITS_PLACE))


def _with(run: TrainingRun, other: TrainingRun, fields: tuple[str, ...]) -> TrainingRun:
    return run.model_copy(update={field: getattr(other, field) for field in fields})


def _left(unsaid: tuple[str, ...], taken: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field for field in unsaid if field not in taken)
