"""``/carbon sources <run>`` lists every factor of the estimate, or underlines what is wrong."""

from __future__ import annotations

import pytest

from bot import commands
from bot.commands.estimate import ask
from tests.bot.people import ASKER, CHINESE_ASKER

RUN = "64 H100 for 2 weeks in Poland"


@pytest.mark.parametrize("asker", [ASKER, CHINESE_ASKER], ids=["en", "zh"])
@pytest.mark.parametrize("word", ["sources", "Sources", "数据来源"])
def test_every_factor_of_a_run_is_listed_with_its_source(word: str, asker: object) -> None:
    shown = str(commands.answer(f"{word} {RUN}", asker).message.blocks)  # type: ignore[arg-type]
    _, result = ask(RUN, ASKER)
    for factor in result.sources:
        assert f"`{factor.id}`" in shown
        assert factor.source.title.split(":")[0] in shown


def test_a_mistake_is_underlined_in_the_whole_command() -> None:
    text = commands.answer("sources 64 H10O", ASKER).message.text
    assert "/carbon sources 64 " in text
