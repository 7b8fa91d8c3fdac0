"""So many commands from so many workspaces: what was wrong, lost or crossed, memory, and times."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.load.asking import Fate, Tally
from tests.load.deployment import deployment
from tests.load.loading import Acknowledged, Kept, Load, Times, kept
from tests.load.replicas import NOBODY, Replicas, stock_apps
from tests.processes import processor_s, resident_mb

CONNECTIONS: Final = 64
PACE_PER_S: Final = 100.0
PACED_S: Final = 15.0
BURST: Final = 3000
ROUNDS: Final = 2
PARTS: Final = 10


@dataclass
class Both:
    """Times of the bots and of the stock app, under the same load in turns."""

    bots: Times = field(default_factory=Times)
    stock: Times = field(default_factory=Times)


@dataclass
class Found:
    """What a load showed.

    Attributes:
        memory_mb: of each replica after each tenth.
    """

    tally: Tally
    kept: Kept
    took_s: float
    errors: int
    late: int
    memory_mb: list[list[float]]
    times: Times
    many: Both = field(default_factory=Both)
    paced: Both = field(default_factory=Both)

    @property
    def growth(self) -> float:
        """By how much more memory is held after the last tenth than after the second (share)."""
        second, last = (sum(self.memory_mb[part]) for part in (1, -1))
        return last / second - 1

    @property
    def is_clean(self) -> bool:
        """Whether all is right and nothing is lost."""
        fine = self.tally.fates[Fate.RIGHT] == self.tally.asked
        held = self.kept
        lost = held.lost or held.elsewhere or held.twice
        return (
            fine
            and not lost
            and not held.estimates_missing
            and not held.estimates_over
            and not self.errors
        )


def spent_s(bots: Replicas) -> float:
    """Processor time that all bots have used so far."""
    return sum(processor_s(one.process.pid) for one in bots.alive)


def tell(part: int, rate: float, cost_ms: float, memory_mb: list[float]) -> None:
    """Say how far it is."""
    shown = ", ".join(f"{one:.1f}" for one in memory_mb)
    print(  # noqa: T201 - it takes long
        f"{part + 1}/{PARTS}: {rate:.0f}/s, {cost_ms:.2f} ms of processor a command, {shown} MB",
        flush=True,
    )


async def in_turns(ours: Load, stock: Load, many: Both, paced: Both, rounds: int) -> None:
    """The same load for the bots and for the stock app, one after the other."""
    for _ in range(rounds):
        for load, at_once, a_second in (
            (ours, many.bots, paced.bots),
            (stock, many.stock, paced.stock),
        ):
            await load.many(BURST, CONNECTIONS, at_once)
            enough = asyncio.Event()
            asyncio.get_running_loop().call_later(PACED_S, enough.set)
            await load.paced(PACE_PER_S, enough, a_second)


async def run(commands: int, count: int, seed: int, rounds: int = ROUNDS) -> Found:
    """Send so many commands, and compare everything with what should be."""
    memory: list[list[float]] = []
    times, many, paced = Times(every=10), Both(), Both()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with deployment(folder / "postgresql", count, seed) as found:
            logs = folder / "bots"
            logs.mkdir()
            async with found.bots(logs) as bots, stock_apps(folder, 2 if rounds else 0) as apps:
                load = found.load(bots)
                stock = Load(apps, Acknowledged(), load.commands, NOBODY)
                await in_turns(load, stock, many, paced, rounds)
                start = time.perf_counter()
                for part in range(PARTS):
                    before, spent_before_s = time.perf_counter(), spent_s(bots)
                    await load.many(commands // PARTS, CONNECTIONS, times)
                    memory.append([resident_mb(one.process.pid) for one in bots.alive])
                    sent = commands // PARTS
                    cost_ms = 1000 * (spent_s(bots) - spent_before_s) / sent
                    tell(part, sent / (time.perf_counter() - before), cost_ms, memory[-1])
                took_s = time.perf_counter() - start
                await in_turns(load, stock, many, paced, rounds)
                await load.settle()
            errors = sum(line["level"] in {"ERROR", "CRITICAL"} for line in bots.logged())
            async with found.store() as store:
                held = await kept(store, load.tally)
    return Found(load.tally, held, took_s, errors, load.late, memory, times, many, paced)


def described(found: Found, commands: int) -> str:
    """It in words, as docs/load.md has it."""
    tally, held = found.tally, found.kept
    second, last = (sum(found.memory_mb[part]) for part in (1, -1))
    rate = commands / found.took_s
    lines = [
        f"commands: {tally.asked:,}, of which {commands:,} in {found.took_s:.0f} s ({rate:.0f}/s)",
        *(f"{fate.value}: {tally.fates[fate]:,}" for fate in Fate),
        f"runs entered: {held.entered:,}",
        f"runs lost {held.lost}, in another workspace {held.elsewhere}, twice {held.twice}",
        f"estimates in the history: {held.estimates:,}",
        f"estimates missing {held.estimates_missing}, too many {held.estimates_over}",
        f"promised, and answered later: {found.late}",
        f"errors in the logs: {found.errors}",
        f"memory after the second and the last tenth: {second:.1f}, {last:.1f} MB",
        f"growth of memory: {found.growth:+.1%}",
        f"during the load: {found.times}",
        f"{CONNECTIONS} at once, bots: {found.many.bots}",
        f"{CONNECTIONS} at once, stock app: {found.many.stock}",
        f"{PACE_PER_S:.0f} a second, bots: {found.paced.bots}",
        f"{PACE_PER_S:.0f} a second, stock app: {found.paced.stock}",
        *tally.bad,
    ]
    return "\n".join(lines)
