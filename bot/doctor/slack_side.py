"""Examines what Slack says: of the tokens, of the scopes, and of the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.finding import Finding, Instruments, Level
from bot.settings import Settings
from bot.slack.failures import FAILURES, reason
from bot.slack.scopes import SCOPES
from bot.slack.signing import MAX_AGE_S

BOT_TOKEN: Final = "bot token"  # noqa: S105 - the name of what is examined
SCOPE_NAMES: Final = "scopes"
CLOCK: Final = "clock"
SOCKET_MODE: Final = "Socket Mode"
REQUESTS: Final = "requests"
FAR_S: Final = MAX_AGE_S / 5
"""Clocks that are farther apart than this will soon be too far."""
_UNASKED: Final = "identify"
"""A scope that Slack gives to tokens by itself."""
_INSTALL_AGAIN: Final = (
    "In the app's settings, OAuth & Permissions, install it to the workspace (again) and copy the "
    "Bot User OAuth Token to SLACK_BOT_TOKEN"
)
_UNREACHABLE: Final = (
    "Look at the way out to Slack: DNS, firewall, proxy, and SLACK_API_URL, which is "
    "https://slack.com/api/ unless you know better"
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of a call.

    Attributes:
        error: Slack's code, or what kind of failure it is; empty where there is none.
        is_refusal: whether Slack itself says so.
    """

    data: Mapping[str, Any]
    headers: Mapping[str, str]
    error: str = ""
    is_refusal: bool = False


async def examine_slack(settings: Settings, instruments: Instruments) -> list[Finding]:
    """Ask Slack about the bot token, its scopes and the time, and for a socket if one is wanted."""
    token = settings.slack_bot_token
    client = AsyncWebClient(
        token=None if token is None else token.get_secret_value(),
        base_url=settings.api_base_url,
        timeout=max(1, round(instruments.patience_s)),
        retry_handlers=[],
    )
    answer = await _ask(client, "api.test" if token is None else "auth.test")
    now = instruments.now()
    found = [] if token is None else _of_token(answer)
    return [*found, *_of_clock(answer, now), await _of_requests(settings, client)]


async def _ask(client: AsyncWebClient, method: str, token: str | None = None) -> _Answer:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        answer = await client.api_call(method, headers=headers)
    except SlackApiError as error:
        known = _lowered(getattr(error.response, "headers", None))
        data = getattr(error.response, "data", None)
        refused = isinstance(data, dict) and bool(data.get("error"))
        return _Answer(data if isinstance(data, dict) else {}, known, reason(error), refused)
    except FAILURES as error:
        return _Answer({}, {}, reason(error))
    data = answer.data
    return _Answer(data if isinstance(data, dict) else {}, _lowered(answer.headers))


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _of_token(answer: _Answer) -> list[Finding]:
    match answer:
        case _Answer(error="ratelimited"):
            remedy = "Try again in a minute"
            return [Finding(BOT_TOKEN, Level.WARN, "Slack limits the rate", remedy)]
        case _Answer(error=error, is_refusal=True):
            return [Finding(BOT_TOKEN, Level.FAIL, f"Slack refuses it: {error}", _INSTALL_AGAIN)]
        case _Answer(error=error) if error:
            told = f"Slack's Web API cannot be reached: {error}"
            return [Finding(BOT_TOKEN, Level.FAIL, told, _UNREACHABLE)]
    who = f"signed in as {answer.data.get('user')} in {answer.data.get('team')}"
    return [Finding(BOT_TOKEN, Level.OK, who), _of_scopes(answer)]


def _of_scopes(answer: _Answer) -> Finding:
    said = answer.headers.get("x-oauth-scopes")
    if said is None:
        return Finding(
            SCOPE_NAMES,
            Level.WARN,
            "Slack does not say which scopes the token has",
            "A proxy may take the header x-oauth-scopes out: ask Slack without it",
        )
    granted = {scope.strip() for scope in said.split(",")} - {"", _UNASKED}
    missing, more = sorted(SCOPES.keys() - granted), sorted(granted - SCOPES.keys())
    if missing:
        return Finding(
            SCOPE_NAMES,
            Level.FAIL,
            "; ".join(
                f"{scope} is missing ({str(SCOPES[scope]).rstrip('.')})" for scope in missing
            ),
            "Add it under OAuth & Permissions, Bot Token Scopes, and install the app again; "
            "deploy/slack-manifest.json has all of them",
        )
    if more:
        return Finding(
            SCOPE_NAMES,
            Level.WARN,
            f"the token has more than carbon uses: {', '.join(more)}",
            "Take it out under OAuth & Permissions, and install the app again",
        )
    return Finding(SCOPE_NAMES, Level.OK, f"all {len(SCOPES)} that are needed, and no other")


def _of_clock(answer: _Answer, now: datetime) -> list[Finding]:
    try:
        slacks = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        # Nobody answered, of which another finding tells; or without the time.
        return []
    apart_s = (now - slacks).total_seconds()
    side = "ahead of" if apart_s > 0 else "behind"
    told = f"{abs(apart_s):,.0f} s {side} Slack's"
    remedy = "Let the machine set its clock by NTP (timedatectl set-ntp true, chronyd)"
    if abs(apart_s) >= MAX_AGE_S:
        refused = f"{told}: every request of Slack is refused as {MAX_AGE_S / 60:.0f} minutes old"
        return [Finding(CLOCK, Level.FAIL, refused, remedy)]
    if abs(apart_s) >= FAR_S:
        return [Finding(CLOCK, Level.WARN, told, remedy)]
    return [Finding(CLOCK, Level.OK, told)]


async def _of_requests(settings: Settings, client: AsyncWebClient) -> Finding:
    """Whether Slack's requests can come in: over a socket, or over HTTP."""
    if settings.slack_app_token is None:
        return Finding(
            REQUESTS,
            Level.OK,
            f"over HTTP, at /slack/events on {settings.host}:{settings.port}; whether the signing "
            "secret is right shows with the first one",
        )
    token = settings.slack_app_token.get_secret_value()
    answer = await _ask(client, "apps.connections.open", token)
    if answer.is_refusal:
        return Finding(
            SOCKET_MODE,
            Level.FAIL,
            f"Slack gives no connection: {answer.error}",
            "In the app's settings turn on Socket Mode, and under Basic Information, App-Level "
            "Tokens, make a token with connections:write for SLACK_APP_TOKEN",
        )
    if answer.error:
        told = f"Slack's Web API cannot be reached: {answer.error}"
        return Finding(SOCKET_MODE, Level.FAIL, told, _UNREACHABLE)
    return Finding(SOCKET_MODE, Level.OK, "Slack gives a connection to this token")
