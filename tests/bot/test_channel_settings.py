"""A channel's settings stand in for what a command does not say, and the answer says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.estimate import estimated
from bot.preferences import Editors, Preferences
from bot.store import Team, open_store
from estimator import FactorSet
from tests.bot.conftest import stage
from tests.bot.people import ASKER

FRENCH = replace(ASKER, preferences=Preferences(location="France", pue=1.1))


def test_a_place_and_a_pue_are_taken_where_the_command_names_none() -> None:
    answer = estimated("8 H100 for 2 weeks", FRENCH)
    assert answer.command == "8 H100 for 2 weeks in France pue 1.1"
    told = [block for block in answer.message.blocks if block["type"] == "context"]
    assert any("From this channel's settings: in France, PUE 1.1" in str(b) for b in told)


def test_the_command_stands_over_the_settings() -> None:
    answer = estimated("8 H100 for 2 weeks in eu-north-1", FRENCH)
    assert answer.command == "8 H100 for 2 weeks in eu-north-1"
    assert "From this channel" not in str(answer.message.blocks)


def test_an_answer_carries_its_settings_so_that_its_buttons_give_the_same_figures() -> None:
    first = estimated("8 H100 for 2 weeks", FRENCH)
    again = estimated(first.command, ASKER)
    assert first.result is not None
    assert again.result is not None
    assert again.result.totals == first.result.totals


def test_the_articles_factors_as_default_answer_what_the_article_knows() -> None:
    asker = replace(ASKER, preferences=Preferences(factors=FactorSet.ARTICLE))
    assert "50,000 t CO2e" in estimated("10 GPU 20 TPU", asker).message.text
    assert "H100" in estimated("8 H100 for 2 weeks", asker).message.text


@pytest.mark.parametrize(
    "command", ["1.7M A100-hours in Ireland", "70B params 15T tokens on H100 in France"]
)
def test_the_articles_factors_as_default_leave_a_run_without_quantities_alone(command: str) -> None:
    asker = replace(ASKER, preferences=Preferences(factors=FactorSet.ARTICLE))
    assert estimated(command, asker).result is not None


@pytest.mark.parametrize("public", [True, False])
def test_answers_are_public_where_the_channel_wants_it(public: bool) -> None:  # noqa: FBT001
    asker = replace(ASKER, preferences=Preferences(public=public))
    assert estimated("8 H100", asker).message.public is public


async def test_settings_and_history_outlive_the_bot(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with stage(database_url=url) as first:
        team = Team("", first.slack.workspace.team_id)
        await first.slack.command(user="ada", channel="general", text="/carbon 8 H100")
    async with open_store(url) as store:
        (asked,) = await store.history.recent(team, first.slack.workspace.user("ada").id)
        assert asked.command == "8 H100"
        document = Preferences(location="France", language="zh-CN", editors=Editors.ADMINS)
        await store.preferences.put(team, "", document, "U1")
    async with stage(database_url=url) as second:
        outcome = await second.slack.command(user="ada", channel="general", text="/carbon 8 H100")
        assert outcome.message
        assert outcome.message.text.startswith("/carbon 8 H100 in France：总计")
