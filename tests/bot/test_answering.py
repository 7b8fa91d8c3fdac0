"""What takes longer than Slack waits is announced first and answered after, also when it breaks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.i18n import ENGLISH, say_in
from bot.message import Message
from bot.slack.answering import Answering

SAY = say_in(ENGLISH)


class Said:
    """Remembers what was acknowledged and what was sent after, as Slack's side sees it."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    async def __call__(self, **payload: Any) -> None:
        self.calls.append(payload)


async def test_an_answer_that_is_ready_is_the_acknowledgement() -> None:
    ack, respond = Said(), Said()

    async def work() -> Message:
        return Message("42 kWh", ())

    await Answering().in_time(ack, respond, work(), SAY)  # type: ignore[arg-type]

    assert [call["text"] for call in ack.calls] == ["42 kWh"]
    assert respond.calls == []


async def test_an_answer_that_takes_long_is_announced_and_follows() -> None:
    ack, respond, go = Said(), Said(), asyncio.Event()

    async def work() -> Message:
        await go.wait()
        return Message("42 kWh", ())

    answering = Answering(patience_s=0)
    await answering.in_time(ack, respond, work(), SAY)  # type: ignore[arg-type]
    assert [call["text"] for call in ack.calls] == ["Still working on it, the answer follows."]
    assert respond.calls == []

    go.set()
    await answering.drain(timeout_s=5)
    assert [call["text"] for call in respond.calls] == ["42 kWh"]


async def test_a_late_answer_that_breaks_is_an_apology_found_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ack, respond, go = Said(), Said(), asyncio.Event()

    async def work() -> Message:
        await go.wait()
        msg = "the cause"
        raise RuntimeError(msg)

    answering = Answering(patience_s=0)
    await answering.in_time(ack, respond, work(), SAY)  # type: ignore[arg-type]
    go.set()
    await answering.drain(timeout_s=5)

    assert "Sorry" in respond.calls[0]["text"]
    reference = respond.calls[0]["text"].partition("reference ")[2][:8]
    assert any(reference in record.getMessage() for record in caplog.records)
