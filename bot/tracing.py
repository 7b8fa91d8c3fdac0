"""Traces by OpenTelemetry: a span for each request, and one for each step of it.

A span says what was done, how long it took and what became of it, and has the request's id, by
which the log is searched. No text of anybody, no name and no secret is in it. Spans are sent by a
thread of their own: nobody waits for it, and what cannot be sent is dropped.

Imported only where traces are wanted: the library is optional, and takes its time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.util.re import parse_env_headers

from bot.request import Begin
from bot.settings import Settings

log = logging.getLogger(__name__)

SERVICE: Final = "carbon"
SEND_S: Final = 3.0
"""How long a batch of spans may take to be sent."""
STOP_S: Final = 3.0
"""How long a stop waits for the last ones."""
LIBRARY: Final = "opentelemetry"


class SpanTrace:
    """What is noted of one request: a span, and one below it for each step."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._span = tracer.start_span("request", kind=SpanKind.SERVER)
        self._context = set_span_in_context(self._span)

    def step(self, name: str, took_s: float, **more: str) -> None:
        """Note what was just done for it."""
        now_ns = time.time_ns()
        step = self._tracer.start_span(
            name,
            self._context,
            attributes={f"carbon.{key}": value for key, value in more.items()},
            start_time=now_ns - round(took_s * 1e9),
        )
        step.end(now_ns)

    def end(self, kind: str, outcome: str, request_id: str) -> None:
        """Note what it was, and what became of it."""
        self._span.update_name(kind)
        self._span.set_attributes({"carbon.request_id": request_id, "carbon.outcome": outcome})
        if outcome == "error":
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class _Exporter(SpanExporter):
    """Sends spans. That they are not taken is logged once, and once that they are again."""

    def __init__(self, endpoint: str, headers: Mapping[str, str]) -> None:
        self._inner = OTLPSpanExporter(endpoint, headers=headers, timeout=SEND_S)
        self._are_taken = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        are_taken = result is SpanExportResult.SUCCESS
        if are_taken != self._are_taken:
            self._are_taken = are_taken
            if are_taken:
                log.info("traces are taken again")
            else:
                log.warning("traces are not taken, and are dropped: python -m bot doctor says why")
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def tracing(settings: Settings) -> AsyncIterator[Begin]:
    """What begins the trace of a request. Leaving the context sends what waits, if that is taken.

    ``OTEL_SERVICE_NAME``, ``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_TRACES_SAMPLER`` and more of the
    environment are read by the library.
    """
    assert settings.traces_url is not None  # noqa: S101 - it is asked for where there is one
    # It would write a line for every batch, and for every time that it tries.
    logging.getLogger(LIBRARY).setLevel(logging.CRITICAL)
    name = os.environ.get(OTEL_SERVICE_NAME, SERVICE)
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: name}), shutdown_on_exit=False
    )
    exporter = _Exporter(settings.traces_url, headers_of(settings))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("bot")
    try:
        yield lambda: SpanTrace(tracer)
    finally:
        await asyncio.to_thread(_close, provider)


def headers_of(settings: Settings) -> Mapping[str, str]:
    """What is sent along with traces."""
    secret = settings.otel_exporter_otlp_headers
    return {} if secret is None else parse_env_headers(secret.get_secret_value(), liberal=True)


def _close(provider: TracerProvider) -> None:
    # A daemon: where nobody takes the last spans, the process ends without them.
    closing = threading.Thread(target=provider.shutdown, daemon=True)
    closing.start()
    closing.join(STOP_S)
