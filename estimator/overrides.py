"""An organisation's own factors, laid over the catalogue: parsed from TOML or CSV, and validated.

Every row names a factor by the id that answers cite (``H100-SXM5-80GB.power_w``), and carries what
every factor carries: value, unit, basis and source. TOML can also describe accelerators that the
catalogue lacks, whose figures are then such rows. ``docs/factors.md`` has both formats.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import heapq
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from estimator.accelerator import FIGURE_UNITS, PRECISIONS, Accelerator
from estimator.catalogue import WORLD, Catalogue, Constants, EmbodiedModel, device_key
from estimator.embodied import device_embodied
from estimator.errors import DataError, InvalidValue, shorten
from estimator.place import Grid, Region
from estimator.result import Assumption, Estimate
from estimator.source import Basis, Factor, Source
from estimator.tables import checked

_Made = TypeVar("_Made")

MAX_BYTES: Final = 1_000_000
MAX_ROWS: Final = 5000
MAX_ACCELERATORS: Final = 500

_FACTOR_KEYS: Final = ("value", "low", "high", "unit", "basis", "kind", "note")
_SOURCE_KEYS: Final = ("title", "publisher", "year", "url", "licence")
_COLUMNS: Final = ("id", *_FACTOR_KEYS, *_SOURCE_KEYS)
_NEEDED: Final = ("value", "unit", "basis")
_SOURCE_NEEDED: Final = ("title", "publisher", "url", "licence")

_ACCELERATOR_KEYS: Final = ("name", "vendor", "kind", "year", "aliases", "host", "memory_type")
_ACCELERATOR_NEEDED: Final = ("name", "vendor", "kind", "year")
_DEEPEST: Final = 20
_DEEP_KEY: Final = re.compile(r"(?:[\w\-]++\s*+\.\s*+){25}")
_TOO_DEEP: Final = "tables or lists that are nested too deep"
_COMPARED: Final = 60
"""Characters of an unknown name that are compared with the names that there are."""
_ACCELERATORS: Final = "accelerator"
"""The table that holds a table for each new accelerator."""

_GRID_UNITS: Final = {"water_l_per_kwh": "L/kWh", "primary_energy_mj_per_kwh": "MJ/kWh"}
_REGION_UNITS: Final = {
    "pue": "1",
    "wue_l_per_kwh": "L/kWh",
    "cfe_share": "1",
    "market_gco2e_per_kwh": "gCO2e/kWh",
}
_AT_MOST_ONE: Final = re.compile(r".*(utilisation|mfu|idle_share|cfe_share)")
_ABOVE_ZERO: Final = re.compile(
    r".*(\.power_w|utilisation|mfu|lifetime_years|fp8_speed_up|peak_tflops\..*)"
)
_PUE: Final = re.compile(r".*pue")


@dataclass(frozen=True, slots=True)
class Overrides:
    """Factors of an organisation, by id."""

    file: str
    """Name of the file, as answers cite it."""
    factors: Mapping[str, Factor]
    accelerators: Mapping[str, Accelerator]
    """Models that the catalogue lacks; their figures are among the factors."""
    replaced: Mapping[str, Factor]
    """The catalogue's own factors of the same ids, where it has them."""

    @property
    def digest(self) -> str:
        """A digest of the factors and models: the same digest gives the same figures."""
        found = hashlib.sha256()
        items: list[Factor | Accelerator] = [self.factors[key] for key in sorted(self.factors)]
        items += [self.accelerators[key] for key in sorted(self.accelerators)]
        for item in items:
            text = json.dumps(asdict(item), separators=(",", ":"), ensure_ascii=False)
            found.update(text.encode() + b"\0")
        return found.hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class _Row:
    """One factor, or one accelerator, as it stands in the file, with the lines to blame."""

    id: str
    line: int
    lines: Mapping[str, int]
    factor: Mapping[str, Any]
    source: Mapping[str, Any]

    def where(self, file: str, key: str = "") -> str:
        return f"{file} line {self.lines.get(key, self.line)}"


def parse_overrides(text: str, file: str, catalogue: Catalogue) -> Overrides:
    """Read and validate a factor file.

    Args:
        text: the content of the file.
        file: its name; one that ends in ``.csv`` is CSV, any other TOML.
        catalogue: knows which factors there are, and their units.

    Raises:
        DataError: the file breaks the format; names file, line and reason.
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise DataError(file, "the file is no text in UTF-8") from None
    if size > MAX_BYTES:
        raise DataError(file, f"the file is larger than {MAX_BYTES:,} bytes")
    text = text.removeprefix("\ufeff")
    models: dict[str, _Row] = {}
    if file.lower().endswith(".csv"):
        rows = _csv_rows(text, file)
    else:
        tables, lines = _toml(text, file), _Lines(text)
        models = _models(tables.pop(_ACCELERATORS, {}), lines, file)
        rows = _toml_rows(tables, lines, file)
    _check_names(models, file, catalogue)
    known = units(catalogue) | _accelerator_units(models)
    current = factors(catalogue)
    found: dict[str, Factor] = {}
    for row in rows:
        if row.id in found:
            raise DataError(row.where(file), f"{shorten(row.id)} is given twice")
        found[row.id] = _factor(row, file, known, current.get(row.id))
        if len(found) > MAX_ROWS:
            raise DataError(file, f"more than {MAX_ROWS:,} factors")
    if not found:
        raise DataError(file, "there is no factor in it")
    constants = _constants(catalogue.constants, found)
    made = {key: _new_accelerator(row, file, found, constants) for key, row in models.items()}
    replaced = {key: current[key] for key in found if key in current}
    return Overrides(file, found, made, replaced)


def _models(tables: object, lines: _Lines, file: str) -> dict[str, _Row]:
    """The new accelerators of a TOML file, without their figures."""
    if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
        raise DataError(
            f"{file} line {lines.of(_ACCELERATORS)[0]}",
            f'a new accelerator is a table of its own: [{_ACCELERATORS}."ACME-X1"]',
        )
    if len(tables) > MAX_ACCELERATORS:
        raise DataError(file, f"more than {MAX_ACCELERATORS} accelerators")
    found: dict[str, _Row] = {}
    for key, table in tables.items():
        line, keys = lines.of(f"{_ACCELERATORS}.{key}")
        row = found[key] = _Row(id=key, line=line, lines=keys, factor=table, source={})
        for name in table:
            if name not in _ACCELERATOR_KEYS:
                why = (
                    f'a figure is a table of its own: ["{key}.{name}"]'
                    if name in FIGURE_UNITS or name == "peak_tflops"
                    else _unknown(name, _ACCELERATOR_KEYS)
                )
                raise DataError(row.where(file, name), f"{shorten(key)}: {why}")
        for name in _ACCELERATOR_NEEDED:
            if name not in table:
                raise DataError(row.where(file), f"{shorten(key)}: {name} is missing")
    return found


def _check_names(models: Mapping[str, _Row], file: str, catalogue: Catalogue) -> None:
    """Refuse a new accelerator whose names belong to something else already."""
    taken: dict[str, str] = {}
    for key, row in models.items():
        if key in catalogue.accelerators:
            raise DataError(
                row.where(file),
                f"{key} is in the data already; give the figures alone to change them",
            )
        aliases = row.factor.get("aliases", ())
        for name in (key, *(aliases if isinstance(aliases, list) else ())):
            where = row.where(file, "" if name == key else "aliases")
            try:
                other = catalogue.find_device(str(name))
            except InvalidValue:
                other = "a slice of TPUs"
            other = other or taken.setdefault(device_key(str(name)), key)
            if other != key:
                why = f"the name {shorten(str(name))!r} is already taken by {other}"
                raise DataError(where, f"{shorten(key)}: {why}")


def _new_accelerator(
    row: _Row, file: str, found: Mapping[str, Factor], constants: Constants
) -> Accelerator:
    """A new accelerator with its figures, which suffice for an estimate."""
    figures = _figures(row.id, found)
    if "power_w" not in figures:
        raise DataError(row.where(file), f'{row.id}: its power is missing: ["{row.id}.power_w"]')
    made = _build(Accelerator, row, file, {**row.factor, "id": row.id, **figures})
    try:
        device_embodied(made, constants)
    except DataError as error:
        raise DataError(row.where(file), f"{row.id}: {error.why}") from None
    return made


def _figures(model: str, new: Mapping[str, Factor]) -> dict[str, Any]:
    """The figures of a model that are among some factors, by field."""
    found: dict[str, Any] = _updates(f"{model}.", FIGURE_UNITS, new)
    peaks = _updates(f"{model}.peak_tflops.", dict.fromkeys(PRECISIONS, ""), new)
    if peaks:
        found["peak_tflops"] = peaks
    return found


def _factor(row: _Row, file: str, known: Mapping[str, str], old: Factor | None) -> Factor:
    if row.id not in known:
        raise DataError(
            row.where(file), f"unknown factor {shorten(row.id)!r}{_nearest(row.id, known)}"
        )
    for key in row.factor:
        if key not in _FACTOR_KEYS:
            raise DataError(row.where(file, key), f"{row.id}: {_unknown(key, _FACTOR_KEYS)}")
    for key in row.source:
        if key not in _SOURCE_KEYS:
            raise DataError(row.where(file, key), f"{row.id}: {_unknown(key, _SOURCE_KEYS)}")
    for key in _NEEDED:
        if key not in row.factor:
            raise DataError(row.where(file), f"{row.id}: {key} is missing")
    if not row.source:
        raise DataError(
            row.where(file),
            f"{row.id}: the source is missing (title, publisher, year, url, licence)",
        )
    for key in _SOURCE_NEEDED:
        if key not in row.source:
            raise DataError(row.where(file, "source"), f"{row.id}: the source's {key} is missing")
    if row.factor["unit"] != known[row.id]:
        raise DataError(
            row.where(file, "unit"),
            f"{row.id} is in {known[row.id]}, not in {shorten(str(row.factor['unit']))}",
        )
    source = _build(
        Source, row, file, {"id": f"override.{row.id}", "read": "primary", **row.source}
    )
    kept = {} if old is None else {"year": old.year, "kind": old.kind}
    factor = _build(Factor, row, file, {"id": row.id, **kept, **row.factor, "source": source})
    _check(row, file, factor)
    return factor


def _nearest(key: str, known: Mapping[str, str]) -> str:
    """What an unknown id may have meant; empty where nothing is near."""
    model, _, figure = key.partition(".")
    if figure.partition(".")[0] in {*FIGURE_UNITS, "peak_tflops"}:
        # The figure is as it should be, so that the model alone is compared.
        models = [other.removesuffix(f".{figure}") for other in known if other.endswith(figure)]
        close = difflib.get_close_matches(model[:_COMPARED], models, 2, cutoff=0.6)
        near = [f"{m}.{figure}" for m in close]
        if not near:
            named = shorten(model)
            return f'; a new accelerator is described in TOML, in [{_ACCELERATORS}."{named}"]'
    else:
        near = difflib.get_close_matches(key[:_COMPARED], _likely(key, known), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _likely(key: str, known: Iterable[str]) -> list[str]:
    """The ids that share most pairs of letters with one: difflib compares well, but slowly."""
    typed = key[:_COMPARED]
    pairs = {typed[at : at + 2] for at in range(0, len(typed) - 1, 2)}

    def shared(one: str) -> float:
        return sum(pair in one for pair in pairs) / (len(pairs) + len(one))

    return heapq.nlargest(20, known, key=shared)


def _unknown(key: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(key[:_COMPARED], known, n=1)
    return f"unknown key {shorten(key)!r}; {f'did you mean {near[0]}?' if near else ''}".rstrip(
        "; "
    )


def _check(row: _Row, file: str, factor: Factor) -> None:
    where = row.where(file, "value")
    most = factor.value if factor.high is None else factor.high
    least = factor.value if factor.low is None else factor.low
    if _AT_MOST_ONE.fullmatch(row.id) and most > 1:
        raise DataError(where, f"{row.id}: {most:g} is above 1, and it is a share")
    if _PUE.fullmatch(row.id) and not 1 <= least <= most <= 3:
        raise DataError(where, f"{row.id}: a PUE lies between 1 and 3")
    if _ABOVE_ZERO.fullmatch(row.id) and least <= 0:
        raise DataError(where, f"{row.id}: {least:g} is not above 0")
    if least <= 0 < factor.value:
        raise DataError(row.where(file, "low"), f"{row.id}: low is not above 0")
    if factor.basis is Basis.ASSUMED and not factor.note:
        raise DataError(where, f"{row.id}: an assumed figure needs a note that says why")


def _build(made: type[_Made], row: _Row, file: str, values: Mapping[str, Any]) -> _Made:
    try:
        return checked(made, values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        given = shorten(str(first["input"]))
        match key:
            case "value" | "low" | "high":
                why = f"{key} is {given}, which is not a number above or equal to 0"
            case "url":
                why = f"the url {given!r} does not begin with https://"
            case "id":
                why = "its name is letters and digits, in parts joined by hyphens: ACME-X1"
            case "host":
                why = f"the host {given!r} is neither server nor workstation"
            case "basis":
                why = f"the basis {given!r} is not measured, published or assumed"
            case "":
                why = str(first["msg"]).removeprefix("Value error, ")
            case _:
                why = f"{key} is {given!r}, which is not accepted"
        raise DataError(row.where(file, key), f"{row.id}: {why}") from None


def factors(catalogue: Catalogue) -> dict[str, Factor]:
    """Every factor of the catalogue that can be overridden, by id."""
    found: list[Factor | None] = []
    for accelerator in catalogue.accelerators.values():
        found += [getattr(accelerator, name) for name in FIGURE_UNITS]
        found += accelerator.peak_tflops.values()
    for grid in catalogue.grids.values():
        found += [grid.intensity_gco2e_per_kwh, *(getattr(grid, name) for name in _GRID_UNITS)]
    for region in catalogue.regions.values():
        found += [getattr(region, name) for name in _REGION_UNITS]
    constants = catalogue.constants
    for field in fields(Constants):
        value = getattr(constants, field.name)
        if isinstance(value, Factor):
            found.append(value)
    model = constants.embodied_model
    found += [*model.die_kgco2e_per_cm2.values(), *model.memory_kgco2e_per_gb.values()]
    found.append(model.board_kgco2e)
    return {factor.id: factor for factor in found if factor is not None}


def units(catalogue: Catalogue) -> dict[str, str]:
    """The unit of every factor that can be overridden, by id; the catalogue may lack the figure."""
    found = {key: factor.unit for key, factor in factors(catalogue).items()}
    found |= _accelerator_units(catalogue.accelerators)
    for kind, names in (
        ("grid.", dict.fromkeys(catalogue.grids, _GRID_UNITS)),
        ("region.", dict.fromkeys(catalogue.regions, _REGION_UNITS)),
    ):
        for key, known in names.items():
            found.update({f"{kind}{key}.{name}": unit for name, unit in known.items()})
    return found


def _accelerator_units(models: Iterable[str]) -> dict[str, str]:
    """The unit of every figure of some accelerators, by id."""
    found: dict[str, str] = {}
    for key in models:
        found |= {f"{key}.{name}": unit for name, unit in FIGURE_UNITS.items()}
        found |= {f"{key}.peak_tflops.{name}": "TFLOP/s" for name in PRECISIONS}
    return found


def apply(catalogue: Catalogue, overrides: Overrides) -> Catalogue:
    """The catalogue with an organisation's factors in it, and their digest in its version.

    Raises:
        DataError: a device could no longer be estimated with them.
    """
    new = overrides.factors
    constants = _constants(catalogue.constants, new)
    accelerators = {
        key: _accelerator(accelerator, new) for key, accelerator in catalogue.accelerators.items()
    }
    accelerators.update(overrides.accelerators)
    for accelerator in accelerators.values():
        device_embodied(accelerator, constants)  # refuses what could not be estimated later
    unknown = catalogue.unknown_location
    world = new.get(f"grid.{WORLD}")
    if world is not None:
        unknown = replace(
            world,
            low=min(world.value, unknown.low or world.value),
            high=max(world.value, unknown.high or world.value),
        )
    cited = {factor.source.id: factor.source for factor in new.values()}
    return replace(
        catalogue,
        version=f"{catalogue.version}+{overrides.digest}",
        sources={**catalogue.sources, **cited},
        constants=constants,
        accelerators=accelerators,
        grids={key: _grid(grid, new) for key, grid in catalogue.grids.items()},
        regions={key: _region(region, new) for key, region in catalogue.regions.items()},
        unknown_location=unknown,
    )


def _accelerator(accelerator: Accelerator, new: Mapping[str, Factor]) -> Accelerator:
    update = _figures(accelerator.id, new)
    if "peak_tflops" in update:
        update["peak_tflops"] = {**accelerator.peak_tflops, **update["peak_tflops"]}
    return replace(accelerator, **update) if update else accelerator


def _grid(grid: Grid, new: Mapping[str, Factor]) -> Grid:
    update = _updates(f"grid.{grid.id}.", _GRID_UNITS, new)
    if f"grid.{grid.id}" in new:
        update["intensity_gco2e_per_kwh"] = new[f"grid.{grid.id}"]
    return replace(grid, **update) if update else grid


def _region(region: Region, new: Mapping[str, Factor]) -> Region:
    update = _updates(f"region.{region.id}.", _REGION_UNITS, new)
    return replace(region, **update) if update else region


def _constants(constants: Constants, new: Mapping[str, Factor]) -> Constants:
    own = {field.name: "" for field in fields(Constants)}
    model = constants.embodied_model
    made = EmbodiedModel(
        {nm: new.get(f.id, f) for nm, f in model.die_kgco2e_per_cm2.items()},
        {kind: new.get(f.id, f) for kind, f in model.memory_kgco2e_per_gb.items()},
        new.get(model.board_kgco2e.id, model.board_kgco2e),
    )
    return replace(constants, **{**_updates("constant.", own, new), "embodied_model": made})


def _updates(prefix: str, names: Mapping[str, str], new: Mapping[str, Factor]) -> dict[str, Any]:
    return {name: new[f"{prefix}{name}"] for name in names if f"{prefix}{name}" in new}


def mark(estimate: Estimate, overrides: Overrides) -> Estimate:
    """The estimate with an assumption for each override that it was made with."""
    used = [f for f in estimate.sources if overrides.factors.get(f.id) is not None]
    notes = tuple(
        Assumption(
            "override",
            "factor_file",
            f"{factor.id} = {factor.value:g}{_unit(factor)} is taken from {overrides.file}.",
            factor.value,
            {"factor": factor.id, "value": factor.value, "file": overrides.file},
        )
        for factor in used
    )
    return replace(estimate, assumptions=(*notes, *estimate.assumptions))


def _unit(factor: Factor) -> str:
    return "" if factor.unit == "1" else f" {factor.unit}"


def _csv_rows(text: str, file: str) -> Iterator[_Row]:
    reader = csv.DictReader(text.splitlines(), strict=True)
    try:
        columns = tuple(reader.fieldnames or ())
    except csv.Error as error:
        raise DataError(f"{file} line 1", str(error)) from None
    for column in columns:
        if column not in _COLUMNS:
            raise DataError(f"{file} line 1", _unknown(column, _COLUMNS).replace("key", "column"))
    for column in ("id", *_NEEDED, *_SOURCE_NEEDED):
        if column not in columns:
            raise DataError(f"{file} line 1", f"the column {column} is missing")
    try:
        for cells in reader:
            line = reader.line_num
            if None in cells or None in cells.values():
                raise DataError(f"{file} line {line}", "a row with too many or few cells")
            told = {key: cell.strip() for key, cell in cells.items() if cell.strip()}
            if not told:
                continue
            yield _Row(
                id=told.get("id", ""),
                line=line,
                lines={},
                factor={key: told[key] for key in _FACTOR_KEYS if key in told},
                source={key: told[key] for key in _SOURCE_KEYS if key in told},
            )
    except csv.Error as error:
        raise DataError(f"{file} line {reader.line_num}", str(error)) from None


def _toml(text: str, file: str) -> dict[str, Any]:
    if _DEEP_KEY.search(text):  # which tomllib reads in the square of its depth
        raise DataError(file, _TOO_DEEP)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column \d+\)", str(error))
        where = f"{file} line {at[1]}" if at else file
        raise DataError(where, re.sub(r"\s*\(at .*\)", "", str(error))) from None
    except ValueError:  # of whole numbers with more digits than Python reads
        raise DataError(file, "a number with thousands of digits") from None
    except RecursionError:
        raise DataError(file, _TOO_DEEP) from None
    # A dotted key nests without recursion, and what reads or shows the values does not.
    level: list[Any] = [tables]
    for _ in range(_DEEPEST):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _within(one)]
    if level:
        raise DataError(file, _TOO_DEEP)
    return tables


def _within(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _toml_rows(tables: Mapping[str, Any], lines: _Lines, file: str) -> Iterator[_Row]:
    for key, table in _leaves("", tables):
        line, keys = lines.of(key)
        if not isinstance(table, dict):
            raise DataError(
                f"{file} line {line}", f"{shorten(key)} is not a table with value, unit and source"
            )
        source = table.get("source", {})
        if not isinstance(source, dict):
            raise DataError(
                f"{file} line {keys.get('source', line)}",
                f"{shorten(key)}: the source is a table: "
                '{ title = "…", publisher = "…", year = 2025, url = "https://…", licence = "…" }',
            )
        yield _Row(
            id=key,
            line=line,
            lines=keys,
            factor={name: value for name, value in table.items() if name != "source"},
            source=source,
        )


def _leaves(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The tables that describe a factor, whether their id was quoted or written as a path."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and all(isinstance(v, dict) for v in value.values()):
            if "source" in value:
                yield name, value
            else:
                yield from _leaves(f"{name}.", value)
        else:
            yield name, value


class _Lines:
    """Where the tables of a TOML file stand, and the keys below each: read once for all."""

    _HEADER: Final = re.compile(r"\s*\[([^\]]+)\]")
    _KEY: Final = re.compile(r"\s*[\"']?([^\s\"'=]+)[\"']?\s*=")

    def __init__(self, text: str) -> None:
        self._starts: dict[str, int] = {}
        self._keys: dict[str, dict[str, int]] = {}
        inside = ""
        for number, line in enumerate(text.splitlines(), start=1):
            header = self._HEADER.match(line)
            if header is not None:
                inside = re.sub(r"[\"'\s]", "", header[1])
                self._starts[inside] = number
            elif (pair := self._KEY.match(line)) is not None:
                self._keys.setdefault(inside, {}).setdefault(pair[1], number)
                self._starts.setdefault(pair[1], number)

    def of(self, key: str) -> tuple[int, Mapping[str, int]]:
        """The line of a table's header, and of each key in it or in its source."""
        found = {**self._keys.get(f"{key}.source", {}), **self._keys.get(key, {})}
        return self._starts.get(key, 1), found
