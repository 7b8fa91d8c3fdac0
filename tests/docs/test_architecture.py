"""The page and the picture of the architecture show what the code is."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import grimp

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
PICTURE = ET.parse(ROOT / "docs/images/architecture.svg").getroot()  # noqa: S314 - our own file
SVG = "{http://www.w3.org/2000/svg}"


def texts(kind: str) -> list[str]:
    found = (one.text for one in PICTURE.iter(f"{SVG}text") if one.get("class") == kind)
    return [said for said in found if said]


def test_every_package_of_the_bot_has_its_row() -> None:
    packages = {f"bot/{one.parent.name}/" for one in (ROOT / "bot").glob("*/__init__.py")}
    table = {
        name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in names(row)
    }

    assert packages <= table
    assert [name for name in table if not (ROOT / name).exists()] == []


def names(row: str) -> list[str]:
    return re.findall(r"`([\w/.]+)`", row)


def test_every_box_is_a_folder_but_slack() -> None:
    boxes = [part for said in texts("name") for part in said.split(", ")]

    assert [box for box in boxes if not (ROOT / box).is_dir()] == ["Slack"]


def test_every_arrow_between_packages_is_an_import() -> None:
    graph = grimp.build_graph("bot", "estimator", cache_dir=None)
    arrows = [
        one.attrib["data-import"].split() for one in PICTURE.iter() if "data-import" in one.attrib
    ]

    assert len(arrows) == 7
    for importer, imported in arrows:
        assert graph.find_matching_direct_imports(
            import_expression=f"{importer}.** -> {imported}.**"
        ) or graph.find_matching_direct_imports(import_expression=f"{importer}.** -> {imported}")


def test_paths_that_the_page_names_exist() -> None:
    for path in re.findall(r"`((?:bot|estimator|tests|deploy)/[\w/.]+)`", PAGE):
        assert (ROOT / path).exists(), path
