"""The figures of a channel's week, month or quarter, before they are worded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.budget import State
from bot.periods import Period, Report
from estimator.reduction import Cut

SHOWN: Final[Mapping[Report, int]] = {Report.WEEKLY: 8, Report.MONTHLY: 12, Report.QUARTERLY: 8}
"""Periods in the chart, with the one that is summed up."""
IN_MEAN: Final[Mapping[Report, int]] = {Report.WEEKLY: 4, Report.MONTHLY: 3, Report.QUARTERLY: 4}
"""Periods before that the mean is of: four weeks, the months of a quarter, a whole year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A logged run as a summary counts it; energy in kWh, emissions in kgCO2e.

    Attributes:
        done: whether it is over, or planned.
        energy_kwh: as measured; as estimated where nothing was measured.
        total_kgco2e: same; ``None`` where neither is known.
        estimated_kwh: what its estimate said.
        measured_kwh: what was measured of it.
    """

    name: str
    done: bool
    energy_kwh: float | None = None
    total_kgco2e: float | None = None
    estimated_kwh: float | None = None
    measured_kwh: float | None = None


@dataclass(frozen=True, slots=True)
class WhatIfs:
    """Estimates that were asked for and are no runs.

    Attributes:
        number: how many.
        largest: the command of the largest one.
        largest_kgco2e: its total.
    """

    number: int = 0
    largest: str = ""
    largest_kgco2e: float = 0.0


@dataclass(frozen=True, slots=True)
class BestCut:
    """The largest cut that is possible of a run."""

    run: str
    cut: Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a channel's week, month or quarter was.

    Attributes:
        zone: the time zone of its days.
        runs: logged runs that count in it.
        earlier_kgco2e: totals of the periods before, the newest first.
        cut: of the largest run that can be cut.
        budgets: those that count the channel's runs, as they are on the last day.
        configured_by: the member who turned the summary on; empty where nobody did.
    """

    period: Period
    zone: str
    runs: tuple[Counted, ...]
    earlier_kgco2e: tuple[float, ...]
    what_ifs: WhatIfs = WhatIfs()
    cut: BestCut | None = None
    budgets: tuple[State, ...] = ()
    configured_by: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return not self.runs and not self.what_ifs.number

    @property
    def total_kgco2e(self) -> float:
        """Of all runs."""
        return total_of(self.runs)

    @property
    def energy_kwh(self) -> float:
        """Of all runs."""
        return math.fsum(run.energy_kwh or 0.0 for run in self.runs)

    @property
    def largest_first(self) -> list[Counted]:
        """The runs, the largest first."""
        return sorted(self.runs, key=lambda run: -(run.total_kgco2e or 0.0))

    @property
    def mean_kgco2e(self) -> float:
        """Mean of the periods before, those without a run among them."""
        number = IN_MEAN[self.period.report]
        return math.fsum(self.earlier_kgco2e[:number]) / number

    @property
    def measured(self) -> list[Counted]:
        """Runs of which the estimate can be held against a measurement."""
        return [
            run
            for run in self.runs
            if run.estimated_kwh is not None and run.measured_kwh is not None
        ]


def total_of(runs: Iterable[Counted]) -> float:
    """What runs emit together, in kgCO2e."""
    return math.fsum(run.total_kgco2e or 0.0 for run in runs)
