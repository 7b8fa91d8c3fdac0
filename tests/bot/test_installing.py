"""Installing by OAuth: the page, the state, the token, and what fails on the way.

See https://docs.slack.dev/authentication/installing-with-oauth.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.slack.installing import COOKIE, INSTALL, REDIRECT, States
from bot.slack.pages import accepted_language
from bot.slack.scopes import SCOPES
from bot.store import open_store
from bot.token_keys import new_key
from deploy.local_slack.faults import Fault
from tests.bot.conftest import Stage
from tests.bot.installing import BUTTON, FIRST_TEAM, SECOND_TEAM, Browser, Deployment, deployment
from tests.store.conftest import KEYS
from tests.store.test_installations import everything_in

# slack_sdk sends the app's secrets by aiohttp's BasicAuth, which aiohttp is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")


@pytest.fixture
async def stranger(many: Deployment) -> AsyncIterator[Browser]:
    """Another browser."""
    found = Browser(many.browser.origin)
    yield found
    await found.session.close()


@pytest.fixture
async def many() -> AsyncIterator[Deployment]:
    async with deployment() as found:
        yield found


async def test_each_workspace_is_answered_after_it_installed_the_app(many: Deployment) -> None:
    slack, second = many.slack, many.slack.second
    refused = await many.said(second, "dora", "research", "/carbon 8 H100 for 2 days in France")
    assert f"{many.browser.origin}{INSTALL}" in refused
    assert "未安装" in refused

    page = await many.browser.install(SECOND_TEAM)

    assert page.status == 200
    assert "carbon is installed" in page.text
    assert f"https://slack.com/app_redirect?app=A0LOCAL001&amp;team={SECOND_TEAM}" in page.text
    answered = await many.said(second, "dora", "research", "/carbon 8 H100 for 2 days in France")
    assert "CO2e" in answered
    # The first workspace has not installed it, and gets nothing of the second's.
    refused = await many.said(slack, "ada", "general", "/carbon 8 H100 for 2 days in France")
    assert INSTALL in refused
    await many.browser.install(FIRST_TEAM)
    assert "CO2e" in await many.said(slack, "ada", "general", "/carbon 8 H100 in France for 1 day")
    assert slack.token != second.token


async def test_the_page_asks_for_what_the_manifest_has_and_loads_nothing(many: Deployment) -> None:
    page = await many.browser.open(f"{many.browser.origin}{INSTALL}")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in page.text
    loaded = re.findall(r'(?:src|href)="(?!data:)([^"]*)"', page.text)
    assert loaded == BUTTON.findall(page.text)
    for scope in SCOPES:
        assert f"<dt>{scope}</dt>" in page.text
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("Secure", "HttpOnly", "Path=/", "Max-Age=600", "SameSite=Lax"):
        assert attribute in cookie
    query = parse_qs(urlsplit(await many.browser.button()).query, keep_blank_values=True)
    assert sorted(query["scope"][0].split(",")) == sorted(SCOPES)
    assert query["user_scope"] == [""]
    assert query["redirect_uri"] == [f"{many.browser.origin}{REDIRECT}"]


async def test_the_pages_speak_the_browsers_language(many: Deployment) -> None:
    chinese = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    page = await many.browser.open(f"{many.browser.origin}{INSTALL}", **chinese)
    assert "添加到 Slack" in page.text
    assert 'lang="zh-CN"' in page.text
    assert "carbon 已安装" in (await many.browser.install(**chinese)).text
    failed = await many.browser.open(
        f"{many.browser.origin}{REDIRECT}?error=access_denied", **chinese
    )
    assert "您没有授权" in failed.text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-US,en;q=0.9,zh;q=0.1", "en"),
        ("fr, zh-TW;q=0.5, en;q=0.4", "zh-CN"),
        ("de", "en"),
        ("zh;q=nonsense, en", "en"),
        ("zh;q=0", "en"),
        ("," * 100_000, "en"),
    ],
)
def test_the_best_language_that_a_browser_accepts_is_chosen(header: str, language: str) -> None:
    assert accepted_language(header) == language


async def test_a_state_is_good_once(many: Deployment, stranger: Browser) -> None:
    back = await many.browser.consent(await many.browser.button())
    page = await many.browser.open(back)
    assert page.status == 200
    assert page.headers["Set-Cookie"].startswith(f"{COOKIE}=deleted; ")
    # The cookie is gone with the first answer; somebody who kept it gets no further.
    again = await many.browser.open(back)
    assert again.status == 400
    assert "another browser" in again.text
    state = parse_qs(urlsplit(back).query)["state"][0]
    again = await stranger.open(back, Cookie=f"{COOKIE}={state}")
    assert again.status == 401
    assert "was used before" in again.text
    assert many.slack.calls("oauth.v2.access") == 1


async def test_a_state_of_another_browser_or_of_nobody_is_refused(
    many: Deployment, stranger: Browser
) -> None:
    back = await many.browser.consent(await many.browser.button())
    # A forged state, with a cookie to match.
    forged = f"{many.browser.origin}{REDIRECT}?code=1.2.3&state=forged"
    assert (await stranger.open(forged, Cookie=f"{COOKIE}=forged")).status == 401
    assert (await stranger.open(f"{many.browser.origin}{REDIRECT}?code=1.2.3")).status == 400
    page = await stranger.open(back)
    assert page.status == 400
    assert "another browser" in page.text
    assert many.slack.calls("oauth.v2.access") == 0


async def test_a_state_expires_and_is_good_on_every_replica(tmp_path: Path) -> None:
    now = [datetime(2026, 11, 24, 9, tzinfo=UTC)]
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with open_store(url) as here, open_store(url) as there:
        one, two = (States(KEYS, store.handled, lambda: now[0]) for store in (here, there))
        assert await two.async_consume(await one.async_issue())
        state = await one.async_issue()
        now[0] += timedelta(seconds=601)
        assert not await two.async_consume(state)
        state = await one.async_issue()
        assert [await two.async_consume(state), await one.async_consume(state)] == [True, False]


async def test_what_fails_is_told_with_what_to_do(many: Deployment) -> None:
    browser, slack = many.browser, many.slack
    slack.parts.installing.consents = False
    page = await browser.install()
    assert page.status == 200
    assert "You did not allow it" in page.text
    assert f'href="{browser.origin}{INSTALL}"' in page.text
    slack.parts.installing.consents = True

    slack.fail("oauth.v2.access", Fault(error="invalid_code"))
    page = await browser.install()
    assert (page.status, "older than 10 minutes" in page.text) == (401, True)
    slack.fail("oauth.v2.access", Fault(drop=True))
    page = await browser.install()
    assert (page.status, "could not be reached" in page.text) == (502, True)
    odd = await browser.open(f"{browser.origin}{REDIRECT}?error=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "&lt;script&gt;" in odd.text
    assert "<script" not in odd.text
    assert (await browser.install()).status == 200


async def test_a_workspace_in_the_address_cannot_change_the_rest_of_it(many: Deployment) -> None:
    leads = await many.browser.button("T1%26redirect_uri%3Dhttps%3A%2F%2Fevil.example")
    query = parse_qs(urlsplit(leads).query)
    assert "team" not in query
    assert query["redirect_uri"] == [f"{many.browser.origin}{REDIRECT}"]
    assert parse_qs(urlsplit(await many.browser.button("T1")).query)["team"] == ["T1"]


async def test_no_token_is_in_the_database_or_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with deployment(database_url=f"sqlite:///{tmp_path}/carbon.db", token_life_s=600) as many:
        await many.browser.install()
        assert "CO2e" in await many.said(many.slack, "ada", "general", "/carbon 8 H100 for 1 day")
        many.slack.fail("oauth.v2.access", Fault(error="invalid_code"))
        await many.browser.install(SECOND_TEAM)
        team = many.slack.desk.team
        secrets = {*team.expiring, *team.revoked, team.refresh_token, "local-slack-client-secret"}
    content = everything_in(tmp_path)
    assert b"A0LOCAL001" in content
    assert len(secrets) >= 4
    for secret in secrets:
        assert secret
        assert secret.encode() not in content
        assert secret not in caplog.text
    assert "xoxe" not in caplog.text


async def test_readiness_means_that_the_keys_open_the_tokens(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with deployment(database_url=url) as many:
        ready = f"{many.bot.address}/readyz"
        assert (await many.browser.open(ready)).status == 200
        await many.browser.install()
        assert (await many.browser.open(ready)).status == 200
        calls = many.slack.calls("auth.test")
        await many.browser.open(ready)
        assert many.slack.calls("auth.test") == calls
    other = new_key()
    with pytest.raises(Exception, match="none of the keys in TOKEN_KEYS opens any of the 1") as why:
        async with deployment(database_url=url, keys=other):
            pass
    assert other not in str(why.value)


async def test_one_workspace_has_no_install_page(scene: Stage) -> None:
    async with aiohttp.ClientSession() as session:
        for path in (INSTALL, REDIRECT):
            async with session.get(f"{scene.bot.address}{path}") as answer:
                assert answer.status == 404
    # What its administrator does is acknowledged, and deletes nothing.
    scene.slack.uninstall()
    await scene.settle()
    assert [event.attempts[-1].status for event in scene.slack.events] == [200, 200]
