"""Questions in words stand for the subcommands that answer them."""

from __future__ import annotations

import pytest

from bot import commands
from tests.bot.people import ASKER


@pytest.mark.parametrize(
    ("question", "command"),
    [
        ("where should we run 64 H100 for 2 weeks?", "regions 64 H100 for 2 weeks"),
        ("which region is the cleanest for 8 A100", "regions 8 A100"),
        ("what is the best place for 64 H100", "regions 64 H100"),
        ("在哪里训练64张H100最好？", "regions 64张H100"),
        ("哪个地区最低碳：64张H100", "regions 64张H100"),
        ("how can I reduce 64 H100 in Ireland?", "cut 64 H100 in Ireland"),
        ("how to lower the emissions of 8 H100 in Poland", "cut 8 H100 in Poland"),
        ("如何减少 64张H100 训练两周 的排放", "cut 64张H100 训练两周"),
        (
            "which is better: 64 H100 in Ireland or 64 H100 in Sweden?",
            "compare 64 H100 in Ireland vs 64 H100 in Sweden",
        ),
        (
            "哪个更低碳：64张H100在爱尔兰还是64张H100在瑞典？",
            "compare 64张H100在爱尔兰 vs 64张H100在瑞典",
        ),
    ],
)
def test_a_question_is_answered_as_its_subcommand(question: str, command: str) -> None:
    asked = commands.answer(question, ASKER).message
    assert asked.payload() == commands.answer(command, ASKER).message.payload()
    assert "kg CO2e" in asked.text or "t CO2e" in asked.text


@pytest.mark.parametrize(
    "question", ["how can I reduce it?", "what would cut that", "怎么降低排放？"]
)
def test_a_question_about_it_is_about_the_last_estimate(question: str) -> None:
    assert commands.of_last(question)


@pytest.mark.parametrize(
    "command", ["64 H100 for a week", "where", "how", "what would 8 H100 emit"]
)
def test_what_asks_for_an_estimate_is_no_such_question(command: str) -> None:
    assert commands.subcommand_in(command) is None


def test_the_best_time_is_still_a_question_of_when() -> None:
    found = commands.subcommand_in("when is the best time to run 8 H100 in France")
    assert found is not None
    assert found[0].name == "when"
