"""The page of faults says what the code and the tests say."""

from __future__ import annotations

import re

import pytest

from tests.faults.matrix import FAULTS, KILLED, PAGE, ROOT, table

PAGE_TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_is_the_one_in_the_code() -> None:
    assert PAGE_TEXT.startswith(table()), "write it anew: python -m tests.faults --write"


@pytest.mark.parametrize("name", sorted({name for fault in FAULTS for name in fault.tests}))
def test_what_holds_a_line_is_a_test(name: str) -> None:
    path, _, function = name.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {function}\(", text, re.MULTILINE)


def test_the_last_run_killed_enough_and_lost_nothing() -> None:
    _, shown, _ = PAGE_TEXT.split(KILLED)
    rows = {
        name.strip(): [int(number) for number in cells.split("|") if number.strip()]
        for name, cells in re.findall(r"^\| ([^|]+)\|((?: *\d+ *\|)+)$", shown, re.MULTILINE)
    }
    assert min(rows["bots killed"][:2]) >= 200
    assert rows["summaries posted"] == rows["summaries due"]
    for name in ("lost", "posted twice", "lost from the ledger", "counted twice"):
        assert rows[f"**{name}**"] == [0, 0, 0]
