"""Files and documents that arrive: factor files, CSV to import, and measurements in JSON."""

from __future__ import annotations

import csv
import io
import json
import random
from functools import cache
from typing import Any, Final

from bot.codecarbon import NoMeasurement, measurement_in
from bot.commands.exporting import COLUMNS
from bot.commands.importing import WrongFile, entries_in, rows_in
from bot.i18n import CHINESE, Text, say_in
from estimator import EstimatorError, load_default, overrides
from estimator.accelerator import FIGURE_UNITS
from tests.bot.people import ASKER
from tests.bot.test_ledger_files import CODECARBON
from tests.bot.test_measuring import MEASURED
from tests.fuzz import sentences
from tests.fuzz.mutating import Mutator, bytes_of, text_of
from tests.fuzz.target import ALLOWED_MS, Target

_CATALOGUE: Final = load_default()
_CHINESE: Final = say_in(CHINESE)
LONGEST: Final = 8_000
"""Bytes of a file; what size alone costs is measured by tests of its own."""


# --- Factor files


@cache
def _known() -> dict[str, str]:
    return overrides.units(_CATALOGUE)


@cache
def _factor_words() -> tuple[str, ...]:
    keys = ("value", "low", "high", "unit", "basis", "kind", "note", "source", "accelerator")
    source = ("title", "publisher", "year", "url", "licence", "name", "vendor", "aliases", "host")
    signs = (
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        '"',
        "'",
        '"""',
        "\n",
        "#",
        "true",
        "nan",
    )
    values = ("inf", "-inf", "1e400", "0x1F", "1979-05-27T07:32:00Z", "12:00:00", "1_000", '"W"')
    made = (*FIGURE_UNITS, "peak_tflops", "measured", "published", "assumed", "https://a.example")
    return (
        *keys,
        *source,
        *signs,
        *values,
        *made,
        *set(_known().values()),
        *sorted(_known())[::40],
    )


def _cell(chance: random.Random) -> str:
    return chance.choice(("1.1", "12", "", "0", "-1", "x", "1e5", "0.5", sentences.number(chance)))


def _factor_row(chance: random.Random) -> dict[str, str]:
    key = chance.choice(sorted(_known()) if chance.random() < 0.9 else ("x", "grid", ""))
    row = {
        "id": key,
        "value": chance.choice(("1.1", "1.2", "640", _cell(chance))),
        "unit": _known().get(key, "1") if chance.random() < 0.9 else "kW",
        "basis": chance.choice(("measured", "published", "assumed", "measured")),
        "title": "Meters",
        "publisher": "Example Ltd",
        "url": chance.choice(("https://example.org/a", "https://example.org/a", "http://x", "")),
        "licence": "internal",
        "year": chance.choice(("2026", "2026", "", "x")),
        "note": chance.choice(("", "why")),
    }
    if chance.random() < 0.3:
        row |= {"low": _cell(chance), "high": _cell(chance)}
    if chance.random() < 0.1:
        del row[chance.choice(sorted(row))]
    return row


def _toml_value(cell: str) -> str:
    try:
        float(cell)
    except ValueError:
        return json.dumps(cell)
    return cell


def _toml_of(chance: random.Random, row: dict[str, str]) -> str:
    name = row.get("id", "x")
    head = f'["{name}"]' if chance.random() < 0.8 else f"[{name}]"
    source = {k: row[k] for k in ("title", "publisher", "year", "url", "licence") if row.get(k)}
    lines = [
        head,
        *(f"{k} = {_toml_value(row[k])}" for k in ("value", "low", "high") if row.get(k)),
    ]
    lines += [f"{k} = {json.dumps(row[k])}" for k in ("unit", "basis", "note") if row.get(k)]
    inner = ", ".join(f"{k} = {_toml_value(v)}" for k, v in source.items())
    return "\n".join([*lines, f"source = {{ {inner} }}", ""])


def _toml_accelerator(chance: random.Random) -> str:
    name = chance.choice(("ACME-X1", "X 2", "H100-SXM5-80GB", "a", "é"))
    figures = chance.sample(sorted(FIGURE_UNITS), k=chance.randint(1, 3))
    kind = chance.choice(("GPU", "TPU", "x"))
    alias = chance.choice(("x1", "H100", "v4-8", "", "x" * 50))
    head = f'[accelerator."{name}"]\nname = "X1"\nvendor = "ACME"\nkind = "{kind}"\nyear = 2026\n'
    rows = []
    for figure in ("power_w", "embodied_kgco2e", *figures):
        row = _factor_row(chance) | {"id": f"{name}.{figure}", "unit": FIGURE_UNITS[figure]}
        rows.append(_toml_of(chance, row))
    return f'{head}aliases = ["{alias}"]\n' + "\n".join(rows)


def _csv_of(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    columns = dict.fromkeys(key for row in rows for key in row)
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def fresh_factor_file(chance: random.Random) -> bytes:
    """A factor file; its first byte says which format it is read as."""
    rows = [_factor_row(chance) for _ in range(chance.choice((1, 1, 2, 3, 8)))]
    if chance.random() < 0.4:
        return bytes_of("c" + _csv_of(rows))
    made = [_toml_of(chance, row) for row in rows]
    if chance.random() < 0.4:
        made.insert(chance.randint(0, len(made)), _toml_accelerator(chance))
    return bytes_of("t" + "\n".join(made))


def take_factor_file(raw: bytes) -> str:
    """Read a factor file, and lay it over the data."""
    name = "ours.csv" if raw[:1] in b"c,;" else "ours.toml"
    try:
        own = overrides.parse_overrides(text_of(raw[1:]), name, _CATALOGUE)
        overrides.apply(_CATALOGUE, own)
    except EstimatorError as error:
        words = str(error).encode().split(b": ", 2)
        return f"{name[5:]} refused: {words[-1][:6].decode(errors='replace')}"
    assert own.digest
    return f"{name[5:]} accepted"


# --- Imports


def _run_row(chance: random.Random) -> dict[str, str]:
    day = chance.choice(("2026-11-24", "2026-12-01", "", "1.2.2026", "0000-00-00", "2026-W01-1"))
    return {
        "name": chance.choice(("llama-ft", "'=x", "", "é" * 90, "a b")),
        "project": chance.choice(("nlp", "", "#x")),
        "state": chance.choice(("planned", "done", "", "x")),
        "starts_on": chance.choice((day, "")),
        "ends_on": day,
        "counted_on": chance.choice((day, "2026-11-24")),
        "command": chance.choice(("", sentences.command(chance), "8 H100 for 3 days in France")),
        "measured_energy_kwh": _cell(chance),
        "measured_kgco2e": chance.choice(("", _cell(chance))),
    }


def _emissions_row(chance: random.Random) -> dict[str, str]:
    row = {key: str(value) for key, value in MEASURED.items()}
    for key in chance.sample(sorted(row), k=chance.choice((0, 0, 1, 2))):
        row[key] = chance.choice(("", "nan", "-1", "1e13", "x" * 300, _cell(chance)))
    return row


def fresh_import(chance: random.Random) -> bytes:
    """A CSV file to import: ours, or CodeCarbon's."""
    make = _run_row if chance.random() < 0.6 else _emissions_row
    content = _csv_of([make(chance) for _ in range(chance.choice((1, 1, 2, 4)))])
    return bytes_of(chance.choice(("", "\ufeff")) + content)


def take_import(raw: bytes) -> str:
    """Read a file to import, as a submitted form does."""
    try:
        rows = rows_in(text_of(raw))
        if rows.codecarbon:
            for row in rows.rows:
                _check_kept(measurement_in(dict(row)).document)
            return "CodeCarbon's accepted"
        entries_in(rows, "C1", "U1", ASKER)
    except WrongFile as error:
        _worded(error.why)
        return f"refused: {str(error.why).partition(': ')[2][:12]}"
    except NoMeasurement as error:
        return f"refused: {str(error).partition(':')[0][:20]}"
    return "ours accepted"


def _worded(why: Text) -> None:
    assert str(why), "refused without a word"
    assert _CHINESE(why), "refused without a Chinese word"


def import_allowance(raw: bytes) -> float:
    """Each row of a file is a command, and may take as long as one."""
    return ALLOWED_MS * max(1, raw.count(b"\n"))


# --- Measurements in JSON

_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1.5, 1e13, 1e308, float("nan"), float("inf"), 10**30, 10**400),
    *(
        "",
        "x",
        "nan",
        "1e5",
        "-1",
        "\x00",
        "\ud800",
        "é" * 300,
        "x" * 70,
        [],
        {},
        [[]],
        {"a": 1},
        "1,5",
    ),
)


def fresh_measurement(chance: random.Random) -> bytes:
    """What CodeCarbon sends, with some fields wrong."""
    document: dict[str, Any] = dict(MEASURED)
    for key in chance.sample(sorted(document), k=chance.choice((0, 1, 1, 2, 3))):
        if chance.random() < 0.2:
            del document[key]
        else:
            document[key] = chance.choice(_VALUES)
    whole: Any = document if chance.random() < 0.95 else chance.choice(([document], *_VALUES))
    return json.dumps(whole, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def take_measurement(raw: bytes) -> str:
    """Read a measurement, as the ingest address does."""
    try:
        found = measurement_in(json.loads(raw))
    except NoMeasurement as error:
        return f"refused: {str(error).encode().decode().partition(':')[0][:20]}"
    except (ValueError, RecursionError):
        return "no JSON"
    _check_kept(found.document)
    for told in (found.external_id, found.project):
        assert "\0" not in told
        told.encode()
    return "accepted"


def _check_kept(document: dict[str, Any]) -> None:
    """What is kept is JSON that every database takes: no NaN, no NUL, no half of a character."""
    kept = json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    assert b"\\u0000" not in kept


def factor_files() -> Target:
    """The reading of factor files, to be fuzzed."""
    return Target(
        "factor-files",
        take_factor_file,
        fresh_factor_file,
        Mutator(_factor_words(), LONGEST),
        LONGEST,
    )


def imports() -> Target:
    """The reading of CSV files with runs or measurements, to be fuzzed."""
    words = (*COLUMNS, *MEASURED, ",", '"', "\n", "\r", ";", CODECARBON, "planned", "done", "'=")
    return Target(
        "imports",
        take_import,
        fresh_import,
        Mutator((*words, *sentences.vocabulary()[::5]), LONGEST),
        LONGEST,
        allowed_ms=import_allowance,
    )


def ingest() -> Target:
    """The reading of measurements in JSON, to be fuzzed."""
    signs = (
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        '"',
        "null",
        "NaN",
        "Infinity",
        "\\u0000",
        "\\ud800",
        "1e999",
    )
    return Target(
        "ingest",
        take_measurement,
        fresh_measurement,
        Mutator((*MEASURED, *signs, "9" * 5000, "[" * 3000), LONGEST),
        LONGEST,
    )
