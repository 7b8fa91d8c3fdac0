"""What whoever is on call sees: ``/metrics``, at a port of its own that Slack does not reach."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from prometheus_client.exposition import choose_encoder
from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import Metrics
from bot.readiness import Readiness
from bot.reports.delivering import Reports
from bot.request import done
from bot.store import Store
from bot.store.deliveries import Delivery

log = logging.getLogger(__name__)

LAG_EVERY_S: Final = 1.0
"""How often it is looked whether the event loop is late."""
DATABASE_S: Final = 2.0
"""How long the database may take to tell what waits."""


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What the store counts anyway."""

    store: Store

    def estimates(self) -> Mapping[tuple[str, str], int]:
        """Estimates since the start."""
        return self.store.history.recorded

    def history_waiting(self) -> int:
        """Estimates that are not in the database yet."""
        return self.store.history.waiting

    def history_dropped(self) -> int:
        """Estimates that never will be."""
        return self.store.history.dropped

    def connections(self) -> tuple[int, int]:
        """Connections to the database: in use, and idle."""
        return self.store.database.connections


def watch(metrics: Metrics, store: Store) -> None:
    """Count what happens in the store from now on, and tell it to the request that it is for."""

    def transaction(outcome: str, took_s: float) -> None:
        metrics.transaction(outcome, took_s)
        done("database", took_s, outcome=outcome)

    def delivered(delivery: Delivery) -> None:
        delay = delivery.updated_at - delivery.created_at
        metrics.delivered(delivery.key.kind, delivery.state.value, delay.total_seconds())

    store.database.watch(transaction)
    store.deliveries.watch(delivered)
    metrics.read(StoreFigures(store))


@dataclass(frozen=True, slots=True)
class Page:
    """What ``/metrics`` shows."""

    metrics: Metrics
    readiness: Readiness
    reports: Reports

    async def handle(self, request: web.Request) -> web.Response:
        """Answer Prometheus; what is not told as it happens is asked now."""
        self.metrics.ready(await self.readiness.problems())
        self.metrics.oldest_due(await self._oldest_due_s())
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(
            body=encode(self.metrics.registry), headers={"Content-Type": content_type}
        )

    async def _oldest_due_s(self) -> float:
        try:
            async with asyncio.timeout(DATABASE_S):
                waits = await self.reports.oldest_due()
        except (SQLAlchemyError, OSError):
            return math.nan
        return waits.total_seconds()


@asynccontextmanager
async def exposing(page: Page, host: str, port: int) -> AsyncIterator[None]:
    """Serve ``/metrics`` until the context is left.

    Raises:
        OSError: the port cannot be listened on; it is named as the error's file.
    """
    app = web.Application()
    app.router.add_get("/metrics", page.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    watching = asyncio.create_task(_watch_loop(page.metrics))
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            number = error.errno or errno.EIO
            raise OSError(number, error.strerror, f"{host}:{port} (METRICS_PORT)") from error
        log.info("metrics are at http://%s:%d/metrics", host, port)
        yield
    finally:
        watching.cancel()
        await runner.cleanup()


async def _watch_loop(metrics: Metrics) -> None:
    """Look how late the event loop is."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        metrics.lagged(loop.time() - due)
