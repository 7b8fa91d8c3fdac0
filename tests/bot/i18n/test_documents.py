"""What is wrong with a file or a measurement is said in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.codecarbon import NoMeasurement, measurement_in
from bot.commands.importing import WrongFile, rows_in
from bot.i18n import CHINESE, Text, say_in
from bot.i18n.documents import file_text
from estimator import DataError, load_default
from estimator.overrides import parse_overrides
from tests.estimator import test_overrides

CATALOGUE = load_default()
_ENGLISH = re.compile(r"\b[a-z]+ [a-z]+ [a-z]+")
"""Three words in a row, as only sentences have them; names and examples have not."""


def in_chinese(why: Text) -> str:
    worded = say_in(CHINESE)(why)
    assert re.search(r"[㐀-鿿]", worded), worded
    assert not _ENGLISH.search(worded), worded
    return worded


def broken_files() -> list[tuple[str, str]]:
    """Every broken factor file that the estimator's tests know: name and content."""

    def cases(test: Any) -> list[Any]:
        found: list[Any] = test.pytestmark[0].args[1]
        return found

    new, power = test_overrides.NEW, test_overrides.POWER
    toml = [
        *(new.replace(*change) for change, _ in cases(_TESTS["a_broken_new_accelerator"])),
        *(power.replace(*change) for change, _ in cases(_TESTS["a_broken_toml_file"])),
        *(content for content, _ in cases(_TESTS["what_no_file_needs"])),
        "a = 1\na = 2",
        "a 1",
        "a = 'x",
        'a = "x',
        'a = "\\q"',
        "a = [1",
        "a = {b = 1",
        "a = 2026-13-41",
        "[a",
        "[[a]",
        "= 1",
        "a = 1 b = 2",
        "a = \x01",
    ]
    table = [content for content, _ in cases(_TESTS["a_broken_csv_file"])]
    return [*(("ours.toml", one) for one in toml), *(("ours.csv", one) for one in table)]


_TESTS = {
    "a_broken_new_accelerator": (
        test_overrides.test_a_broken_new_accelerator_is_refused_with_its_line
    ),
    "a_broken_toml_file": test_overrides.test_a_broken_toml_file_is_refused_with_its_line,
    "a_broken_csv_file": test_overrides.test_a_broken_csv_file_is_refused_with_its_line,
    "what_no_file_needs": test_overrides.test_what_no_file_needs_is_refused_in_a_line,
}


@pytest.mark.parametrize(("name", "content"), broken_files(), ids=lambda value: value[:30])
def test_what_is_wrong_with_a_factor_file_is_told_in_chinese(name: str, content: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_overrides(content, name, CATALOGUE)
    worded = file_text(caught.value)
    assert str(worded) == str(caught.value)
    in_chinese(worded)


MEASURED = {"run_id": "1", "project_name": "llama-ft", "energy_consumed": 13_900.0}


@pytest.mark.parametrize(
    ("document", "english", "chinese"),
    [
        ([], "send one JSON object: CodeCarbon's EmissionsData", "EmissionsData"),
        ({}, "run_id: this is missing", "run_id：缺少此项"),
        (MEASURED | {"run_id": ""}, "run_id: nothing was given", "run_id：没有填写"),
        (MEASURED | {"run_id": 7}, "run_id: this is no text", "run_id：不是文本"),
        (
            MEASURED | {"project_name": "x" * 300},
            "project_name: more than 255 characters",
            "project_name：超过 255 个字符",
        ),
        (
            MEASURED | {"energy_consumed": "much"},
            "energy_consumed: this is no number",
            "energy_consumed：不是数字",
        ),
        (
            MEASURED | {"energy_consumed": float("nan")},
            "energy_consumed: this is no number",
            "energy_consumed：不是数字",
        ),
        (MEASURED | {"emissions": -1}, "emissions: less than 0", "emissions：小于 0"),
        (MEASURED | {"duration": 1e13}, "duration: more than 1e+12", "duration：大于 1e+12"),
    ],
)
def test_what_is_no_measurement_is_told_in_both_languages(
    document: Any, english: str, chinese: str
) -> None:
    with pytest.raises(NoMeasurement) as caught:
        measurement_in(document)
    assert str(caught.value) == english
    assert chinese in in_chinese(caught.value.why)


@pytest.mark.parametrize("content", ['name\n"x\n', 'name\n"x"y\n', f"name\n{'x' * 200_000}\n"])
def test_what_is_no_csv_is_told_in_chinese(content: str) -> None:
    with pytest.raises(WrongFile) as caught:
        rows_in(content)
    in_chinese(caught.value.why)
