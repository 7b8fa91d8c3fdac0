"""The composition root: the only place that knows every concrete class."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import Clock
from sqlalchemy.exc import SQLAlchemyError

from bot.live.sources import live_grids
from bot.metrics import Metrics
from bot.observing import Page, exposing, watch
from bot.pictures.studio import Studio
from bot.readiness import Readiness
from bot.reports.budgeting import Budgets
from bot.reports.delivering import Reports
from bot.reports.pulse import Pulse
from bot.reports.retention import keeping
from bot.reports.ticking import ticking
from bot.request import Begin
from bot.served import BOLT, bolt_app, install_url_of, keys_of, many_workspaces, one_workspace
from bot.settings import Settings
from bot.slack import calls
from bot.slack.answering import PATIENCE_S, Answering
from bot.slack.asking import Askers
from bot.slack.clients import Clients, WebApi
from bot.slack.commands import AtOnce
from bot.slack.http import create_web_app
from bot.slack.installing import add_routes
from bot.slack.listeners import Services, register
from bot.slack.live import Lookup
from bot.slack.measuring import Announcer, Ingest, Rate
from bot.slack.rates import Throttle
from bot.slack.requests import Requests
from bot.slack.signing import RequestGuard
from bot.slack.slowing import Pace
from bot.slack.socket import SocketConnection
from bot.slack.uninstalling import Uninstalling
from bot.slack.workspaces import Workspaces
from bot.store import Store, open_store
from bot.store.news import hear
from estimator import Catalogue, load_default
from estimator.datapack import packed

log = logging.getLogger(__name__)

GRACE_S = 10.0
"""How long a stop waits for answers that are under way."""
STEPS_TO_ACCEPT = 20
"""Of the event loop, until a connection that came is the server's and its request is read: five."""
KEEPING_S = 60.0
"""Before the data behind the estimates are tried to be kept again."""


@dataclass(frozen=True)
class RunningBot:
    """A bot that serves."""

    address: str
    """Where its HTTP server listens."""
    app: AsyncApp
    answering: Answering
    reports: Reports
    """Delivers what is due; every half minute somebody asks it to."""

    readiness: Readiness
    """Whether requests may be sent to it."""

    async def idle(self) -> None:
        """Wait until no answer is under way."""
        await self.answering.drain(GRACE_S)


def build_catalogue(settings: Settings) -> Catalogue:
    """The estimator's data, with this deployment's meaning of GPU and TPU."""
    catalogue = load_default()
    meanings = settings.device_meanings
    return catalogue.with_meanings(meanings) if meanings else catalogue


async def _kept(store: Store, catalogue: Catalogue) -> bool:
    """Keep the data that recorded estimates are made again with; whether that worked."""
    try:
        await store.factor_sets.keep(catalogue.version, packed)
    except (SQLAlchemyError, OSError) as error:
        log.warning("the data behind the estimates is not kept yet: %s", type(error).__name__)
        return False
    return True


async def _keep(store: Store, catalogue: Catalogue) -> None:
    """Keep them as soon as it works, as on a disk that has room again."""
    while not await _kept(store, catalogue):  # noqa: ASYNC110 - nobody would set an event
        await asyncio.sleep(KEEPING_S)


def _now() -> datetime:
    return datetime.now(UTC)


def _delivering(
    reports: Reports, store: Store, pulse: Pulse
) -> AbstractAsyncContextManager[object]:
    """What looks for what is due: a scheduler in the process, or the queue of all replicas."""
    if store.database.is_sqlite:
        return ticking(reports.run_due, reports.idle, GRACE_S, pulse=pulse)
    from bot.reports.queue import queueing  # noqa: PLC0415 - only PostgreSQL has a queue

    return queueing(reports, store.database.dsn, GRACE_S, pulse)


def _quieten() -> None:
    """At DEBUG Slack's libraries write whole payloads, and with them secret addresses."""
    for name in (BOLT, "slack_sdk"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))


def _ask(
    readiness: Readiness,
    workspaces: Workspaces,
    socket: SocketConnection | None,
    store: Store,
    pulse: Pulse,
) -> None:
    """Let what answers depend on be asked."""
    readiness.add("token", workspaces.problem, shared=True)
    if socket is not None:
        readiness.add("socket", socket.problem)
    readiness.add("database", store.database.problem, shared=True)
    readiness.add("scheduler", pulse.problem)


def _pace(settings: Settings, askers: Askers) -> Pace:
    """Who is to wait."""
    return Pace(Throttle(settings.rate_per_user, settings.rate_per_workspace), askers)


def _exposing(settings: Settings, page: Page) -> AbstractAsyncContextManager[None]:
    """What serves ``/metrics``, where it is wanted."""
    if settings.metrics_port is None:
        return nullcontext()
    return exposing(page, settings.metrics_host, settings.metrics_port)


def _tracing(settings: Settings) -> AbstractAsyncContextManager[Begin | None]:
    """What begins the traces of requests, where they are wanted."""
    if settings.traces_url is None:
        return nullcontext()
    from bot.tracing import tracing  # noqa: PLC0415 - optional, and slow

    return tracing(settings)


def _socket(
    settings: Settings, app: AsyncApp, requests: Requests, pace: Pace
) -> SocketConnection | None:
    token = settings.slack_app_token
    if token is None:
        return None
    return SocketConnection(app, token.get_secret_value(), requests, pace)


def _guard(settings: Settings, clock: Clock | None) -> RequestGuard | None:
    secret = settings.slack_signing_secret
    return None if secret is None else RequestGuard(secret.get_secret_value(), clock)


@asynccontextmanager
async def _serving(
    web_app: web.Application, settings: Settings, socket: SocketConnection | None
) -> AsyncIterator[str]:
    """Listen, over HTTP and over Socket Mode; gives the address of the first."""
    runner = web.AppRunner(
        web_app,
        access_log=None,
        shutdown_timeout=GRACE_S,
        # Slack packs nothing; what is unpacked before it is known to be Slack's is a bomb.
        auto_decompress=False,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        if socket is not None:
            socket.start()
        yield f"http://{settings.host}:{settings.port}"
    finally:
        if socket is not None:
            await socket.stop()
        for site in runner.sites:
            await site.stop()
        # A connection that is being accepted is none of the server's yet. It would come while the
        # server closes, which waits for it for all of the grace and does not hear its request.
        for _ in range(STEPS_TO_ACCEPT):
            await asyncio.sleep(0)
        await runner.cleanup()


@asynccontextmanager
async def running(
    settings: Settings,
    clock: Clock | None = None,
    now: Callable[[], datetime] = _now,
    patience_s: float = PATIENCE_S,
) -> AsyncIterator[RunningBot]:
    """Run the bot; leaving the context answers what is in flight and stops.

    Args:
        settings: the settings.
        clock: what the age of requests is told by.
        now: what reports are timed by.
        patience_s: how long an answer may take before it is announced.

    Raises:
        EstimatorError: the data or a default device in the settings is wrong.
        OSError: the port cannot be listened on.
        StoreError: the database cannot be opened.
    """
    _quieten()
    catalogue = build_catalogue(settings)
    metrics = Metrics(catalogue.version)
    keys = keys_of(settings)
    async with (
        _tracing(settings) as begin,
        open_store(settings.database_url.get_secret_value(), now, keys) as store,
        aiohttp.ClientSession(
            trace_configs=[calls.watched(metrics, settings.api_base_url)]
        ) as session,
        live_grids(settings, now) as grids,
        Studio() as studio,
    ):
        watch(metrics, store)
        # Before anything is answered with these data: what is recorded must stay recomputable.
        kept = await _kept(store, catalogue)
        api = WebApi(settings.api_base_url, session)
        oauth = None if keys is None else await many_workspaces(settings, keys, api, store, now)
        workspaces = oauth.workspaces if oauth is not None else one_workspace(settings, api)
        askers = Askers(catalogue, store)
        answering = Answering(patience_s, metrics.late, install_url_of(oauth))
        lookup = Lookup(grids)
        at_once, pace = AtOnce(askers, store.history, lookup), _pace(settings, askers)
        app = bolt_app(api, workspaces, oauth, at_once)
        clients = Clients(api, workspaces.token_of)
        reports = Reports(store, clients.once, askers.of_channel, now, begin)
        budgets = Budgets(store, now)
        announcer = Announcer(clients, askers, store, budgets)
        ingest = Ingest(store, announcer, answering, Rate())
        services = Services(
            askers,
            answering,
            store,
            catalogue,
            reports,
            studio,
            announcer,
            budgets,
            pace,
            lookup,
            uninstalling=None if oauth is None else Uninstalling(store, oauth.tokens, askers),
            public_url=str(settings.public_url) if settings.public_url else None,
            retention_days=settings.retention_days,
        )
        register(app, services)
        readiness, pulse = Readiness(), Pulse()
        requests = Requests(metrics, readiness, begin)
        socket = _socket(settings, app, requests, pace)
        _ask(readiness, workspaces, socket, store, pulse)
        guard = _guard(settings, clock)
        web_app = create_web_app(
            app, guard, at_once, readiness, ingest, requests=requests, pace=pace
        )
        if oauth is not None:
            oauth.installed.append(reports.installed)
            add_routes(web_app, oauth.flow, requests)
        goes_on = [workspaces.look(), hear(store.database, askers)]
        if not kept:
            goes_on.append(_keep(store, catalogue))
        background = [asyncio.create_task(work) for work in goes_on]
        try:
            async with (
                _serving(web_app, settings, socket) as address,
                _exposing(settings, Page(metrics, readiness, reports)),
                _delivering(reports, store, pulse),
                keeping(store, settings.retention_days, now),
            ):
                yield RunningBot(address, app, answering, reports, readiness)
        finally:
            for task in background:
                task.cancel()
            await answering.drain(GRACE_S)
            await workspaces.stop()
            requests.end()
