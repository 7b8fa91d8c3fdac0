"""Rebuilds the tables that are made from a raw extract: ``python -m estimator.rebuild [--check]``.

The extracts in ``data/raw`` hold what a publisher printed, in the publisher's unit, and only the
columns that are used. An extract is called by its source's id, or has it in the column ``source``.
Names, aliases and notes of a table are kept by hand and stay as they are; figures and years come
from the extracts. The same extracts give the same tables, to the byte.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import io
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from estimator.datafiles import DATA
from estimator.uncertainty import Z90

KILOGRAMS_PER_POUND: Final = 0.45359237
"""Exact, by definition of the pound."""

HISTORY_HEADER: Final = (
    "id",
    "year",
    "intensity_gco2e_per_kwh",
    "boundary",
    "basis",
    "source",
    "note",
)
CONSUMPTION_HEADER: Final = HISTORY_HEADER
SIDE_HEADER: Final = ("id", "water_l_per_kwh", "primary_energy_mj_per_kwh", "source")

MONTHS_HEADER: Final = ("id", "month", "ratio", "low", "high", "years", "boundary", "source")

EMBER: Final = "ember-2025"
OWID: Final = "owid-2025"
ELECTRICITY_MAPS: Final = "electricity-maps-2025"
EGRID: Final = "epa-egrid2023"
EGRID_STATES: Final = "epa-egrid2023-states"
ECOLOGITS: Final = "ecologits-mixes"
MEE: Final = "mee-2023"

_ZONES_OF_MONTHS: Final = {
    "CL-SEN": ("CL",),
    "US-CAL-CISO": ("US-CAMX", "US-CA"),
    "US-NY-NYIS": ("US-NY-NYIS", "US-NY"),
    "US-TEX-ERCO": ("US-ERCT", "US-TX"),
}
"""Grids of zones in the extract of months that are called otherwise, or mostly in the zone."""

_CO2_ONLY: Final = "CO2 only"

_Row = dict[str, str]
_Series = Mapping[str, Mapping[int, float]]
"""Figures of each place by year."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuild the tables, or with ``--check`` say how they differ; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m estimator.rebuild", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 on a difference"
    )
    options = parser.parse_args(arguments)
    if options.check:
        differences = check(DATA)
        sys.stdout.write(differences)
        return 1 if differences else 0
    write(DATA)
    return 0


def check(folder: Path) -> str:
    """How the tables of a data folder differ from rebuilt ones; empty where they do not."""
    return "".join(_difference(folder / name, make(folder)) for name, make in _TABLES.items())


def write(folder: Path) -> None:
    """Rebuild the tables of a data folder, in the order in which one is made from another."""
    for name, make in _TABLES.items():
        (folder / name).write_text(make(folder), encoding="utf-8")


def _difference(path: Path, rebuilt: str) -> str:
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    return "".join(
        difflib.unified_diff(
            committed.splitlines(keepends=True),
            rebuilt.splitlines(keepends=True),
            fromfile=f"{path.name} as committed",
            tofile=f"{path.name} as rebuilt",
        )
    )


def _countries(folder: Path) -> str:
    ember = _series(folder, "ember-2025.csv", "place", "gco2e_per_kwh")
    owid = _series(folder, "owid-2025.csv", "place", "gco2e_per_kwh")
    maps = _series(folder, "electricity-maps-2025.csv", "zone", "gco2e_per_kwh")
    rows, header = _table(folder / "grid" / "countries.csv")
    for row in rows:
        place = row["iso3"] or "World"
        mean = re.search(r"Ember regional mean for (.+?), an assumption", row["note"])
        if row["source"] == EMBER:
            series = ember[mean[1] if mean else place]
        elif row["source"] == OWID:
            series = owid[place]
        elif row["source"] == ELECTRICITY_MAPS:
            series = maps[row["id"]]
        else:
            continue
        _set_newest(row, series)
    return _text(header, rows)


def _zones(folder: Path) -> str:
    egrid = _egrid(folder)
    states = _series(folder, "egrid-states.csv", "state", "kgco2e_per_kwh")
    mee = _series(folder, "mee.csv", "id", "kgco2_per_kwh")
    maps = _series(folder, "electricity-maps-2025.csv", "zone", "gco2e_per_kwh")
    rows, header = _table(folder / "grid" / "zones.csv")
    for row in rows:
        code = row["id"].removeprefix("US-")
        if row["source"] == EGRID:
            pounds = egrid[code, 2023][0]
            row["intensity_gco2e_per_kwh"] = f"{pounds * KILOGRAMS_PER_POUND:.1f}"
            row["year"] = "2023"
            row["note"] = re.sub(r"^\S+ lb", f"{pounds:.3f} lb", row["note"])
        elif row["source"] == EGRID_STATES:
            _set_newest(row, _grams(states[code]))
        elif row["source"] == MEE:
            _set_newest(row, _grams(mee[row["id"]]))
        elif row["source"] == ELECTRICITY_MAPS:
            _set_newest(row, maps[row["id"]])
    return _text(header, rows)


def _history(folder: Path) -> str:
    """Yearly figures before the one in the main table, of the same kind where there are any."""
    found: list[_Row] = []

    def add(row: _Row, figures: Mapping[int, float], source: str, note: str = "") -> None:
        for year, grams in figures.items():
            if year < int(row["year"]):
                cells = (row["id"], year, _plain(grams), row["boundary"], "published", source, note)
                found.append(dict(zip(HISTORY_HEADER, map(str, cells), strict=True)))

    owid = _series(folder, "owid-2025.csv", "place", "gco2e_per_kwh")
    for row in _table(folder / "grid" / "countries.csv")[0]:
        if row["source"] in (EMBER, OWID) and row["basis"] == "published":
            add(row, owid.get(row["iso3"] or "World", {}), OWID)
    egrid = _egrid(folder)
    states = _series(folder, "egrid-states.csv", "state", "kgco2e_per_kwh")
    states_sources = _sources(folder, "egrid-states.csv")
    mee = _series(folder, "mee.csv", "id", "kgco2_per_kwh")
    mee_sources = _sources(folder, "mee.csv")
    maps = _series(folder, "electricity-maps-2025.csv", "zone", "gco2e_per_kwh")
    for row in _table(folder / "grid" / "zones.csv")[0]:
        code = row["id"].removeprefix("US-")
        if row["source"] == EGRID:
            for (subregion, year), (pounds, gas, source) in egrid.items():
                if subregion == code:
                    figures = {year: pounds * KILOGRAMS_PER_POUND}
                    add(row, figures, source, "" if gas == "CO2e" else _CO2_ONLY)
        elif row["source"] == EGRID_STATES:
            for year, grams in _grams(states[code]).items():
                add(row, {year: grams}, states_sources[year])
        elif row["source"] == MEE:
            for year, grams in _grams(mee[row["id"]]).items():
                add(row, {year: grams}, mee_sources[year], _CO2_ONLY)
        elif row["source"] == ELECTRICITY_MAPS:
            add(row, maps[row["id"]], ELECTRICITY_MAPS)
    return _text(HISTORY_HEADER, sorted(found, key=lambda row: (row["id"], row["year"])))


def _consumption(folder: Path) -> str:
    """Figures that count imports, for the grids whose main figure is another one."""
    maps = _series(folder, "electricity-maps-2025.csv", "zone", "gco2e_per_kwh")
    found: list[_Row] = []
    for name in ("countries.csv", "zones.csv"):
        for row in _table(folder / "grid" / name)[0]:
            figures = maps.get(row["id"])
            if figures and row["source"] != ELECTRICITY_MAPS:
                year = max(figures)
                cells = (row["id"], year, _plain(figures[year]), "lifecycle", "published")
                values = (*map(str, cells), ELECTRICITY_MAPS, "")
                found.append(dict(zip(CONSUMPTION_HEADER, values, strict=True)))
    return _text(CONSUMPTION_HEADER, sorted(found, key=lambda row: row["id"]))


def _side_impacts(folder: Path) -> str:
    rows, _ = _table(folder / "raw" / "ecologits-mixes.csv")
    ids = {r["iso3"] or "World": r["id"] for r in _table(folder / "grid" / "countries.csv")[0]}
    found: list[_Row] = []
    for row in rows:
        # The world's primary energy, 2.6 MJ, is below that of every large country: not credible.
        energy = "" if row["place"] == "World" else row["primary_energy_mj_per_kwh"]
        cells = (ids[row["place"]], row["water_l_per_kwh"], energy, ECOLOGITS)
        found.append(dict(zip(SIDE_HEADER, cells, strict=True)))
    return _text(SIDE_HEADER, sorted(found, key=lambda row: row["id"]))


def _months(folder: Path) -> str:
    """Each month over the mean of its year: the mean of several years, and their spread.

    The spread is that of the logarithms around each month's own mean, taken together for the
    twelve months; a year to come differs from a mean of n years by √(1 + 1/n) of it.
    """
    boundaries = {
        row["id"]: row["boundary"]
        for name in ("countries.csv", "zones.csv")
        for row in _table(folder / "grid" / name)[0]
    }
    zones: dict[str, dict[int, dict[int, float]]] = {}
    sources: dict[str, str] = {}
    for row in _table(folder / "raw" / "electricity-maps-months.csv")[0]:
        for place in _ZONES_OF_MONTHS.get(row["zone"], (row["zone"],)):
            year = zones.setdefault(place, {}).setdefault(int(row["year"]), {})
            year[int(row["month"])] = float(row[f"{boundaries[place]}_gco2e_per_kwh"])
            sources.setdefault(place, row["source"])
    found: list[_Row] = []
    for place, years in sorted(zones.items()):
        means = {year: sum(of.values()) / 12 for year, of in years.items()}
        logs = {
            month: [math.log(of[month] / means[year]) for year, of in years.items()]
            for month in range(1, 13)
        }
        count = len(years)
        centres = {month: sum(values) / count for month, values in logs.items()}
        squares = sum((v - centres[month]) ** 2 for month, values in logs.items() for v in values)
        width = Z90 * math.sqrt(squares / (12 * (count - 1)) * (1 + 1 / count))
        for month, centre in centres.items():
            ratios = [f"{math.exp(centre + off):.3f}" for off in (0.0, -width, width)]
            told = f"{min(years)} to {max(years)}"
            cells = (place, str(month), *ratios, told, boundaries[place], sources[place])
            found.append(dict(zip(MONTHS_HEADER, cells, strict=True)))
    return _text(MONTHS_HEADER, found)


def _google_cloud(folder: Path) -> str:
    shares = _series(folder, "google-regions.csv", "region", "cfe_share")
    rows, header = _table(folder / "cloud" / "google-cloud.csv")
    for row in rows:
        figures = shares.get(row["id"], {})
        year = max(figures, default=None)
        row["cfe_share"] = "" if year is None else f"{figures[year]:g}"
        row["cfe_year"] = "" if year is None else str(year)
        row["cfe_source"] = "" if year is None else "google-regions"
    return _text(header, rows)


_TABLES: Final[Mapping[str, Callable[[Path], str]]] = {
    "grid/countries.csv": _countries,
    "grid/zones.csv": _zones,
    "grid/history.csv": _history,
    "grid/consumption.csv": _consumption,
    "grid/side_impacts.csv": _side_impacts,
    "grid/months.csv": _months,
    "cloud/google-cloud.csv": _google_cloud,
}


def _set_newest(row: _Row, figures: Mapping[int, float]) -> None:
    year = max(figures)
    row["intensity_gco2e_per_kwh"] = _plain(figures[year])
    row["year"] = str(year)


def _plain(grams: float) -> str:
    """A figure in gCO2e/kWh as the tables print it: at most one decimal."""
    return f"{round(grams, 1):g}"


def _grams(kilograms: Mapping[int, float]) -> dict[int, float]:
    return {year: value * 1000 for year, value in kilograms.items()}


def _egrid(folder: Path) -> dict[tuple[str, int], tuple[float, str, str]]:
    """Pounds per MWh, of which gas, and its source, of each subregion and year."""
    rows, _ = _table(folder / "raw" / "egrid.csv")
    return {
        (r["subregion"], int(r["year"])): (float(r["lb_per_mwh"]), r["gas"], r["source"])
        for r in rows
    }


def _sources(folder: Path, name: str) -> dict[int, str]:
    """The source of each year of an extract."""
    return {int(row["year"]): row["source"] for row in _table(folder / "raw" / name)[0]}


def _series(folder: Path, name: str, place: str, value: str) -> _Series:
    found: dict[str, dict[int, float]] = {}
    for row in _table(folder / "raw" / name)[0]:
        found.setdefault(row[place], {})[int(row["year"])] = float(row[value])
    return found


def _table(path: Path) -> tuple[list[_Row], Sequence[str]]:
    reader = csv.DictReader(path.read_text(encoding="utf-8").splitlines(), strict=True)
    rows = list(reader)
    return rows, tuple(reader.fieldnames or ())


def _text(header: Sequence[str], rows: Iterable[_Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
