"""Installing and removing the app, and more than one workspace.

See https://docs.slack.dev/authentication/installing-with-oauth.
"""

import copy
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from deploy.local_slack import LocalSlack
from deploy.local_slack.config import CLIENT_ID, CLIENT_SECRET, SECOND_BOT_TOKEN
from deploy.local_slack.people import ENTERPRISE_ID, Json
from tests.local_slack.conftest import MANIFEST, Bot, Stage, client_of, error_of

# slack_sdk sends the app's secrets by aiohttp's BasicAuth, which aiohttp is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

INSTALLED = "http://127.0.0.1/installed"
SECRETS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


async def visit(slack: LocalSlack, **query: str) -> tuple[int, str]:
    """Open the consent address, and return where it leads."""
    address = f"{slack.url}/oauth/v2/authorize"
    async with (
        aiohttp.ClientSession() as session,
        session.get(address, params=query, allow_redirects=False) as answer,
    ):
        return answer.status, answer.headers.get("Location", await answer.text())


async def test_a_code_becomes_a_token_once(slack: LocalSlack) -> None:
    """See https://docs.slack.dev/reference/methods/oauth.v2.access."""
    slack.uninstall()
    status, address = await visit(
        slack, client_id=CLIENT_ID, scope="commands", state="s1", redirect_uri=INSTALLED
    )
    assert (status, address.startswith(f"{INSTALLED}?state=s1&code=")) == (302, True)
    code = address.rpartition("code=")[2]
    client = client_of(slack, None)
    answer = await client.oauth_v2_access(code=code, redirect_uri=INSTALLED, **SECRETS)
    assert (answer["token_type"], answer["team"]["id"]) == ("bot", slack.workspace.team_id)
    assert (await client_of(slack, answer["access_token"]).auth_test())["ok"]
    again = client.oauth_v2_access(code=code, redirect_uri=INSTALLED, **SECRETS)
    assert await error_of(again) == "invalid_code"


async def test_a_code_is_good_for_ten_minutes_and_for_its_redirect_uri(
    slack: LocalSlack, stage: Stage
) -> None:
    """See https://docs.slack.dev/authentication/installing-with-oauth."""
    client = client_of(slack, None)
    installing, team = slack.parts.installing, slack.desk.team

    async def exchange(code: str, **more: str) -> str:
        return await error_of(client.oauth_v2_access(code=code, **{**SECRETS, **more}))

    assert await exchange(installing.code(team, "", INSTALLED)) == "bad_redirect_uri"
    assert await exchange(installing.code(team, ""), client_id="1.1") == "invalid_client_id"
    assert await exchange(installing.code(team, ""), client_secret="x") == "bad_client_secret"
    code = installing.code(team, "")
    stage.clock.now += 601
    assert await exchange(code) == "invalid_code"


async def test_consent_needs_the_right_addresses_and_may_be_refused(slack: LocalSlack) -> None:
    """See https://docs.slack.dev/authentication/installing-with-oauth."""
    assert (await visit(slack, client_id="1.1"))[0] == 400
    assert (await visit(slack, client_id=CLIENT_ID, redirect_uri="https://evil.org"))[0] == 400
    slack.parts.installing.consents = False
    _, address = await visit(slack, client_id=CLIENT_ID, redirect_uri=INSTALLED)
    assert address.endswith("error=access_denied")


async def test_a_revoked_token_says_so(slack: LocalSlack, client: AsyncWebClient) -> None:
    """See https://docs.slack.dev/reference/methods/auth.revoke."""
    assert (await client.auth_revoke(test=True))["revoked"] is False
    assert (await client.auth_revoke())["revoked"] is True
    assert await error_of(client.auth_test()) == "token_revoked"
    assert slack.token is None


@pytest.fixture
async def two(stage: Stage, bot: Bot) -> LocalSlack:
    """A local Slack with two workspaces."""
    return await stage.with_handler(bot.answer, second_team=True)


async def test_each_workspace_has_its_token_people_and_channels(two: LocalSlack) -> None:
    """See https://docs.slack.dev/reference/methods/auth.test."""
    second = client_of(two, SECOND_BOT_TOKEN)
    assert (await second.auth_test())["team_id"] == "T0SECOND01"
    await second.chat_postMessage(channel="C0RESEARCH", text="hi")
    assert [entry.text for entry in two.second.visible_messages("dora", "research")] == ["hi"]
    other = second.chat_postMessage(channel="C0PLANNING", text="hi")
    assert await error_of(other) == "channel_not_found"
    assert await error_of(second.users_info(user="U0ADA00001")) == "user_not_found"


async def test_payloads_name_the_workspace_they_come_from(two: LocalSlack, bot: Bot) -> None:
    """See https://docs.slack.dev/interactivity/implementing-slash-commands."""
    await two.second.command(user="dora", channel="research", text="/carbon 8 H100")
    await two.command(user="ada", channel="general", text="/carbon 8 H100")
    two.second.say(user="emil", channel="research", text="@carbon hi")
    await two.settle()
    teams = [entry["team_id"] for entry in bot.received]
    assert teams == ["T0SECOND01", "T0LOCAL001", "T0SECOND01"]
    two.second.uninstall()
    assert await error_of(client_of(two, SECOND_BOT_TOKEN).auth_test()) == "token_revoked"
    assert (await client_of(two).auth_test())["ok"]


def manifest(*events: str, **settings: bool) -> Json:
    """A manifest with other settings, and events that the app subscribed to."""
    found: Any = copy.deepcopy(MANIFEST)
    found["settings"] |= settings
    found["settings"]["event_subscriptions"]["bot_events"] += events
    return dict(found)


async def test_expiring_tokens_are_renewed_and_two_of_them_are_good(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/authentication/using-token-rotation."""
    slack = await stage.with_handler(bot.answer, manifest=manifest(token_rotation_enabled=True))
    slack.desk.team.revoke()
    client = client_of(slack, None)
    code = slack.parts.installing.code(slack.desk.team, "commands")
    first = await client.oauth_v2_access(code=code, **SECRETS)
    assert first["expires_in"] == 43_200
    assert first["access_token"].startswith("xoxe.xoxb-")

    async def renewed(refresh_token: str) -> Json:
        answer = await client.oauth_v2_access(
            grant_type="refresh_token", refresh_token=refresh_token, **SECRETS
        )
        assert isinstance(answer.data, dict)
        return answer.data

    second = await renewed(first["refresh_token"])
    # A refresh token is good once.
    assert await error_of(renewed(first["refresh_token"])) == "invalid_refresh_token"
    assert await error_of(renewed("")) == "invalid_refresh_token"
    for token in (first["access_token"], second["access_token"]):
        assert (await client_of(slack, token).auth_test())["ok"]
    third = await renewed(second["refresh_token"])
    assert await error_of(client_of(slack, first["access_token"]).auth_test()) == "token_revoked"
    assert (await client_of(slack, second["access_token"]).auth_test())["ok"]
    stage.clock.now += 43_200
    assert await error_of(client_of(slack, third["access_token"]).auth_test()) == "token_expired"


async def test_scopes_add_up_with_each_installation(slack: LocalSlack) -> None:
    """See https://docs.slack.dev/authentication/installing-with-oauth."""
    slack.uninstall()
    installing, team = slack.parts.installing, slack.desk.team
    client = client_of(slack, None)
    found = await client.oauth_v2_access(code=installing.code(team, "chat:write"), **SECRETS)
    assert found["scope"] == "chat:write"
    own = client_of(slack, found["access_token"])
    await own.chat_postMessage(channel="C0PLANNING", text="hi")
    with pytest.raises(SlackApiError) as caught:
        await own.users_info(user="U0ADA00001")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "users:read"
    assert caught.value.response["provided"] == "chat:write"
    again = await client.oauth_v2_access(code=installing.code(team, "users:read"), **SECRETS)
    assert again["scope"] == "chat:write,users:read"
    assert again["access_token"] == found["access_token"]
    assert (await own.users_info(user="U0ADA00001"))["ok"]


async def test_an_organisation_has_one_token_for_all_of_its_workspaces(
    stage: Stage, bot: Bot
) -> None:
    """See https://docs.slack.dev/enterprise/organization-ready-apps."""
    events = ("app_uninstalled", "team_access_revoked", "tokens_revoked")
    slack = await stage.with_handler(
        bot.answer,
        manifest=manifest(*events, org_deploy_enabled=True),
        second_team=True,
        in_enterprise=True,
    )
    status, address = await visit(
        slack, client_id=CLIENT_ID, scope="", redirect_uri=INSTALLED, team=ENTERPRISE_ID
    )
    assert status == 302
    code = address.rpartition("code=")[2]
    answer = await client_of(slack, None).oauth_v2_access(
        code=code, redirect_uri=INSTALLED, **SECRETS
    )
    assert answer["team"] is None
    assert answer["enterprise"]["id"] == ENTERPRISE_ID
    assert answer["is_enterprise_install"] is True
    own = client_of(slack, answer["access_token"])
    assert (await own.auth_test())["enterprise_id"] == ENTERPRISE_ID
    for channel in ("C0PLANNING", "C0RESEARCH"):
        await own.chat_postMessage(channel=channel, text="hi")
    await slack.second.command(user="dora", channel="research", text="/carbon 8 H100")
    command = bot.received[-1]
    assert (command["enterprise_id"], command["is_enterprise_install"]) == (ENTERPRISE_ID, "true")

    # See https://docs.slack.dev/reference/events/team_access_revoked.
    slack.take_away_from_second()
    await slack.settle()
    event = bot.received[-1]
    assert event["event"]["team_ids"] == ["T0SECOND01"]
    assert event["authorizations"][0]["is_enterprise_install"] is True
    refused = own.chat_postMessage(channel="C0RESEARCH", text="hi")
    assert await error_of(refused) == "channel_not_found"
    await own.chat_postMessage(channel="C0PLANNING", text="hi")
    slack.uninstall_from_organisation()
    await slack.settle()
    told = sorted(entry["event"]["type"] for entry in bot.received[-2:])
    assert told == ["app_uninstalled", "tokens_revoked"]
    assert await error_of(own.auth_test()) == "token_revoked"


async def test_only_an_app_that_is_ready_for_it_is_installed_in_an_organisation(
    stage: Stage, bot: Bot
) -> None:
    """See https://docs.slack.dev/enterprise/organization-ready-apps."""
    slack = await stage.with_handler(bot.answer, in_enterprise=True)
    status, _ = await visit(slack, client_id=CLIENT_ID, redirect_uri=INSTALLED, team=ENTERPRISE_ID)
    assert status == 400


async def test_revoked_tokens_are_told_and_the_app_stays(stage: Stage, bot: Bot) -> None:
    """See https://docs.slack.dev/reference/events/tokens_revoked."""
    slack = await stage.with_handler(
        bot.answer, manifest=manifest("app_uninstalled", "tokens_revoked")
    )
    slack.revoke_tokens()
    await slack.settle()
    (told,) = bot.received
    assert told["event"]["tokens"] == {"oauth": [], "bot": [slack.workspace.bot_user]}
    assert await error_of(client_of(slack).auth_test()) == "token_revoked"
