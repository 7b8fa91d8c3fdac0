"""Who asks: the language, the factors and the defaults that an answer to them takes.

What the database and Slack tell is kept for a while, so that an ordinary command asks neither.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.asker import Asker, Uploaded
from bot.commands.calibrating import calibrated
from bot.i18n import CHINESE, ENGLISH, Say, language_of, say_in
from bot.preferences import NOTHING_SET, Calibration, Preferences
from bot.slack.failures import FAILURES
from bot.slack.payload import Who
from bot.store import Store, Team
from bot.store.factor_files import FactorFile
from bot.store.members import Member
from estimator import Catalogue, EstimatorError, overrides
from estimator.overrides import Overrides

log = logging.getLogger(__name__)

FETCH_S: Final = 1.0
"""How long an answer waits for Slack to tell a member's language."""
FRESH: Final = timedelta(hours=24)
"""How long it holds what Slack told of a member."""
SETTINGS_S: Final = 30.0
"""After this long settings are read again where other replicas may change them unheard."""
TOLD_S: Final = 300.0
"""The same, where every change is heard of: they hold until then."""
RETRY_S: Final = 300.0
MOST_KNOWN: Final = 10_000
MOST_CALIBRATIONS: Final = 100
"""Channels with defaults of their own whose catalogue is kept; another's is made again."""
_CHINESE: Final = re.compile(r"[㐀-鿿]")


def spoken(said: str) -> str:
    """The language in which something is said, as far as it tells."""
    return CHINESE if _CHINESE.search(said) else ENGLISH


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class _Known:
    """What an answer to a member in a channel takes, and until when that is believed."""

    catalogue: Catalogue
    overrides: Overrides | None
    uploaded: Uploaded | None
    preferences: Preferences
    language: str | None
    until: float


class Askers:
    """Knows who asks."""

    def __init__(
        self, catalogue: Catalogue, store: Store, today: Callable[[], date] = _today
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._today = today
        self._known: OrderedDict[Who, _Known] = OrderedDict()
        self._members: dict[tuple[Team, str], tuple[Member, float]] = {}
        self._calibrations: OrderedDict[tuple[str, Calibration], Catalogue] = OrderedDict()
        self._files: dict[tuple[Team, int], tuple[Catalogue, Overrides]] = {}
        self._hears = False
        self._changes = 0

    def known(self, who: Who, said: str = "") -> Asker | None:
        """The asker where nothing has to be fetched; ``None`` where something has."""
        found = self._known.get(who)
        if found is None or time.monotonic() >= found.until:
            return None
        return self._asker(found, said)

    def say(self, who: Who | None, said: str = "") -> Say:
        """The language for somebody who may not be known, of whom nothing is fetched."""
        found = None if who is None else self._known.get(who)
        return say_in((found and found.language) or spoken(said))

    async def asker(self, who: Who, client: AsyncWebClient, said: str = "") -> Asker:
        """The asker; what is not known is asked of the database and of Slack.

        Where Slack does not tell in time, the language of what they said decides; where the
        database does not answer, what it told last holds on.

        Raises:
            SQLAlchemyError, OSError: the database does not answer, and never told what is set in
                the channel. Without it an estimate would be another one than they are used to.
        """
        found = self.known(who, said)
        if found is not None:
            return found
        changes = self._changes
        try:
            fresh = await self._fetched(who, client)
        except (SQLAlchemyError, OSError) as error:
            last = self._known.get(who) or self._of_others(who)
            if last is None:
                raise
            log.warning("settings cannot be read again: %s", type(error).__name__)
            fresh = replace(last, until=time.monotonic() + SETTINGS_S)
        if self._changes != changes:
            # It may have been read just before what has changed meanwhile.
            fresh = replace(fresh, until=0.0)
        self._known[who] = fresh
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return self._asker(fresh, said)

    def _of_others(self, who: Who) -> _Known | None:
        """What is set in a channel, as it was read for somebody else there."""
        for other, known in reversed(self._known.items()):
            if (other.team, other.channel_id) == (who.team, who.channel_id):
                return replace(known, language=known.preferences.language)
        return None

    async def of_channel(self, team: Team, channel_id: str) -> Asker:
        """Stands for a whole channel, which hears what nobody asked for just now."""
        try:
            known = await self._set(team, channel_id)
        except (SQLAlchemyError, OSError) as error:
            log.warning("settings cannot be read: %s", type(error).__name__)
            known = _Known(self._catalogue, None, None, NOTHING_SET, None, 0.0)
        language = known.preferences.language or ENGLISH
        return self._asker(replace(known, language=language), "")

    async def member(self, who: Who, client: AsyncWebClient) -> Member:
        """A member, as far as Slack tells."""
        key = (who.team, who.user_id)
        member, until = self._members.get(key, (None, 0.0))
        if member is not None and time.monotonic() < until:
            return member
        member = await self._kept_member(who)
        if member is None or member.fetched_at is None or _now() - member.fetched_at > FRESH:
            told = await self._told(who, client)
            member = told or member or Member(who.user_id)
        fresh_s = FRESH.total_seconds() if member.fetched_at else RETRY_S
        if len(self._members) > MOST_KNOWN:
            self._members.clear()
        self._members[key] = (member, time.monotonic() + fresh_s)
        return member

    def hears(self) -> None:
        """Every change of a workspace is heard of from now on; some before it perhaps was not."""
        self._hears = True
        self._doubt()

    def is_deaf(self) -> None:
        """Changes are not heard of from now on."""
        self._hears = False
        self._doubt()

    def _doubt(self) -> None:
        """Read everything again before it is used, but keep it for when it cannot be read."""
        self._changes += 1
        for who, known in self._known.items():
            self._known[who] = replace(known, until=0.0)

    def forget(self, team: Team) -> None:
        """Read a workspace's settings again before its next answer."""
        self._changes += 1
        for who in [who for who in self._known if who.team == team]:
            del self._known[who]

    def forget_all(self, team: Team, user_id: str | None = None) -> None:
        """Keep nothing in mind of a member, or of a whole workspace."""
        self.forget(team)
        for key in [key for key in self._members if key[0] == team]:
            if user_id in {None, key[1]}:
                del self._members[key]
        if user_id is None:
            # Its next factor file has the number of one that is gone.
            for file in [file for file in self._files if file[0] == team]:
                del self._files[file]

    def _asker(self, known: _Known, said: str) -> Asker:
        language = known.language
        if language is None:
            language = spoken(said)
        return Asker(
            known.catalogue,
            say_in(language),
            self._today(),
            known.preferences,
            known.overrides,
            known.uploaded,
        )

    async def _fetched(self, who: Who, client: AsyncWebClient) -> _Known:
        member = await self.member(who, client)
        known = await self._set(who.team, who.channel_id)
        language = known.preferences.language
        return replace(
            known, language=language or (language_of(member.locale) if member.locale else None)
        )

    async def _set(self, team: Team, channel_id: str) -> _Known:
        """What is set in a channel; the language of who asks is left open."""
        catalogue, own, uploaded, read_at = self._catalogue, None, None, time.monotonic()
        preferences = await self._store.preferences.of(team, channel_id)
        file = await self._store.factor_files.active(team)
        if file is not None:
            uploaded = Uploaded(file.name, file.uploaded_by, file.uploaded_at)
            catalogue, own = self._own_factors(team, file)
        catalogue = await self._calibrated(catalogue, preferences)
        if own is not None and preferences.calibration is not None:
            # What was measured later stands in for what the file says of it.
            kept = {k: f for k, f in own.factors.items() if not k.endswith("utilisation")}
            own = replace(own, factors=kept)
        meanings = {"GPU": preferences.gpu, "TPU": preferences.tpu}
        set_here = {name: model for name, model in meanings.items() if model}
        try:
            if set_here:
                catalogue = catalogue.with_meanings(set_here)
        except EstimatorError as error:
            log.warning("a default device cannot be used: %s", error)
        until = read_at + (TOLD_S if self._hears else SETTINGS_S)
        return _Known(catalogue, own, uploaded, preferences, preferences.language, until)

    async def _calibrated(self, catalogue: Catalogue, preferences: Preferences) -> Catalogue:
        """The catalogue with the utilisation that measured runs gave, where it was accepted."""
        calibration = preferences.calibration
        if calibration is None:
            return catalogue
        key = (catalogue.version, calibration)
        if key not in self._calibrations:
            try:
                made = await asyncio.to_thread(calibrated, catalogue, calibration)
            except EstimatorError as error:
                log.warning("a calibration cannot be used any more: %s", error)
                return catalogue
            if len(self._calibrations) >= MOST_CALIBRATIONS:
                self._calibrations.popitem(last=False)
            self._calibrations[key] = made
        return self._calibrations[key]

    def _own_factors(self, team: Team, file: FactorFile) -> tuple[Catalogue, Overrides | None]:
        """The catalogue with a workspace's factor file in it."""
        key = (team, file.number)
        if key not in self._files:
            try:
                own = overrides.parse_overrides(file.content, file.name, self._catalogue)
                self._files[key] = overrides.apply(self._catalogue, own), own
            except EstimatorError as error:
                # It was accepted when it was uploaded, by the data of an older release.
                log.warning("a factor file cannot be used any more: %s", error)
                return self._catalogue, None
        return self._files[key]

    async def _kept_member(self, who: Who) -> Member | None:
        try:
            return await self._store.members.get(who.team, who.user_id)
        except (SQLAlchemyError, OSError) as error:
            log.warning("members cannot be read: %s", type(error).__name__)
            return None

    async def _told(self, who: Who, client: AsyncWebClient) -> Member | None:
        """What Slack tells of a member; ``None`` where it does not in time."""
        try:
            async with asyncio.timeout(FETCH_S):
                answer = await client.users_info(user=who.user_id, include_locale=True)
        except FAILURES as error:
            log.info("the language of a member is not known: %s", type(error).__name__)
            return None
        user = answer.get("user") or {}
        admin = bool(user.get("is_admin") or user.get("is_owner"))
        try:
            return await self._store.members.fetched(
                who.team, who.user_id, user.get("locale"), user.get("tz"), is_admin=admin
            )
        except (SQLAlchemyError, OSError) as error:
            log.warning("members cannot be kept: %s", type(error).__name__)
            return Member(who.user_id, user.get("locale"), user.get("tz"), admin, _now())


def _now() -> datetime:
    return datetime.now(UTC)
