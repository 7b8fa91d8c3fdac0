"""Settings: opened, changed by who may, and in force at once; a factor file is checked first."""

from __future__ import annotations

from typing import Any

import pytest

from bot.preferences import Editors, Preferences
from bot.slack.settings import may_change
from bot.store.members import Member
from bot.views import settings as views
from deploy.local_slack.messages import Message
from deploy.local_slack.server import LocalSlack
from deploy.local_slack.views import View
from tests.bot.conftest import Stage

FACTORS = """
["grid.FR"]
value = 12
unit = "gCO2e/kWh"
basis = "published"
source = { title = "Contract", publisher = "Example", url = "https://example.org", licence = "own" }
"""


def shown(view: View) -> str:
    return str(view.content["blocks"])


async def opened(scene: Stage, user: str = "ada") -> View:
    await scene.slack.command(user=user, channel="general", text="/carbon settings")
    return await scene.slack.opened_view(user)


async def whole_workspace(scene: Stage, user: str = "ada") -> View:
    view = await opened(scene, user)
    await scene.slack.click(view, views.SCOPE, user=user, chosen=views.WORKSPACE)
    await scene.settle()
    return scene.slack.views(user)[-1]


async def choose(slack: LocalSlack, view: View, action: str, typed: str, value: str) -> None:
    found = await slack.suggest(view, action, typed, user="ada")
    assert value in [option["value"] for option in found.options]
    await slack.enter(view, action, value, user="ada")


async def answer(scene: Stage, text: str, user: str = "ada", channel: str = "general") -> Message:
    await scene.slack.command(user=user, channel=channel, text=f"/carbon {text}")
    await scene.settle()
    return scene.slack.visible_messages(user, channel)[-1]


def upload(slack: LocalSlack, name: str, content: str) -> str:
    raw = content.encode()
    file = slack.workspace.files.announce("U0ADA00001", name, len(raw))
    slack.workspace.files.receive(file, raw)
    slack.workspace.files.complete(file.id)
    return file.id


async def test_a_channels_settings_hold_at_once_and_only_there(scene: Stage) -> None:
    slack = scene.slack
    assert " in France" not in (await answer(scene, "8 H100")).text
    view = await opened(scene)
    await choose(slack, view, views.PLACE, "france", "France")
    await choose(slack, view, views.ZONE, "paris", "Europe/Paris")
    await slack.enter(view, "carbon_settings_pue", "1.2", user="ada")
    await slack.enter(view, "carbon_settings_lifetime", "６", user="ada")
    outcome = await slack.submit_view(view, user="ada")
    assert outcome.errors == {}
    assert "Saved" in shown(slack.views("ada")[-1])

    found = await answer(scene, "8 H100")
    assert found.text.startswith("/carbon 8 H100 in France pue 1.2 lifetime 6 years:")
    assert "settings: in France, PUE 1.2, lifetime 6 years" in str(found.blocks)
    assert "embodied spread over 6 years" in str(found.blocks)
    said = await answer(scene, "8 H100 lifetime 3 years")
    assert "lifetime 3 years:" in said.text
    other = await answer(scene, "8 H100", channel="ml-planning")
    assert other.text.startswith("/carbon 8 H100:")


async def test_the_workspaces_settings_hold_in_every_channel_and_can_be_taken_back(
    scene: Stage,
) -> None:
    slack = scene.slack
    view = await whole_workspace(scene)
    await slack.enter(view, "carbon_settings_language", "zh-CN", user="ada")
    await slack.enter(view, "carbon_settings_public", "channel", user="ada")
    await slack.submit_view(view, user="ada")
    found = await answer(scene, "8 H100", user="ben", channel="ml-planning")
    assert "总计" in found.text
    assert found.visible_to is None

    view = await whole_workspace(scene)
    await slack.enter(view, "carbon_settings_language", "own", user="ada")
    await slack.enter(view, "carbon_settings_public", "own", user="ada")
    await slack.submit_view(view, user="ada")
    assert "Total" in (await answer(scene, "9 H100", user="ben")).text


@pytest.mark.parametrize(
    ("action", "typed", "value"),
    [
        (views.PLACE, "france", "France"),
        (views.GPU, "mi300x", "MI300X"),
        (views.TPU, "v5p", "TPU-v5p"),
        (views.ZONE, "paris", "Europe/Paris"),
    ],
)
async def test_a_setting_that_was_chosen_can_be_taken_back(
    scene: Stage, action: str, typed: str, value: str
) -> None:
    slack = scene.slack
    view = await opened(scene)
    await choose(slack, view, action, typed, value)
    assert (await slack.submit_view(view, user="ada")).errors == {}
    view = await opened(scene)
    chosen = f"'emoji': False}}, 'value': '{value}'}}"
    assert chosen in shown(view)
    await choose(slack, view, action, "", "own")
    assert (await slack.submit_view(view, user="ada")).errors == {}
    assert chosen not in shown(await opened(scene))


@pytest.mark.parametrize("typed", ["0.1", "five", "40", "nan"])
async def test_a_wrong_lifetime_is_told_at_its_field(scene: Stage, typed: str) -> None:
    view = await opened(scene)
    await scene.slack.enter(view, "carbon_settings_lifetime", typed, user="ada")
    outcome = await scene.slack.submit_view(view, user="ada")
    assert [*outcome.errors] == [f"lifetime_years{views.IN_CHANNEL}"]


@pytest.mark.parametrize("pue", ["0.5", "nine", "7"])
async def test_a_wrong_pue_is_told_at_its_field_and_nothing_is_kept(scene: Stage, pue: str) -> None:
    view = await opened(scene)
    await choose(scene.slack, view, views.PLACE, "france", "France")
    await scene.slack.enter(view, "carbon_settings_pue", pue, user="ada")
    outcome = await scene.slack.submit_view(view, user="ada")
    assert [*outcome.errors] == [f"pue{views.IN_CHANNEL}"]
    assert (await answer(scene, "8 H100")).text.startswith("/carbon 8 H100:")


async def test_only_who_may_can_change_settings(scene: Stage) -> None:
    slack = scene.slack
    view = await whole_workspace(scene)
    await slack.enter(view, "carbon_settings_editors", "admins", user="ada")
    await slack.submit_view(view, user="ada")

    view = await opened(scene, user="ben")
    assert "submit" not in view.content
    # Also in a channel, of which the workspace says who may.
    assert "Who may change settings: Administrators of the workspace" in shown(view)
    assert "may not change" in shown(view)
    assert "submit" in (await opened(scene, user="ada")).content

    view = await whole_workspace(scene)
    await slack.enter(view, "carbon_settings_editors", "chosen", user="ada")
    await slack.enter(view, "carbon_settings_members", ["U0CHEN0001"], user="ada")
    await slack.submit_view(view, user="ada")
    view = await opened(scene, user="ben")
    assert "Who may change settings: <@U0CHEN0001>" in shown(view)
    assert "submit" in (await opened(scene, user="chen")).content


async def test_a_channel_open_to_everybody_does_not_open_the_workspace(scene: Stage) -> None:
    slack = scene.slack
    view = await whole_workspace(scene)
    await slack.enter(view, "carbon_settings_editors", "admins", user="ada")
    await slack.submit_view(view, user="ada")
    view = await opened(scene)
    await slack.enter(view, "carbon_settings_editors", "everyone", user="ada")
    await slack.submit_view(view, user="ada")

    assert "submit" in (await opened(scene, user="ben")).content
    assert "submit" not in (await whole_workspace(scene, user="ben")).content


async def test_who_may_not_change_settings_is_refused_whatever_they_send(scene: Stage) -> None:
    slack = scene.slack
    early = await whole_workspace(scene, user="ben")
    view = await whole_workspace(scene)
    await slack.enter(view, "carbon_settings_editors", "admins", user="ada")
    await slack.submit_view(view, user="ada")

    await slack.enter(early, "carbon_settings_pue", "1.5", user="ben")
    outcome = await slack.submit_view(early, user="ben")
    assert "may not change" in outcome.errors["location"]
    assert "pue 1.5" not in (await answer(scene, "8 H100")).text


@pytest.mark.parametrize(
    ("editors", "chosen", "admin", "may"),
    [
        (None, (), False, True),
        (Editors.EVERYONE, (), False, True),
        (Editors.ADMINS, (), False, False),
        (Editors.ADMINS, (), True, True),
        (Editors.CHOSEN, ("U1",), False, True),
        (Editors.CHOSEN, ("U2",), False, False),
        (Editors.CHOSEN, ("U2",), True, True),
    ],
)
def test_who_may_change_settings(
    editors: Editors | None, chosen: tuple[str, ...], *, admin: bool, may: bool
) -> None:
    member = Member("U1", is_admin=admin)
    preferences = Preferences(editors=editors, chosen_editors=chosen)
    assert may_change(member, preferences) is may


async def test_a_factor_file_is_checked_holds_and_is_taken_back(scene: Stage) -> None:
    slack = scene.slack
    view = await whole_workspace(scene)
    await slack.enter(view, views.FILE, [upload(slack, "ours.toml", FACTORS)], user="ada")
    assert (await slack.submit_view(view, user="ada")).errors == {}
    found = await answer(scene, "8 H100 for 3 days in France")
    assert "taken from ours.toml" in found.text
    assert "12 gCO2e/kWh" in str(found.all_blocks)

    view = await whole_workspace(scene)
    assert "ours.toml" in shown(view)
    await slack.click(view, views.SHOW, user="ada")
    await scene.settle()
    pushed = slack.views("ada")[-1]
    elements = [e for b in pushed.content["blocks"] for e in b.get("elements", [])]
    assert "".join(e["elements"][0]["text"] for e in elements).strip() == FACTORS.strip()
    await slack.close_view(pushed, user="ada")
    await slack.enter(view, views.BACK, ["back"], user="ada")
    await slack.submit_view(view, user="ada")
    assert "ours.toml" not in (await answer(scene, "8 H100 for 4 days in France")).text


async def test_a_long_factor_file_is_shown_as_far_as_slack_takes_it(scene: Stage) -> None:
    slack = scene.slack
    long = FACTORS + "# 说明 & <notes>\n" * 9000
    view = await whole_workspace(scene)
    await slack.enter(view, views.FILE, [upload(slack, "ours.toml", long)], user="ada")
    assert (await slack.submit_view(view, user="ada")).errors == {}
    view = await whole_workspace(scene)
    await slack.click(view, views.SHOW, user="ada")
    await scene.settle()
    assert "no more of it here" in shown(slack.views("ada")[-1])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (FACTORS.replace("grid.FR", "grid.XX"), "grid.XX"),
        (FACTORS.replace("gCO2e/kWh", "kWh"), "not in kWh"),
        ("not toml at all", "line 1"),
        (FACTORS.replace("12", "-3"), "-3"),
    ],
)
async def test_a_wrong_factor_file_is_explained_and_changes_nothing(
    scene: Stage, content: str, why: str
) -> None:
    slack = scene.slack
    view = await whole_workspace(scene)
    await slack.enter(view, views.FILE, [upload(slack, "ours.toml", content)], user="ada")
    outcome = await slack.submit_view(view, user="ada")
    assert [*outcome.errors] == ["factor_file"]
    assert why in outcome.errors["factor_file"]
    assert "ours.toml" not in (await answer(scene, "8 H100 in France")).text


async def test_a_file_on_a_foreign_host_never_sees_the_token(scene: Stage) -> None:
    slack = scene.slack
    view = await whole_workspace(scene)
    file: dict[str, Any] = {
        "id": "F1",
        "name": "ours.toml",
        "size": 10,
        "url_private_download": "https://slack.com.example.org/ours.toml",
    }
    outcome = await slack.submit_view(
        view, user="ada", values={"factor_file": {views.FILE: {"files": [file]}}}
    )
    assert "cannot be fetched" in outcome.errors["factor_file"]


async def test_the_settings_are_chinese_for_who_reads_chinese(scene: Stage) -> None:
    view = await opened(scene, user="chen")
    assert view.content["title"]["text"] == "设置"
    assert "时区" in shown(view)
