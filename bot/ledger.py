"""What the ledger says of a run, as it is kept and shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

FORGOTTEN: Final = "forgotten"
"""Stands for a member who asked to be forgotten, in what is the team's. No id of Slack's."""


class RunState(StrEnum):
    """Whether a run is still to come."""

    PLANNED = "planned"
    DONE = "done"


ESTIMATED_FIGURES: Final = (
    "energy_kwh",
    "energy_low_kwh",
    "energy_high_kwh",
    "operational_kgco2e",
    "embodied_kgco2e",
    "total_kgco2e",
    "total_low_kgco2e",
    "total_high_kgco2e",
)
"""What an entry, an estimate's row and an export call the figures of an estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the ledger says of a run; energy in kWh, emissions in kgCO2e.

    Attributes:
        counted_on: the day by which summaries and budgets count it.
        spec: the specification, as ``TrainingRun`` dumps it; ``None`` where only a measurement is
            known. So are the command, the factors and the estimated figures.
        thread_ts: the message under which the channel hears of it.
    """

    channel_id: str
    owner_id: str
    name: str
    counted_on: date
    project: str = ""
    state: RunState = RunState.PLANNED
    starts_on: date | None = None
    ends_on: date | None = None
    command: str | None = None
    spec: dict[str, Any] | None = None
    catalogue_version: str | None = None
    factors: str | None = None
    energy_kwh: float | None = None
    energy_low_kwh: float | None = None
    energy_high_kwh: float | None = None
    operational_kgco2e: float | None = None
    embodied_kgco2e: float | None = None
    total_kgco2e: float | None = None
    total_low_kgco2e: float | None = None
    total_high_kgco2e: float | None = None
    measured_energy_kwh: float | None = None
    measured_kgco2e: float | None = None
    thread_channel_id: str | None = None
    thread_ts: str | None = None

    @property
    def counted_energy_kwh(self) -> float | None:
        """What summaries and budgets count: what was measured, else the estimate."""
        return self.energy_kwh if self.measured_energy_kwh is None else self.measured_energy_kwh

    @property
    def counted_kgco2e(self) -> float | None:
        """Same of emissions: of what was measured, with the estimate's embodied share.

        Where energy alone was measured, it emits what the estimate's electricity does.
        """
        operational = self.measured_kgco2e
        if operational is None and self.measured_energy_kwh is not None and self.energy_kwh:
            operational = self.operational_kgco2e
            if operational is not None:
                operational *= self.measured_energy_kwh / self.energy_kwh
        if operational is None:
            return self.total_kgco2e
        return operational + (self.embodied_kgco2e or 0.0)


def before_measured(entry: Entry) -> Entry:
    """A run as it counted before anything was measured of it."""
    return replace(entry, measured_energy_kwh=None, measured_kgco2e=None)


@dataclass(frozen=True, slots=True)
class Run:
    """A run in the ledger.

    Attributes:
        version: grows with every change; a change names the version that it was made to.
    """

    id: str
    entry: Entry
    version: int
    created_at: datetime
    updated_at: datetime
