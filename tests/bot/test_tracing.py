"""Traces, as whoever takes them sees them: sent over HTTP, and read by OpenTelemetry's own."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from aiohttp import web
from google.protobuf.message import Message  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bot.blocks.controls import LOG
from bot.settings import SettingsError, read_settings
from bot.store import open_store
from deploy.local_slack.faults import Fault
from deploy.local_slack.server import LocalSlack
from tests.bot.conftest import PATIENCE_S, free_port, stage
from tests.bot.programs import ROOT, TOKENS, environment, program
from tests.bot.test_apology import reference_in
from tests.bot.test_measuring import PUBLIC, connected, sent
from tests.bot.test_metrics import due_since

HEADER: Final = "planted-key-of-the-collector"
NOT_TAKEN: Final = "traces are not taken"
METHOD: Final = r"[a-z]+(\.[a-zA-Z]+)+"
PAGE: Final = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


class Collector:
    """Takes what is sent to it.

    Attributes:
        bodies: of what was sent, as it came.
        keys: the header with the key, each time.
        holds: not answered while this is not set.
        status: HTTP's, of its answers.
    """

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.keys: list[str] = []
        self.holds = asyncio.Event()
        self.holds.set()
        self.came = asyncio.Event()
        self.status = 200
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-protobuf"
        self.bodies.append(await request.read())
        self.keys.append(request.headers.get("x-key", ""))
        self.came.set()
        await self.holds.wait()
        return web.Response(status=self.status)

    @property
    def spans(self) -> list[Span]:
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found

    def requests(self, name: str) -> list[Span]:
        """The spans of requests of a kind."""
        return [span for span in self.spans if span.name == name and not span.parent_span_id]

    def steps(self, request: Span) -> list[Span]:
        return [span for span in self.spans if span.parent_span_id == request.span_id]


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        collector.holds.set()
        await runner.cleanup()


def said(span: Span) -> dict[str, str]:
    """The attributes of a span; all are texts."""
    assert all(one.value.WhichOneof("value") == "string_value" for one in span.attributes)
    return {one.key: one.value.string_value for one in span.attributes}


def strings_in(message: Message) -> list[str]:
    """Every text in a message, and in those in it."""
    found = []
    for field, value in message.ListFields():
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                found += strings_in(one)
            elif isinstance(one, str):
                found.append(one)
    return found


async def test_a_request_is_a_span_with_its_steps_and_the_id_that_people_are_told() -> None:
    heard: list[str] = []
    async with collecting() as collector:
        async with stage(traces_to=collector.url, public_url=PUBLIC) as scene:
            slack = scene.slack
            for text in ("8 H100 in France", "16 H100 in Germany", "8 planted-word"):
                outcome = await slack.command(user="ada", channel="general", text=f"/carbon {text}")
                answer = await slack.answer_to(outcome)
                if text.startswith("8 H100"):
                    estimate = answer
            slack.fail("views.open", Fault(status=200, error="invalid_arguments"))
            await slack.click(estimate, LOG, user="ada")
            heard += [one.text for one in slack.visible_messages("ada", "general")]
            slack.open_home(user="ada")
            await sent(scene, await connected(scene))
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{scene.bot.address}/slack/events", data=b"{}") as response,
            ):
                refused = response.headers["X-Request-Id"]
            await scene.settle()

        first, second, third = collector.requests("command")[:3]
        asked, known = ({step.name for step in collector.steps(one)} for one in (first, second))
        assert asked == {"database", "estimate", "parse", "slack", "words"}
        # What was answered is written to the history after, and may be here.
        assert known - {"database"} == {"estimate", "parse", "words"}
        (call,) = [step for step in collector.steps(first) if step.name == "slack"]
        assert said(call) == {"carbon.method": "users.info", "carbon.outcome": "ok"}
        assert [said(step) for step in collector.steps(third)] == [
            {"carbon.error": "LanguageError"}
        ]
        for one in (first, second, third):
            assert said(one)["carbon.outcome"] == "ok"
            assert one.status.code == Status.STATUS_CODE_UNSET
            assert one.kind == Span.SPAN_KIND_SERVER
            for step in collector.steps(one):
                assert step.trace_id == one.trace_id
                assert step.start_time_unix_nano <= step.end_time_unix_nano

        (failed,) = [
            one
            for one in collector.requests("interaction")
            if said(one)["carbon.outcome"] == "error"
        ]
        assert failed.status.code == Status.STATUS_CODE_ERROR
        assert said(failed)["carbon.request_id"] in {
            reference_in(text) for text in heard if "reference" in text
        }
        (unsigned,) = [
            one for one in collector.requests("event") if said(one)["carbon.outcome"] == "refused"
        ]
        assert said(unsigned)["carbon.request_id"] == refused
        assert collector.requests("ingest")
        ids = [said(one)["carbon.request_id"] for one in collector.spans if not one.parent_span_id]
        assert len(set(ids)) == len(ids)


async def test_a_summary_that_is_due_is_a_span_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"
    async with collecting() as collector:
        async with (
            stage(traces_to=collector.url, database_url=url) as scene,
            open_store(url) as store,
        ):
            scene.slack.invite_bot("general")
            await store.schedules.put(due_since(datetime.now(UTC) - timedelta(minutes=1)))
            await scene.bot.reports.run_due()
            await scene.settle()
        posts = [
            said(step).get("carbon.method")
            for one in collector.requests("delivery")
            for step in collector.steps(one)
        ]
        assert "chat.postMessage" in posts


async def test_no_text_name_or_secret_is_sent(tmp_path: Path) -> None:
    """Of all that is used and fails here, only names of what was done and of their outcomes."""
    async with collecting() as collector, LocalSlack(ack_timeout_s=PATIENCE_S) as slack:
        settings = {
            **TOKENS,
            "SLACK_API_URL": slack.api_url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"{collector.url}/",
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={HEADER}",
            "LOG_LEVEL": "DEBUG",
        }
        async with program(tmp_path, **settings) as bot:
            slack.bot_url = f"{bot.address}/slack/events"
            await bot.ready()
            for text in ("8 H100 in planted-place", "log planted-run 8 H100", "runs", "8 H100"):
                outcome = await slack.command(user="ada", channel="general", text=f"/carbon {text}")
                await slack.answer_to(outcome)
            slack.say(user="ada", channel="general", text="@carbon planted-mention")
            await slack.settle()
            bot.stop()
            assert await bot.ended() == 0
        assert collector.keys
        assert set(collector.keys) == {HEADER}
        assert HEADER not in bot.log.read_text()
        sent_out = b"".join(collector.bodies)
        people = [one.id for one in slack.workspace.people()]
        never = [*TOKENS.values(), HEADER, slack.workspace.team_id, "C0GENERAL1", *people]
        assert [one for one in ("planted", "H100", *never) if one.encode() in sent_out] == []
        known = {"parse", "estimate", "words", "database", "slack", "command", "event", "other"}
        known |= {"carbon.request_id", "carbon.outcome", "carbon.method", "carbon.error"}
        known |= {"ok", "error", "refused", "committed", "rolled_back", "LanguageError"}
        for span in collector.spans:
            texts = {*strings_in(span)} - {said(span).get("carbon.request_id")}
            assert {one for one in texts - known if not re.fullmatch(METHOD, one)} == set()
        assert "users.info" in {said(span).get("carbon.method") for span in collector.spans}


async def answers(slack: LocalSlack) -> bool:
    outcome = await slack.command(user="ada", channel="general", text="/carbon 8 H100")
    return "CO2e" in (await slack.answer_to(outcome)).text


@asynccontextmanager
async def traced(folder: Path, endpoint: str, **values: str) -> AsyncIterator[Any]:
    """A bot as a process, and its Slack; spans are sent as soon as there are any."""
    async with LocalSlack(ack_timeout_s=PATIENCE_S) as slack:
        settings = {
            **TOKENS,
            "SLACK_API_URL": slack.api_url,
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "1",
            **values,
        }
        async with program(folder, **settings) as bot:
            slack.bot_url = f"{bot.address}/slack/events"
            await bot.ready()
            yield slack, bot


async def test_where_nobody_takes_them_nobody_waits_and_it_is_said_once(tmp_path: Path) -> None:
    async with traced(tmp_path, f"http://127.0.0.1:{free_port()}") as (slack, bot):
        for _ in range(3):
            assert await answers(slack)
        await bot.logs(NOT_TAKEN)
        for _ in range(3):
            assert await answers(slack)
        bot.stop()
        assert await bot.ended() == 0
    lines = bot.log.read_text().splitlines()
    assert len([line for line in lines if NOT_TAKEN in line]) == 1
    assert [line for line in lines if "opentelemetry" in line or "Traceback" in line] == []


async def test_while_they_are_not_answered_commands_are_and_a_stop_does_not_wait(
    tmp_path: Path,
) -> None:
    async with collecting() as collector:
        collector.holds.clear()
        async with traced(tmp_path, collector.url) as (slack, bot):
            assert await answers(slack)
            await collector.came.wait()
            # What was sent is held from here on, to the end.
            assert await answers(slack)
            bot.stop()
            assert await bot.ended() == 0
        assert not collector.holds.is_set()


OFF: Final = """
import asyncio, sys
from bot.settings import read_settings
from bot.wiring import running

async def serve():
    async with running(read_settings()):
        print([name for name in sys.modules if name.startswith(("opentelemetry", "google"))])

asyncio.run(serve())
"""


def python(code: str, **values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(**TOKENS, **values),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_bot_without_traces_imports_nothing_of_them() -> None:
    values = {"SLACK_API_URL": "http://127.0.0.1:9/api/", "DATABASE_URL": "sqlite:///:memory:"}
    off = python(OFF, PORT=str(free_port()), **values)
    assert off.stdout == "[]\n", off.stderr
    on = python(
        OFF, PORT=str(free_port()), OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", **values
    )
    assert "opentelemetry.sdk.trace" in on.stdout, on.stderr


WITHOUT_THE_EXTRA: Final = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from bot.command_line import main
sys.exit(main([]))
"""


def test_where_the_library_is_not_installed_it_is_said_how() -> None:
    done = python(WITHOUT_THE_EXTRA, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 2
    assert "OTEL_EXPORTER_OTLP_ENDPOINT: needs the extra tracing: pip install" in done.stderr


@pytest.mark.parametrize("headers", ["planted", "a=1,planted", "=planted", "a="])
def test_headers_that_are_none_are_named_and_not_repeated(headers: str) -> None:
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_HEADERS: is name=value") as caught:
        read_settings(slack_bot_token="xoxb-1", otel_exporter_otlp_headers=headers)
    assert "planted" not in str(caught.value)


def test_the_page_names_every_span() -> None:
    (table,) = re.findall(r"^\| span \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    named = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in row.split(", ")
    }
    requests = {"command", "interaction", "event", "ingest", "other", "delivery"}
    steps = {"parse", "estimate", "words", "database", "slack"}
    assert named == {f"`{name}`" for name in requests | steps}
