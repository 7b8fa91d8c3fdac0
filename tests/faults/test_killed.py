"""Bots are killed at any moment: here a few, by ``python -m tests.faults`` hundreds of them."""

from __future__ import annotations

from pathlib import Path

from tests.faults.killing import describe, kill_bots, nursery, town

KILLS = 20


async def test_bots_that_are_killed_lose_and_repeat_nothing(
    database_url: str,
    tmp_path: Path,
) -> None:
    replicas = 1 if database_url.startswith("sqlite") else 4
    async with (
        nursery() as process,
        town(process, database_url, tmp_path, seed=20261124, most_bots=replicas) as found,
    ):
        tally = await kill_bots(found, KILLS)
    assert tally.is_clean, describe(tally)
    assert tally.posted == tally.due
    assert tally.measured > 0
