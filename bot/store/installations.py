"""In which workspaces the app is installed, and the tokens that it has there, encrypted.

An organisation that installed it for all of its workspaces has one row, without a workspace.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Row, delete, select, tuple_, update

from bot.store.database import Database
from bot.store.errors import StoreError, WrongKey
from bot.store.schema import installations
from bot.store.team import Team, of_team

if TYPE_CHECKING:
    from bot.token_keys import TokenKeys  # not imported to serve one workspace

WHOLE_ORGANISATION: Final = ""
"""Stands for the workspace in an installation for a whole organisation."""
BATCH: Final = 200


class NotInstalled(Exception):
    """The app is not installed in a workspace, or was removed from it."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The app in a workspace.

    Attributes:
        team: where; without a workspace, in every workspace of the organisation.
        app_id: the app.
        bot_id: the bot, as messages name it.
        bot_user: the bot, as mentions name it.
        scopes: what it was allowed.
        token: the bot token.
        refresh_token: what the next token is had for, where tokens expire. It is good once.
        expires_at: when the token expires; ``None`` where it does not.
        installed_by: which member installed it.
        installed_at: when that was.
        revision: another one after each change of the token.
    """

    team: Team
    app_id: str
    bot_id: str
    bot_user: str
    scopes: frozenset[str]
    token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime | None
    installed_by: str
    installed_at: datetime
    revision: str = ""

    @property
    def is_org_wide(self) -> bool:
        """Whether it is for a whole organisation."""
        return self.team.team_id == WHOLE_ORGANISATION


class Resealed(NamedTuple):
    """How many installations were encrypted anew, and how many could not be read."""

    installations: int
    unreadable: int


class InstallationStore:
    """Reads and writes installations; tokens are encrypted on their way."""

    def __init__(self, database: Database, keys: TokenKeys | None) -> None:
        self._database = database
        self._keys = keys

    async def of(self, team: Team) -> Installed | None:
        """The installation that serves a workspace: its own, else that of its organisation.

        Raises:
            WrongKey: its token cannot be decrypted.
        """
        for one in _serving(team):
            row = await self._row(one)
            if row is not None:
                return self._read(row)
        return None

    async def own(self, team: Team) -> Installed | None:
        """The installation of exactly this workspace, or of the organisation alone.

        Raises:
            WrongKey: its token cannot be decrypted.
        """
        row = await self._row(team)
        return None if row is None else self._read(row)

    async def has(self, team: Team) -> bool:
        """Whether exactly this workspace, or the organisation alone, has an installation."""
        return await self._row(team) is not None

    async def put(self, installed: Installed) -> None:
        """Keep an installation, in place of an earlier one."""
        row = {
            **installed.team._asdict(),
            "app_id": installed.app_id,
            "bot_id": installed.bot_id,
            "bot_user": installed.bot_user,
            "scopes": ",".join(sorted(installed.scopes)),
            **self._sealed(installed.team, installed.token, installed.refresh_token),
            "expires_at": installed.expires_at,
            "installed_by": installed.installed_by,
            "installed_at": installed.installed_at,
            "revision": secrets.token_hex(16),
        }
        async with self._database.transaction() as connection:
            await self._database.put(connection, installations, row)

    async def renew(
        self, installed: Installed, token: str, refresh_token: str | None, expires_at: datetime
    ) -> bool:
        """Put a new token in place of one; whether nobody did so, or installed anew, meanwhile."""
        changed = {
            **self._sealed(installed.team, token, refresh_token),
            "expires_at": expires_at,
            "revision": secrets.token_hex(16),
        }
        async with self._database.transaction() as connection:
            done = await connection.execute(
                update(installations)
                .where(
                    *of_team(installations, installed.team),
                    installations.c.revision == installed.revision,
                )
                .values(changed)
            )
        return bool(done.rowcount)

    async def delete(self, team: Team, until: datetime | None = None) -> bool:
        """Delete an installation and its tokens; whether there was one.

        Args:
            team: exactly this workspace, or the organisation alone.
            until: leave one that was made after this.
        """
        statement = delete(installations).where(*of_team(installations, team))
        if until is not None:
            statement = statement.where(installations.c.installed_at <= until)
        async with self._database.transaction() as connection:
            done = await connection.execute(statement)
        return bool(done.rowcount)

    async def lacking(self, scopes: Iterable[str]) -> dict[Team, frozenset[str]]:
        """Which of these scopes an installation lacks, for each that lacks any."""
        wanted = frozenset(scopes)
        query = select(
            installations.c.enterprise_id, installations.c.team_id, installations.c.scopes
        )
        async with self._database.transaction() as connection:
            found = [*await connection.execute(query)]
        lacking = {Team(row[0], row[1]): wanted - _scopes(row[2]) for row in found}
        return {team: missing for team, missing in lacking.items() if missing}

    async def problem(self) -> str | None:
        """Why tokens cannot be read, as far as the newest tells; ``None`` where they can."""
        query = select(installations).order_by(installations.c.installed_at.desc()).limit(1)
        async with self._database.transaction() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        try:
            self._read(row)
        except WrongKey as error:
            return str(error)
        return None

    async def unreadable(self) -> Resealed:
        """How many installations there are, and how many of them no key opens."""
        return await self._each(write=False)

    async def reseal(self) -> Resealed:
        """Encrypt every token with the newest key. A bot may go on meanwhile."""
        return await self._each(write=True)

    async def _each(self, *, write: bool) -> Resealed:
        number, unreadable, last = 0, 0, None
        while rows := await self._after(last):
            for row in rows:
                last = Team(row.enterprise_id, row.team_id)
                try:
                    await self._reseal(last, write=write)
                except WrongKey:
                    unreadable += 1
                else:
                    number += 1
        return Resealed(number, unreadable)

    async def _after(self, last: Team | None) -> list[Row[Any]]:
        key = tuple_(installations.c.enterprise_id, installations.c.team_id)
        query = select(installations)
        if last is not None:
            query = query.where(key > tuple_(*last))
        async with self._database.transaction() as connection:
            return [*await connection.execute(query.order_by(*key.clauses).limit(BATCH))]

    async def _reseal(self, team: Team, *, write: bool) -> None:
        """Encrypt one anew, again and again until nobody changed it meanwhile."""
        while (row := await self._row(team)) is not None:
            keys = self._some_keys()
            of = _whose(team)
            sealed = {
                name: None if value is None else keys.reseal(value, f"{name} {of}")
                for name, value in (("token", row.token), ("refresh_token", row.refresh_token))
            }
            if not write or sealed == {"token": row.token, "refresh_token": row.refresh_token}:
                return
            async with self._database.transaction() as connection:
                done = await connection.execute(
                    update(installations)
                    .where(
                        *of_team(installations, team),
                        installations.c.revision == row.revision,
                        installations.c.token == row.token,
                    )
                    .values(sealed)
                )
            if done.rowcount:
                return

    async def _row(self, team: Team) -> Row[Any] | None:
        query = select(installations).where(*of_team(installations, team))
        async with self._database.transaction() as connection:
            return (await connection.execute(query)).first()

    def _sealed(self, team: Team, token: str, refresh_token: str | None) -> dict[str, str | None]:
        keys, of = self._some_keys(), _whose(team)
        sealed = None if refresh_token is None else keys.seal(refresh_token, f"refresh_token {of}")
        return {"token": keys.seal(token, f"token {of}"), "refresh_token": sealed}

    def _read(self, row: Row[Any]) -> Installed:
        team = Team(row.enterprise_id, row.team_id)
        keys, of = self._some_keys(), _whose(team)
        refresh_token = None
        if row.refresh_token is not None:
            refresh_token = keys.open(row.refresh_token, f"refresh_token {of}")
        return Installed(
            team=team,
            app_id=row.app_id,
            bot_id=row.bot_id,
            bot_user=row.bot_user,
            scopes=_scopes(row.scopes),
            token=keys.open(row.token, f"token {of}"),
            refresh_token=refresh_token,
            expires_at=row.expires_at,
            installed_by=row.installed_by,
            installed_at=row.installed_at,
            revision=row.revision,
        )

    def _some_keys(self) -> TokenKeys:
        if self._keys is None:
            msg = "TOKEN_KEYS is not set: tokens that are kept cannot be read"
            raise StoreError(msg)
        return self._keys


def _serving(team: Team) -> list[Team]:
    """The installations that may serve a workspace, the nearest first."""
    if not team.enterprise_id or team.team_id == WHOLE_ORGANISATION:
        return [team]
    return [team, Team(team.enterprise_id, WHOLE_ORGANISATION)]


def _whose(team: Team) -> str:
    return f"{team.enterprise_id}/{team.team_id}"


def _scopes(text: str) -> frozenset[str]:
    return frozenset(scope for scope in text.split(",") if scope)
