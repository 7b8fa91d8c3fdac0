"""Every paragraph of the README has a row in docs/claims.md, and every row a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^\| (.+?) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")
_ITEM = re.compile(r"\n(?=(?:- |\d+\. ))")


def plain(text: str) -> str:
    """Text on one line, without links' addresses."""
    return " ".join(_LINK.sub(r"\1", text).split())


def rows() -> list[tuple[str, str]]:
    found = _ROW.findall((ROOT / "docs/claims.md").read_text("utf-8"))
    return [(plain(phrase), shown) for phrase, shown in found[2:]]


def paragraphs() -> list[str]:
    """The README's paragraphs and items of lists; no headings, tables, pictures and blocks."""
    readme = _FENCE.sub("", (ROOT / "README.md").read_text("utf-8"))
    pieces = [piece.strip() for part in readme.split("\n\n") for piece in _ITEM.split(part)]
    return [plain(one) for one in pieces if one and one[0] not in "#|!"]


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@pytest.mark.parametrize("paragraph", paragraphs(), ids=lambda said: said[:40])
def test_a_paragraph_of_the_readme_has_a_row(paragraph: str) -> None:
    assert any(phrase in paragraph for phrase, _ in rows())


@pytest.mark.parametrize(("phrase", "shown"), rows(), ids=lambda said: said[:40])
def test_a_row_says_what_the_readme_says_and_names_what_exists(phrase: str, shown: str) -> None:
    assert any(phrase in paragraph for paragraph in paragraphs())
    named = _TEST.findall(shown)
    assert named or re.search(r"`(make [a-z]+|LICENSE)`", shown)
    for path, name in named:
        assert name in names_in(path), path
