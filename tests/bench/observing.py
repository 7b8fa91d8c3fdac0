"""What it costs a command to be named, timed and counted: as a ratio, in turns, in one process.

``python -m tests.bench.observing``. Every command is one that no other is like, answered and
encoded as over HTTP, but without sockets; the history is kept in memory and written meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import statistics
import time
from typing import Any, Final

import orjson
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.live.grids import LiveGrids
from bot.logs import Redactor, handler
from bot.metrics import Metrics
from bot.readiness import Readiness
from bot.settings import read_settings
from bot.slack.asking import Askers
from bot.slack.commands import AtOnce
from bot.slack.live import Lookup
from bot.slack.payload import Payload, Who
from bot.slack.requests import Handler, Requests, SlacksHandler
from bot.store import open_store
from bot.tracing import tracing
from estimator import load_default

CHUNKS: Final = 400
CHUNK: Final = 4

_numbers = itertools.count(1)
_EMPTY = web.Response()


class Given:
    """A request whose body is there."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.text = f"{number % 9000 + 1} GPU {number // 7 % 900 + 1} TPU"
        self.body = b"team_id=T1&channel_id=C1&user_id=U1&command=%2Fcarbon&text=x"

    async def read(self) -> bytes:
        return self.body

    @staticmethod
    async def nothing(_request: web.Request, _body: bytes) -> web.Response:
        return _EMPTY


def bare(handler: SlacksHandler) -> Handler:
    """A handler that nobody watches."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request, await request.read())

    return handle


async def chunk_us(handle: Handler) -> float:
    """The mean processor time of a command of a chunk, in this thread [µs]."""
    requests: list[Any] = [Given() for _ in range(CHUNK)]
    # Not what passes on the wall, in which others may have the processor.
    start = time.thread_time()
    for request in requests:
        await handle(request)
    return 1e6 * (time.thread_time() - start) / CHUNK


def line_us(form: Any) -> float:
    """The time that a line of the log takes [µs]."""
    made = handler(form, ["a-secret-that-is-known"])
    record = logging.LogRecord("bot", logging.INFO, __file__, 1, "%d rows of %s", (3, "a"), None)
    times = []
    for _ in range(2000):
        start = time.perf_counter()
        made.format(record)
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


async def trace_us() -> float:
    """The processor time that a traced request with three steps takes, in this thread [µs]."""
    nobody = "http://127.0.0.1:9"
    settings = read_settings(
        _env_file=None,
        slack_bot_token="xoxb-1",
        slack_signing_secret="s",
        otel_exporter_otlp_endpoint=nobody,
    )
    times = []
    async with tracing(settings) as begin:
        for _ in range(2000):
            start = time.thread_time()
            trace = begin()
            for name in ("parse", "estimate", "words"):
                trace.step(name, 0.0001)
            trace.end("command", "ok", "0b5c9f1e")
            times.append(time.thread_time() - start)
    return 1e6 * statistics.median(times)


async def main() -> None:
    """Print the ratio, and what lines of the log take."""
    catalogue = load_default()
    async with open_store("sqlite:///:memory:") as store:
        askers = Askers(catalogue, store)
        who = Who("", "T1", "C1", "U1")
        nobody = AsyncWebClient(token="xoxb-1", base_url="http://127.0.0.1:9/", retry_handlers=[])
        await askers.asker(who, nobody)
        at_once = AtOnce(askers, store.history, Lookup(LiveGrids()))

        async def answer(request: web.Request, body: bytes) -> web.Response:
            payload: Payload = {
                "command": "/carbon",
                "text": request.text,
                "team_id": "T1",
                "channel_id": "C1",
                "user_id": "U1",
            }
            message = await at_once.answer(payload)
            if message is None:
                await askers.asker(who, nobody)
                return await answer(request, body)
            return web.Response(body=orjson.dumps(message.payload()))

        metrics = Metrics(catalogue.version)
        requests = Requests(metrics, Readiness())
        both = bare(answer), requests.slack(answer)
        for handle in both:
            await chunk_us(handle)
        gc.freeze()
        gc.set_threshold(10_000, 20, 50)
        chunks: list[list[float]] = [[], []]
        nothing = bare(Given.nothing), requests.slack(Given.nothing)
        least = [min([await chunk_us(handle) for _ in range(CHUNKS)]) for handle in nothing]
        for number in range(CHUNKS):
            for which in (0, 1) if number % 2 else (1, 0):
                chunks[which].append(await chunk_us(both[which]))
            # Otherwise the history is written in one of both.
            await store.history.flush()
    ratios = [watched / bare for bare, watched in zip(*chunks, strict=True)]
    bare_us, watched_us = (statistics.median(found) for found in chunks)
    print(f"a command: {bare_us:.0f} µs bare, {watched_us:.0f} µs named, timed and counted")
    print(f"the same, median of the ratios of {CHUNKS} pairs: {statistics.median(ratios):.4f}")
    print(f"the least: {min(chunks[0]):.0f} and {min(chunks[1]):.0f} µs")
    print(f"by itself, the least: {least[1] - least[0]:.1f} µs")
    print(f"a line of the log: {line_us('text'):.0f} µs as text, {line_us('json'):.0f} µs as JSON")
    print(f"a request that is traced, with three steps: {await trace_us():.0f} µs")
    redact = Redactor(["a-secret-that-is-known"])
    start = time.perf_counter()
    for _ in range(1000):
        redact("3 rows that are kept no longer were deleted")
    print(f"of which the search for secrets: {1000 * (time.perf_counter() - start):.0f} µs")


if __name__ == "__main__":
    asyncio.run(main())
