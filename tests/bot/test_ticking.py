"""The scheduler in the process: it looks at once, again and again; and a clock that was set."""

from __future__ import annotations

import asyncio

import pytest

from bot.reports import clock
from bot.reports import ticking as module
from bot.reports.clock import clock_set
from bot.reports.ticking import ticking


async def nothing() -> None:
    """Nothing is being delivered."""


async def test_it_looks_at_once_and_again_after_a_look_that_failed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0)
    looked: asyncio.Queue[None] = asyncio.Queue()

    async def look() -> None:
        looked.put_nowait(None)
        raise RuntimeError

    async with asyncio.timeout(20), ticking(look, nothing, 1.0):
        for _ in range(3):
            await looked.get()
    assert "what is due could not be looked for" in caplog.text


async def test_it_looks_no_more_once_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0)
    looks, posting, posted = 0, asyncio.Event(), asyncio.Event()

    async def look() -> None:
        nonlocal looks
        looks += 1
        posting.set()
        await posted.wait()

    async def idle() -> None:
        posted.set()
        for _ in range(100):
            await asyncio.sleep(0)

    async with asyncio.timeout(20), ticking(look, idle, 5.0):
        await posting.wait()
    assert looks == 1


async def test_a_stop_waits_for_what_is_being_delivered() -> None:
    posting, done = asyncio.Event(), asyncio.Event()

    async def look() -> None:
        posting.set()
        await asyncio.sleep(0)
        done.set()

    async def idle() -> None:
        await done.wait()

    async with ticking(look, idle, 5.0):
        await posting.wait()
    assert done.is_set()


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
async def test_a_clock_that_is_set_is_noticed(
    monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    monkeypatch.setattr(clock, "LOOK_S", 0.0)
    read = iter([1000.0 + 0.5 * n for n in range(20)])
    steady = 0.0

    def wall() -> float:
        # Twenty readings that drift, and then one from another hour.
        return next(read, 1000.0 + jump_s)

    async with asyncio.timeout(20):
        await clock_set(wall, lambda: steady)
    assert next(read, None) is None
