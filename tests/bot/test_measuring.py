"""Measurements over HTTP: into the ledger and the channel, once, however often they are sent."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from typing import Any

import aiohttp
import pytest

from bot.codecarbon import NoMeasurement, measurement_in
from bot.slack.measuring import BURST, LARGEST_BYTES, Rate
from deploy.local_slack.faults import Fault
from deploy.local_slack.views import View
from tests.bot.conftest import Stage, stage
from tests.bot.test_runs import RUN, form_of, said

PUBLIC = "https://carbon.example.com"
MEASURED = {
    "timestamp": "2026-11-24T10:00:00",
    "project_name": "llama-ft",
    "run_id": "979336a5-c7de-4edf-b1ed-ab25fad914c1",
    "experiment_id": "5b0fa12a-3dd7-45bb-9766-cc326314d9f1",
    "duration": 1_209_600.0,
    "emissions": 5200.0,
    "energy_consumed": 13_900.0,
    "country_iso_code": "DEU",
    "longitude": 13.4,
    "latitude": 52.5,
    "gpu_model": "8 x NVIDIA H100",
    "pue": 1.0,
    "user": "ada",
}


async def connected(scene: Stage, user: str = "ada") -> str:
    """The secret of a new address of the channel."""
    scene.slack.invite_bot("general")
    message = await said(scene, "connect", user)
    assert message.visible_to is not None
    found = re.search(rf"{PUBLIC}/ingest/([\w-]+)", str(message.all_blocks))
    assert found
    assert found[1] not in message.text
    return found[1]


async def sent(scene: Stage, secret: str, body: Any = MEASURED) -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{scene.bot.address}/ingest/{secret}", data=data) as answer,
    ):
        found = answer.status, await answer.json()
    await scene.settle()
    return found


def told(scene: Stage) -> list[str]:
    """What the channel heard of measurements."""
    shown = scene.slack.visible_messages("ben", "general")
    return [message.text for message in shown if "was measured" in message.text]


async def test_a_measurement_meets_its_planned_run_and_is_told_once(database_url: str) -> None:
    async with stage(public_url=PUBLIC, database_url=database_url) as scene:
        await said(scene, f"log llama-ft {RUN}")
        secret = await connected(scene)
        assert await sent(scene, secret) == (201, {"new": True, "replaced": False})
        assert await sent(scene, secret) == (201, {"new": False, "replaced": False})
        other = await connected(scene)
        assert await sent(scene, other) == (201, {"new": False, "replaced": False})
        (heard,) = told(scene)
        assert re.search(r"estimated \S+ MWh \(likely .*\), measured 13\.9 MWh", heard)
        assert "CodeCarbon measures the computers" in heard
        listed = await said(scene, "runs")
        assert "1 found" in listed.text
        assert "13.9 MWh" in listed.text
    async with stage(public_url=PUBLIC, database_url=database_url) as scene:
        assert await sent(scene, secret) == (201, {"new": False, "replaced": False})
        assert told(scene) == []


async def test_what_was_not_planned_is_entered_as_a_new_run() -> None:
    async with stage(public_url=PUBLIC) as scene:
        assert (await sent(scene, await connected(scene)))[0] == 201
        (heard,) = told(scene)
        assert "measured 13.9 MWh, without an estimate" in heard
        assert "llama-ft" in (await said(scene, "runs")).text


async def test_a_run_of_a_public_answer_is_told_in_its_thread() -> None:
    async with stage(public_url=PUBLIC) as scene:
        answer = await said(scene, f"{RUN} public")
        view = await form_of(scene, answer)
        await scene.slack.enter(view, "carbon_log_name", "llama-ft", user="ada")
        await scene.slack.submit_view(view, user="ada")
        await sent(scene, await connected(scene))
        (heard,) = scene.slack.thread("ben", answer)
        assert "measured 13.9 MWh" in heard.text


async def test_what_slack_refused_is_told_when_it_is_sent_again() -> None:
    async with stage(public_url=PUBLIC) as scene:
        secret = await connected(scene)
        scene.slack.fail("chat.postMessage", Fault(error="is_archived"))
        assert (await sent(scene, secret))[0] == 201
        assert told(scene) == []
        await sent(scene, secret)
        assert len(told(scene)) == 1


def at(energy_kwh: float, duration_s: float) -> dict[str, Any]:
    """What CodeCarbon's ``flush()`` tells of a run on its way."""
    return MEASURED | {"energy_consumed": energy_kwh, "duration": duration_s}


async def test_a_later_figure_of_a_run_replaces_the_earlier_one_and_its_message(
    database_url: str,
) -> None:
    async with stage(public_url=PUBLIC, database_url=database_url) as scene:
        await said(scene, f"log llama-ft {RUN}")
        secret = await connected(scene)
        assert await sent(scene, secret, at(5000, 60)) == (201, {"new": True, "replaced": False})
        assert "measured 5.00 MWh" in told(scene)[0]
        assert await sent(scene, secret) == (201, {"new": False, "replaced": True})
        (heard,) = told(scene)
        assert "measured 13.9 MWh" in heard
        for late in (at(5000, 60), MEASURED):
            assert await sent(scene, secret, late) == (201, {"new": False, "replaced": False})
        (heard,) = told(scene)
        assert "measured 13.9 MWh" in heard
        listed = await said(scene, "runs")
        assert "1 found" in listed.text
        assert "13.9 MWh" in listed.text
        assert scene.slack.calls("chat.update") == 1
        assert scene.slack.calls("chat.postMessage") == 1


async def test_what_a_person_enters_instead_is_shown_in_the_message_and_stands() -> None:
    async with stage(public_url=PUBLIC) as scene:
        await said(scene, f"log llama-ft {RUN}")
        secret = await connected(scene)
        await sent(scene, secret)
        await said(scene, "done llama-ft 14.5 MWh")
        await scene.settle()
        (heard,) = told(scene)
        assert "measured 14.5 MWh" in heard
        assert "CodeCarbon" not in heard
        view = await edit_form(scene)
        await scene.slack.enter(view, "carbon_edit_run_measured", "15.5 MWh", user="ada")
        await scene.settle()
        await scene.slack.submit_view(scene.slack.views("ada")[-1], user="ada")
        await scene.settle()
        (heard,) = told(scene)
        assert "measured 15.5 MWh" in heard
        assert await sent(scene, secret, at(20_000, 1e7)) == (
            201,
            {"new": False, "replaced": False},
        )
        (heard,) = told(scene)
        assert "measured 15.5 MWh" in heard


async def edit_form(scene: Stage) -> View:
    """The form of the run, opened by its name."""
    await scene.slack.command(user="ada", channel="general", text="/carbon edit llama-ft")
    return await scene.slack.opened_view("ada")


async def test_figures_that_arrive_at_once_leave_one_message_with_the_last(
    database_url: str,
) -> None:
    async with stage(public_url=PUBLIC, database_url=database_url) as scene:
        secret = await connected(scene)
        posts = [at(1000.0 * n, 60.0 * n) for n in (3, 1, 5, 2, 4)]
        await asyncio.gather(*(sent(scene, secret, post) for post in posts))
        await scene.settle()
        (heard,) = told(scene)
        assert "measured 5.00 MWh" in heard


async def test_a_message_is_changed_in_its_thread_when_slack_asks_to_wait() -> None:
    async with stage(public_url=PUBLIC) as scene:
        answer = await said(scene, f"{RUN} public")
        view = await form_of(scene, answer)
        await scene.slack.enter(view, "carbon_log_name", "llama-ft", user="ada")
        await scene.slack.submit_view(view, user="ada")
        secret = await connected(scene)
        await sent(scene, secret, at(5000, 60))
        wait = Fault(status=429, error="ratelimited", retry_after_s=0)
        scene.slack.fail("chat.update", wait)
        await sent(scene, secret)
        (heard,) = scene.slack.thread("ben", answer)
        assert "measured 13.9 MWh" in heard.text


async def test_a_message_that_was_deleted_is_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with stage(public_url=PUBLIC) as scene:
        secret = await connected(scene)
        await sent(scene, secret, at(5000, 60))
        scene.slack.fail("chat.update", Fault(error="message_not_found"))
        assert (await sent(scene, secret))[0] == 201
        assert any("message_not_found" in record.getMessage() for record in caplog.records)


async def test_a_revoked_address_and_an_unknown_one_are_refused() -> None:
    async with stage(public_url=PUBLIC) as scene:
        secret = await connected(scene)
        assert (await sent(scene, "unknown"))[0] == 404
        assert "1 address is revoked" in (await said(scene, "disconnect")).text
        assert (await sent(scene, secret))[0] == 404
        assert "No address" in (await said(scene, "disconnect")).text


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"not json", 400, "no JSON"),
        (b"[" * 10_000, 400, "no JSON"),
        (b"\xff", 400, "no JSON"),
        ([], 400, "one JSON object"),
        (MEASURED | {"run_id": ""}, 400, "run_id"),
        (MEASURED | {"energy_consumed": -1}, 400, "energy_consumed"),
        (MEASURED | {"energy_consumed": float("nan")}, 400, "energy_consumed"),
        (MEASURED | {"project_name": "x" * 300}, 400, "project_name"),
        (b" " * (LARGEST_BYTES + 1), 413, "at most 64 kB"),
    ],
)
async def test_what_is_no_measurement_is_refused_with_the_reason(
    body: Any, status: int, why: str
) -> None:
    async with stage(public_url=PUBLIC) as scene:
        found, answer = await sent(scene, await connected(scene), body)
        assert found == status
        assert why in answer["error"]
        assert "empty" in (await said(scene, "runs")).text


async def test_a_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with stage(public_url=PUBLIC) as scene:
        secret = await connected(scene)
        await sent(scene, secret)
        await sent(scene, secret, b"no")
        wrote = {r.name for r in caplog.records if secret in r.getMessage()}
        assert wrote == set()


async def test_without_a_public_address_nothing_is_handed_out(scene: Stage) -> None:
    assert "PUBLIC_URL" in (await said(scene, "connect")).text


def test_an_address_takes_a_burst_and_then_one_a_second() -> None:
    now = [0.0]
    rate = Rate(lambda: now[0])
    assert [rate.allows("a") for _ in range(BURST + 1)] == [True] * BURST + [False]
    assert rate.allows("b")
    now[0] = 1.0
    assert [rate.allows("a"), rate.allows("a")] == [True, False]


def test_neither_who_nor_where_on_the_map_is_kept() -> None:
    found = measurement_in(MEASURED)
    assert (found.energy_kwh, found.emissions_kgco2e) == (13_900.0, 5200.0)
    assert not {"user", "longitude", "latitude"} & set(found.document)
    with pytest.raises(NoMeasurement, match="energy_consumed"):
        measurement_in({"run_id": "1"})


def test_what_json_can_say_and_no_database_keeps_is_left_out() -> None:
    body = b'{"run_id": "a\\ud800\\u0000b", "energy_consumed": 1, "pue": NaN, "gpu_count": 1%s}'
    found = measurement_in(json.loads(body % (b"0" * 400)))
    assert found.external_id == "ab"
    assert found.document == {"energy_consumed": 1}
    assert json.dumps(found.document, allow_nan=False)
