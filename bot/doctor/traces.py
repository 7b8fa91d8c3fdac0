"""Examines whether traces are taken where they are sent."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import aiohttp

from bot.doctor.finding import Finding, Instruments, Level
from bot.settings import Settings

TRACES: Final = "traces"
_PROTOBUF: Final = {"Content-Type": "application/x-protobuf"}
_REMEDY: Final = (
    "Look at OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS, and at whether the "
    "collector takes OTLP over HTTP. Nothing but the traces depends on it"
)


async def examine_traces(settings: Settings, instruments: Instruments) -> list[Finding]:
    """Send no span at all, and see whether that is taken; nothing where traces are off."""
    if settings.traces_url is None:
        return []
    from bot.tracing import headers_of  # noqa: PLC0415 - optional

    host = urlsplit(settings.traces_url).hostname
    timeout = aiohttp.ClientTimeout(total=instruments.patience_s)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=_PROTOBUF) as session,
            session.post(settings.traces_url, data=b"", headers=headers_of(settings)) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        told = f"{host} cannot be reached: {type(error).__name__}"
        return [Finding(TRACES, Level.WARN, told, _REMEDY)]
    if status >= 300:
        return [Finding(TRACES, Level.WARN, f"{host} refuses them: HTTP {status}", _REMEDY)]
    return [Finding(TRACES, Level.OK, f"{host} takes them")]
