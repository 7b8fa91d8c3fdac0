"""The page on what is stored names every table and column, and whose it is."""

from __future__ import annotations

import re
from pathlib import Path

from bot.store.forgetting import OWN, SHARED
from bot.store.schema import metadata

PAGE = Path(__file__).resolve().parents[2] / "docs/privacy.md"
_ROW = re.compile(r"^\| `(\w+)` \| (own|shared|nobody's) \| ([^|]*) \|", re.MULTILINE)


def test_every_table_and_column_is_named() -> None:
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    named = {table: re.findall(r"`(\w+)`", columns) for table, _, columns in rows}
    schema = {table.name: table.columns.keys() for table in metadata.sorted_tables}
    assert named == schema


def test_it_says_whose_each_table_is() -> None:
    whose = {table: said for table, said, _ in _ROW.findall(PAGE.read_text(encoding="utf-8"))}
    assert {name for name, said in whose.items() if said == "own"} == {one.name for one in OWN}
    assert {one.name for one in SHARED} <= {n for n, said in whose.items() if said == "shared"}
    for table in metadata.sorted_tables:
        assert (whose[table.name] == "nobody's") == ("team_id" not in table.c)
