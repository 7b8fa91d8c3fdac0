"""The token of each workspace where the app was installed by OAuth; renewed before it expires.

A refresh token is good once: after it was used Slack revokes it "after a short grace period", and
of expiring tokens two are good at a time. So of all replicas one renews: it claims the renewal in
the database, reads the installation again, asks Slack, and writes the new token unless somebody
installed the app anew meanwhile. The others go on with the old token, which is good for two hours
more. See https://docs.slack.dev/authentication/using-token-rotation.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from sqlalchemy.exc import SQLAlchemyError

from bot.slack.failures import is_slacks_own, reason
from bot.store import Store, Team
from bot.store.installations import Installed, NotInstalled

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(hours=2)
"""This long before a token expires it is renewed."""
CLAIM: Final = timedelta(minutes=1)
"""After this somebody else may try: whoever claimed a renewal failed, or is gone."""
WAIT_S: Final = 2.0
"""How long a request waits for another's renewal of a token that has expired."""
LOOK_S: Final = 0.1
WRITE_AGAIN_S: Final = (0.2, 1.0, 5.0)
"""Pauses between attempts to write a new token."""
FRESH_S: Final = 30.0
"""After this long a token is read again: another replica may have another one."""
MOST_KNOWN: Final = 10_000
_ALWAYS: Final = 10**9
"""Minutes before expiration in which the SDK renews: it is decided here."""


class Tokens:
    """Knows the installation that serves each workspace."""

    def __init__(
        self, store: Store, rotator: AsyncTokenRotator, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._rotator = rotator
        self._clock = clock
        self._known: OrderedDict[Team, tuple[Installed, float]] = OrderedDict()
        self._renewing: dict[Team, asyncio.Task[Installed]] = {}

    async def of(self, team: Team) -> Installed:
        """The installation that serves a workspace, with a token that is good.

        Raises:
            NotInstalled: there is none, or its token expired and cannot be renewed.
            SQLAlchemyError: the database does not answer, and never told of this workspace.
            WrongKey: no key opens the token.
        """
        known, until = self._known.get(team, (None, 0.0))
        if known is not None and time.monotonic() < until and not self._is_due(known):
            return known
        try:
            found = await self._store.installations.of(team)
            if found is not None and self._is_due(found):
                found = await self._renewed(found)
        except (SQLAlchemyError, OSError) as error:
            if known is None:
                raise
            log.warning("tokens cannot be read: %s", type(error).__name__)
            found = known
        if found is None:
            self.forget(team)
            msg = f"carbon is not installed in {team.team_id or team.enterprise_id}"
            raise NotInstalled(msg)
        self._known[team] = found, time.monotonic() + FRESH_S
        self._known.move_to_end(team)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return found

    def forget(self, team: Team) -> None:
        """Read the installation of a workspace, or of an organisation, again."""
        for known in [one for one in self._known if team in {one, Team(one.enterprise_id, "")}]:
            del self._known[known]

    async def idle(self) -> None:
        """Wait until no token is being renewed: a new one that is not kept would be lost."""
        if self._renewing:
            await asyncio.wait([*self._renewing.values()])

    def _is_due(self, installed: Installed) -> bool:
        expires_at = installed.expires_at
        return expires_at is not None and expires_at - self._clock() <= AHEAD

    def _is_over(self, installed: Installed) -> bool:
        expires_at = installed.expires_at
        return expires_at is not None and expires_at <= self._clock()

    async def _renewed(self, found: Installed) -> Installed:
        """The same installation with a new token; many ask at once, and one renews."""
        task = self._renewing.get(found.team)
        if task is None:
            task = asyncio.create_task(self._renew(found))
            self._renewing[found.team] = task
            task.add_done_callback(lambda _: self._renewing.pop(found.team, None))
        # Who gives up waiting must not keep a new token from being written.
        return await asyncio.shield(task)

    async def _renew(self, found: Installed) -> Installed:
        key = f"renew {found.team.enterprise_id} {found.team.team_id}"
        handled = self._store.handled
        if not await handled.first_time_within(key, datetime.now(UTC), CLAIM):
            return await self._by_another(found)
        # Another replica may have been quicker than our first look.
        now = await self._store.installations.own(found.team)
        if now is None:
            raise NotInstalled(found.team.team_id)
        if not self._is_due(now):
            await handled.forget(key)
            return now
        try:
            fresh = await self._ask(now)
        except SlackTokenRotationError as error:
            return self._not_renewed(now, error.api_error)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return self._not_renewed(now, error)
        if fresh.bot_token_expires_at is None:
            return now
        until = self._clock() + timedelta(seconds=fresh.bot_token_expires_at - time.time())
        where = now.team.team_id or now.team.enterprise_id
        if await self._write(now, fresh, until):
            log.info("the token of %s was renewed until %s", where, until)
        else:
            log.info("the app was installed anew in %s meanwhile", where)
        await handled.forget(key)
        return await self._store.installations.own(found.team) or now

    async def _write(self, installed: Installed, fresh: Bot, until: datetime) -> bool:
        """Write a new token, and try again where that fails: the old one has been used up."""
        for pause_s in WRITE_AGAIN_S:
            try:
                return await self._store.installations.renew(
                    installed, fresh.bot_token, fresh.bot_refresh_token, until
                )
            except (SQLAlchemyError, OSError) as error:
                log.warning("a new token is not written yet: %s", type(error).__name__)
                await asyncio.sleep(pause_s)
        return await self._store.installations.renew(
            installed, fresh.bot_token, fresh.bot_refresh_token, until
        )

    async def _ask(self, installed: Installed) -> Bot:
        bot = Bot(
            bot_token=installed.token,
            bot_id=installed.bot_id,
            bot_user_id=installed.bot_user,
            bot_refresh_token=installed.refresh_token,
            bot_token_expires_at=0,
            installed_at=installed.installed_at.timestamp(),
        )
        fresh = await self._rotator.perform_bot_token_rotation(
            bot=bot, minutes_before_expiration=_ALWAYS
        )
        return fresh or bot

    def _not_renewed(self, installed: Installed, error: BaseException) -> Installed:
        """Go on with the old token as long as it is good. The claim stays: no hurry."""
        where = installed.team.team_id or installed.team.enterprise_id
        if is_slacks_own(error):
            log.warning("the token of %s is not renewed yet: %s", where, reason(error))
            return installed
        log.error(
            "the token of %s cannot be renewed (%s): install the app there again",
            where,
            reason(error),
        )
        if self._is_over(installed):
            raise NotInstalled(where)
        return installed

    async def _by_another(self, found: Installed) -> Installed:
        """Go on with the old token while another replica renews it; wait where it is over."""
        waited = 0.0
        while self._is_over(found) and waited < WAIT_S:
            await asyncio.sleep(LOOK_S)
            waited += LOOK_S
            found = await self._store.installations.own(found.team) or found
        if self._is_over(found):
            raise NotInstalled(found.team.team_id)
        return found
