"""From a specification back to the command that says it."""

from __future__ import annotations

from decimal import Decimal

from estimator.spec import FactorSet, TrainingRun
from estimator.units import HOURS_PER_DAY

_HOURS_PER_WEEK = 7 * HOURS_PER_DAY


def to_text(run: TrainingRun, *, public: bool = False) -> str:
    """The canonical command of a run: parsing it gives the same run again."""
    parts = [", ".join(f"{entry.quantity} {entry.device}" for entry in run.devices)]
    if run.duration_h is not None:
        parts.append(f"for {_duration(run.duration_h)}")
    if run.location is not None:
        parts.append(f"in {run.location}")
    if run.utilisation is not None:
        percent = Decimal(repr(run.utilisation)) * 100
        if float(percent) / 100 == run.utilisation and len(str(percent.normalize())) <= 4:
            parts.append(f"at {_plain(percent)}%")
        else:
            parts.append(f"utilisation {_plain(Decimal(repr(run.utilisation)))}")
    if run.pue is not None:
        parts.append(f"pue {_plain(Decimal(repr(run.pue)))}")
    if run.factors is not FactorSet.SOURCED:
        parts.append(f"factors {run.factors.value}")
    if public:
        parts.append("public")
    return " ".join(parts)


def _duration(hours: float) -> str:
    if hours % _HOURS_PER_WEEK == 0:
        weeks = int(hours // _HOURS_PER_WEEK)
        return f"{weeks} week{'s' if weeks > 1 else ''}"
    if hours % HOURS_PER_DAY == 0:
        days = int(hours // HOURS_PER_DAY)
        return f"{days} day{'s' if days > 1 else ''}"
    return f"{_plain(Decimal(repr(hours)))}h"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
