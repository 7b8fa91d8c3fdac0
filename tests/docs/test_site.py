"""The docs site: it builds strictly, every page has its place, and its Python runs."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from deploy.docs_site import on_page_markdown

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
WITH_PYTHON = [page for page in sorted(DOCS.rglob("*.md")) if ">>> " in page.read_text("utf-8")]


def test_it_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path), strict=True)

    build(config)

    for page in DOCS.rglob("*.md"):
        built = tmp_path / page.relative_to(DOCS).with_suffix(".html")
        assert built.exists(), f"{page.name} is not built"
        said = built.read_text("utf-8")
        assert re.findall(r'<(?:script|img|iframe)[^>]*src="(?:https?:)?//[^"]*', said) == []
        assert [one for one in re.findall("<link[^>]*>", said) if "//" in one] == []
        assert "fonts.googleapis" not in said


def test_what_lies_outside_of_the_site_is_named_and_not_linked() -> None:
    said = on_page_markdown(
        "See [a.json](../deploy/a.json), [`b`](../b), [c](c.md), ![d](../d.png)."
    )

    assert said == "See `a.json`, `b`, [c](c.md), ![d](../d.png)."


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page: Path) -> None:
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")

    assert found.attempted > 0
    assert found.failed == 0
