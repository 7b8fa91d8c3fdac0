"""Every place that an answer names can be typed back: answers carry the command of their run."""

from __future__ import annotations

import pytest

from bot import commands
from bot.commands import suggest
from bot.language.parser import parse
from bot.language.render import to_text
from estimator import load_default
from estimator.spec import DeviceQuantity, TrainingRun
from tests.bot.people import ASKER

CATALOGUE = load_default()


def test_the_name_of_every_place_is_read_back_as_that_place() -> None:
    names = [grid.name for grid in CATALOGUE.grids.values()] + list(CATALOGUE.regions)
    for name in names:
        run = TrainingRun(
            devices=(DeviceQuantity(device="A100", quantity=8),), duration_h=3.0, location=name
        )

        command = to_text(run)

        assert parse(command, CATALOGUE).run == run, command


@pytest.mark.parametrize(
    ("typed", "regions"),
    [
        ("巴黎", ["eu-west-3", "europe-west9", "francecentral"]),
        ("法国", ["eu-west-3", "francecentral"]),
        ("东京", ["ap-northeast-1", "asia-northeast1"]),
        ("北京市", ["cn-north-1", "cn-beijing"]),
        ("paris", ["eu-west-3", "europe-west9", "francecentral"]),
    ],
)
def test_regions_are_found_by_a_chinese_city_or_country(typed: str, regions: list[str]) -> None:
    suggested = {value for _, value in suggest.places(typed, ASKER)}
    listed = commands.answer(f"regions {typed}", ASKER).message.text
    for region in regions:
        assert region in suggested
        assert region in listed
    assert "us-east-1" not in suggested
    assert "us-east-1" not in listed
