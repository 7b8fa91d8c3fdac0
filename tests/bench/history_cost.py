"""What the history costs a command: ``python -m tests.bench.history_cost``.

Commands, no two alike, are answered and encoded in chunks, without the history and with it, in
turns. With it, an estimate is put in the queue and the answer goes; the writing, to SQLite in a
file, goes on behind. The second ratio counts that writing as if somebody waited for it.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson

from bot.slack.commands import answered, remember
from bot.slack.payload import Who
from bot.store import Store, open_store
from tests.bot.people import ASKER

CHUNK = 40
CHUNKS = 250
AIM = 1.25
WHO = Who("", "T1", "C1", "U1")

_numbers = itertools.count(1)


async def answer(store: Store | None) -> None:
    """Answer a command that nobody asked before."""
    number = next(_numbers)
    found = await answered(f"{number % 9000 + 1} GPU {number // 7 % 900 + 1} TPU", ASKER)
    if store is not None:
        remember(store.history, WHO, found)
    orjson.dumps(found.message.payload())


async def chunk_us(one: Callable[[], Awaitable[None]]) -> float:
    """The mean time of a command of a chunk [µs]."""
    start = time.perf_counter()
    for _ in range(CHUNK):
        await one()
    return 1e6 * (time.perf_counter() - start) / CHUNK


async def main(folder: Path) -> None:
    """Print both ratios."""
    async with open_store(f"sqlite:///{folder}/carbon.db") as store:
        gc.freeze()
        gc.set_threshold(10_000, 20, 50)
        without, queued, written = [], [], []
        for _ in range(CHUNKS):
            without.append(await chunk_us(lambda: answer(None)))
            start = time.perf_counter()
            queued.append(await chunk_us(lambda: answer(store)))
            await store.history.flush()
            written.append(1e6 * (time.perf_counter() - start) / CHUNK)
    print(f"a command without the history: {statistics.median(without):.0f} µs")
    for name, times in (("recorded", queued), ("recorded and written", written)):
        ratio = statistics.median(a / b for a, b in zip(times, without, strict=True))
        print(f"{name}: {statistics.median(times):.0f} µs, {ratio:.2f} × (aim: at most {AIM})")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(main(Path(name)))
