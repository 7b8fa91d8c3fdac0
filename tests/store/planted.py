"""A row in every table of the schema, whatever tables and columns there are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    TypeDecorator,
    insert,
)

from bot.store import Store
from bot.store.schema import metadata

TEXT: Final = "é 碳 \U0001f331 'q' \\ \n"
"""What databases have been seen to trip over."""


def _length(column: Column[Any]) -> int:
    return getattr(column.type, "length", None) or 200


def value(column: Column[Any], number: int) -> Any:
    """A value of a column; rows of the same number refer to each other."""
    for key in column.foreign_keys:
        return value(key.column, number)
    kind = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    match kind:
        case Boolean():
            return number % 2 == 0
        case Integer():
            return number
        case Float():
            return number + 1 / 3
        case DateTime():
            return datetime(2026, 11, 24, 9, 30, 1, 123456, UTC) + timedelta(days=number)
        case Date():
            return date(2024, 2, 29) + timedelta(days=number)
        case JSON():
            return {"text": f"{TEXT}{number}", "figures": [0.1, 1e300, number, None, True]}
        case LargeBinary():
            return bytes(range(256)) * number
        case String():
            return f"{number} {column.name}{TEXT}"[: _length(column)]
        case _:
            raise AssertionError(column)


def row(table: Table, number: int) -> dict[str, Any]:
    """A row, without what may be missing where the number is odd and larger than one."""
    sparse = number > 1 and number % 2
    return {
        column.name: None if sparse and column.nullable else value(column, number)
        for column in table.columns
    }


async def plant(store: Store, rows: int = 3) -> None:
    """Put rows in every table."""
    async with store.database.transaction() as connection:
        for table in metadata.sorted_tables:
            found = [row(table, number) for number in range(1, rows + 1)]
            await connection.execute(insert(table), found)
