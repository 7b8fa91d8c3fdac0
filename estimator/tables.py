"""Reads TOML and CSV files, and makes what the catalogue holds from their tables and rows.

What a file says is checked against the types of the fields, and every complaint names the file,
the table or row, and the field.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from estimator.errors import DataError

_Made = TypeVar("_Made")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        DataError: the file cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise DataError(path.name, str(error)) from error


def read_csv(
    path: Path, made: type[Any] | None = None, renamed: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file, each after the file and line to blame.

    Args:
        path: the file.
        made: a class of which the columns have to be exactly the fields.
        renamed: columns that have another name than their field, and that field.

    Raises:
        DataError: the file cannot be read, its columns are others, or a row is longer or shorter.
    """
    rows = csv.DictReader(_text(path).splitlines(), strict=True)
    columns = {renamed.get(column, column) for column in rows.fieldnames or ()}
    if made is not None and columns != {field.name for field in fields_of(made)}:
        raise DataError(path.name, f"the columns are not those of a {made.__name__}")
    for number, row in enumerate(rows, start=2):
        where = f"{path.name} line {number}"
        if None in row or None in row.values():
            raise DataError(where, "a row with too many or few cells")
        yield where, row


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(path.name, "the file cannot be read") from error


def split(cell: str) -> tuple[str, ...]:
    """The parts of a cell that holds several, between semicolons."""
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def build(made: type[_Made], where: str, fields: Mapping[str, Any]) -> _Made:
    """A thing of the data from what a table or a row says of it.

    Raises:
        DataError: a field is missing, unknown or not of its type, or two contradict each other.
    """
    try:
        return checked(made, fields)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        why = first["msg"]
        if first["type"] == "unexpected_keyword_argument":
            why = "Extra inputs are not permitted"
        raise DataError(where, f"{at}: {why}" if at else why) from error


def checked(made: type[_Made], fields: Mapping[str, Any]) -> _Made:
    """A thing of the data, its fields checked and converted.

    Raises:
        pydantic.ValidationError: a field breaks its type, or two contradict each other.
    """
    adapter: TypeAdapter[_Made] | None = _ADAPTERS.get(made)
    if adapter is None:
        adapter = _ADAPTERS[made] = TypeAdapter(made)
    return adapter.validate_python(fields)


_ADAPTERS: Final[dict[type[Any], TypeAdapter[Any]]] = {}
"""What checks each class: made when it is first needed, because that takes a while."""
