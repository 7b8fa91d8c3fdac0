"""What the page on security claims has a test that exists, and says where nothing is met."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+(?:\.py)?)(?:::(\w+))?`", PAGE)))
CLAIMS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in PAGE.partition("## OWASP ASVS")[2].splitlines()
    if line.startswith("|") and not line.startswith(("| ---", "| item"))
]


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def test_there_is_something_to_check() -> None:
    assert len(NAMED) > 50
    assert len(CLAIMS) > 80


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED}))
def test_every_named_test_exists(path: str) -> None:
    assert (ROOT / path).exists()
    named = {name for where, name in NAMED if where == path and name}
    if named:
        assert named <= names_in(path)


def test_every_claim_has_a_test_and_every_gap_a_reason() -> None:
    for item, state, where, tried in CLAIMS:
        assert state in {"met", "partly", "not met", "operator"}, item
        assert bool(tried) == (state != "not met"), item
        if state != "met":
            assert where, item


def test_every_threat_has_a_test() -> None:
    threats = PAGE.partition("### Threats")[2].partition("###")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 10
    for row in rows:
        assert "`tests/" in row, row


def test_no_item_is_claimed_twice() -> None:
    items = [name for claim in CLAIMS for name in re.findall(r"V\d+\.\d+\.\d+", claim[0])]
    assert len(items) == len(set(items))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:bot|deploy)/[\w/.-]+)`", PAGE))))
def test_every_named_place_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_bounds_are_those_in_the_code() -> None:
    from bot.slack import carrying, measuring, rates, requests, settings, shapes, signing  # noqa: PLC0415

    bounds = PAGE.partition("### Bounds")[2].partition("###")[0]
    for said, bound in (
        ("1 MiB", requests.MAX_BODY_BYTES == 1024 * 1024),
        (f"{measuring.LARGEST_BYTES // 1024} kB", True),
        (f"| {shapes.MOST_FIELDS}, {shapes.MOST_DEEP} |", True),
        (f"{measuring.BURST} at once", True),
        (f"{settings.LARGEST_BYTES // 1024} kB, {carrying.LARGEST_BYTES // 1024} kB", True),
        (f"{rates.MOST_KNOWN:,}", True),
        (f"{signing.MAX_REMEMBERED:,}", True),
    ):
        assert bound
        assert said in bounds, said
