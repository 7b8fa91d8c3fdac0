"""Reads the data files into a ``Catalogue``. The package's only I/O besides its command line."""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from statistics import quantiles
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from estimator import datacache, runfiles
from estimator.accelerator import FIGURE_UNITS, PRECISIONS, Accelerator, GeneralName
from estimator.catalogue import WORLD, ArticleFactors, Catalogue, Constants, EmbodiedModel
from estimator.embodied import device_embodied
from estimator.errors import DataError
from estimator.place import Grid, Region, ranged
from estimator.source import Basis, Factor, Source

_Model = TypeVar("_Model", bound=BaseModel)

DATA: Final = Path(__file__).parent / "data"
RAW: Final = "raw"
"""Folder of the extracts that tables are rebuilt from; no figure is read from it."""

_PEAK_UNIT: Final = "TFLOP/s"


@lru_cache(maxsize=1)
def load_default() -> Catalogue:
    """The catalogue that ships with the package, read once."""
    return datacache.kept(DATA.parent, DATA, lambda: load(DATA))


def load(folder: Path) -> Catalogue:
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
    return grids[WORLD].intensity_gco2e_per_kwh.model_copy(
        update={"low": tails[0], "high": tails[-1], "note": "nine countries out of ten lie within"}
    )


def digest(folder: Path) -> str:
    """A digest of the data files: the same digest gives the same figures."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".toml", ".csv"} and RAW not in path.parts:
            name = path.relative_to(folder).as_posix()
            found.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:12]


class _Reader:
    """Reads the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def accelerators(self, sources: Mapping[str, Source]) -> dict[str, Accelerator]:
        found: dict[str, Accelerator] = {}
        for path in sorted(self._folder.glob("accelerators/*.toml")):
            table = self._toml(path)
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
            found[name] = _build(Accelerator, path.name, table)
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

    def general_names(self) -> dict[str, GeneralName]:
        tables = self._toml(self._folder / "generic_names.toml")
        return {
            name: _build(GeneralName, f"generic_names.toml [{name}]", {"name": name, **table})
            for name, table in tables.items()
        }

    def constants(self, sources: Mapping[str, Source]) -> Constants:
        tables = self._toml(self._folder / "constants.toml")

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
        history = self._history(sources)
        extras = self._grid_extras(sources)
        for name in ("countries.csv", "zones.csv"):
            for where, row in self._csv(self._folder / "grid" / name):
                scope: Literal["world", "country", "zone"] = "country"
                if name == "zones.csv":
                    scope = "zone"
                elif row["id"] == "WORLD":
                    scope = "world"
                aliases = _split(row["aliases"])
                if row.get("iso3"):
                    aliases = (row["iso3"], *aliases)
                if row["id"] in found:
                    raise DataError(where, f"the id {row['id']} is already taken")
                extra = extras.pop(row["id"], {})
                found[row["id"]] = _build(
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
                        **extra,
                    },
                )
        for grid in (*history, *extras):
            raise DataError("grid", f"figures for an unknown grid {grid}")
        return found

    def _history(self, sources: Mapping[str, Source]) -> dict[str, dict[int, Factor]]:
        found: dict[str, dict[int, Factor]] = {}
        for where, row in self._csv(self._folder / "grid" / "history.csv"):
            factor = _intensity(where, f"grid.{row['id']}.{row['year']}", row, sources)
            years = found.setdefault(row["id"], {})
            if factor.year is None or factor.year in years:
                raise DataError(where, f"{row['id']} in {row['year']} is already taken")
            years[factor.year] = factor
        return found

    def _grid_extras(self, sources: Mapping[str, Source]) -> dict[str, dict[str, Factor]]:
        """Figures that only some grids have, by grid and by field."""
        found: dict[str, dict[str, Factor]] = {}
        for where, row in self._csv(self._folder / "grid" / "consumption.csv"):
            factor = _intensity(where, f"grid.{row['id']}.consumption", row, sources)
            found.setdefault(row["id"], {})["consumption_gco2e_per_kwh"] = factor
        for where, row in self._csv(self._folder / "grid" / "side_impacts.csv"):
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
            for where, row in self._csv(path):
                if row["source"] not in sources:
                    raise DataError(where, f"unknown source {row['source']!r}")
                if row["id"] in found:
                    raise DataError(where, f"the id {row['id']} is already taken")
                found[row["id"]] = _build(
                    Region,
                    where,
                    {
                        "id": row["id"],
                        "provider": row["provider"],
                        "place": row["place"],
                        "country": row["country"],
                        "grid": row["grid"],
                        "aliases": _split(row["aliases"]),
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
        tables = self._toml(self._folder / "article.toml")
        source = _build(Source, "article.toml [source]", {"id": "article", **tables["source"]})
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

    def _read(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise DataError(path.name, "the file cannot be read") from error

    def _toml(self, path: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(self._read(path))
        except tomllib.TOMLDecodeError as error:
            raise DataError(path.name, str(error)) from error

    def _csv(self, path: Path) -> Iterator[tuple[str, dict[str, str]]]:
        rows = csv.DictReader(self._read(path).splitlines(), strict=True)
        for number, row in enumerate(rows, start=2):
            if None in row or None in row.values():
                raise DataError(f"{path.name} line {number}", "a row with too many or few cells")
            yield f"{path.name} line {number}", row


def _split(cell: str) -> tuple[str, ...]:
    return tuple(alias.strip() for alias in cell.split(";") if alias.strip())


def _factor(
    where: str, factor_id: str, unit: str, table: Mapping[str, Any], sources: Mapping[str, Source]
) -> Factor:
    source = str(table.get("source"))
    if source not in sources:
        raise DataError(where, f"unknown source {source!r}")
    return _build(
        Factor, where, {"id": factor_id, "unit": unit, **table, "source": sources[source]}
    )


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


def _build(model: type[_Model], where: str, fields: Mapping[str, Any]) -> _Model:
    try:
        return model(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise DataError(where, f"{at}: {first['msg']}" if at else first["msg"]) from error
