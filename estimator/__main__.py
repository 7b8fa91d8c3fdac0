"""The command line: structured flags in; a table, Markdown or JSON out.

Exit codes: 0 for an answer, 1 for a record that comes out differently when it is run again, 2 for
bad input (with one line that says what was wrong).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if __name__ == "__main__":
    # A command ends before there is garbage worth looking for. Nor is a plugin of pydantic needed:
    # looking for one reads the metadata of every installed package.
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from pydantic import ValidationError

from estimator import formats
from estimator.catalogue import Catalogue, device_key, location_key
from estimator.datafiles import load_default
from estimator.equivalence import Comparison, equivalences
from estimator.errors import DataError, EstimatorError, InvalidValue, shorten
from estimator.estimating import estimate
from estimator.result import Estimate
from estimator.spec import DeviceQuantity, FactorSet, TrainingRun, Workload
from estimator.units import (
    month_name,
    parse_count,
    parse_data_tb,
    parse_duration_h,
    parse_energy_kwh,
    parse_number,
    parse_share,
)

if TYPE_CHECKING:
    from estimator.overrides import Overrides
    from estimator.record import Record
    from estimator.sci import Sci

EXIT_DIFFERENT = 1
EXIT_BAD_INPUT = 2


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one line, instead of the usage and a line."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        answer = options.answer(options)
    except EstimatorError as error:
        print(f"estimator: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    text, code = answer if isinstance(answer, tuple) else (answer, 0)
    print(text)
    return int(code)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="estimator", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    run = commands.add_parser(
        "estimate",
        help="estimate a training run",
        description="Estimate a run said by devices and time, by device-hours, by a model and its "
        "tokens, by the electricity itself, or by a published run's name.",
    )
    run.set_defaults(answer=_estimate)
    _add_run(run)
    _add_data(run)
    run.add_argument(
        "--per",
        metavar="UNIT",
        help="SCI (ISO/IEC 21031) per 'million tokens', 'device-hour', or each of '5k requests'",
    )
    run.add_argument(
        "--format",
        default="table",
        choices=("table", "markdown", "json", "record", "paragraph"),
        help="record: JSON that 'rerun' estimates again; paragraph: for a paper or a model card",
    )
    again = commands.add_parser("rerun", help="estimate a record again and compare")
    again.set_defaults(answer=_rerun)
    again.add_argument("file", metavar="FILE", help="what --format record printed; - for stdin")
    _add_data(again)
    lists = {
        "devices": (_devices, "list the accelerators"),
        "locations": (_locations, "list the grids and cloud regions"),
        "sources": (_sources, "list the sources of the figures"),
    }
    for name, (answer, text) in lists.items():
        command = commands.add_parser(name, help=text)
        command.set_defaults(answer=answer)
        command.add_argument("search", nargs="?", default="", help="only names that hold this")
        _add_format(command)
    schema = commands.add_parser("schema", help="print the JSON Schema of an estimate")
    schema.set_defaults(answer=_schema)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    """The flags that describe a run; each text is parsed by ``_run``."""
    for flag, shape, text in (
        ("--device-hours", "HOURS", "hours of all devices together: 1.7M"),
        ("--parameters", "COUNT", "of the model: 70B; with --tokens"),
        ("--tokens", "COUNT", "that the model sees: 15T; with --parameters"),
        ("--active-parameters", "COUNT", "those that one token passes through: 37B"),
        ("--mfu", "SHARE", "model FLOPs utilisation: 0.4 or 40%%"),
        ("--precision", "FORMAT", "bf16, fp8 …"),
        ("--kind", "KIND", "training (default), fine_tuning, lora or inference"),
        ("--energy", "ENERGY", "metered, data centre included: '433 MWh'"),
        ("--like", "RUN", "a published run: BLOOM, '2x Llama-3-70B'"),
        ("--duration", "TIME", "36h, 2w, '1d 12h' (default: one day)"),
        ("--location", "PLACE", "a country or a cloud region (default: world average)"),
        ("--year", "YEAR", "whose grid is meant (default: the newest known)"),
        ("--month", "MONTH", "in which it takes place: May, or 5 (default: the year's mean)"),
        ("--utilisation", "SHARE", "share of the time in which a device computes: 0.6 or 60%%"),
        ("--duty-cycle", "SHARE", "share of the time with work; idle in the rest: 30%%"),
        ("--pue", "RATIO", "power usage effectiveness of the data centre: 1.1"),
        ("--lifetime", "YEARS", "that the devices are in service: 5"),
        ("--overhead", "SHARE", "failed and trial runs on top of the run: 50%%"),
        ("--storage", "DATA", "kept on disks during the run: 100TB"),
        ("--transfer", "DATA", "moved between data centres: 3TB"),
    ):
        parser.add_argument(flag, metavar=shape, help=text)
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        metavar="NxNAME",
        help="64xH100, 4xp5.48xlarge, v3-8; repeatable",
    )
    parser.add_argument("--factors", help="sourced (default) or article")


def _add_data(parser: argparse.ArgumentParser) -> None:
    """The flags that change the data."""
    parser.add_argument("--default-gpu", metavar="MODEL", help="what plain GPU means")
    parser.add_argument("--default-tpu", metavar="MODEL", help="what plain TPU means")
    parser.add_argument(
        "--factor-file", metavar="FILE", help="your own factors, TOML or CSV (docs/factors.md)"
    )


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", default="table", choices=("table", "markdown", "json"))


def _catalogue(options: argparse.Namespace) -> tuple[Catalogue, Overrides | None]:
    """The data as the flags change it, with the organisation's factors that are in it."""
    catalogue, overrides = load_default(), None
    if options.factor_file is not None:
        from estimator.overrides import apply, parse_overrides  # noqa: PLC0415 - only where it is asked for

        text = _text(options.factor_file)
        overrides = parse_overrides(text, Path(options.factor_file).name, catalogue)
        catalogue = apply(catalogue, overrides)
    meanings = {"GPU": options.default_gpu, "TPU": options.default_tpu}
    chosen = {name: model for name, model in meanings.items() if model is not None}
    return catalogue.with_meanings(chosen) if chosen else catalogue, overrides


def _estimate(options: argparse.Namespace) -> str:
    catalogue, overrides = _catalogue(options)
    run = _run(options, catalogue)
    answer = estimate(run, catalogue)
    if overrides is not None:
        from estimator.overrides import mark  # noqa: PLC0415 - only where it is asked for

        answer = mark(answer, overrides)
    if options.per is not None and options.format not in _WRITERS:
        raise InvalidValue("per", f"--format {options.format} has no SCI", "--format table")
    if options.format == "json":
        from estimator.record import estimate_json  # noqa: PLC0415 - only where it is asked for

        return estimate_json(answer)
    if options.format == "record":
        from estimator.record import Record, named_in_full, record_json  # noqa: PLC0415 - same

        return record_json(Record(spec=named_in_full(run, answer), estimate=answer))
    if options.format == "paragraph":
        from estimator.paragraph import as_paragraph  # noqa: PLC0415 - same

        return as_paragraph(answer)
    beside = formats.Beside(
        today_year=datetime.now(UTC).year,
        comparisons=_comparisons(answer, catalogue),
        sci=None if options.per is None else _sci(answer, options.per),
    )
    return _WRITERS[options.format](answer, beside)


_WRITERS = {"table": formats.as_table, "markdown": formats.as_markdown}


def _comparisons(answer: Estimate, catalogue: Catalogue) -> tuple[Comparison, ...]:
    if answer.totals.operational_kgco2e is None:  # the article's figures compare with nothing real
        return ()
    totals = answer.totals
    return equivalences(totals.total_kgco2e.value, totals.energy_kwh.value, catalogue.equivalences)


def _sci(answer: Estimate, unit: str) -> Sci:
    from estimator.sci import sci_per  # noqa: PLC0415 - only where it is asked for

    return sci_per(answer, unit)


def _schema(_: argparse.Namespace) -> str:
    from estimator.record import estimate_schema  # noqa: PLC0415 - only where it is asked for

    return json.dumps(estimate_schema(), indent=2)


def _rerun(options: argparse.Namespace) -> str | tuple[str, int]:
    """What running a record again gave, with exit code 1 where it differs."""
    from estimator.record import rerun  # noqa: PLC0415 - only where it is asked for

    found = rerun(_record(options.file), _catalogue(options)[0])
    return found.text, 0 if found.same else EXIT_DIFFERENT


def _record(file: str) -> Record:
    from estimator.record import record_from_json  # noqa: PLC0415 - only where it is asked for

    text = sys.stdin.read() if file == "-" else _text(file)
    try:
        return record_from_json(text)
    except DataError as error:
        raise DataError(file, error.why) from None


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(file, f"the file cannot be read ({_reason(error)})") from None


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "unknown error") if isinstance(error, OSError) else "not UTF-8"


def _run(options: argparse.Namespace, catalogue: Catalogue) -> TrainingRun:
    """The specification that the flags describe.

    Raises:
        EstimatorError: a flag cannot be read, or flags contradict each other.
    """
    said = {field: value for field, value in _said(options, catalogue).items() if value is not None}
    workload = _workload(options)
    if workload is not None:
        said["workload"] = workload
    base = None
    if options.like is not None:
        base = _like(options, said, catalogue)
    try:
        if base is None:
            return TrainingRun(**said)
        kept = {name: getattr(base, name) for name in base.model_fields_set}
        return TrainingRun(**{**kept, **said})
    except ValidationError as error:
        raise _explained(error) from None


def _explained(error: ValidationError) -> InvalidValue:
    from estimator.complaint import explain  # noqa: PLC0415 - only where it is asked for

    return explain(error)


def _like(options: argparse.Namespace, said: dict[str, Any], catalogue: Catalogue) -> TrainingRun:
    again = [name for name in ("device_hours", "workload", "energy_kwh") if name in said]
    if "devices" in said or "duration_h" in said or again:
        raise InvalidValue(
            "like",
            "a published run brings its devices and its time with it; leave out --device, "
            "--duration, --device-hours, --parameters and --energy",
            f"--like '{shorten(options.like)}' --location France",
        )
    from estimator.preset import parse_like  # noqa: PLC0415 - only where it is asked for

    return parse_like(options.like, catalogue)


def _said(options: argparse.Namespace, catalogue: Catalogue) -> dict[str, Any]:
    """Fields of the specification by name; ``None`` where a flag was not given."""
    counted = (options.device_hours, options.parameters, options.tokens, options.energy)
    devices = tuple(
        _device(text, catalogue, follows=any(c is not None for c in counted))
        for text in options.device
    )
    return {
        "devices": devices or None,
        "duration_h": _read(parse_duration_h, options.duration),
        "device_hours": _count(options.device_hours, "device-hours", "--device-hours 1.7M"),
        "energy_kwh": _read(parse_energy_kwh, options.energy, "energy", "--energy '433 MWh'"),
        "location": options.location,
        "year": _year(options.year),
        "month": _month(options.month),
        "utilisation": _read(parse_share, options.utilisation, "utilisation", "--utilisation 60%"),
        "duty_cycle": _read(parse_share, options.duty_cycle, "duty-cycle", "--duty-cycle 30%"),
        "pue": _read(parse_number, options.pue, "pue", "--pue 1.1"),
        "lifetime_years": _read(parse_number, options.lifetime, "lifetime", "--lifetime 5"),
        "overhead": _read(parse_share, options.overhead, "overhead", "--overhead 50%", 10.0),
        "storage_tb": _read(parse_data_tb, options.storage, "storage", "--storage 100TB"),
        "transfer_tb": _read(parse_data_tb, options.transfer, "transfer", "--transfer 3TB"),
        "factors": _factor_set(options.factors),
    }


_Read = TypeVar("_Read")


def _read(parse: Callable[..., _Read], text: str | None, *words: str | float) -> _Read | None:
    return None if text is None else parse(text, *words)


def _count(text: str | None, field: str, example: str) -> float | None:
    return _read(parse_count, text, field, example)


def _factor_set(text: str | None) -> FactorSet | None:
    try:
        return None if text is None else FactorSet(text)
    except ValueError:
        raise InvalidValue(
            "factors", f"{shorten(text or '')!r} is not a factor set", "sourced or article"
        ) from None


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    if re.fullmatch(r"\s*[0-9]{4}\s*", text) is None:
        raise InvalidValue("year", f"{shorten(text)!r} is not a year", "--year 2024")
    return int(text)


def _month(text: str | None) -> int | None:
    if text is None:
        return None
    named = text.strip().casefold()
    for month in range(1, 13):
        name = month_name(month).casefold()
        if named in {name, name[:3], str(month), f"{month:02}"}:
            return month
    raise InvalidValue("month", f"{shorten(text)!r} is not a month", "--month May")


def _workload(options: argparse.Namespace) -> Workload | None:
    given = {
        "--parameters": options.parameters,
        "--tokens": options.tokens,
        "--active-parameters": options.active_parameters,
        "--mfu": options.mfu,
        "--precision": options.precision,
        "--kind": options.kind,
    }
    flags = [flag for flag, text in given.items() if text is not None]
    if not flags:
        return None
    for flag in ("--parameters", "--tokens"):
        if given[flag] is None:
            raise InvalidValue(
                flag.lstrip("-"),
                f"{flags[0]} is about a model's work, which needs {flag}",
                "--parameters 70B --tokens 15T",
            )
    fields = {
        "parameters": _count(options.parameters, "parameters", "--parameters 70B"),
        "tokens": _count(options.tokens, "tokens", "--tokens 15T"),
        "active_parameters": _count(
            options.active_parameters, "active-parameters", "--active-parameters 37B"
        ),
        "mfu": _read(parse_share, options.mfu, "mfu", "--mfu 40%"),
        "precision": None if options.precision is None else options.precision.strip().lower(),
        "kind": "training" if options.kind is None else _kind(options.kind),
    }
    try:
        return Workload.model_validate(fields)
    except ValidationError as error:
        raise _explained(error) from None


def _kind(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def _device(text: str, catalogue: Catalogue, *, follows: bool) -> DeviceQuantity:
    """``64xH100``, or a name alone where the number follows from the rest or is one by its nature.

    Args:
        text: what was typed.
        catalogue: knows which names are instances and slices.
        follows: whether device-hours, tokens or the energy say how much is run.
    """
    match = re.fullmatch(r"\s*([0-9][0-9.,_]*[kKmM]?)\s*[x×*]\s*(\S.*)", text, re.IGNORECASE)
    name = match[2].strip() if match else text.strip()
    quantity: float | None = None
    if match is not None:
        quantity = parse_count(match[1], "device", "--device 8xH100")
        if quantity != int(quantity):
            raise InvalidValue("device", f"{match[1]} is no whole number", "--device 8xH100")
    elif not follows:
        if name and catalogue.device(name).per_unit is None:
            raise InvalidValue(
                "device", f"{shorten(text)!r} does not say how many", f"--device 8x{name}"
            )
        quantity = 1
    try:
        return DeviceQuantity(device=name, quantity=None if quantity is None else int(quantity))
    except ValidationError as error:
        raise _explained(error) from None


def _devices(options: argparse.Namespace) -> str:
    catalogue = load_default()
    wanted = device_key(options.search)
    rows = [
        [g.name, f"= {g.means}", "", "", ""]
        for g in catalogue.general_names.values()
        if any(wanted in device_key(n) for n in (g.name, *g.aliases))
    ]
    for a in catalogue.accelerators.values():
        if any(wanted in device_key(n) for n in (a.id, a.name, *a.aliases)):
            embodied = a.embodied_kgco2e
            made = f"{embodied.value:g} kgCO2e" if embodied else "modelled"
            rows.append([a.id, a.name, formats.factor_text(a.power_w), made, ", ".join(a.aliases)])
    return _listing(("Device", "Name", "Power", "Manufacturing", "Also"), rows, options)


def _locations(options: argparse.Namespace) -> str:
    catalogue: Catalogue = load_default()
    wanted = location_key(options.search)
    rows: list[list[str]] = []
    for grid in catalogue.grids.values():
        if any(wanted in location_key(n) for n in (grid.id, grid.name, *grid.aliases)):
            intensity = formats.factor_text(grid.intensity_gco2e_per_kwh)
            rows.append([grid.name, grid.id, intensity, "", grid.scope])
    for region in catalogue.regions.values():
        names = (region.id, region.provider, region.place, *region.aliases)
        if any(wanted in location_key(n) for n in names):
            grid = catalogue.grids[region.grid]
            intensity = formats.factor_text(grid.intensity_gco2e_per_kwh)
            pue = f"PUE {region.pue.value:g}" if region.pue else ""
            rows.append([region.id, grid.id, intensity, pue, region.provider])
    return _listing(("Location", "Grid", "Carbon intensity", "PUE", "Kind"), rows, options)


def _sources(options: argparse.Namespace) -> str:
    wanted = options.search.casefold()
    rows = [
        [s.id, s.title, s.publisher, str(s.year or "unknown"), s.url, s.licence, s.read]
        for s in load_default().sources.values()
        if wanted in f"{s.id} {s.title} {s.publisher}".casefold()
    ]
    header = ("Source", "Title", "Publisher", "Year", "URL", "Licence", "Read")
    return _listing(header, rows, options)


def _listing(header: tuple[str, ...], rows: list[list[str]], options: argparse.Namespace) -> str:
    if not rows:
        raise InvalidValue("search", f"nothing holds {shorten(options.search)!r}", "h100")
    if options.format == "json":
        keys = [name.lower().replace(" ", "_") for name in header]
        found = [dict(zip(keys, row, strict=True)) for row in rows]
        return json.dumps(found, indent=2, ensure_ascii=False)
    if options.format == "markdown":
        return formats.markdown_table(header, rows)
    return formats.columns([header, *rows])


if __name__ == "__main__":
    try:
        code = main()
        gc.freeze()  # what is left goes with the process, and need not be gone through first
        sys.exit(code)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
