"""Databases with as many rows as years of use leave."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import text

from bot.store import Store, Team

TEAM: Final = Team("", "T0LOCAL001")
END: Final = datetime(2026, 11, 23, tzinfo=UTC)
DAY: Final = date(2026, 11, 23)
PER_CHANNEL: Final = 1000
"""Estimates of each channel and of each member; the last of them are in the last week."""

_NUMBERS: Final = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"


async def fill(store: Store, estimates: int, runs: int) -> None:
    """Fill a database with estimates and runs, a schedule and a delivery for each channel.

    Every channel has as many, however many rows there are in all.
    """
    sqlite = store.database.is_sqlite
    channels = max(1, estimates // PER_CHANNEL)

    def moment(seconds: str) -> str:
        if sqlite:
            return f"datetime('{END:%F %T}', (-({seconds})) || ' seconds') || '.000000'"
        return f"timestamptz '{END:%F %T}Z' - ({seconds}) * interval '1 second'"

    def day(days: str) -> str:
        if sqlite:
            return f"date('{DAY}', (-({days})) || ' days')"
        return f"date '{DAY}' - CAST(({days}) AS integer)"

    def numbered(rows: int) -> str:
        return _NUMBERS.format(last=rows - 1)

    team = f"'{TEAM.enterprise_id}', '{TEAM.team_id}'"
    channel, user = f"'C' || (i % {channels})", f"'U' || (i % {channels})"
    # An estimate of a channel every six hours, a run every other day or so.
    asked, counted = moment(f"i / {channels} * 21600"), day(f"i / {channels} * 2 + 1")
    statements = [
        f"""INSERT INTO estimates (id, enterprise_id, team_id, channel_id, user_id, command, spec,
        catalogue_version, factors, energy_kwh, embodied_kgco2e, total_kgco2e, total_low_kgco2e,
        total_high_kgco2e, created_at) {numbered(estimates)} SELECT 'e' || i, {team}, {channel},
        {user}, '8 H100 for ' || (i % 977) || ' h', '{{}}', '2026.11', 'sourced', 1.0, 1.0,
        i % 977, 1.0, 9.0, {asked} FROM n""",  # noqa: S608 - our own figures
        f"""INSERT INTO runs (id, enterprise_id, team_id, channel_id, owner_id, name, project,
        state, counted_on, energy_kwh, total_kgco2e, version, created_at, updated_at)
        {numbered(runs)} SELECT 'r' || i, {team}, {channel}, {user}, 'run-' || (i / {channels}),
        'project-' || (i % {channels}), 'done', {counted}, 10.0, 4.0, 1, {asked}, {asked}
        FROM n""",  # noqa: S608 - our own figures
        f"""INSERT INTO schedules (enterprise_id, team_id, channel_id, kind, weekday, local_time,
        time_zone, active, due_at, configured_by, updated_at) {numbered(max(channels, runs))}
        SELECT {team}, 'C' || i, 'weekly', 0, '09:00', 'UTC', {"1" if sqlite else "true"},
        {moment("-i - 3600")}, 'U1', {moment("0")} FROM n""",  # noqa: S608 - our own figures
        f"""INSERT INTO deliveries (enterprise_id, team_id, channel_id, kind, period, state,
        attempts, created_at, updated_at) {numbered(runs)} SELECT {team}, {channel}, 'weekly',
        'week-' || (i / {channels}), 'posted', 1, {asked}, {asked} FROM n""",  # noqa: S608 - our own figures
    ]
    async with store.database.transaction() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    if not sqlite:
        # PostgreSQL does so by itself after a while; SQLite never does unless it is asked to.
        async with store.database.transaction() as connection:
            await connection.execute(text("ANALYZE"))
