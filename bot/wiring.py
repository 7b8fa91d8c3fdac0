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
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncRateLimitErrorRetryHandler,
    async_default_handlers,
)
from slack_sdk.signature import Clock
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.metrics import Metrics
from bot.observing import Page, exposing, watch
from bot.pictures.studio import Studio
from bot.readiness import Readiness
from bot.reports.budgeting import Budgets
from bot.reports.delivering import Reports
from bot.reports.retention import keeping
from bot.reports.ticking import ticking
from bot.settings import Settings
from bot.slack import calls
from bot.slack.answering import PATIENCE_S, Answering
from bot.slack.asking import Askers
from bot.slack.commands import AnswerAtOnce, AtOnce
from bot.slack.http import create_web_app
from bot.slack.listeners import Services, register
from bot.slack.measuring import Announcer, Ingest, Rate
from bot.slack.requests import Requests
from bot.slack.signing import RequestGuard
from bot.slack.socket import SocketConnection
from bot.store import Store, open_store
from estimator import Catalogue, load_default
from estimator.datapack import packed

log = logging.getLogger(__name__)

BOLT = "slack_bolt"
GRACE_S = 10.0
"""How long a stop waits for answers that are under way."""
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

    async def idle(self) -> None:
        """Wait until no answer is under way."""
        await self.answering.drain(GRACE_S)


class _Identity:
    """Who the bot token belongs to. Learnt from Slack once, needed by no answer."""

    def __init__(self, client: AsyncWebClient, token: str) -> None:
        self._client = client
        self.result = AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)
        self._problem: str | None = "Slack has not confirmed the bot token yet"

    def problem(self) -> str | None:
        return self._problem

    async def confirm(self) -> None:
        """Ask Slack until it answers, so that ``/readyz`` tells the truth about the token."""
        wait_s = 1.0
        while True:
            try:
                answer = await self._client.auth_test()
            except SlackApiError as error:
                self._problem = f"Slack refuses the bot token: {error.response['error']}"
                log.error("%s", self._problem)  # noqa: TRY400 - the problem says it all
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self._problem = f"Slack's Web API cannot be reached: {type(error).__name__}"
                log.warning("%s", self._problem)
            else:
                self.result = AuthorizeResult.from_auth_test_response(
                    auth_test_response=answer,
                    bot_token=self._client.token,
                )
                self._problem = None
                log.info("signed in as %s in %s", answer.get("user"), answer.get("team"))
                return
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 60.0)


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


def _delivering(reports: Reports, store: Store) -> AbstractAsyncContextManager[object]:
    """What looks for what is due: a scheduler in the process, or the queue of all replicas."""
    if store.database.is_sqlite:
        return ticking(reports.run_due, reports.idle, GRACE_S)
    from bot.reports.queue import queueing  # noqa: PLC0415 - only PostgreSQL has a queue

    return queueing(reports, store.database.dsn, GRACE_S)


def _quieten() -> None:
    """At DEBUG Slack's libraries write whole payloads, and with them secret addresses."""
    for name in (BOLT, "slack_sdk"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))


def _readiness(identity: _Identity, socket: SocketConnection | None, store: Store) -> Readiness:
    """What answers depend on."""

    async def token_problem() -> str | None:
        return identity.problem()

    readiness = Readiness()
    readiness.add("token", token_problem)
    if socket is not None:
        readiness.add("socket", socket.problem)
    readiness.add("database", store.database.problem)
    return readiness


def _exposing(settings: Settings, page: Page) -> AbstractAsyncContextManager[None]:
    """What serves ``/metrics``, where it is wanted."""
    if settings.metrics_port is None:
        return nullcontext()
    return exposing(page, settings.metrics_host, settings.metrics_port)


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
    token = settings.slack_bot_token.get_secret_value()
    metrics = Metrics(catalogue.version)
    async with (
        open_store(settings.database_url.get_secret_value(), now) as store,
        aiohttp.ClientSession(
            trace_configs=[calls.watched(metrics, settings.api_base_url)]
        ) as session,
        Studio() as studio,
    ):
        watch(metrics, store)
        # Before anything is answered with these data: what is recorded must stay recomputable.
        kept = await _kept(store, catalogue)
        client = AsyncWebClient(token=token, base_url=settings.api_base_url, session=session)
        identity = _Identity(client, token)

        # A function of its own: Bolt reads the names of the arguments, and trips over a method's.
        async def authorize(**_: object) -> AuthorizeResult:
            return identity.result

        askers, answering = Askers(catalogue, store), Answering(patience_s, metrics.late)
        at_once = AtOnce(askers, store.history)
        app = AsyncApp(
            # Without a name Bolt looks up the file of every module for it: a tenth of a second.
            name="carbon",
            # Without the token, which `authorize` gives.
            client=AsyncWebClient(
                base_url=settings.api_base_url,
                session=session,
                retry_handlers=[
                    *async_default_handlers(),
                    AsyncRateLimitErrorRetryHandler(max_retry_count=2),
                ],
            ),
            authorize=authorize,
            # Bolt's own would take the level of all logs.
            logger=logging.getLogger(BOLT),
            before_authorize=AnswerAtOnce(at_once),
            # Without this Bolt polls for the acknowledgement every 10 ms.
            process_before_response=True,
            # The guard in front of Bolt checks signatures, and replays, which Bolt does not.
            request_verification_enabled=False,
        )
        # Without retries: a post that failed may have been taken; that is looked up first.
        once = AsyncWebClient(
            token=token, base_url=settings.api_base_url, session=session, retry_handlers=[]
        )
        reports = Reports(store, once, askers.of_channel, now)
        # What is changed twice is the same as what is changed once.
        again = AsyncWebClient(
            token=token,
            base_url=settings.api_base_url,
            session=session,
            retry_handlers=[
                *async_default_handlers(),
                AsyncRateLimitErrorRetryHandler(max_retry_count=2),
            ],
        )
        budgets = Budgets(store, now)
        announcer = Announcer(once, again, askers, store, budgets)
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
            public_url=str(settings.public_url) if settings.public_url else None,
            retention_days=settings.retention_days,
        )
        register(app, services)
        requests = Requests(metrics)
        socket = None
        if settings.slack_app_token is not None:
            socket = SocketConnection(app, settings.slack_app_token.get_secret_value(), requests)

        readiness = _readiness(identity, socket, store)
        guard = None
        if settings.slack_signing_secret is not None:
            guard = RequestGuard(settings.slack_signing_secret.get_secret_value(), clock)
        runner = web.AppRunner(
            create_web_app(app, guard, at_once, readiness, ingest, requests=requests),
            access_log=None,
            shutdown_timeout=GRACE_S,
            # Slack packs nothing; what is unpacked before it is known to be Slack's is a bomb.
            auto_decompress=False,
        )
        await runner.setup()
        background = [asyncio.create_task(identity.confirm())]
        if not kept:
            background.append(asyncio.create_task(_keep(store, catalogue)))
        try:
            site = web.TCPSite(runner, settings.host, settings.port)
            await site.start()
            if socket is not None:
                socket.start()
            address = f"http://{settings.host}:{settings.port}"
            async with (
                _exposing(settings, Page(metrics, readiness, reports)),
                _delivering(reports, store),
                keeping(store, settings.retention_days, now),
            ):
                yield RunningBot(address, app, answering, reports)
        finally:
            for task in background:
                task.cancel()
            if socket is not None:
                await socket.stop()
            await runner.cleanup()
            await answering.drain(GRACE_S)
