"""``/carbon settings factors`` tells which factor file is in force, and how to upload one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot import commands
from bot.asker import Asker, Uploaded
from bot.commands import is_pure, opens
from bot.views import settings as views
from estimator import load_default, overrides
from tests.bot.conftest import Stage
from tests.bot.people import ASKER, CHINESE_ASKER
from tests.bot.test_settings_form import FACTORS, answer, upload, whole_workspace

ACME = """
[accelerator."ACME-X1"]
name = "ACME X1"
vendor = "ACME"
kind = "GPU"
year = 2026
"""


def with_file(content: str, asker: Asker = ASKER) -> Asker:
    own = overrides.parse_overrides(content, "ours.toml", load_default())
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    return replace(asker, overrides=own, uploaded=Uploaded("ours.toml", "U0ADA00001", at))


def told(asker: Asker, command: str = "settings factors") -> str:
    return commands.answer(command, asker).message.text


def test_without_a_file_it_says_so_and_how_to_upload_one() -> None:
    text = told(ASKER)
    assert text.startswith("No factor file is in force")
    assert "“Your own factors”: TOML as below" in text
    example = str(commands.answer("settings factors", ASKER).message.blocks)
    assert "region.eu-west-3.pue" in example


def test_the_example_that_it_shows_is_accepted() -> None:
    blocks = commands.answer("settings factors", ASKER).message.blocks
    (shown,) = [b["elements"][0] for b in blocks if b["type"] == "rich_text"]
    content = shown["elements"][0]["text"]
    own = overrides.parse_overrides(content, "ours.toml", load_default())
    assert [*own.factors] == ["region.eu-west-3.pue"]


def test_the_file_in_force_is_told_with_what_it_overrides() -> None:
    text = told(with_file(FACTORS))
    assert "`ours.toml` is in force" in text
    assert "by <@U0ADA00001> on <!date^1795167000^{date_short}|2026-11-20>" in text
    before = load_default().grids["FR"].intensity_gco2e_per_kwh.value
    assert "• `grid.FR` = 12 gCO2e/kWh (" in text
    assert f") instead of {before:g}" in text


def test_many_factors_and_new_accelerators_are_counted() -> None:
    grids = sorted(load_default().grids)[:30]
    content = "".join(FACTORS.replace("grid.FR", f"grid.{grid}") for grid in grids)
    text = told(with_file(content))
    assert "It has 30 factors;" in text
    assert "… and 15 more" in text


def test_a_file_that_cannot_be_used_any_more_is_told() -> None:
    text = told(replace(with_file(FACTORS), overrides=None))
    assert "`ours.toml`" in text
    assert "upload it anew" in text


@pytest.mark.parametrize("typed", ["设置 因子", "设置因子", "因子文件", "settings  FACTORS"])
def test_it_is_found_by_each_of_its_words_and_needs_no_form(typed: str) -> None:
    assert is_pure(typed)
    assert opens(typed) is None
    assert "工作区生效" in told(with_file(FACTORS, CHINESE_ASKER), typed)


async def test_a_channel_and_a_mention_hear_of_an_uploaded_file(scene: Stage) -> None:
    slack = scene.slack
    view = await whole_workspace(scene)
    await slack.enter(view, views.FILE, [upload(slack, "ours.toml", FACTORS)], user="ada")
    assert (await slack.submit_view(view, user="ada")).errors == {}
    found = await answer(scene, "settings factors", user="ben")
    assert "`ours.toml` is in force" in found.text
    assert "<@U0ADA00001>" in found.text

    said = slack.say(user="ben", channel="ml-planning", text="@carbon settings factors")
    await scene.settle()
    (reply,) = slack.thread("ben", said)
    assert "`ours.toml` is in force" in reply.text
