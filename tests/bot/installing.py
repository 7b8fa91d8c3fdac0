"""A bot that is installed by OAuth, a local Slack with two workspaces, and a browser."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from yarl import URL

from bot.settings import Settings
from bot.slack.installing import INSTALL, REDIRECT
from bot.token_keys import new_key
from bot.wiring import RunningBot, running
from deploy.local_slack import config
from deploy.local_slack.people import ENTERPRISE_ID, FIRST, SECOND
from deploy.local_slack.server import LocalSlack, People
from tests.bot.conftest import PATIENCE_S, Clock, free_port

KEY = new_key()
BUTTON = re.compile(r'<a class="slack" href="([^"]+)">')


@dataclass(frozen=True)
class Page:
    """What a browser shows."""

    status: int
    text: str
    headers: Mapping[str, str]


class Browser:
    """Keeps cookies, and follows nothing that it is not told to follow."""

    def __init__(self, origin: str) -> None:
        # To a browser 127.0.0.1 is as good as https.
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(origin))
        self.session = aiohttp.ClientSession(cookie_jar=jar)
        self.origin = origin

    async def open(self, address: str, **headers: str) -> Page:
        """Open a page of the bot's, or of Slack's."""
        async with self.session.get(
            URL(address, encoded=True), allow_redirects=False, headers=headers
        ) as answer:
            return Page(answer.status, await answer.text(), answer.headers)

    async def button(self, team: str = "", **headers: str) -> str:
        """Open the page with the button; returns where the button leads."""
        query = f"?team={team}" if team else ""
        page = await self.open(f"{self.origin}{INSTALL}{query}", **headers)
        found = BUTTON.search(page.text)
        assert page.status == 200
        assert found
        return html.unescape(found[1])

    async def consent(self, address: str) -> str:
        """Agree on Slack's page; returns where it leads back to."""
        page = await self.open(address)
        assert page.status == 302, page.text
        return page.headers["Location"]

    async def install(self, team: str = "", **headers: str) -> Page:
        """Click through all of it."""
        back = await self.consent(await self.button(team, **headers))
        return await self.open(back, **headers)


@dataclass(frozen=True)
class Deployment:
    """A bot that serves many workspaces, and its Slack."""

    slack: LocalSlack
    bot: RunningBot
    clock: Clock
    browser: Browser
    settings: Settings

    async def settle(self) -> None:
        """Wait until what somebody did was delivered, and the bot has done what follows."""
        for _ in range(2):
            await self.slack.settle()
            await self.bot.idle()

    async def said(self, people: People, user: str, channel: str, text: str) -> str:
        """What answers a command."""
        outcome = await people.command(user=user, channel=channel, text=text)
        assert outcome.error is None, outcome.detail
        return (await self.slack.answer_to(outcome)).text


def manifest(origin: str, **settings: Any) -> dict[str, Any]:
    """The app's manifest, with the address of a test in it."""
    found: dict[str, Any] = json.loads(config.MANIFEST.read_text(encoding="utf-8"))
    found["oauth_config"]["redirect_urls"] = [f"{origin}{REDIRECT}"]
    found["settings"] |= settings
    return found


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def deployment(
    *,
    database_url: str = "sqlite:///:memory:",
    keys: str = KEY,
    in_enterprise: bool = False,
    token_life_s: int | None = None,
    now: Callable[[], datetime] = _now,
) -> AsyncIterator[Deployment]:
    """A bot that is installed nowhere yet. Tokens expire where their life is given."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    clock = Clock()
    async with LocalSlack(
        bot_url=f"{origin}/slack/events",
        manifest=manifest(
            origin,
            org_deploy_enabled=in_enterprise,
            token_rotation_enabled=token_life_s is not None,
        ),
        second_team=True,
        in_enterprise=in_enterprise,
        token_life_s=token_life_s or config.TOKEN_LIFE_S,
        ack_timeout_s=PATIENCE_S,
        clock=clock,
    ) as slack:
        for desk in slack.parts.desks:
            desk.team.revoke()
        settings = Settings(
            _env_file=None,
            slack_client_id=config.CLIENT_ID,
            slack_client_secret=config.CLIENT_SECRET,
            token_keys=keys,
            slack_signing_secret=config.SIGNING_SECRET,
            slack_api_url=slack.api_url,
            database_url=database_url,
            port=port,
            public_url=origin,
        )
        browser = Browser(origin)
        try:
            async with running(settings, now=now, patience_s=PATIENCE_S) as bot:
                yield Deployment(slack, bot, clock, browser, settings)
        finally:
            await browser.session.close()
        assert slack.violations == []
        assert [str(found) for found in slack.manners] == []


FIRST_TEAM, SECOND_TEAM, ORGANISATION = FIRST.id, SECOND.id, ENTERPRISE_ID
