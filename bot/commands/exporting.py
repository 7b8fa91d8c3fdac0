"""The ledger as files: CSV, JSON, and a report by the scopes of the GHG Protocol."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import ValidationError

from bot.asker import Asker
from bot.commands.ledger import NotRead
from bot.i18n import text
from bot.ledger import ESTIMATED_FIGURES, Entry, Run, RunState
from estimator import EstimatorError, TrainingRun, estimate, figures

FORMATS: Final = {"csv": "carbon-ledger.csv", "json": "carbon-ledger.json", "ghg": "carbon-ghg.md"}
"""What is exported, and the names of its files."""

COLUMNS: Final = (
    "name",
    "project",
    "state",
    "counted_on",
    "starts_on",
    "ends_on",
    "command",
    *ESTIMATED_FIGURES,
    "measured_energy_kwh",
    "measured_kgco2e",
    "catalogue_version",
    "owner_id",
    "id",
)
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "\0", "'")
"""What a spreadsheet would run: such a text gets an apostrophe before it.

https://owasp.org/www-community/attacks/CSV_Injection
"""
_MARKS: Final = re.compile(r"[\\`*_\[\]<>|~&$]")
"""What Markdown would make something of within a line."""


def format_in(said: str) -> str:
    """Which format is asked for.

    Raises:
        NotRead: another one.
    """
    found = said.strip().lower()
    if found not in FORMATS:
        why = text("Say which: `csv`, `json` or `ghg`.")
        raise NotRead(why, "export csv")
    return found


def exported(form: str, runs: Sequence[Run], asker: Asker) -> str:
    """Runs in a format."""
    oldest_first = sorted(runs, key=lambda run: (run.entry.counted_on, run.id))
    if form == "csv":
        return _as_csv(oldest_first)
    if form == "json":
        return _as_json(oldest_first)
    return as_ghg(oldest_first, asker)


def _as_csv(runs: Sequence[Run]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    for run in runs:
        values = {**asdict(run.entry), "id": run.id, "state": run.entry.state.value}
        writer.writerow([_cell(values[column]) for column in COLUMNS])
    return written.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return repr(value) if isinstance(value, float) else str(value)


def _as_json(runs: Sequence[Run]) -> str:
    found: list[dict[str, Any]] = [{"id": run.id, **asdict(run.entry)} for run in runs]
    return json.dumps({"runs": found}, indent=2, ensure_ascii=False, default=str) + "\n"


@dataclass(frozen=True, slots=True)
class Scopes:
    """A finished run by the scopes of the GHG Protocol (kgCO2e).

    Attributes:
        location: scope 2, location-based; ``None`` where nothing is known.
        market: scope 2, market-based.
        stands_in: whether no market-based figure is published and the location-based one stands
            in for it.
        embodied: scope 3; ``None`` where no device was named.
        lifecycle: whether the grid's intensity has the supply of fuels in it.
        other_data: whether the market-based share was made with other data than the estimate.
    """

    energy_kwh: float | None
    measured: bool
    location: float | None
    market: float | None
    stands_in: bool
    embodied: float | None
    lifecycle: bool
    other_data: bool


def scopes_of(entry: Entry, asker: Asker) -> Scopes:
    """A run's emissions by scope; what was measured goes before what was estimated."""
    measured = entry.measured_energy_kwh
    energy = entry.energy_kwh if measured is None else measured
    location = entry.measured_kgco2e if entry.operational_kgco2e is None else None
    if entry.operational_kgco2e is not None:
        location = entry.operational_kgco2e
        if measured is not None and entry.energy_kwh:
            location *= measured / entry.energy_kwh
    share, lifecycle, other_data = _market_share(entry, asker)
    market = location * share if location is not None and share is not None else location
    return Scopes(
        energy,
        measured is not None,
        location,
        market,
        location is not None and share is None,
        entry.embodied_kgco2e,
        lifecycle,
        other_data,
    )


def _market_share(entry: Entry, asker: Asker) -> tuple[float | None, bool, bool]:
    """Market-based emissions as a share of location-based ones, by today's data."""
    if entry.spec is None:
        return None, False, False
    try:
        found = estimate(TrainingRun.model_validate(entry.spec), asker.catalogue)
    except (EstimatorError, ArithmeticError, ValidationError):
        return None, False, False
    conditions, operational = found.conditions, found.totals.operational_kgco2e
    lifecycle = conditions is not None and conditions.intensity_boundary == "lifecycle"
    market = found.side.operational_market_kgco2e if found.side else None
    if market is None or operational is None or not operational.value:
        return None, lifecycle, False
    other = found.catalogue_version != entry.catalogue_version
    return market / operational.value, lifecycle, other


def as_ghg(runs: Sequence[Run], asker: Asker) -> str:
    """The report, in English as such reports are. Planned runs have emitted nothing yet."""
    done = [run.entry for run in runs if run.entry.state is RunState.DONE]
    found = [scopes_of(entry, asker) for entry in done]
    planned = len(runs) - len(done)
    lines = [
        "# Emissions of training runs by the scopes of the GHG Protocol",
        "",
        f"Made on {asker.today.isoformat()} from the ledger. Finished runs: {len(done)}.",
        f"Planned runs, left out because they have emitted nothing yet: {planned}.",
        "",
        "| scope | kgCO2e |",
        "| --- | ---: |",
        f"| Scope 2, location-based | {_sum(one.location for one in found)} |",
        f"| Scope 2, market-based | {_sum(one.market for one in found)} |",
        f"| Scope 3, embodied share of the hardware | {_sum(one.embodied for one in found)} |",
        "",
        "The two figures of scope 2 are two views of the same electricity and are never added up.",
        "",
        "| run | day | energy, kWh | from | scope 2 location | scope 2 market | scope 3 |",
        "| --- | --- | ---: | --- | ---: | ---: | ---: |",
    ]
    lines += [_line(entry, one) for entry, one in zip(done, found, strict=True)]
    lines += ["", "## Notes", "", *_notes(found)]
    return "\n".join(lines) + "\n"


def _line(entry: Entry, one: Scopes) -> str:
    cells = (
        _MARKS.sub(r"\\\g<0>", " ".join(entry.name.split())),
        entry.counted_on.isoformat(),
        _figure(one.energy_kwh),
        "measured" if one.measured else "estimated",
        _figure(one.location),
        f"{_figure(one.market)}{' (1)' if one.stands_in else ''}",
        _figure(one.embodied),
    )
    return f"| {' | '.join(cells)} |"


def _notes(found: Sequence[Scopes]) -> list[str]:
    unknown = sum(one.location is None for one in found)
    stands_in = sum(one.stands_in for one in found)
    lifecycle = sum(one.lifecycle for one in found)
    other = sum(one.other_data for one in found)
    no_device = sum(one.embodied is None for one in found)
    notes = [
        (
            "- Scope 2 is for hardware that you run. Electricity of rented machines is the "
            "provider's scope 2: report the same figures in your scope 3."
        ),
        (
            "- Measured energy is multiplied by the carbon intensity that the estimate used; "
            "without an estimate, the emissions that were measured are taken."
        ),
        (
            "- Embodied emissions are the share of manufacturing that a run uses up; the GHG "
            "Protocol counts bought hardware whole, in the year it is bought (scope 3, category 2)."
        ),
    ]
    counted = (
        (stands_in, "(1) No market-based figure is known, and the location-based one stands in"),
        (
            lifecycle,
            (
                "The grid's intensity includes the supply of fuels and the plants, which the GHG "
                "Protocol counts in scope 3, category 3"
            ),
        ),
        (other, "The market-based share is of newer data than the run's estimate"),
        (unknown, "Without a figure for scope 2, and not in its sum"),
        (no_device, "Without a named device, and not in the sum of scope 3"),
    )
    notes += [f"- {what}: {number} of {len(found)} runs." for number, what in counted if number]
    return notes


def _sum(values: Any) -> str:  # noqa: ANN401 - numbers, some of them unknown
    return _figure(sum(value for value in values if value is not None))


def _figure(value: float | None) -> str:
    return "-" if value is None else figures.number(value, 6)
