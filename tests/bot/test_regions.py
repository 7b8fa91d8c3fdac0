"""Regions are ranked for a run by its total there, and searched where no run is named."""

from __future__ import annotations

import pytest

from bot.commands import regions
from bot.language import parse
from estimator import estimate, load_default
from tests.bot.people import ASKER, CHINESE_ASKER

CATALOGUE = load_default()


def table(text: str) -> list[list[str]]:
    (found,) = [b for b in regions.answer(text, ASKER).blocks if b["type"] == "table"]
    return [[cell["text"] for cell in row] for row in found["rows"][1:]]


def test_the_first_region_is_the_one_in_which_the_run_emits_least() -> None:
    run = parse("64 H100 for 2 weeks", CATALOGUE).run
    totals = {
        region.id: estimate(
            run.model_copy(update={"location": region.id}), CATALOGUE
        ).totals.total_kgco2e.value
        for region in CATALOGUE.regions.values()
    }
    rows = table("64 H100 for 2 weeks")
    assert len(rows) == 10
    first = rows[0][0].removeprefix("1. ").split(" (")[0]
    assert totals[first] == min(totals.values())


def test_the_runs_own_place_is_told_among_them() -> None:
    text = regions.answer("64 H100 for 2 weeks in Poland", ASKER).text
    assert "As asked it emits" in text
    assert "regions of 267 are cleaner" in text


@pytest.mark.parametrize("word", ["aws", "AWS", "google", "azure"])
def test_a_provider_narrows_the_ranking(word: str) -> None:
    rows = table(f"{word} 64 H100 for 2 weeks")
    assert rows
    assert all(word.casefold() in row[0].casefold() or word == "azure" for row in rows)


def test_what_is_no_run_is_searched_for() -> None:
    assert any("eu-west-3" in row[0] for row in table("paris"))
    assert "No place matches" in regions.answer("atlantis", ASKER).text


def test_the_article_ranks_nothing() -> None:
    assert "know no places" in regions.answer("10 GPU factors article", ASKER).text


def test_the_ranking_is_chinese_for_who_reads_chinese() -> None:
    assert "本次训练最清洁的区域" in regions.answer("64 H100", CHINESE_ASKER).text
