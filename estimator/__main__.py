"""The command line: structured flags in; a table, Markdown or JSON out.

Exit codes: 0 for an answer, 2 for bad input (with one line that says what was wrong).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from pydantic import ValidationError

from estimator import formats
from estimator.catalogue import Catalogue, device_key, location_key
from estimator.datafiles import load_default
from estimator.errors import EstimatorError, InvalidValue, shorten
from estimator.estimating import estimate
from estimator.record import estimate_schema
from estimator.spec import DeviceQuantity, FactorSet, TrainingRun
from estimator.units import parse_duration_h

EXIT_BAD_INPUT = 2


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one line, instead of the usage and a line."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_BAD_INPUT, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        print(options.answer(options))
    except EstimatorError as error:
        print(f"estimator: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="estimator", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    run = commands.add_parser("estimate", help="estimate a training run")
    run.set_defaults(answer=_estimate)
    run.add_argument(
        "--device", action="append", required=True, metavar="NxNAME", help="10xGPU; repeatable"
    )
    run.add_argument("--duration", help="36h, 2w, '1d 12h' (default: one day)")
    run.add_argument("--location", help="a country or a cloud region (default: world average)")
    run.add_argument("--utilisation", help="mean share of full power: 0.6 or 60%%")
    run.add_argument("--pue", help="power usage effectiveness of the data centre: 1.1")
    run.add_argument("--factors", default="sourced", help="sourced (default) or article")
    run.add_argument("--default-gpu", metavar="MODEL", help="what plain GPU means")
    run.add_argument("--default-tpu", metavar="MODEL", help="what plain TPU means")
    _add_format(run)
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
    schema.set_defaults(answer=lambda _: json.dumps(estimate_schema(), indent=2))
    return parser


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", default="table", choices=("table", "markdown", "json"))


def _estimate(options: argparse.Namespace) -> str:
    meanings = {"GPU": options.default_gpu, "TPU": options.default_tpu}
    catalogue = load_default()
    chosen = {name: model for name, model in meanings.items() if model is not None}
    if chosen:
        catalogue = catalogue.with_meanings(chosen)
    answer = estimate(_run(options), catalogue)
    writers = {
        "table": formats.as_table,
        "markdown": formats.as_markdown,
        "json": formats.as_json,
    }
    return writers[options.format](answer)


def _run(options: argparse.Namespace) -> TrainingRun:
    devices = tuple(_device(text) for text in options.device)
    try:
        factors = FactorSet(options.factors)
    except ValueError:
        raise InvalidValue(
            "factors", f"{shorten(options.factors)!r} is not a factor set", "sourced or article"
        ) from None
    try:
        return TrainingRun(
            devices=devices,
            duration_h=None if options.duration is None else parse_duration_h(options.duration),
            location=options.location,
            utilisation=_number("utilisation", options.utilisation, "0.6"),
            pue=_number("pue", options.pue, "1.1"),
            factors=factors,
        )
    except ValidationError as error:
        first = error.errors()[0]
        examples = {
            "duration_h": "--duration 36h",
            "utilisation": "--utilisation 0.6",
            "pue": "--pue 1.1",
        }
        field = str(first["loc"][0])
        raise InvalidValue(field, first["msg"], examples.get(field, "--device 10xGPU")) from None


def _device(text: str) -> DeviceQuantity:
    match = re.fullmatch(r"\s*([0-9][0-9,_]*)\s*[x×*]\s*(\S.*)", text, re.IGNORECASE)
    if match is None:
        raise InvalidValue("device", f"{shorten(text)!r} is not QUANTITYxNAME", "--device 10xGPU")
    try:
        quantity = int(re.sub(r"[,_]", "", match[1][:20]))
        return DeviceQuantity(device=match[2].strip(), quantity=quantity)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise InvalidValue("device", f"{shorten(text)!r}: {why}", "--device 10xGPU") from None


def _number(field: str, text: str | None, example: str) -> float | None:
    if text is None:
        return None
    percent = field == "utilisation" and text.strip().endswith("%")
    try:
        value = float(text.strip().rstrip("%") if percent else text)
    except ValueError:
        raise InvalidValue(field, f"{shorten(text)!r} is not a number", example) from None
    return value / 100 if percent else value


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
    sys.exit(main())
