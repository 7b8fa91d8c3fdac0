"""Everything of a workspace or of a member: gathered for them, and really deleted.

Runs, settings and summaries are the team's: where a member entered or set them, the member is taken
out and they stay. What nobody but the member can see, in direct messages, is deleted with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Table, delete, func, or_, select, update
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ledger import FORGOTTEN
from bot.store.database import Database
from bot.store.news import tell
from bot.store.schema import (
    budget_warnings,
    budgets,
    deliveries,
    estimates,
    factor_files,
    ingest_urls,
    installations,
    measurements,
    members,
    metadata,
    preferences,
    runs,
    schedules,
)
from bot.store.team import Team, of_enterprise, of_team

OWN: Final = {estimates: estimates.c.user_id, members: members.c.user_id}
"""Tables whose rows belong to a member."""
SHARED: Final = {
    preferences: preferences.c.updated_by,
    factor_files: factor_files.c.uploaded_by,
    runs: runs.c.owner_id,
    ingest_urls: ingest_urls.c.created_by,
    schedules: schedules.c.configured_by,
    budgets: budgets.c.set_by,
    installations: installations.c.installed_by,
}
"""Tables whose rows belong to the team, with the member who made them."""
SECRETS: Final = (installations.c.token, installations.c.refresh_token)
"""What no member may have, encrypted or not."""
EDITORS: Final = "chosen_editors"
"""Where a document of settings names members."""
DIRECT: Final = "D"
"""What Slack's ids of direct messages begin with."""


async def forget_team(database: Database, team: Team, *, installed: bool) -> dict[str, int]:
    """Delete all rows of a workspace, in one transaction; returns how many, by table.

    What must be written is written before: see ``Store.forget_team``.

    Args:
        database: the database.
        team: the workspace.
        installed: whether the app stays installed there. Its installation stays then, but not who
            made it.
    """
    counts = {}
    async with database.transaction() as connection:
        # Tables that refer to others come first.
        for table in reversed(metadata.sorted_tables):
            if "team_id" not in table.c or (installed and table is installations):
                continue
            done = await connection.execute(delete(table).where(*of_team(table, team)))
            counts[table.name] = int(done.rowcount)
        await connection.execute(
            update(installations)
            .where(*of_team(installations, team))
            .values(installed_by=FORGOTTEN)
        )
        await _forget_jobs(database, connection, team)
        await tell(database, connection, team)
    return counts


async def teams_of(database: Database, enterprise_id: str) -> list[Team]:
    """The workspaces of an organisation of which anything is kept."""
    found: set[str] = set()
    async with database.transaction() as connection:
        for table in metadata.sorted_tables:
            if "team_id" in table.c:
                query = select(table.c.team_id).where(of_enterprise(table, enterprise_id))
                found |= {row.team_id for row in await connection.execute(query.distinct())}
    return [Team(enterprise_id, team_id) for team_id in sorted(found) if team_id]


class Forgotten(NamedTuple):
    """How many rows of each table were deleted with a member, and out of how many they were taken.

    A row that had the member in it twice counts twice.
    """

    deleted: Counter[str]
    changed: Counter[str]


async def forget_member(database: Database, team: Team, user_id: str) -> Forgotten:
    """Delete what is a member's own, and take the member out of what is the team's.

    All of it is one transaction.
    """
    found = Forgotten(Counter(), Counter())
    async with database.transaction() as connection:
        channels = await _own_channels(connection, team, user_id)
        await _forget_jobs(database, connection, team, user_id, channels)
        for table, condition in _deleted(team, user_id, channels):
            done = await connection.execute(delete(table).where(*of_team(table, team), condition))
            found.deleted[table.name] += int(done.rowcount)
        for table, person in SHARED.items():
            values: dict[str, Any] = {person.name: FORGOTTEN}
            if "version" in table.c:
                # Who is changing it now read it with the member in it.
                values["version"] = table.c.version + 1
            done = await connection.execute(
                update(table).where(*of_team(table, team), person == user_id).values(values)
            )
            found.changed[table.name] += int(done.rowcount)
        found.changed[preferences.name] += await _not_chosen(connection, team, user_id)
        await tell(database, connection, team)
    return found


async def kept_of(database: Database, team: Team, user_id: str) -> dict[str, list[dict[str, Any]]]:
    """Every row that is a member's own, or that has the member in it, by table."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with database.transaction() as connection:
        for table, condition in await _kept(connection, team, user_id):
            columns = [column for column in table.columns if column not in SECRETS]
            query = select(*columns).where(*of_team(table, team), condition)
            rows = await connection.execute(query.order_by(*table.primary_key))
            found[table.name] = [row._asdict() for row in rows]
    return {name: rows for name, rows in found.items() if rows}


async def count_of(database: Database, team: Team, user_id: str) -> Counter[str]:
    """How many rows that are, by table."""
    found: Counter[str] = Counter()
    async with database.transaction() as connection:
        for table, condition in await _kept(connection, team, user_id):
            query = select(func.count()).select_from(table).where(*of_team(table, team), condition)
            found[table.name] = (await connection.execute(query)).scalar_one()
    return found


async def _kept(
    connection: AsyncConnection, team: Team, user_id: str
) -> list[tuple[Table, ColumnElement[bool]]]:
    """Which rows of which tables are a member's own, or have the member in them."""
    channels = await _own_channels(connection, team, user_id)
    choosing = await _choosing(connection, team, user_id)
    conditions = [
        *_deleted(team, user_id, channels),
        *((table, person == user_id) for table, person in SHARED.items()),
        (preferences, preferences.c.channel_id.in_([*choosing])),
    ]
    by_table = {
        table: [condition for one, condition in conditions if one is table]
        for table in metadata.sorted_tables
    }
    return [(table, or_(*found)) for table, found in by_table.items() if found]


def _deleted(
    team: Team, user_id: str, channels: Sequence[str]
) -> list[tuple[Table, ColumnElement[bool]]]:
    """What goes with a member, in the order in which it can."""
    addresses = select(ingest_urls.c.id).where(
        *of_team(ingest_urls, team), ingest_urls.c.channel_id.in_(channels)
    )
    found: list[tuple[Table, ColumnElement[bool]]] = [
        (table, person == user_id) for table, person in OWN.items()
    ]
    found += [
        # A run that was taken out of the ledger is the team's no more.
        (runs, (runs.c.owner_id == user_id) & runs.c.deleted_at.is_not(None)),
        # Who asked for a summary at once is in the name of its delivery.
        (deliveries, deliveries.c.period.contains(f" {user_id} ", autoescape=True)),
        (measurements, measurements.c.ingest_url_id.in_(addresses)),
    ]
    found += [
        (table, (table.c.scope == "channel") & table.c.scope_id.in_(channels))
        for table in (budget_warnings, budgets)
    ]
    found += [
        (table, table.c.channel_id.in_(channels))
        for table in reversed(metadata.sorted_tables)
        if "channel_id" in table.c
    ]
    return found


async def _forget_jobs(
    database: Database,
    connection: AsyncConnection,
    team: Team,
    user_id: str | None = None,
    channels: Sequence[str] = (),
) -> None:
    """Take a workspace's deliveries out of PostgreSQL's queue, or those with a member in them.

    One that is under way ends by itself, and its job with it.
    """
    if database.is_sqlite:
        return
    if (await connection.execute(sql("SELECT to_regclass('procrastinate_jobs')"))).scalar() is None:
        return
    values: dict[str, Any] = team._asdict()
    statement = _JOBS
    if user_id is not None:
        statement += _JOBS_OF_MEMBER
        values |= {"mark": f" {user_id} ", "channels": [*channels]}
    await connection.execute(sql(statement), values)


_JOBS: Final = """
    DELETE FROM procrastinate_jobs WHERE status <> 'doing'
    AND args->>'enterprise_id' = :enterprise_id AND args->>'team_id' = :team_id
"""
_JOBS_OF_MEMBER: Final = """
    AND (strpos(args->>'period', :mark) > 0 OR args->>'channel_id' = ANY(:channels))
"""


async def _own_channels(connection: AsyncConnection, team: Team, user_id: str) -> list[str]:
    """Direct messages in which nobody but the member did anything."""
    by: dict[str, set[str]] = {}
    for table, person in {**OWN, **SHARED}.items():
        if "channel_id" not in table.c:
            continue
        query = (
            select(table.c.channel_id, person)
            .where(*of_team(table, team), table.c.channel_id.startswith(DIRECT))
            .distinct()
        )
        for channel_id, who in await connection.execute(query):
            by.setdefault(channel_id, set()).add(who)
    return sorted(channel_id for channel_id, people in by.items() if people == {user_id})


async def _choosing(
    connection: AsyncConnection, team: Team, user_id: str
) -> dict[str, dict[str, Any]]:
    """The settings that name a member among those who may change them, by channel."""
    query = select(preferences.c.channel_id, preferences.c.document).where(
        *of_team(preferences, team)
    )
    return {
        row.channel_id: row.document
        for row in await connection.execute(query)
        if user_id in row.document.get(EDITORS, ())
    }


async def _not_chosen(connection: AsyncConnection, team: Team, user_id: str) -> int:
    """Take a member out of those who may change settings; returns how many settings named them."""
    found = await _choosing(connection, team, user_id)
    for channel_id, document in found.items():
        others = [one for one in document[EDITORS] if one != user_id]
        await connection.execute(
            update(preferences)
            .where(*of_team(preferences, team), preferences.c.channel_id == channel_id)
            # With nobody left, it is for administrators.
            .values(document={**document, EDITORS: others})
        )
    return len(found)
