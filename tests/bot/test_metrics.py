"""What Prometheus reads: each figure after the traffic that it counts, and no name of anybody."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import text

from bot.blocks.controls import LOG
from bot.i18n import ENGLISH, say_in
from bot.message import Message
from bot.metrics import Metrics
from bot.periods import Report
from bot.settings import Settings
from bot.slack.answering import Answering
from bot.slack.failures import FAILURES
from bot.store import Team, open_store
from bot.store.schedules import Schedule
from bot.wiring import running
from deploy.local_slack import config
from deploy.local_slack.faults import Fault
from estimator import load_default
from tests.bot.conftest import Stage, free_port, stage
from tests.bot.test_measuring import PUBLIC, connected, sent

LABELS = {
    "kind": {
        *("command", "interaction", "event", "ingest", "other"),
        *("weekly", "monthly", "quarterly", "weekly_now", "monthly_now", "quarterly_now"),
        *("measured", "calibration"),
    },
    "outcome": {
        *("ok", "refused", "error", "rate_limited", "failed", "unreachable"),
        *("posted", "skipped", "committed", "rolled_back"),
    },
    "cause": {"slack", "carbon"},
    "state": {"in_use", "idle"},
    "check": {"stopping", "token", "socket", "database", "scheduler"},
    "factors": {"sourced", "article"},
    "reason": {
        *("signature", "stale", "replayed", "too_large", "malformed", "rate_limited"),
        *("unknown_address", "not_installed", "installation", "not_permitted"),
    },
    "by": {"duration", "device_hours", "workload", "energy", "published_run"},
}


@dataclass
class Scene:
    """A bot that is watched."""

    stage: Stage
    port: int

    async def text(self) -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/metrics") as response,
        ):
            assert response.status == 200
            assert response.content_type == "text/plain"
            return await response.text()

    async def figures(self) -> Figures:
        return Figures(await self.text())

    async def said(self, text: str, user: str = "ada") -> str:
        outcome = await self.stage.slack.command(
            user=user, channel="general", text=f"/carbon {text}"
        )
        return (await self.stage.slack.answer_to(outcome)).text


class Figures:
    """What was read."""

    def __init__(self, text: str) -> None:
        self.samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def __call__(self, name: str, **labels: str) -> float:
        """A figure; 0 where it was never counted."""
        found = [s.value for s in self.samples if s.name == name and s.labels == labels]
        return found[0] if found else 0.0

    def labels(self, name: str) -> list[Mapping[str, str]]:
        return [sample.labels for sample in self.samples if sample.name == name]


def due_since(due_at: datetime) -> Schedule:
    """The weekly summary of a channel of the local Slack."""
    return Schedule(
        team=Team("", "T0LOCAL001"),
        channel_id="C0GENERAL1",
        kind=Report.WEEKLY,
        day=due_at.weekday(),
        local_time=due_at.strftime("%H:%M"),
        time_zone="UTC",
        active=True,
        due_at=due_at,
        configured_by="U0ADA00001",
    )


@asynccontextmanager
async def watched(database_url: str | None = None) -> AsyncIterator[Scene]:
    port = free_port()
    async with stage(metrics_port=port, public_url=PUBLIC, database_url=database_url) as found:
        yield Scene(found, port)


async def test_requests_are_counted_by_their_kind_and_outcome() -> None:
    async with watched() as scene:
        slack = scene.stage.slack
        outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")
        assert outcome.message
        await scene.said("16 H100 for 40 device hours")
        slack.fail("views.open", Fault(status=200, error="invalid_arguments"))
        await slack.click(outcome.message, LOG, user="ada")
        slack.open_home(user="ada")
        secret = await connected(scene.stage)
        await sent(scene.stage, secret)
        await sent(scene.stage, "unknown")
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{scene.stage.bot.address}/slack/events", data=b"{}") as response,
        ):
            assert response.status == 401
            assert re.fullmatch(r"[0-9a-f]{8}", response.headers["X-Request-Id"])
        await scene.stage.settle()
        found = await scene.figures()

    count = "carbon_request_duration_seconds_count"
    assert found(count, kind="command", outcome="ok") >= 3
    assert found(count, kind="interaction", outcome="error") == 1
    assert found(count, kind="event", outcome="ok") >= 1
    assert found(count, kind="event", outcome="refused") == 1
    assert found(count, kind="ingest", outcome="ok") == 1
    assert found(count, kind="ingest", outcome="refused") == 1
    assert found("carbon_apologies_total", cause="carbon") == 1
    assert found("carbon_apologies_total", cause="slack") == 0
    assert found("carbon_request_duration_seconds_bucket", kind="ingest", outcome="ok", le="2.5")


async def test_estimates_are_counted_by_what_they_were_made_from() -> None:
    async with watched() as scene:
        await scene.said("8 H100")
        await scene.said("8 H100")
        await scene.said("10 GPU 20 TPU factors article")
        await scene.said("40 MWh in France")
        await scene.said("70B parameters 2T tokens on H100")
        await scene.said("like BLOOM")
        await scene.said("help")
        found = await scene.figures()

    def of(by: str, factors: str = "sourced") -> float:
        return found("carbon_estimates_total", factors=factors, by=by)

    assert of("duration") == 2
    assert of("duration", "article") == 1
    assert [of("energy"), of("workload"), of("published_run")] == [1, 1, 1]
    assert found("carbon_history_dropped_total") == 0
    assert 0 <= found("carbon_history_waiting") <= 6


async def test_calls_of_slack_are_counted_whoever_makes_them_over_the_session() -> None:
    async with watched() as scene:
        slack = scene.stage.slack
        client = AsyncWebClient(
            token=config.BOT_TOKEN,
            base_url=slack.api_url,
            session=scene.stage.bot.app.client.session,
            retry_handlers=[],
        )
        for fault in (
            None,
            Fault(status=429, error="ratelimited", retry_after_s=7),
            Fault(status=200, error="ratelimited"),
            Fault(status=200, error="user_not_found"),
            Fault(status=503, error="service_unavailable"),
            Fault(drop=True),
        ):
            if fault is not None:
                # A connection that was kept open and is cut is tried once more below us.
                slack.fail("users.info", fault, times=2 if fault.drop else 1)
            with suppress(*FAILURES):
                await client.users_info(user="U0ADA00001")
        found = await scene.figures()

    def calls(outcome: str) -> float:
        return found("carbon_slack_calls_total", method="users.info", outcome=outcome)

    assert [calls(outcome) for outcome in ("ok", "refused", "failed", "unreachable")] == [1] * 4
    assert calls("rate_limited") == 2
    assert found("carbon_slack_call_duration_seconds_count", method="users.info") == 6
    assert found("carbon_slack_retry_after_seconds_total", method="users.info") == 7
    assert found("carbon_slack_calls_total", method="auth.test", outcome="ok") == 1


async def test_what_is_due_is_counted_and_its_age_is_told(tmp_path: Path) -> None:
    url, start = f"sqlite:///{tmp_path}/carbon.db", datetime.now(UTC)
    schedule = due_since(start - timedelta(minutes=10))
    async with watched(url) as scene, open_store(url) as store:
        scene.stage.slack.invite_bot("general")
        await scene.stage.bot.reports.idle()
        assert (await scene.figures())("carbon_delivery_oldest_due_seconds") == 0
        await store.schedules.put(schedule)
        assert (await scene.figures())("carbon_delivery_oldest_due_seconds") >= 600
        # One look records what is due, and posts it.
        await scene.stage.bot.reports.run_due()
        found = await scene.figures()

    assert found("carbon_delivery_oldest_due_seconds") == 0
    assert found("carbon_deliveries_total", kind="weekly", outcome="posted") == 1
    assert found("carbon_delivery_delay_seconds_count", kind="weekly") == 1
    assert found("carbon_database_transaction_duration_seconds_count", outcome="committed") > 5
    assert found("carbon_database_connections", state="idle") >= 1


async def test_no_label_names_anybody_and_none_has_values_without_bounds() -> None:
    async with watched() as scene:
        await scene.said("8 H100 in France")
        await scene.said("connect")
        await scene.stage.settle()
        text = await scene.text()

    for sample in Figures(text).samples:
        if sample.name in {"carbon_build_info", "process_start_time_seconds"}:
            continue
        for label, value in sample.labels.items():
            if label == "method":
                assert re.fullmatch(r"[a-z]+(\.[a-zA-Z]+)+|other", value)
            elif label != "le":
                assert value in LABELS[label], sample
    for name in ("T0LOCAL", "U0ADA", "C0GENERAL", "ada", "general", config.BOT_TOKEN):
        assert name not in text


async def test_an_answer_that_is_announced_is_counted() -> None:
    go = asyncio.Event()
    metrics = Metrics("1")

    async def work() -> Message:
        await go.wait()
        return Message("42 kWh", ())

    async def taken(**_: object) -> None:
        """Slack takes it."""

    answering = Answering(0, metrics.late)
    say = say_in(ENGLISH)
    await answering.in_time(taken, taken, work(), say)  # type: ignore[arg-type]
    go.set()
    await answering.drain(5)

    assert metrics.registry.get_sample_value("carbon_late_answers_total") == 1


async def test_it_says_what_runs_and_whether_it_is_ready() -> None:
    async with watched() as scene:
        await scene.stage.slack.wait_for(lambda: scene.stage.slack.calls("auth.test") > 0)
        found = await scene.figures()

    (built,) = found.labels("carbon_build_info")
    assert built["factors"] == load_default().version
    assert {labels["check"] for labels in found.labels("carbon_ready")} >= {"token", "database"}
    assert found("carbon_ready", check="database") == 1
    assert found("carbon_ready", check="stopping") == 1


async def test_without_its_database_the_figures_that_need_none_are_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with watched(url) as scene:
        await scene.said("8 H100")
        await scene.stage.settle()
        async with open_store(url) as store, store.database.transaction() as connection:
            for table in ("alembic_version", "schedules"):
                await connection.execute(text(f"ALTER TABLE {table} RENAME TO gone_{table}"))
        found = await scene.figures()
    assert found("carbon_ready", check="database") == 0
    assert math.isnan(found("carbon_delivery_oldest_due_seconds"))
    assert found("carbon_estimates_total", factors="sourced", by="duration") == 1


async def test_slack_and_others_do_not_reach_it() -> None:
    async with watched() as scene, aiohttp.ClientSession() as session:
        async with session.get(f"{scene.stage.bot.address}/metrics") as response:
            assert response.status == 404
        async with session.get(f"http://127.0.0.1:{scene.port}/healthz") as response:
            assert response.status == 404


async def test_a_port_that_is_taken_is_named() -> None:
    settings = Settings(
        _env_file=None,
        slack_bot_token=config.BOT_TOKEN,
        slack_signing_secret=config.SIGNING_SECRET,
        slack_api_url="http://127.0.0.1:9/api/",
        database_url="sqlite:///:memory:",
        port=free_port(),
    )
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    taken = settings.model_copy(update={"metrics_port": port})
    with pytest.raises(OSError, match="METRICS_PORT") as error:
        async with running(taken):
            pass
    server.close()
    assert str(port) in str(error.value.filename)
