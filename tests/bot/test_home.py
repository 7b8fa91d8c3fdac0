"""The Home tab: a welcome once, then the member's estimates, the defaults, and what to do next."""

from __future__ import annotations

import asyncio
import re

import pytest

from bot.views import home
from deploy.local_slack.faults import Fault
from deploy.local_slack.views import View
from tests.bot.conftest import Stage


async def visited(scene: Stage, user: str = "ada") -> View:
    scene.slack.open_home(user=user)
    await scene.settle()
    view = scene.slack.home(user)
    assert view is not None
    return view


def shown(view: View) -> str:
    return str(view.content["blocks"])


async def test_a_newcomer_is_welcomed_until_they_say_that_they_got_it(scene: Stage) -> None:
    view = await visited(scene)
    assert "Ask before it starts" in shown(view)
    assert "None yet" in shown(view)
    await scene.slack.click(view, home.WELCOMED, user="ada")
    await scene.settle()
    assert "Ask before it starts" not in shown(await visited(scene))
    assert "Ask before it starts" in shown(await visited(scene, "ben"))


async def test_who_has_asked_needs_no_welcome_and_sees_their_estimates(scene: Stage) -> None:
    for command in ("8 H100 in France", "4 A100 in Germany"):
        await scene.slack.command(user="ada", channel="general", text=f"/carbon {command}")
    view = await visited(scene)
    text = shown(view)
    assert "Ask before it starts" not in text
    assert text.index("4 A100 in Germany") < text.index("8 H100 in France")
    assert "kg CO2e · " in text


async def test_an_estimate_is_opened_again_from_home(scene: Stage) -> None:
    await scene.slack.command(user="ada", channel="general", text="/carbon 8 H100 in France")
    await scene.slack.click(await visited(scene), home.OPEN, user="ada")
    assert "8 H100 in France" in shown(await scene.slack.opened_view("ada"))


@pytest.mark.parametrize(
    ("action", "title"),
    [(home.NEW, "Estimate a run"), (home.SETTINGS, "Settings"), (home.HELP, "Help")],
)
async def test_quick_actions_open_what_they_say(scene: Stage, action: str, title: str) -> None:
    await scene.slack.click(await visited(scene), action, user="ada")
    view = await scene.slack.opened_view("ada")
    assert view.content["title"]["text"] == title


async def test_the_defaults_of_the_workspace_are_shown(scene: Stage) -> None:
    assert "Nothing is set" in shown(await visited(scene))
    await scene.slack.click(await visited(scene), home.SETTINGS, user="ada")
    view = await scene.slack.opened_view("ada")
    await scene.slack.enter(view, "carbon_settings_pue", "1.25", user="ada")
    await scene.slack.submit_view(view, user="ada")
    assert "PUE: 1.25" in shown(await visited(scene))


async def test_the_workspaces_budgets_are_shown_with_what_is_used(scene: Stage) -> None:
    assert "Budgets" not in shown(await visited(scene))
    for command in (
        "budget workspace 100 MWh a year",
        "budget #nlp 20 t a year",
        "budget 10 t a year",
        "log llama-ft #nlp 40 MWh in France",
    ):
        await scene.slack.command(user="ada", channel="general", text=f"/carbon {command}")
    await scene.settle()
    text = shown(await visited(scene, "ben"))
    workspace, project = "The whole workspace, 100 MWh a year", "Project nlp, 20 t CO2e a year"
    assert text.index(workspace) < text.index(project)
    # 40 of 100 MWh; the ledger has what it was estimated at.
    assert re.search(rf"{workspace}, \d{{4}}: 40 % used, 60\.0 MWh left\.", text)
    # A channel's is for its members.
    assert "This channel" not in text

    for number in range(6):
        typed = f"/carbon budget #p{number} 20 t a year"
        await scene.slack.command(user="ada", channel="general", text=typed)
    await scene.settle()
    assert "3 more are left out." in shown(await visited(scene))


async def test_home_is_chinese_for_who_reads_chinese(scene: Stage) -> None:
    assert "你最近的估算" in shown(await visited(scene, "chen"))


async def test_a_home_that_slack_refuses_is_a_line_in_the_log(
    scene: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    scene.slack.fail("views.publish", Fault(error="internal_error"))
    scene.slack.open_home(user="ada")
    await scene.settle()
    assert any("internal_error" in record.getMessage() for record in caplog.records)


async def test_of_two_publications_at_once_the_older_does_not_stay(scene: Stage) -> None:
    slack = scene.slack
    view = await visited(scene)
    slack.fail("views.publish", Fault(late=True))
    slack.open_home(user="ada")
    await slack.wait_for(lambda: slack.calls("views.publish") == 2)
    # The welcome is on its way a second time, and meanwhile she says that she got it.
    await slack.click(view, home.WELCOMED, user="ada")
    slack.release()
    await scene.settle()
    assert "Ask before it starts" not in shown(view)


async def test_a_publication_that_was_overtaken_is_made_again(scene: Stage) -> None:
    slack = scene.slack
    view = await visited(scene)
    slack.fail("views.publish", Fault(late=True))
    clicking = asyncio.ensure_future(slack.click(view, home.WELCOMED, user="ada"))
    await slack.wait_for(lambda: slack.calls("views.publish") == 2)
    slack.open_home(user="ada")
    await slack.wait_for(lambda: slack.calls("views.publish") == 3)
    slack.release()
    await clicking
    await scene.settle()
    assert "Ask before it starts" not in shown(view)
    assert slack.calls("views.publish") == 4
