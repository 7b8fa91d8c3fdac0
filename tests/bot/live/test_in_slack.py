"""Live figures in Slack: beside an estimate, in it where it is asked for, and the best time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.recomputing import Recomputing
from bot.store import open_store
from deploy.local_slack.messages import Message
from tests.bot.conftest import Stage, stage
from tests.bot.live.server import GridServer, grid_server

NOW = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
RUN = "8 H100 for 6 hours in UK"
CANONICAL = "8 H100 for 6h in United Kingdom"
FIGURE = "live 147 at 2026-11-24T16:30Z by neso/GB"
BESIDE = "Live: 147 gCO2e/kWh at 2026-11-24 16:30 UTC (UK Carbon Intensity API, zone GB, estimated"


@dataclass
class World:
    """A bot that asks a server of live figures."""

    stage: Stage
    grids: GridServer

    async def answer(self, text: str, user: str = "ada") -> Message:
        outcome = await self.stage.slack.command(
            user=user, channel="general", text=f"/carbon {text}"
        )
        await self.stage.settle()
        found = [*outcome.later, outcome.message]
        assert found[0] is not None
        return found[0]

    async def says(self, text: str, user: str = "ada") -> str:
        return (await self.answer(text, user)).text


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with grid_server(NOW) as grids:
        grids.latest = {"DE": (322, 0)}
        async with stage(live=grids.settings(), now=lambda: grids.now) as found:
            yield World(found, grids)


async def test_an_estimate_has_the_live_figure_beside_it(world: World) -> None:
    said = await world.says(RUN)
    assert f"/carbon {CANONICAL}: Total" in said
    assert BESIDE in said
    assert "against the 215.8 that the estimate uses" in said
    assert said.count("Live") == 1


async def test_the_estimate_itself_keeps_the_yearly_value(world: World, scene: Stage) -> None:
    def texts(message: Message) -> list[object]:
        shown = ((block.get("text"), block.get("elements")) for block in message.blocks)
        return [text for text in shown if "Live: " not in str(text)]

    plain = await World(scene, world.grids).answer(RUN)
    live = await world.answer(RUN)
    assert texts(live) == texts(plain)
    assert len(live.blocks) == len(plain.blocks) + 1


async def test_what_is_known_is_said_at_once_and_nobody_is_asked(world: World) -> None:
    await world.says(RUN)
    world.grids.gate = asyncio.Event()
    assert BESIDE in await world.says("4 A100 for 3 days in eu-west-2")
    assert BESIDE in await world.says(RUN, user="ben")
    assert world.grids.asked == ["/intensity"]


async def test_a_run_of_no_place_or_another_time_asks_nobody(world: World) -> None:
    for text in (
        "8 H100",
        "8 H100 in UK year 2023",
        "8 H100 in UK in May",
        "10 GPU 20 TPU factors article",
        "8 H100 in Bermuda",
    ):
        said = await world.says(text)
        assert "Live" not in said
        assert "live figure" not in said
    assert world.grids.asked == []


async def test_another_zone_is_asked_of_the_other_source(world: World) -> None:
    said = await world.says("8 H100 in Germany")
    assert "Live: 322 gCO2e/kWh at 2026-11-24 16:00 UTC (Electricity Maps, zone DE, " in said
    assert "life cycle, of the electricity consumed" in said
    assert world.grids.asked[0].startswith("/v4/carbon-intensity/latest?zone=DE")


async def test_a_region_of_a_cloud_has_its_own_zone(world: World) -> None:
    assert "zone 7, forecast" in await world.says("8 H100 in ukwest")


@pytest.mark.parametrize(
    ("status", "why"), [(500, "fails (HTTP 500)"), (429, "was asked too often"), (404, "has none")]
)
async def test_without_a_figure_the_yearly_value_stands_and_it_is_said(
    world: World, status: int, why: str
) -> None:
    world.grids.fails(status)
    said = await world.says(RUN)
    assert f"No live figure: UK Carbon Intensity API {why}" in said
    assert "The estimate uses 215.8 gCO2e/kWh." in said
    assert "Total" in said


async def test_a_slow_source_delays_no_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.live.BESIDE_S", 0.0)
    world.grids.gate = asyncio.Event()
    said = await world.says(RUN)
    assert "No live figure: UK Carbon Intensity API did not answer in time." in said
    world.grids.gate.set()
    monkeypatch.undo()
    assert BESIDE in await world.says(RUN)


async def test_with_the_word_the_live_figure_goes_into_the_run(world: World) -> None:
    answer = await world.answer(f"{RUN} live")
    assert answer.text.startswith(f"/carbon {CANONICAL} {FIGURE}: Total")
    assert "Live: All of the run is taken at a live figure: 147 gCO2e/kWh" in answer.text
    assert "not the year's mean of 215.8" in answer.text
    assert "To estimate with it" not in answer.text
    # What is clicked later is about the same figure, whatever the grid emits then.
    world.grids.now += timedelta(hours=3)
    await world.stage.slack.click(answer, "carbon_sources", user="ada")
    await world.stage.settle()
    shown = world.stage.slack.visible_messages("ada", "general")[-1]
    assert "live.neso.GB.2026-11-24T16:30Z" in str(shown.blocks)


async def test_in_chinese_too(world: World) -> None:
    said = await world.says("8块H100跑6小时在英国实时", user="chen")
    assert said.startswith(f"/carbon {CANONICAL} {FIGURE}：")
    assert "按实时数值计算" in said


async def test_asked_for_and_not_to_be_had_it_is_said(world: World) -> None:
    world.grids.fails(503)
    said = await world.says(f"{RUN} live")
    assert said.startswith(f"/carbon {CANONICAL}: Total")
    assert "No live figure: UK Carbon Intensity API fails (HTTP 503)." in said
    world.grids.instead = None
    assert "No live figure: the run names no place" in await world.says("8 H100 for 6h live")
    said = await world.says("8 H100 for 6h in Bermuda live")
    assert "No live figure: no source that is set up watches the grid of Bermuda." in said


async def test_a_mention_is_answered_with_it(world: World) -> None:
    said = world.stage.slack.say(user="ada", channel="ml-planning", text=f"@carbon {RUN} live")
    await world.stage.settle()
    (answer,) = world.stage.slack.thread("ben", said)
    assert f"{CANONICAL} {FIGURE}" in answer.text


async def test_elsewhere_the_word_is_refused(world: World) -> None:
    for text in (f"compare {RUN} live vs 8 H100 in France", f"cut {RUN} live"):
        said = await world.says(text)
        assert "“live” is understood where the estimate of one run is asked for" in said


async def test_a_figure_of_another_place_is_refused(world: World) -> None:
    said = await world.says(f"8 H100 for 6h in France {FIGURE}")
    assert "The live figure is of zone GB, which is not that of France" in said


async def test_what_was_recorded_is_recomputed_bit_for_bit(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with grid_server(NOW) as grids:
        kept = stage(live=grids.settings("uk"), database_url=url, now=lambda: grids.now)
        async with kept as found:
            world = World(found, grids)
            await world.says(RUN)
            await world.says(f"{RUN} live")
    async with open_store(url, lambda: NOW) as store:
        found_again = await Recomputing(store).all()
    assert (found_again.same, found_again.different) == (2, [])


async def test_off_is_the_default_and_is_said_where_it_is_asked_for(scene: Stage) -> None:
    world = World(scene, GridServer(NOW))
    assert "ive figure" not in await world.says(RUN)
    for text in (f"{RUN} live", f"when {RUN}"):
        said = await world.says(text)
        assert "an administrator turns it on with the setting `LIVE_GRID`" in said


async def test_the_best_time_within_the_forecast(world: World) -> None:
    # Eight half hours again and again: 150 140 130 120 90 60 80 100.
    answer = await world.answer("when 8 H100 for 2 hours in UK")
    assert "Start at 11-24 18:30 UTC: 39 % less" in answer.text
    assert "From 2026-11-24 18:30 UTC to 2026-11-24 20:30 UTC the mean is 82.5" in answer.text
    assert "Started now it is 135 gCO2e/kWh" in answer.text
    assert "To wait 2 h saves" in answer.text
    assert "It gives no range of its own" in answer.text
    assert world.grids.asked == ["/intensity/2026-11-24T16:30Z/fw48h"]


async def test_every_point_of_its_chart_stands_in_the_text(world: World) -> None:
    answer = await world.answer("when 8 H100 for 2 hours in UK")
    (chart,) = (b["chart"] for b in answer.blocks if b["type"] == "data_visualization")
    assert chart["type"] == "line"
    assert chart["axis_config"]["y_label"] == "gCO2e/kWh"
    (series,) = chart["series"]
    assert 10 <= len(series["data"]) <= 20
    for point in series["data"]:
        assert f"{point['label']} {point['value']:g}" in answer.text


async def test_it_is_asked_in_many_ways(world: World) -> None:
    for text in (
        "when should I run 8 H100 for 2 hours in UK?",
        "when is the best time to run 8 H100 for 2 hours in UK",
        "best time this week for 8 H100 for 2 hours in UK",
        "what's the cleanest time to train 8 H100 for 2 hours in UK",
        "When 8 H100 for 2 hours in UK public",
    ):
        answer = await world.answer(text)
        assert "Start at 11-24 18:30 UTC" in answer.text
        assert (answer.visible_to is None) == ("public" in text)


async def test_it_is_asked_in_chinese(world: World) -> None:
    for text in (
        "什么时候跑8块H100 2小时在英国",
        "何时 8块H100训练2小时在英国",
        "when 8块H100 2小时在英国",
    ):
        said = await world.says(text, user="chen")
        assert "11-24 18:30" in said
        assert "Start" not in said


async def test_it_is_asked_in_a_mention(world: World) -> None:
    said = world.stage.slack.say(
        user="ada", channel="ml-planning", text="@carbon best time for 8 H100 for 2 hours in UK"
    )
    await world.stage.settle()
    (answer,) = world.stage.slack.thread("ben", said)
    assert "Start at 11-24 18:30 UTC" in answer.text


async def test_the_forecast_of_a_zone(world: World) -> None:
    said = await world.says("when 8 H100 for 2 hours in Germany")
    assert "Forecast of Electricity Maps for zone DE" in said
    assert "Start at 11-24 " in said


async def test_now_may_be_the_best_time(world: World) -> None:
    world.grids.grams = tuple(range(50, 50 + 96))
    said = await world.says(f"when {RUN}")
    assert "Start now: waiting saves nothing" in said


async def test_where_no_time_can_be_proposed_it_is_said_why(world: World) -> None:
    for text, why in {
        "when": "name the run",
        "when 8 H100 for 6h": "the run names no place",
        "when 8 H100 for 2 weeks in UK": "reaches 48 h, and the run takes 336 h",
        "when 8 H100 for 6h in Bermuda": "no source that is set up watches the grid of Bermuda",
        "when 8 H100 for 6h in France": "Electricity Maps refuses",
        "when 100 MWh in UK": "say how long the run takes",
        "when 8 H100 for 6h in Nowhereland": "Nowhereland",
        "when 10 GPU factors article": "neither place nor time",
    }.items():
        assert why in await world.says(text)


async def test_a_forecast_that_does_not_come_is_said(world: World) -> None:
    world.grids.fails(500)
    said = await world.says(f"when {RUN}")
    assert "No time can be proposed" in said
    assert "UK Carbon Intensity API fails (HTTP 500)" in said


async def test_the_token_is_in_no_answer_and_no_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    said = await world.says("8 H100 in Germany")
    said += await world.says("8 H100 in France")
    world.grids.fails(500)
    said += await world.says("when 8 H100 for 6h in Germany")
    assert world.grids.tokens
    for token in set(world.grids.tokens):
        assert token not in said + caplog.text + "".join(world.grids.asked)


async def test_a_menu_asks_for_the_other_place(world: World) -> None:
    answer = await world.answer(f"{RUN} live")
    await world.stage.slack.suggest(answer, "carbon_region", "germany", user="ada")
    await world.stage.slack.click(answer, "carbon_region", user="ada", chosen="Germany")
    await world.stage.settle()
    (changed,) = world.stage.slack.visible_messages("ada", "general")[-1:]
    assert changed.text.startswith("/carbon 8 H100 for 6h in Germany: Total")
    assert "Live: 322 gCO2e/kWh" in changed.text
    await world.stage.slack.click(changed, "carbon_share", user="ada")
    await world.stage.settle()
    (shown,) = world.stage.slack.visible_messages("ben", "general")[-1:]
    assert "Live: 322 gCO2e/kWh" in shown.text
