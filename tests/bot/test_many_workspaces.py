"""Many workspaces of one deployment: each hears its own, with its own token, until it leaves."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from sqlalchemy import select, text, update

from bot.blocks import controls
from bot.slack import tokens
from bot.slack.clients import WebApi
from bot.slack.scopes import SCOPES
from bot.slack.tokens import Tokens
from bot.slack.workspaces import ManyWorkspaces
from bot.store import Store, Team, open_store
from bot.store.installations import Installed
from bot.store.runs import Entry
from bot.store.schema import installations, metadata
from bot.token_keys import TokenKeys
from deploy.local_slack.faults import Fault
from deploy.local_slack.messages import Message
from deploy.local_slack.server import People
from tests.bot.installing import (
    FIRST_TEAM,
    KEY,
    ORGANISATION,
    SECOND_TEAM,
    Deployment,
    deployment,
)
from tests.bot.test_measuring import MEASURED
from tests.store.test_installations import everything_in

# slack_sdk sends the app's secrets by aiohttp's BasicAuth, which aiohttp is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

ONE, TWO = Team("", FIRST_TEAM), Team("", SECOND_TEAM)
ORG = Team(ORGANISATION, "")
ON = "/carbon weekly on Monday 09:00 UTC"
RUN = "/carbon 8 H100 for 2 days in France"


@dataclass
class Time:
    """The bot's time: it stands still, and can be moved on."""

    ahead: timedelta = field(default_factory=timedelta)
    start: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.start + self.ahead

    def to_monday(self) -> None:
        """Move on to the next Monday after nine."""
        now = self()
        days = (7 - now.weekday()) % 7 or 7
        monday = (now + timedelta(days=days)).replace(hour=9, minute=1)
        self.ahead += monday - now


@dataclass
class Scene:
    """A deployment, its time and its database."""

    many: Deployment
    time: Time
    folder: Path

    @property
    def url(self) -> str:
        return self.many.settings.database_url.get_secret_value()

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        async with open_store(self.url, keys=TokenKeys([KEY])) as found:
            yield found

    async def installed(self, team: Team) -> Installed | None:
        async with self.store() as store:
            return await store.installations.of(team)

    async def rows_of(self, team: Team) -> dict[str, int]:
        """How many rows each table has of a workspace."""
        found = {}
        async with self.store() as store, store.database.transaction() as connection:
            for table in metadata.sorted_tables:
                if "team_id" in table.c:
                    query = select(table).where(table.c.team_id == team.team_id)
                    found[table.name] = len([*await connection.execute(query)])
        return {name: number for name, number in found.items() if number}

    async def log(self, team: Team, channel: str, user: str) -> None:
        """Enter a run of today in a ledger: the next summary has it, whichever day this is."""
        entry = Entry(
            channel_id=channel,
            owner_id=user,
            name="llama-ft",
            counted_on=self.time().date(),
            energy_kwh=1000.0,
            total_kgco2e=400.0,
        )
        async with self.store() as store:
            await store.runs.enter(team, entry)


@asynccontextmanager
async def scene_of(folder: Path, **options: Any) -> AsyncIterator[Scene]:
    clock = Time()
    url = f"sqlite:///{folder}/carbon.db"
    async with deployment(database_url=url, now=clock, **options) as many:
        yield Scene(many, clock, folder)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path) as found:
        yield found


def summaries(people: People, user: str, channel: str) -> list[Message]:
    return [one for one in people.visible_messages(user, channel) if one.metadata]


async def both_installed(scene: Scene) -> None:
    for team in (FIRST_TEAM, SECOND_TEAM):
        assert (await scene.many.browser.install(team)).status == 200


async def both_on(scene: Scene) -> None:
    """Let both workspaces have a run, and a weekly summary of it."""
    many = scene.many
    await both_installed(scene)
    await scene.log(ONE, "C0PLANNING", "U0ADA00001")
    await scene.log(TWO, "C0RESEARCH", "U0DORA0001")
    assert "every Monday" in await many.said(many.slack, "ada", "ml-planning", ON)
    assert "every Monday" in await many.said(many.slack.second, "dora", "research", ON)


async def test_from_the_button_to_the_last_byte(scene: Scene) -> None:
    """Installed, answered, a summary by its own token, removed, and nothing is left of it."""
    many, slack, second = scene.many, scene.many.slack, scene.many.slack.second
    await both_on(scene)
    assert "CO2e" in await many.said(second, "dora", "research", RUN)
    scene.time.to_monday()
    await many.bot.reports.run_due()
    (one,), (two,) = (
        summaries(slack, "ada", "ml-planning"),
        summaries(second, "dora", "research"),
    )
    assert "400 kg CO2e" in one.text
    assert "400 kg CO2e" in two.text
    assert two.user == second.workspace.bot_user

    second.uninstall()
    await many.settle()

    assert await scene.installed(TWO) is None
    assert await scene.rows_of(TWO) == {}
    content = everything_in(scene.folder)
    for gone in (SECOND_TEAM, "C0RESEARCH", "U0DORA0001"):
        assert gone.encode() not in content
    # The other workspace has lost nothing, and hears its next summary.
    assert {"installations", "runs", "schedules"} <= {*await scene.rows_of(ONE)}
    await scene.log(ONE, "C0PLANNING", "U0ADA00001")
    scene.time.ahead += timedelta(days=7)
    await many.bot.reports.run_due()
    assert len(summaries(slack, "ada", "ml-planning")) == 2
    assert len(summaries(second, "dora", "research")) == 1


async def test_revoked_tokens_go_alone_and_the_rest_is_there_after_a_new_installation(
    scene: Scene,
) -> None:
    """See https://docs.slack.dev/reference/events/tokens_revoked."""
    many, second = scene.many, scene.many.slack.second
    await both_on(scene)
    second.revoke_tokens()
    await many.settle()
    assert await scene.installed(TWO) is None
    assert {"runs", "schedules"} == {*await scene.rows_of(TWO)} - {"members"}
    scene.time.to_monday()
    await many.bot.reports.run_due()
    assert summaries(second, "dora", "research") == []
    assert len(summaries(many.slack, "ada", "ml-planning")) == 1
    async with scene.store() as store:
        (delivery,) = await store.deliveries.recent(TWO)
    assert delivery.reason == "not_installed"

    await many.browser.install(SECOND_TEAM)
    assert "bot was removed from the workspace" in await many.said(
        second, "dora", "research", "/carbon status"
    )
    scene.time.ahead += timedelta(minutes=10)
    await many.bot.reports.run_due()
    assert len(summaries(second, "dora", "research")) == 1


async def test_an_event_that_comes_after_a_new_installation_deletes_nothing(scene: Scene) -> None:
    many, second = scene.many, scene.many.slack.second
    await both_on(scene)
    before = await scene.rows_of(TWO)
    many.clock.ahead_s = -60  # Slack noted it a minute ago, and tells it now
    for event in ("app_uninstalled", "tokens_revoked"):
        gone = {"oauth": [], "bot": [second.workspace.bot_user]}
        outcome = await second.event({"type": event, "tokens": gone})
        assert outcome.attempts[-1].status == 200
    assert await scene.rows_of(TWO) == before


async def test_members_tokens_are_none_of_ours(scene: Scene) -> None:
    await both_installed(scene)
    second = scene.many.slack.second
    await second.event({"type": "tokens_revoked", "tokens": {"oauth": ["U0DORA0001"], "bot": []}})
    assert await scene.installed(TWO) is not None


async def test_measurements_are_announced_with_the_token_of_the_workspace(scene: Scene) -> None:
    many, second = scene.many, scene.many.slack.second
    await both_installed(scene)
    assert "address" in await many.said(second, "dora", "research", "/carbon connect")
    shown = second.visible_messages("dora", "research")[-1]
    address = re.search(r"/ingest/[\w-]+", str(shown.all_blocks))
    assert address
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{many.bot.address}{address[0]}", json=MEASURED) as answer,
    ):
        assert answer.status == 201
    await many.settle()
    assert "llama-ft" in second.visible_messages("dora", "research")[-1].text
    assert all("llama-ft" not in m.text for m in many.slack.visible_messages("ada", "ml-planning"))


async def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    """See https://docs.slack.dev/authentication/using-token-rotation."""
    async with scene_of(tmp_path, token_life_s=43_200) as scene:
        many, slack = scene.many, scene.many.slack
        await both_on(scene)
        first = slack.token
        assert "CO2e" in await many.said(slack, "ada", "general", RUN)
        assert slack.calls("oauth.v2.access") == 2

        # An hour before its end; many ask at once.
        scene.time.ahead = timedelta(hours=11)
        many.clock.ahead_s = 11 * 3600
        asked = [many.said(slack, user, "general", "/carbon weekly") for user in ("ada", "ben")]
        await asyncio.gather(*asked)
        assert slack.calls("oauth.v2.access") == 3
        second = slack.token
        assert second != first
        found = await scene.installed(ONE)
        assert found is not None
        assert found.token == second
        assert found.expires_at is not None
        assert found.expires_at - scene.time() > timedelta(hours=11)

        # Nobody types anything for a week; the summary comes all the same.
        scene.time.to_monday()
        many.clock.ahead_s = scene.time.ahead.total_seconds()
        await many.bot.reports.run_due()
        assert slack.token not in {first, second}
        assert len(summaries(slack, "ada", "ml-planning")) == 1
        assert len(summaries(slack.second, "dora", "research")) == 1


async def test_of_two_replicas_one_renews(tmp_path: Path) -> None:
    """A refresh token is good once: who is second would lock the workspace out."""
    async with scene_of(tmp_path, token_life_s=43_200) as scene:
        many, slack = scene.many, scene.many.slack
        await both_installed(scene)
        async with other_replica(scene) as other:
            await asyncio.gather(
                many.said(slack, "ada", "general", "/carbon weekly"), other.token_of(ONE)
            )
            scene.time.ahead = timedelta(hours=11)
            many.clock.ahead_s = 11 * 3600
            await asyncio.gather(
                many.said(slack, "ada", "general", "/carbon weekly"), other.token_of(ONE)
            )
            assert slack.calls("oauth.v2.access") == 3
            # Each of them has the new one afterwards.
            scene.time.ahead = timedelta(hours=13)
            many.clock.ahead_s = 13 * 3600
            assert await other.token_of(ONE) == slack.token
            assert slack.calls("oauth.v2.access") == 3


@asynccontextmanager
async def other_replica(scene: Scene) -> AsyncIterator[ManyWorkspaces]:
    """The tokens as another process knows them."""
    secret = scene.many.settings.slack_client_secret
    assert secret is not None
    async with scene.store() as store, aiohttp.ClientSession() as session:
        rotator = AsyncTokenRotator(
            client_id=scene.many.settings.slack_client_id or "",
            client_secret=secret.get_secret_value(),
            client=WebApi(scene.many.slack.api_url, session).once(),
        )
        yield ManyWorkspaces(store, Tokens(store, rotator, scene.time), SCOPES)


async def test_a_token_that_cannot_be_renewed_is_used_to_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene_of(tmp_path, token_life_s=43_200) as scene:
        many, slack = scene.many, scene.many.slack
        await both_installed(scene)
        scene.time.ahead = timedelta(hours=11)
        many.clock.ahead_s = 11 * 3600
        slack.fail("oauth.v2.access", Fault(error="invalid_refresh_token"), times=9)
        assert "weekly" in await many.said(slack, "ada", "ml-planning", "/carbon weekly")
        assert "install the app there again" in caplog.text
        many.clock.ahead_s = 13 * 3600
        scene.time.ahead = timedelta(hours=13)
        # After its end, who asks learns where to install it.
        async with scene.store() as store:
            await store.handled.forget(f"renew  {FIRST_TEAM}")
        refused = await many.said(slack, "ada", "ml-planning", "/carbon weekly")
        assert f"{many.browser.origin}/slack/install" in refused
        slack.parts.web_api.faults.forget()
        await many.browser.install(FIRST_TEAM)
        assert "weekly" in await many.said(slack, "ada", "ml-planning", "/carbon weekly")


async def test_an_organisation_installs_it_for_all_of_its_workspaces(tmp_path: Path) -> None:
    """See https://docs.slack.dev/enterprise/organization-ready-apps."""
    async with scene_of(tmp_path, in_enterprise=True, token_life_s=43_200) as scene:
        many, slack, second = scene.many, scene.many.slack, scene.many.slack.second
        page = await many.browser.install(ORGANISATION)
        assert "for your organisation" in page.text
        assert f"https://app.slack.com/manage/{ORGANISATION}/" in page.text
        one, two = Team(ORGANISATION, FIRST_TEAM), Team(ORGANISATION, SECOND_TEAM)
        assert "CO2e" in await many.said(slack, "ada", "general", RUN)
        assert "CO2e" in await many.said(second, "dora", "research", RUN)
        await scene.log(one, "C0PLANNING", "U0ADA00001")
        await scene.log(two, "C0RESEARCH", "U0DORA0001")
        await many.said(slack, "ada", "ml-planning", ON)
        await many.said(second, "dora", "research", ON)
        slack.say(user="ben", channel="ml-planning", text="@carbon 8 H100 for 1 day")
        await many.settle()
        scene.time.to_monday()
        many.clock.ahead_s = scene.time.ahead.total_seconds()
        await many.bot.reports.run_due()
        assert len(summaries(slack, "ada", "ml-planning")) == 1
        assert len(summaries(second, "dora", "research")) == 1
        found = await scene.installed(two)
        assert found is not None
        assert found.is_org_wide
        assert found.token == second.token
        # A mention is its workspace's as well as a command is.
        assert await scene.rows_of(Team("", FIRST_TEAM)) == await scene.rows_of(one)
        async with scene.store() as store:
            assert await store.teams_of(ORGANISATION) == [one, two]

        slack.take_away_from_second()
        await many.settle()
        assert await scene.rows_of(two) == {}
        assert "runs" in await scene.rows_of(one)

        slack.uninstall_from_organisation()
        await many.settle()
        assert await scene.rows_of(one) == {}
        assert await scene.installed(ORG) is None
        assert ORGANISATION.encode() not in everything_in(scene.folder)


async def test_a_permission_that_is_missing_is_named_with_where_it_is_allowed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """See https://docs.slack.dev/authentication/installing-with-oauth (scopes only add up)."""
    many, slack = scene.many, scene.many.slack
    await both_installed(scene)
    await scene.log(ONE, "C0PLANNING", "U0ADA00001")
    slack.desk.team.granted = frozenset(SCOPES) - {"files:write"}
    said = await many.said(slack, "ada", "ml-planning", "/carbon export csv")
    assert "files:write" in said
    assert f"{many.browser.origin}/slack/install" in said
    assert "reference" not in said
    # Installing again allows it.
    await many.browser.install(FIRST_TEAM)
    assert "files:write" not in await many.said(slack, "ada", "ml-planning", "/carbon export csv")
    assert caplog.text.count("the app lacks files:write") == 1


async def test_workspaces_that_allowed_less_are_named_when_the_bot_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene_of(tmp_path) as scene:
        await both_installed(scene)
        async with scene.store() as store, store.database.transaction() as connection:
            of_two = update(installations).where(installations.c.team_id == SECOND_TEAM)
            await connection.execute(of_two.values(scopes="chat:write,commands"))
    caplog.clear()
    async with scene_of(tmp_path):
        while f"{SECOND_TEAM} lacks" not in caplog.text:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0)
    assert "users:read: let an administrator install the app there again" in caplog.text
    assert f"{FIRST_TEAM} lacks" not in caplog.text


async def test_forgetting_a_workspace_keeps_it_installed(scene: Scene) -> None:
    many, slack = scene.many, scene.many.slack
    await both_on(scene)
    async with scene.store() as store:
        await store.forget_team(ONE)
    assert {*await scene.rows_of(ONE)} == {"installations"}
    assert "CO2e" in await many.said(slack, "ben", "general", RUN)


async def test_without_its_tables_what_is_known_is_served_and_the_rest_apologised_to(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "FRESH_S", 0.0)
    many, slack = scene.many, scene.many.slack
    await both_installed(scene)
    assert "weekly" in await many.said(slack, "ada", "ml-planning", "/carbon weekly")
    assert (await many.browser.open(f"{many.bot.address}/readyz")).status == 200
    async with scene.store() as store, store.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE installations RENAME TO away"))
    ready = await many.browser.open(f"{many.bot.address}/readyz")
    # It is no better at another replica: requests still come, and are answered.
    assert (ready.status, json.loads(ready.text)["status"]) == (200, "degraded")
    assert "installations cannot be read" in ready.text
    assert "weekly" in await many.said(slack, "ada", "ml-planning", "/carbon weekly")
    sorry = await many.said(slack.second, "dora", "research", "/carbon weekly")
    assert "reference" in sorry
    async with scene.store() as store, store.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE away RENAME TO installations"))
    assert "weekly" in await many.said(slack.second, "dora", "research", "/carbon weekly")
    assert (await many.browser.open(f"{many.bot.address}/readyz")).status == 200


async def test_a_click_where_it_is_installed_no_more_is_answered_too(scene: Scene) -> None:
    many, slack = scene.many, scene.many.slack
    await both_installed(scene)
    await many.said(slack, "ada", "general", RUN)
    answer = slack.visible_messages("ada", "general")[-1]
    await slack.event({"type": "tokens_revoked", "tokens": {"bot": [slack.workspace.bot_user]}})
    outcome = await slack.click(answer, controls.SHARE, user="ada")
    assert outcome.error is None
    told = (await slack.answer_to(outcome)).text
    assert f"{many.browser.origin}/slack/install" in told
    # An event is acknowledged, and nobody can be told.
    slack.say(user="ben", channel="ml-planning", text="@carbon 8 H100 for 1 day")
    await many.settle()
    assert slack.events[-1].attempts[-1].status == 200


@pytest.fixture
async def expiring(tmp_path: Path) -> AsyncIterator[Scene]:
    """Tokens an hour before their end."""
    async with scene_of(tmp_path, token_life_s=43_200) as found:
        await both_installed(found)
        found.time.ahead = timedelta(hours=11)
        found.many.clock.ahead_s = 11 * 3600
        yield found


async def test_where_slack_does_not_answer_the_old_token_goes_on(
    expiring: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    many, slack = expiring.many, expiring.many.slack
    slack.fail("oauth.v2.access", Fault(drop=True))
    slack.fail("oauth.v2.access", Fault(status=500, error="internal_error"))
    before = slack.token
    assert "weekly" in await many.said(slack, "ada", "ml-planning", "/carbon weekly")
    assert "weekly" in await many.said(slack.second, "dora", "research", "/carbon weekly")
    assert caplog.text.count("is not renewed yet") == 2
    # A minute later somebody tries again.
    async with expiring.store() as store:
        await store.handled.forget(f"renew  {FIRST_TEAM}")
    assert "weekly" in await many.said(slack, "ada", "ml-planning", "/carbon weekly")
    assert slack.token != before


async def test_who_comes_after_its_end_waits_for_the_replica_that_renews(expiring: Scene) -> None:
    many, slack = expiring.many, expiring.many.slack
    async with expiring.store() as store:
        # Another replica has claimed it, and takes its time.
        claim = f"renew  {FIRST_TEAM}"
        assert await store.handled.first_time_within(claim, datetime.now(UTC), tokens.CLAIM)
        assert "weekly" in await many.said(slack, "ada", "ml-planning", "/carbon weekly")
        assert slack.calls("oauth.v2.access") == 2
        expiring.time.ahead = timedelta(hours=13)
        many.clock.ahead_s = 13 * 3600

        async def renew() -> None:
            found = await store.installations.own(ONE)
            assert found is not None
            assert found.refresh_token is not None
            team = slack.desk.team
            team.issue("xoxe.xoxb-local-other", "xoxe-local-other")
            until = expiring.time() + timedelta(hours=12)
            assert await store.installations.renew(found, team.token or "", "xoxe-other", until)

        asked = many.said(slack, "ben", "ml-planning", "/carbon weekly")
        answer, _ = await asyncio.gather(asked, renew())
    assert "weekly" in answer
    assert slack.calls("oauth.v2.access") == 2


async def test_a_new_token_is_written_as_soon_as_that_works(
    expiring: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "WRITE_AGAIN_S", (0.01,) * 1000)
    many, slack = expiring.many, expiring.many.slack
    full = "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    async with expiring.store() as store:

        async def execute(statement: str) -> None:
            async with store.database.transaction() as connection:
                await connection.execute(text(statement))

        await execute(f"CREATE TRIGGER full BEFORE UPDATE ON installations {full}")

        async def make_room() -> None:
            while "is not written yet" not in caplog.text:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0)
            await execute("DROP TRIGGER full")

        asked = many.said(slack, "ada", "ml-planning", "/carbon weekly")
        answer, _ = await asyncio.gather(asked, make_room())
    assert "weekly" in answer
    found = await expiring.installed(ONE)
    assert found is not None
    assert found.token == slack.token
    assert slack.calls("oauth.v2.access") == 3
