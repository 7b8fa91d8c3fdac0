"""Reads the data files into a ``Catalogue``, and refuses what breaks their format."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from typing import Any, Final, Literal

from estimator import runfiles
from estimator.accelerator import FIGURE_UNITS, PRECISIONS, Accelerator, GeneralName
from estimator.catalogue import WORLD, ArticleFactors, Catalogue, Constants, EmbodiedModel
from estimator.embodied import device_embodied
from estimator.errors import DataError
from estimator.place import Grid, Region, ranged
from estimator.power_curve import LoadCurve, LoadPoint
from estimator.source import Basis, Factor, Source
from estimator.tables import build, read_csv, read_toml, split

RAW: Final = "raw"
"""Folder of the extracts that tables are rebuilt from; no figure is read from it."""

_PEAK_UNIT: Final = "TFLOP/s"


def read(folder: Path) -> Catalogue:
    """Read and validate a folder of data files.

    Raises:
        DataError: a file breaks its schema; the message names the file, the row and the reason.
    """
    reader = _Reader(folder)
    sources = runfiles.read_sources(folder)
    constants = reader.constants(sources)
    accelerators = reader.accelerators(sources)
    grids = reader.grids(sources, constants.grid_spread)
    for accelerator in accelerators.values():
        device_embodied(accelerator, constants)  # refuses what could not be estimated later
    return Catalogue(
        sources=sources,
        constants=constants,
        accelerators=accelerators,
        general_names=reader.general_names(),
        grids=grids,
        regions=reader.regions(sources),
        unknown_location=_unknown_location(grids),
        article=reader.article(),
        instances=runfiles.read_instances(folder, sources),
        pod_slices=runfiles.read_pod_slices(folder, sources),
        runs=runfiles.read_runs(folder, sources),
        equivalences=runfiles.read_equivalences(folder, sources),
        load_curves=reader.load_curves(sources),
        version=digest(folder),
    )


def _unknown_location(grids: Mapping[str, Grid]) -> Factor:
    """The world's mean with the range in which nine countries out of ten lie."""
    if WORLD not in grids:
        raise DataError("grids", f"the row {WORLD} is missing")
    known = sorted(
        g.intensity_gco2e_per_kwh.value
        for g in grids.values()
        if g.scope == "country" and g.intensity_gco2e_per_kwh.basis is not Basis.ASSUMED
    )
    tails = quantiles(known, n=20, method="inclusive")
    return replace(
        grids[WORLD].intensity_gco2e_per_kwh,
        low=tails[0],
        high=tails[-1],
        note="nine countries out of ten lie within",
    )


def digest(folder: Path) -> str:
    """A digest of the data files: the same digest gives the same figures."""
    found = hashlib.sha256()
    for path in files(folder):
        name = path.relative_to(folder).as_posix()
        found.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]


def files(folder: Path) -> list[Path]:
    """The files of a folder that figures are made from."""
    found = (path for path in folder.rglob("*") if path.suffix in {".toml", ".csv"})
    return sorted(path for path in found if RAW not in path.relative_to(folder).parts)


class _Reader:
    """Reads the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def accelerators(self, sources: Mapping[str, Source]) -> dict[str, Accelerator]:
        found: dict[str, Accelerator] = {}
        for path in sorted(self._folder.glob("accelerators/*.toml")):
            table = read_toml(path)
            name = str(table.get("id", path.stem))
            if name.lower() != path.stem:
                raise DataError(
                    path.name, f"the file of {name} is to be called {name.lower()}.toml"
                )
            for key, unit in FIGURE_UNITS.items():
                if key in table:
                    table[key] = _factor(
                        f"{path.name} [{key}]", f"{name}.{key}", unit, table[key], sources
                    )
            if "peak_tflops" in table:
                table["peak_tflops"] = self._peaks(path.name, name, table["peak_tflops"], sources)
            found[name] = build(Accelerator, path.name, table)
        return found

    @staticmethod
    def _peaks(
        file: str, name: str, tables: Mapping[str, Any], sources: Mapping[str, Source]
    ) -> dict[str, Factor]:
        for precision, table in tables.items():
            where = f"{file} [peak_tflops.{precision}]"
            if precision not in PRECISIONS:
                raise DataError(where, f"unknown number format; use one of {', '.join(PRECISIONS)}")
            if not isinstance(table, Mapping):
                raise DataError(where, "a peak is a table with value, basis and source")
        return {
            precision: _factor(
                f"{file} [peak_tflops.{precision}]",
                f"{name}.peak_tflops.{precision}",
                _PEAK_UNIT,
                table,
                sources,
            )
            for precision, table in tables.items()
        }

    def load_curves(self, sources: Mapping[str, Source]) -> dict[str, LoadCurve]:
        found: dict[str, LoadCurve] = {}
        for name, table in read_toml(self._folder / "load_curves.toml").items():
            where = f"load_curves.toml [{name}]"
            points: list[LoadPoint] = []
            for point in table.pop("points", ()):
                fields = dict(point)
                load = fields.pop("load", None)
                if not isinstance(load, int | float):
                    raise DataError(where, "each point has a load, from 0 to 1")
                key = f"load.{name}.{100 * load:g}"
                points.append(LoadPoint(load, _factor(where, key, "1", fields, sources)))
            found[name] = build(LoadCurve, where, {"id": name, **table, "points": tuple(points)})
        return found

    def general_names(self) -> dict[str, GeneralName]:
        tables = read_toml(self._folder / "generic_names.toml")
        return {
            name: build(GeneralName, f"generic_names.toml [{name}]", {"name": name, **table})
            for name, table in tables.items()
        }

    def constants(self, sources: Mapping[str, Source]) -> Constants:
        tables = read_toml(self._folder / "constants.toml")

        def factor(table: Mapping[str, Any], *path: str) -> Factor:
            where = f"constants.toml [{'.'.join(path)}]"
            fields = dict(table)
            unit = str(fields.pop("unit", ""))
            return _factor(where, ".".join(("constant", *path)), unit, fields, sources)

        def one(name: str) -> Factor:
            if name not in tables:
                raise DataError("constants.toml", f"[{name}] is missing")
            return factor(tables[name], name)

        dies, memories = tables["die_kgco2e_per_cm2"], tables["memory_kgco2e_per_gb"]
        return Constants(
            default_utilisation=one("default_utilisation"),
            small_run_utilisation=one("small_run_utilisation"),
            host_power_w=one("host_power_w"),
            network_power_w=one("network_power_w"),
            default_pue=one("default_pue"),
            lifetime_years=one("lifetime_years"),
            host_embodied_kgco2e=one("host_embodied_kgco2e"),
            storage_w_per_tb=one("storage_w_per_tb"),
            transfer_kwh_per_tb=one("transfer_kwh_per_tb"),
            workstation_host_power_w=one("workstation_host_power_w"),
            idle_share=one("idle_share"),
            overhead_suggestion=one("overhead_suggestion"),
            default_mfu=one("default_mfu"),
            mfu_size_exponent=one("mfu_size_exponent"),
            fp8_speed_up=one("fp8_speed_up"),
            wue_l_per_kwh=one("wue_l_per_kwh"),
            building_embodied_kgco2e=one("building_embodied_kgco2e"),
            grid_spread=one("grid_spread"),
            embodied_model=EmbodiedModel(
                {int(nm): factor(t, "die_kgco2e_per_cm2", nm) for nm, t in dies.items()},
                {kind: factor(t, "memory_kgco2e_per_gb", kind) for kind, t in memories.items()},
                one("board_kgco2e"),
            ),
        )

    def grids(self, sources: Mapping[str, Source], spread: Factor) -> dict[str, Grid]:
        found: dict[str, Grid] = {}
        history, months = self._history(sources), self._months(sources)
        extras = self._grid_extras(sources)
        for name in ("countries.csv", "zones.csv"):
            for where, row in read_csv(self._folder / "grid" / name):
                scope: Literal["world", "country", "zone"] = "country"
                if name == "zones.csv":
                    scope = "zone"
                elif row["id"] == "WORLD":
                    scope = "world"
                aliases = split(row["aliases"])
                if row.get("iso3"):
                    aliases = (row["iso3"], *aliases)
                if row["id"] in found:
                    raise DataError(where, f"the id {row['id']} is already taken")
                extra = extras.pop(row["id"], {})
                found[row["id"]] = build(
                    Grid,
                    where,
                    {
                        "id": row["id"],
                        "name": row["name"],
                        "aliases": aliases,
                        "scope": scope,
                        "country": row.get("country"),
                        "intensity_gco2e_per_kwh": ranged(
                            _intensity(where, f"grid.{row['id']}", row, sources),
                            extra.get("consumption_gco2e_per_kwh"),
                            spread,
                        ),
                        "history": history.pop(row["id"], {}),
                        "months": months.pop(row["id"], {}),
                        **extra,
                    },
                )
        for grid in (*history, *months, *extras):
            raise DataError("grid", f"figures for an unknown grid {grid}")
        return found

    def _history(self, sources: Mapping[str, Source]) -> dict[str, dict[int, Factor]]:
        found: dict[str, dict[int, Factor]] = {}
        for where, row in read_csv(self._folder / "grid" / "history.csv"):
            factor = _intensity(where, f"grid.{row['id']}.{row['year']}", row, sources)
            years = found.setdefault(row["id"], {})
            if factor.year is None or factor.year in years:
                raise DataError(where, f"{row['id']} in {row['year']} is already taken")
            years[factor.year] = factor
        return found

    def _months(self, sources: Mapping[str, Source]) -> dict[str, dict[int, Factor]]:
        found: dict[str, dict[int, Factor]] = {}
        for where, row in read_csv(self._folder / "grid" / "months.csv"):
            table = {
                "value": row["ratio"],
                "low": row["low"],
                "high": row["high"],
                "kind": row["boundary"],
                "basis": "published",
                "source": row["source"],
                "note": f"over the mean of the year; of {row['years']}",
            }
            name = f"grid.{row['id']}.month.{row['month']}"
            months = found.setdefault(row["id"], {})
            months[int(row["month"])] = _factor(where, name, "1", table, sources)
        for grid, months in found.items():
            if sorted(months) != list(range(1, 13)):
                raise DataError("months.csv", f"{grid} has not twelve months")
        return found

    def _grid_extras(self, sources: Mapping[str, Source]) -> dict[str, dict[str, Factor]]:
        """Figures that only some grids have, by grid and by field."""
        found: dict[str, dict[str, Factor]] = {}
        for where, row in read_csv(self._folder / "grid" / "consumption.csv"):
            factor = _intensity(where, f"grid.{row['id']}.consumption", row, sources)
            found.setdefault(row["id"], {})["consumption_gco2e_per_kwh"] = factor
        for where, row in read_csv(self._folder / "grid" / "side_impacts.csv"):
            for name, unit in (
                ("water_l_per_kwh", "L/kWh"),
                ("primary_energy_mj_per_kwh", "MJ/kWh"),
            ):
                if row[name]:
                    table = {"value": row[name], "basis": "published", "source": row["source"]}
                    factor = _factor(where, f"grid.{row['id']}.{name}", unit, table, sources)
                    found.setdefault(row["id"], {})[name] = factor
        return found

    def regions(self, sources: Mapping[str, Source]) -> dict[str, Region]:
        found: dict[str, Region] = {}
        for path in sorted(self._folder.glob("cloud/*.csv")):
            for where, row in read_csv(path):
                if row["source"] not in sources:
                    raise DataError(where, f"unknown source {row['source']!r}")
                if row["id"] in found:
                    raise DataError(where, f"the id {row['id']} is already taken")
                found[row["id"]] = build(
                    Region,
                    where,
                    {
                        "id": row["id"],
                        "provider": row["provider"],
                        "place": row["place"],
                        "country": row["country"],
                        "grid": row["grid"],
                        "aliases": split(row["aliases"]),
                        "pue": _optional(where, row, "pue", "1", sources),
                        "wue_l_per_kwh": _optional(where, row, "wue_l_per_kwh", "L/kWh", sources),
                        "cfe_share": _optional(where, row, "cfe_share", "1", sources),
                        "market_gco2e_per_kwh": _optional(
                            where, row, "market_gco2e_per_kwh", "gCO2e/kWh", sources
                        ),
                        "source_id": row["source"],
                        "note": row["note"] or None,
                    },
                )
        return found

    def article(self) -> dict[str, ArticleFactors]:
        tables = read_toml(self._folder / "article.toml")
        source = build(Source, "article.toml [source]", {"id": "article", **tables["source"]})
        units = {"embodied_tco2e": "tCO2e", "energy_kwh": "kWh"}
        return {
            name: ArticleFactors(
                device=name,
                **{
                    key: Factor(
                        id=f"article.{name}.{key}",
                        value=table[key],
                        unit=unit,
                        basis=Basis.PUBLISHED,
                        source=source,
                    )
                    for key, unit in units.items()
                },
            )
            for name, table in tables["devices"].items()
        }


def _factor(
    where: str, factor_id: str, unit: str, table: Mapping[str, Any], sources: Mapping[str, Source]
) -> Factor:
    source = str(table.get("source"))
    if source not in sources:
        raise DataError(where, f"unknown source {source!r}")
    return build(Factor, where, {"id": factor_id, "unit": unit, **table, "source": sources[source]})


def _intensity(
    where: str, factor_id: str, row: Mapping[str, str], sources: Mapping[str, Source]
) -> Factor:
    table = {
        "value": row["intensity_gco2e_per_kwh"],
        "year": row["year"],
        "kind": row["boundary"],
        "basis": row["basis"],
        "source": row["source"],
        "note": row["note"] or None,
    }
    return _factor(where, factor_id, "gCO2e/kWh", table, sources)


def _optional(
    where: str, row: Mapping[str, str], column: str, unit: str, sources: Mapping[str, Source]
) -> Factor | None:
    """A region's figure; ``None`` where its cell is empty or the file has no such column.

    Its year, source and basis are in columns that begin with the same word.
    """
    if not row.get(column):
        return None
    prefix = column.split("_", maxsplit=1)[0]
    table = {
        "value": row[column],
        "year": row[f"{prefix}_year"],
        "basis": row.get(f"{prefix}_basis") or "published",
        "source": row[f"{prefix}_source"],
    }
    return _factor(where, f"region.{row['id']}.{column}", unit, table, sources)
