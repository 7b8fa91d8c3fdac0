"""Who asks: the language, the factors and the defaults that an answer to them takes."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.asker import Asker
from bot.i18n import CHINESE, ENGLISH, language_of, say_in
from bot.slack.payload import Who
from estimator import Catalogue

log = logging.getLogger(__name__)

FETCH_S: Final = 1.0
"""How long an answer waits for Slack to tell a member's language."""
FRESH_S: Final = 24 * 3600.0
RETRY_S: Final = 300.0
_CHINESE: Final = re.compile(r"[㐀-鿿]")


def _today() -> date:
    return datetime.now(UTC).date()


class Askers:
    """Knows the members who ask. What Slack has told is kept for a day."""

    def __init__(self, catalogue: Catalogue, today: Callable[[], date] = _today) -> None:
        self._catalogue = catalogue
        self._today = today
        self._languages: dict[tuple[str, str], tuple[str | None, float]] = {}

    def known(self, who: Who, said: str = "") -> Asker | None:
        """The asker where nothing has to be fetched; ``None`` where something has."""
        language, until = self._languages.get((who.team_id, who.user_id), (None, 0.0))
        if time.monotonic() >= until:
            return None
        return self._asker(language, said)

    async def asker(self, who: Who, client: AsyncWebClient, said: str = "") -> Asker:
        """The asker; their language is asked of Slack where it is not known.

        Where Slack does not tell in time, the language of what they said decides.
        """
        found = self.known(who, said)
        if found is not None:
            return found
        language, fresh_s = await self._fetched(who, client)
        self._languages[who.team_id, who.user_id] = (language, time.monotonic() + fresh_s)
        return self._asker(language, said)

    def _asker(self, language: str | None, said: str) -> Asker:
        if language is None:
            language = CHINESE if _CHINESE.search(said) else ENGLISH
        return Asker(self._catalogue, say_in(language), self._today())

    async def _fetched(self, who: Who, client: AsyncWebClient) -> tuple[str | None, float]:
        try:
            async with asyncio.timeout(FETCH_S):
                answer = await client.users_info(user=who.user_id, include_locale=True)
        except (SlackApiError, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("the language of a member is not known: %s", type(error).__name__)
            return None, RETRY_S
        locale = (answer.get("user") or {}).get("locale")
        return (language_of(locale) if locale else None), FRESH_S
