"""From a specification back to the command that says it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from bot.language import words
from bot.language.presets import like_text
from estimator.catalogue import Catalogue
from estimator.live import LiveIntensity
from estimator.spec import FactorSet, TrainingRun, Workload
from estimator.units import HOURS_PER_DAY, month_name

_HOURS_PER_WEEK: Final = 7 * HOURS_PER_DAY
_COUNTS: Final = (("T", 12), ("B", 9), ("M", 6), ("", 0))
_ENERGIES: Final = ((" TWh", 9), (" GWh", 6), (" MWh", 3), (" kWh", 0))
_DATA: Final = ((" TB", 0),)
_KINDS: Final = {"fine_tuning": "fine-tuning", "lora": "lora", "inference": "inference"}


def to_text(run: TrainingRun, *, public: bool = False, catalogue: Catalogue | None = None) -> str:
    """The canonical command of a run: parsing it gives the same run again.

    A run that was taken from a published one is called by that name where the catalogue is given
    and nothing was changed; without it every field is said, and ``like`` is not.
    """
    named = like_text(run, catalogue) if catalogue is not None else None
    parts = [named] if named is not None else [*pieces(run).values()]
    if public:
        parts.append("public")
    return " ".join(parts)


def pieces(run: TrainingRun) -> dict[str, str]:
    """The parts of the canonical command of a run, in their order, by what they say.

    The keys are fields of the specification; parts that say nothing are left out.
    """
    found = {
        "workload": " ".join(_workload(run.workload)) if run.workload is not None else "",
        "device_hours": _device_hours(run),
        "energy_kwh": _said(run.energy_kwh, lambda kwh: _scaled(kwh, _ENERGIES)),
        "devices": _devices(run),
        "duration_h": _said(run.duration_h, lambda hours: f"for {_duration(hours)}"),
        "location": f"in {run.location}" if run.location is not None else "",
        "year": f"year {run.year}" if run.year is not None else "",
        "month": f"month {month_name(run.month)}" if run.month is not None else "",
        "live": _live(run.live) if run.live is not None else "",
        "utilisation": _said(run.utilisation, _utilisation),
        "duty_cycle": _said(run.duty_cycle, lambda share: f"duty {_percent(share)}"),
        "pue": _said(run.pue, lambda pue: f"pue {_number(pue)}"),
        "lifetime_years": _said(run.lifetime_years, _lifetime),
        "overhead": _said(run.overhead, lambda share: f"overhead {_percent(share)}"),
        "storage_tb": _said(run.storage_tb, lambda tb: f"storage {_scaled(tb, _DATA)}"),
        "transfer_tb": _said(run.transfer_tb, lambda tb: f"transfer {_scaled(tb, _DATA)}"),
        "factors": f"factors {run.factors.value}" if run.factors is not FactorSet.SOURCED else "",
    }
    return {field: said for field, said in found.items() if said}


def _said(value: float | None, worded: Callable[[float], str]) -> str:
    return "" if value is None else worded(value)


def _live(live: LiveIntensity) -> str:
    figure = _number(live.gco2e_per_kwh)
    return f"{words.LIVE_FIGURE} {figure} at {live.stamp} by {live.source}/{live.zone}"


def _device_hours(run: TrainingRun) -> str:
    if run.device_hours is None:
        return ""
    return f"{_scaled(run.device_hours, _COUNTS)} {run.devices[0].device}-hours"


def _lifetime(years: float) -> str:
    return f"lifetime {_number(years)} year{'' if years == 1 else 's'}"


def _utilisation(share: float) -> str:
    percent = _percent(share)
    return f"at {percent}" if len(percent) <= 5 else f"utilisation {_number(share)}"


def _workload(workload: Workload) -> list[str]:
    parts = [f"{_scaled(workload.parameters, _COUNTS)} params"]
    if workload.active_parameters is not None:
        parts.append(f"({_scaled(workload.active_parameters, _COUNTS)} active)")
    parts.append(f"{_scaled(workload.tokens, _COUNTS)} tokens")
    if workload.mfu is not None:
        parts.append(f"mfu {_number(workload.mfu)}")
    if workload.precision is not None:
        parts.append(workload.precision)
    if workload.kind in _KINDS:
        parts.append(_KINDS[workload.kind])
    return parts


def _devices(run: TrainingRun) -> str:
    counted = run.workload is not None or run.device_hours is not None
    if counted:
        entry = run.devices[0]
        if entry.quantity is not None:
            return f"on {entry.quantity} {entry.device}"
        return f"on {entry.device}" if run.device_hours is None else ""
    return ", ".join(f"{entry.quantity} {entry.device}" for entry in run.devices)


def _duration(hours: float) -> str:
    if hours % _HOURS_PER_WEEK == 0:
        weeks = int(hours // _HOURS_PER_WEEK)
        return f"{weeks} week{'s' if weeks > 1 else ''}"
    if hours % HOURS_PER_DAY == 0:
        days = int(hours // HOURS_PER_DAY)
        return f"{days} day{'s' if days > 1 else ''}"
    return f"{_number(hours)}h"


def _percent(share: float) -> str:
    return f"{_plain(Decimal(repr(share)) * 100)}%"


def _number(value: float) -> str:
    return _plain(Decimal(repr(value)))


def _scaled(value: float, units: tuple[tuple[str, int], ...]) -> str:
    """A number in the unit that makes it shortest; reading it gives the number again."""
    exact = Decimal(repr(value))
    written = [
        f"{_plain(exact.scaleb(-power))}{unit}"
        for unit, power in units
        if power == 0 or exact >= Decimal(1).scaleb(power)
    ]
    return min(written, key=lambda text: (len(text), text))


def _plain(number: Decimal) -> str:
    """All digits, with a power of ten where they would be many."""
    number = number.normalize()
    text = f"{number:f}"
    return text if len(text) <= 20 else f"{number:e}".replace("e+", "e")
