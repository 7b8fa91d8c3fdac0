"""From a specification back to the command that says it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.language.presets import like_text
from estimator.catalogue import Catalogue
from estimator.spec import FactorSet, TrainingRun, Workload
from estimator.units import HOURS_PER_DAY

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
    parts = [named] if named is not None else _everything(run)
    if public:
        parts.append("public")
    return " ".join(part for part in parts if part)


def _everything(run: TrainingRun) -> list[str]:
    parts: list[str] = []
    if run.workload is not None:
        parts += _workload(run.workload)
    if run.device_hours is not None:
        parts.append(f"{_scaled(run.device_hours, _COUNTS)} {run.devices[0].device}-hours")
    if run.energy_kwh is not None:
        parts.append(_scaled(run.energy_kwh, _ENERGIES))
    parts.append(_devices(run))
    if run.duration_h is not None:
        parts.append(f"for {_duration(run.duration_h)}")
    if run.location is not None:
        parts.append(f"in {run.location}")
    if run.year is not None:
        parts.append(f"year {run.year}")
    parts += _settings(run)
    if run.factors is not FactorSet.SOURCED:
        parts.append(f"factors {run.factors.value}")
    return parts


def _settings(run: TrainingRun) -> list[str]:
    parts: list[str] = []
    if run.utilisation is not None:
        percent = _percent(run.utilisation)
        short = len(percent) <= 5
        parts.append(f"at {percent}" if short else f"utilisation {_number(run.utilisation)}")
    if run.duty_cycle is not None:
        parts.append(f"duty {_percent(run.duty_cycle)}")
    if run.pue is not None:
        parts.append(f"pue {_number(run.pue)}")
    if run.overhead is not None:
        parts.append(f"overhead {_percent(run.overhead)}")
    if run.storage_tb is not None:
        parts.append(f"storage {_scaled(run.storage_tb, _DATA)}")
    if run.transfer_tb is not None:
        parts.append(f"transfer {_scaled(run.transfer_tb, _DATA)}")
    return parts


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
