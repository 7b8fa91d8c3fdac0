"""Charts that Slack draws: their figures are those of the estimate, in a unit that reads well."""

from __future__ import annotations

from typing import Any

import pytest

from bot import commands
from bot.asker import Asker
from bot.blocks.chart import mass_chart
from bot.commands.estimate import ask
from deploy.local_slack.limits import check_message
from estimator import figures
from tests.bot.conftest import Stage
from tests.bot.people import ASKER, CHINESE_ASKER

SIZES = {"g": 1e-3, "kg": 1.0, "t": 1e3, "kt": 1e6, "Mt": 1e9}
MIXED = "8 H100, 16 A100, 32 V100 for 36h in Poland"


def charts(text: str, asker: Asker = ASKER) -> list[dict[str, Any]]:
    blocks = commands.answer(text, asker).message.blocks
    return [block["chart"] for block in blocks if block["type"] == "data_visualization"]


@pytest.mark.parametrize("text", [MIXED, "10 GPU 20 TPU", "1k H100 2k A100 for 90 days"])
def test_an_answer_on_several_devices_has_their_emissions_as_bars(text: str) -> None:
    _, result = ask(text, ASKER)
    (chart,) = charts(text)
    size = SIZES[chart["axis_config"]["y_label"].split()[0]]
    operational, embodied = chart["series"]
    assert (operational["name"], embodied["name"]) == ("Operational", "Embodied")
    for line, first, second in zip(
        result.devices, operational["data"], embodied["data"], strict=True
    ):
        assert line.operational_kgco2e is not None
        assert first["label"] == second["label"] == line.model
        assert first["value"] * size == pytest.approx(line.operational_kgco2e.value, rel=5e-3)
        assert second["value"] * size == pytest.approx(line.embodied_kgco2e.value, rel=5e-3)


def test_every_figure_of_the_bars_stands_in_the_text() -> None:
    _, result = ask(MIXED, ASKER)
    text = commands.answer(MIXED, ASKER).message.text
    for line in result.devices:
        assert line.operational_kgco2e is not None
        assert figures.mass(line.operational_kgco2e.value) in text
        assert figures.mass(line.embodied_kgco2e.value) in text


@pytest.mark.parametrize("text", ["64 H100 for 2 weeks", "433 MWh in France", "like BLOOM"])
def test_one_device_needs_no_bars(text: str) -> None:
    assert charts(text) == []


def test_the_article_has_embodied_emissions_alone() -> None:
    (chart,) = charts("10 GPU 20 TPU factors article")
    (series,) = chart["series"]
    assert series["name"] == "Embodied"
    assert chart["axis_config"]["y_label"] == "kt CO2e"


def test_bars_are_named_in_the_language_of_who_asks() -> None:
    (chart,) = charts(MIXED, CHINESE_ASKER)
    assert [series["name"] for series in chart["series"]] == ["运行排放", "隐含排放"]


def test_labels_that_are_cut_alike_are_told_apart() -> None:
    long = "a-device-with-a-long-name-"
    chart = mass_chart("title", [long + "1", long + "2", "x"], [("", [0.0, 0.5, 0.25])])
    first, second, third = chart["chart"]["axis_config"]["categories"]
    assert len({first, second, third}) == 3
    assert chart["chart"]["axis_config"]["y_label"] == "g CO2e"
    assert check_message({"text": "t", "blocks": [chart]}) == []


async def test_slack_takes_the_bars_in_both_languages(scene: Stage) -> None:
    for user in ("ada", "chen"):
        outcome = await scene.slack.command(user=user, channel="general", text=f"/carbon {MIXED}")
        assert outcome.message
        kinds = [block["type"] for block in outcome.message.blocks]
        assert "data_visualization" in kinds
