"""Settings, per workspace and per channel."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy import delete, select

from bot.preferences import NOTHING_SET, Preferences
from bot.store.database import Database
from bot.store.news import tell
from bot.store.schema import preferences
from bot.store.team import Team, of_team

log = logging.getLogger(__name__)

WORKSPACE = ""
"""Stands for the channel in settings of a whole workspace."""


class PreferencesStore:
    """Reads and writes settings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, team: Team, channel_id: str) -> Preferences:
        """The settings that hold in a channel: its own over the workspace's."""
        columns = select(preferences.c.channel_id, preferences.c.document)
        query = columns.where(
            *of_team(preferences, team),
            preferences.c.channel_id.in_([WORKSPACE, channel_id]),
        )
        async with self._database.transaction() as connection:
            found = {row.channel_id: row.document for row in await connection.execute(query)}
        workspace = _read(found.get(WORKSPACE))
        if channel_id == WORKSPACE:
            return workspace
        return _read(found.get(channel_id)).over(workspace)

    async def own(self, team: Team, channel_id: str) -> Preferences:
        """What is set in exactly this channel, or for the workspace alone."""
        query = select(preferences.c.document).where(
            *of_team(preferences, team),
            preferences.c.channel_id == channel_id,
        )
        async with self._database.transaction() as connection:
            return _read((await connection.execute(query)).scalar())

    async def put(self, team: Team, channel_id: str, document: Preferences, by: str) -> None:
        """Set a channel's settings, or with an empty channel the workspace's."""
        async with self._database.transaction() as connection:
            await tell(self._database, connection, team)
            if document.is_empty:
                await connection.execute(
                    delete(preferences).where(
                        *of_team(preferences, team),
                        preferences.c.channel_id == channel_id,
                    )
                )
                return
            row = {
                **team._asdict(),
                "channel_id": channel_id,
                "document": document.model_dump(mode="json", exclude_none=True),
                "updated_by": by,
                "updated_at": datetime.now(UTC),
            }
            await self._database.put(connection, preferences, row)


def _read(document: object) -> Preferences:
    if document is None:
        return NOTHING_SET
    try:
        return Preferences.model_validate(document)
    except ValidationError as error:
        # Settings of a newer or older release: what cannot be read does not stop an answer.
        log.warning("settings that cannot be read are left out: %d problems", error.error_count())
        return NOTHING_SET
