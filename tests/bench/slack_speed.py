"""The bot against a stock Bolt app that only acks: both as programs, on loopback, in one run.

Every request is a signed ``/carbon`` command, no two alike, answered in full by the bot. The two
programs take turns, so that what else the machine does falls on both alike.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import socket
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bot.blocks import controls
from deploy.local_slack.server import LocalSlack
from tests.bot.programs import STOCK_APP, TOKENS, Program, started
from tests.processes import processor_s, resident_mb
from tests.wire import Connection, command, exchange

CONNECTIONS: Final = 64
ONE_ANSWER: Final = "tests.bench.one_answer"
ROUNDS: Final = 5
SECONDS: Final = 2.0
ONE_BY_ONE: Final = 300
STARTS: Final = 5
PICTURE_S: Final = 2.0
"""In this time the picture that is being drawn is finished and shown."""

_numbers = itertools.count(1)


def request() -> bytes:
    """A signed command that no other is like, as Slack sends it."""
    number = next(_numbers)
    text = f"{number % 9000 + 1} GPU {number // 7 % 900 + 1} TPU"
    if number // 9000:
        text += f" for {number // 9000 + 1} days"
    return command("T0CARBON01", "C0GENERAL1", "U0ADA00001", text=text, number=number)


def requests(number: int) -> list[bytes]:
    """So many of them."""
    return [request() for _ in range(number)]


async def answer_to(connection: Connection, sent: bytes) -> bytes:
    """Send a request and return the body of its answer, which is 200."""
    status, body = await connection.exchange(sent)
    if status != 200:
        raise RuntimeError(f"{status}: {body.decode()}")
    return body


async def rate(program: Program, seconds: float = SECONDS) -> tuple[float, float]:
    """Requests answered per second over many connections, and processor time of each [ms]."""
    port, before = program.port, processor_s(program.process.pid)
    connections = [await Connection.to(port) for _ in range(CONNECTIONS)]
    waiting = iter(requests(int(4000 * seconds)))
    done = 0
    until = time.perf_counter() + seconds

    async def work(connection: Connection) -> None:
        nonlocal done
        while time.perf_counter() < until and (sent := next(waiting, None)) is not None:
            await answer_to(connection, sent)
            done += 1

    start = time.perf_counter()
    await asyncio.gather(*(work(connection) for connection in connections))
    took = time.perf_counter() - start
    for connection in connections:
        connection.close()
    return done / took, 1000 * (processor_s(program.process.pid) - before) / done


def latencies_ms(port: int, prepared: list[bytes]) -> list[float]:
    """How long requests take one at a time."""
    found = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for sent in prepared:
            start = time.perf_counter()
            status, body = exchange(connection, sent)
            found.append(1000 * (time.perf_counter() - start))
            if status != 200:
                raise RuntimeError(f"{status}: {body.decode()}")
    return found


async def latencies_beside_ms(port: int, number: int) -> list[float]:
    """The same while this process is the bot's Slack."""
    return await asyncio.to_thread(latencies_ms, port, requests(number))


async def answers_in_full(port: int) -> None:
    """Stop the bench where the bot does not really answer."""
    connection = await Connection.to(port)
    answer = json.loads(await answer_to(connection, request()))
    connection.close()
    assert answer["blocks"], answer
    assert "kWh" in answer["text"] or "Wh" in answer["text"], answer


async def p99s_ms(slack: LocalSlack, port: int) -> tuple[float, float]:
    """The slowest of a hundred commands while pictures are drawn, and while none is [ms]."""
    slack.bot_url = f"http://127.0.0.1:{port}/slack/events"
    asked = await slack.command(user="ada", channel="general", text="/carbon 8 H100 in France")
    message = asked.message
    assert message is not None

    async def draw() -> None:
        shown = len(slack.visible_messages("ada", "general"))
        await slack.click(message, controls.MORE, user="ada", chosen=controls.PICTURE)
        await slack.wait_for(
            lambda: len(slack.visible_messages("ada", "general")) > shown, timeout_s=30
        )

    async def draw_on() -> None:
        while True:
            await draw()

    beside: list[float] = []
    alone: list[float] = []
    # The pictures are uploaded to this process, which would be slow to see that an answer came.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as elsewhere:
        loop = asyncio.get_running_loop()

        async def measured() -> list[float]:
            prepared = requests(ONE_BY_ONE // ROUNDS)
            return await loop.run_in_executor(elsewhere, latencies_ms, port, prepared)

        # The first ones wait for the processes that draw and measure.
        await draw()
        await measured()
        for _ in range(ROUNDS):
            drawing = asyncio.create_task(draw_on())
            beside += await measured()
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing
            await asyncio.sleep(PICTURE_S)
            alone += await measured()
    return statistics.quantiles(beside, n=100)[98], statistics.quantiles(alone, n=100)[98]


def settings_of(api_url: str, folder: Path) -> dict[str, str]:
    """The settings of both programs."""
    return TOKENS | {
        "SLACK_API_URL": api_url,
        "LOG_LEVEL": "WARNING",
        # Counted, and never reached: all of it is one member's.
        "RATE_PER_USER": "1000000000",
        "RATE_PER_WORKSPACE": "1000000000",
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/bench.db",
    }


async def main() -> None:
    """Print what both do, and the ratios."""
    async with LocalSlack(bot_url="http://127.0.0.1:9/") as slack, AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        settings = settings_of(slack.api_url, folder)
        starts: dict[str, list[float]] = {"bot": [], STOCK_APP: []}
        for module, found in [*starts.items()] * STARTS:
            start = time.perf_counter()
            async with started(folder, module, **settings):
                found.append(time.perf_counter() - start)
        ours, stock = [
            await stack.enter_async_context(started(folder, module, **settings))
            for module in starts
        ]
        for program in (ours, stock):
            await latencies_beside_ms(program.port, 20)
        memory = [resident_mb(program.process.pid) for program in (ours, stock)]
        await answers_in_full(ours.port)
        rates: list[tuple[float, float]] = []
        costs: list[tuple[float, float]] = []
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            both = [await rate(program) for program in (ours, stock)]
            rates.append((both[0][0], both[1][0]))
            costs.append((both[0][1], both[1][1]))
            for found, program in zip(times, (ours, stock), strict=True):
                # Its Slack stands still meanwhile: a member who is known needs nothing of it.
                found.extend(latencies_ms(program.port, requests(ONE_BY_ONE // ROUNDS)))
        after = [resident_mb(program.process.pid) for program in (ours, stock)]
        pictures = await p99s_ms(slack, ours.port)
        same = await stack.enter_async_context(started(folder, ONE_ANSWER, **settings))
        await latencies_beside_ms(same.port, 20)
        rest = [[(await rate(one))[0] for one in (same, stock)] for _ in range(ROUNDS)]
        for program in (ours, stock):
            print(program.log.read_text(), end="")
    started_s = [statistics.median(found) for found in starts.values()]
    medians = [statistics.median(found) for found in times]
    many = [statistics.median(found) for found in zip(*rates, strict=True)]
    _tell(f"{CONNECTIONS} connections", many, "requests/s", "at least 0.9")
    spent = [statistics.median(found) for found in zip(*costs, strict=True)]
    _tell("processor time", spent, "ms a request", "at most 1.1")
    _tell("one at a time", medians, "ms, median", "below 0.1")
    _tell("start-up to ready", started_s, "s", "at most 1.5")
    _tell("memory at rest", memory, "MB", "at most 2")
    _tell("memory after the load", after, "MB", "at most 2")
    print("The bot with an answer that is made once and sent again, and the stock app:")
    again = [statistics.median(found) for found in zip(*rest, strict=True)]
    _tell(f"{CONNECTIONS} connections", again, "requests/s", "none")
    print("The bot alone, while it draws pictures and while it does not:")
    _tell("one at a time", list(pictures), "ms, p99", "at most 2")


def _tell(what: str, both: list[float], unit: str, aim: str) -> None:
    ours, stock = both
    print(f"{what}: {ours:.2f} and {stock:.2f} {unit}, ratio {ours / stock:.3f} (aim {aim})")


if __name__ == "__main__":
    asyncio.run(main())
