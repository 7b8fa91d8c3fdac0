"""What members see while something breaks under load, and what is in the ledger afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from tests.load.asking import Fate, Tally
from tests.load.deployment import Deployment, deployment
from tests.load.loading import Kept, Times, kept
from tests.load.replicas import Replicas

RATE_PER_S: Final = 40.0
AROUND_S: Final = 4.0
"""So long it is quiet before something breaks, and after it is whole again."""
BROKEN_S: Final = 8.0
FULL_S: Final = 20.0
"""Longer, as what is written still finds room for a while in what the database has taken."""
DISK_MB: Final = 256
SUPERVISED_S: Final = 0.5
"""So often somebody looks whether the database runs, as systemd does."""

Break = Callable[[Deployment, Replicas, Path], Awaitable[None]]


class Broken(NamedTuple):
    """Something that breaks.

    Attributes:
        how: breaks it, and returns when it is whole again.
        on_small_disk: whether the database has a disk of its own, which can be filled.
    """

    name: str
    how: Break
    on_small_disk: bool = False


@dataclass
class Outcome:
    """What became of the commands while it was broken.

    Attributes:
        passed_on: requests that the balancer gave to another replica, as the first broke.
        late: answers that were promised first.
    """

    name: str
    tally: Tally
    kept: Kept
    passed_on: int
    late: int
    times: Times

    @property
    def is_clean(self) -> bool:
        """Whether each was answered or apologised to, and nothing that was confirmed is lost."""
        fates, held = self.tally.fates, self.kept
        bad = fates[Fate.WRONG] + fates[Fate.CROSSED] + fates[Fate.NOTHING]
        return not (bad or held.lost or held.elsewhere or held.twice)


async def _nothing(_found: Deployment, _bots: Replicas, _disk: Path) -> None:
    await asyncio.sleep(BROKEN_S)


async def _rolling_restart(_found: Deployment, bots: Replicas, _disk: Path) -> None:
    for one in list(bots.alive):
        await bots.replace(one)


async def _kill(_found: Deployment, bots: Replicas, _disk: Path) -> None:
    for _ in range(2):
        await bots.look()
        bots.kill(bots.alive[0])
        await asyncio.sleep(BROKEN_S / 2)
        await bots.start()


async def _restart_database(found: Deployment, _bots: Replicas, _disk: Path) -> None:
    for mode in ("fast", "immediate"):
        await asyncio.to_thread(found.pg_ctl, "-m", mode, "restart")
        await asyncio.sleep(BROKEN_S / 2)


async def _take_database_away(found: Deployment, _bots: Replicas, _disk: Path) -> None:
    await asyncio.to_thread(found.pg_ctl, "-m", "fast", "stop")
    await asyncio.sleep(BROKEN_S)
    await asyncio.to_thread(found.pg_ctl, "start")


async def _fill_disk(found: Deployment, _bots: Replicas, disk: Path) -> None:
    filler = disk / "filler"
    supervising = asyncio.create_task(_supervise(found))
    try:
        await asyncio.to_thread(_fill, filler)
        await asyncio.sleep(FULL_S)
        filler.unlink()
        await asyncio.sleep(BROKEN_S)
    finally:
        supervising.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await supervising


def _fill(filler: Path) -> None:
    """Write until the disk takes no more."""
    piece = bytes(64 * 1024)
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(piece):
            pass


async def _supervise(found: Deployment) -> None:
    """Start the database again whenever it has given up: without room for its log it does."""
    while True:
        await asyncio.sleep(SUPERVISED_S)
        if not await asyncio.to_thread(found.runs):
            with contextlib.suppress(subprocess.CalledProcessError):
                await asyncio.to_thread(found.pg_ctl, "-t", "5", "start")


ALL: Final = (
    Broken("nothing", _nothing),
    Broken("rolling restart of both replicas", _rolling_restart),
    Broken("`kill -9` of a replica, twice", _kill),
    Broken("the database restarts, once without a proper stop", _restart_database),
    Broken("the database is away for 8 s", _take_database_away),
    Broken("the database's disk is full for 20 s", _fill_disk, on_small_disk=True),
)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of its own, which only root can make: of memory, and soon full."""
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "carbon", str(folder))
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)  # noqa: S607 - same


def can_mount() -> bool:
    """Whether this user may make disks."""
    return os.geteuid() == 0


@asynccontextmanager
async def _database(broken: Broken, folder: Path) -> AsyncIterator[Path]:
    if broken.on_small_disk:
        with small_disk(folder / "disk") as disk:
            yield disk
    else:
        yield folder


async def under_load(
    broken: Broken, workspaces: int, seed: int, around_s: float = AROUND_S
) -> Outcome:
    """Let something break while members ask, and compare everything with what should be."""
    times, enough = Times(), asyncio.Event()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            _database(broken, folder) as disk,
            deployment(disk / "postgresql", workspaces, seed, DRAIN_SECONDS="1") as found,
        ):
            logs = folder / "bots"
            logs.mkdir()
            async with found.bots(logs) as bots:
                load = found.load(bots)
                sending = asyncio.create_task(load.paced(RATE_PER_S, enough, times))
                await asyncio.sleep(around_s)
                await broken.how(found, bots, disk)
                await asyncio.sleep(around_s)
                enough.set()
                await sending
                await load.settle()
            async with found.store() as store:
                held = await kept(store, load.tally)
    return Outcome(broken.name, load.tally, held, load.passed_on, load.late, times)


COLUMNS: Final = (
    "What breaks",
    "commands",
    "right",
    "apology",
    "wrong",
    "of another workspace",
    "no answer",
    "promised first",
    "passed on",
    "runs confirmed",
    "lost",
    "twice",
    "estimates not in the history",
    "p99",
)


def row(outcome: Outcome) -> str:
    """An outcome as a row of the table in docs/load.md."""
    fates, held = outcome.tally.fates, outcome.kept
    cells = (
        outcome.name,
        f"{outcome.tally.asked:,}",
        f"{fates[Fate.RIGHT] + fates[Fate.ALREADY]:,}",
        fates[Fate.APOLOGY],
        fates[Fate.WRONG],
        fates[Fate.CROSSED] + held.elsewhere,
        fates[Fate.NOTHING],
        outcome.late,
        outcome.passed_on,
        f"{held.entered:,}",
        held.lost,
        held.twice,
        held.estimates_missing,
        f"{outcome.times.p99_ms:.0f} ms",
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def head() -> str:
    """The head of the table."""
    return f"| {' | '.join(COLUMNS)} |\n| --- |{' ---: |' * (len(COLUMNS) - 1)}"
