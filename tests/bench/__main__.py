"""Speed, as ratios against baselines in the same run: ``make bench``.

Both sides alternate, so that what else the machine does falls on both alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlencode

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest

from bot import commands
from bot.language import LanguageError, parse
from bot.slack.answering import Answering
from bot.slack.asking import Askers
from bot.slack.listeners import register
from estimator import load_default
from tests.bench import estimator_speed
from tests.bot.language.test_forms import NONSENSE
from tests.bot.people import ASKER

ROUNDS = 300


async def _authorize(**_: object) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-bench")


def _app(*, process_before_response: bool) -> AsyncApp:
    return AsyncApp(
        authorize=_authorize,
        request_verification_enabled=False,
        process_before_response=process_before_response,
    )


def _request(number: int) -> AsyncBoltRequest:
    # No two alike, so that no cache decides.
    text = f"{number + 1} H100 20 TPU for {number % 50 + 1} days in eu-west-1"
    body = {"command": "/carbon", "text": text, "team_id": "T1", "user_id": "U1"}
    headers: dict[str, str | Sequence[str]] = {
        "content-type": "application/x-www-form-urlencoded",
    }
    return AsyncBoltRequest(body=urlencode(body), headers=headers)


async def _timed(work: Callable[[int], Awaitable[object]], number: int) -> float:
    start = time.perf_counter()
    await work(number)
    return time.perf_counter() - start


async def main() -> int:
    """Print the medians and their ratios."""
    catalogue = load_default()
    ours = _app(process_before_response=True)
    register(ours, Askers(catalogue), Answering())
    stock = _app(process_before_response=False)

    @stock.command("/carbon")
    async def acknowledge(ack: Callable[[], Awaitable[object]]) -> None:
        await ack()

    async def answer(number: int) -> None:
        text = f"{number + 1} GPU 20 TPU for {number % 50 + 1} days in eu-west-1"
        commands.answer(text, ASKER)

    sides: dict[str, Callable[[int], Awaitable[object]]] = {
        "parse, estimate and draw blocks": answer,
        "the whole command, through Bolt": lambda n: ours.async_dispatch(_request(n)),
        "a stock Bolt app that only acks": lambda n: stock.async_dispatch(_request(n)),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(ROUNDS):
        for name, work in sides.items():
            times[name].append(await _timed(work, number))
    medians = {name: statistics.median(found[20:]) for name, found in times.items()}
    baseline = medians["a stock Bolt app that only acks"]
    for name, median in medians.items():
        print(f"{name}: {1000 * median:.2f} ms median, {median / baseline:.2f} of the stock app")
    return 0


def slowest_refusal_ms() -> float:
    """The slowest refusal of hostile input [ms]; a clear answer within 50 ms is aimed at."""
    catalogue = load_default()
    slowest = 0.0
    for text in NONSENSE:
        start = time.process_time()
        with contextlib.suppress(LanguageError):
            parse(text, catalogue)
        slowest = max(slowest, time.process_time() - start)
    return 1000 * slowest


if __name__ == "__main__":
    print(f"slowest refusal of {len(NONSENSE)} hostile commands: {slowest_refusal_ms():.0f} ms")
    estimator_speed.main()
    sys.exit(asyncio.run(main()))
