"""Clients of Slack's Web API, made in one place: one address, one session, two ways to repeat."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncRateLimitErrorRetryHandler,
    async_default_handlers,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot.store import Team

TokenOf = Callable[[Team], Awaitable[str]]
"""The bot token of a workspace; raises ``NotInstalled`` where there is none."""
ClientOf = Callable[[Team], Awaitable[AsyncWebClient]]
"""The client for a workspace; raises the same."""


@dataclass(frozen=True, slots=True)
class WebApi:
    """Where Slack's Web API is, and over what it is reached."""

    base_url: str
    session: aiohttp.ClientSession

    def patient(self, token: str | None = None) -> AsyncWebClient:
        """A client that repeats: what is changed twice is the same as what is changed once."""
        handlers: list[AsyncRetryHandler] = [
            *async_default_handlers(),
            AsyncRateLimitErrorRetryHandler(max_retry_count=2),
        ]
        return self._client(token, handlers)

    def once(self, token: str | None = None) -> AsyncWebClient:
        """A client that calls once: a post that failed may have been taken all the same."""
        return self._client(token, [])

    def _client(self, token: str | None, handlers: list[AsyncRetryHandler]) -> AsyncWebClient:
        return AsyncWebClient(
            token=token, base_url=self.base_url, session=self.session, retry_handlers=handlers
        )


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients for what the bot does without a request, with the token of the workspace."""

    api: WebApi
    token_of: TokenOf

    async def patient(self, team: Team) -> AsyncWebClient:
        """One that repeats.

        Raises:
            NotInstalled: the app is not installed there.
        """
        return self.api.patient(await self.token_of(team))

    async def once(self, team: Team) -> AsyncWebClient:
        """One that calls once.

        Raises:
            NotInstalled: the app is not installed there.
        """
        return self.api.once(await self.token_of(team))
