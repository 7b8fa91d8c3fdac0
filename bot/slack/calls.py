"""Watches the calls of Slack's Web API, whoever makes them over a session."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace
from typing import Final

import aiohttp

from bot.metrics import Metrics
from bot.request import done

_METHOD: Final = re.compile(r"[a-z]+(?:\.[a-zA-Z]+)+")
_REFUSED: Final = re.compile(rb'\s*\{\s*"ok"\s*:\s*false')
_RATE_LIMITED: Final = re.compile(rb'"error"\s*:\s*"ratelimited"')
OTHER: Final = "other"
"""An address that Slack gave: where an answer goes, or a file."""


def watched(metrics: Metrics, api_url: str) -> aiohttp.TraceConfig:
    """What a session is made with, so that its calls are counted and traced.

    Args:
        metrics: counts.
        api_url: what the addresses of all methods begin with.
    """

    def method_of(url: object) -> str:
        address = str(url)
        method = address.removeprefix(api_url).partition("?")[0]
        # Called by our own code, which knows a few: not one name for each of who knows how many.
        return method if address != method and _METHOD.fullmatch(method) else OTHER

    def note(context: SimpleNamespace, url: object, outcome: str, waits_s: float = 0.0) -> None:
        took_s = time.perf_counter() - context.started
        method = method_of(url)
        metrics.slack_answered(method, outcome, took_s, waits_s)
        done("slack", took_s, method=method, outcome=outcome)

    async def started(
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        __: aiohttp.TraceRequestStartParams,
    ) -> None:
        context.started = time.perf_counter()
        context.is_open = False

    async def answered(
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestEndParams,
    ) -> None:
        status = params.response.status
        if status == 429:
            waits = params.response.headers.get("Retry-After", "")
            note(context, params.url, "rate_limited", float(waits) if waits.isdecimal() else 0.0)
        elif status >= 400:
            note(context, params.url, "failed")
        else:
            # Slack refuses with 200: the body tells.
            context.is_open = True

    async def read(
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceResponseChunkReceivedParams,
    ) -> None:
        if not context.is_open:
            return
        context.is_open = False
        outcome = "ok"
        if _REFUSED.match(params.chunk):
            outcome = "rate_limited" if _RATE_LIMITED.search(params.chunk) else "refused"
        note(context, params.url, outcome)

    async def failed(
        _: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        note(context, params.url, "unreachable")

    config = aiohttp.TraceConfig()
    config.on_request_start.append(started)
    config.on_request_end.append(answered)
    config.on_response_chunk_received.append(read)
    config.on_request_exception.append(failed)
    return config
