"""A small load, and that what is wrong in one would be found."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot import commands
from estimator import load_default
from tests.load import breaking, million
from tests.load.asking import Command, Fate, Kind, Oracle, typed
from tests.load.deployment import Deployment
from tests.load.replicas import Replicas
from tests.load.town import Workspace, workspaces

TODAY = datetime.now(UTC).date()


def said(command: Command, workspace: Workspace, day: date = TODAY) -> dict[str, Any]:
    """The answer to a command in a workspace, as it arrives."""
    answer = commands.answer(command.text, workspace.asker(load_default(), day))
    found: dict[str, Any] = orjson.loads(orjson.dumps(answer.message.payload()))
    return found


@pytest.fixture
def two() -> list[Workspace]:
    return workspaces(2, seed=1)


@pytest.fixture
def oracle() -> Oracle:
    return Oracle(load_default())


def one_of(kind: Kind, found: list[Workspace]) -> Command:
    return next(one for one in typed(found, seed=1) if one.kind is kind)


def test_the_answer_of_another_workspace_is_found(two: list[Workspace], oracle: Oracle) -> None:
    here = one_of(Kind.KNOWN, two)
    there = replace(here, workspace=two[1 - here.workspace.number])
    body = orjson.dumps(said(there, there.workspace))
    assert oracle.fate(there, 200, body, TODAY) is Fate.RIGHT
    assert oracle.fate(here, 200, body, TODAY) is Fate.CROSSED


def test_another_figure_is_found(two: list[Workspace], oracle: Oracle) -> None:
    command = one_of(Kind.ARTICLE, two)
    answer = said(command, command.workspace)
    assert oracle.fate(command, 200, orjson.dumps(answer), TODAY) is Fate.RIGHT
    answer["text"] = answer["text"].replace(f"{command.total_t:,} t", f"{command.total_t + 1:,} t")
    assert oracle.fate(command, 200, orjson.dumps(answer), TODAY) is Fate.CROSSED
    assert oracle.fate(command, 500, b"", TODAY) is Fate.WRONG


def test_a_run_of_another_workspace_is_found(two: list[Workspace], oracle: Oracle) -> None:
    command = one_of(Kind.RUNS, two)
    own, other = (f"w{n}-7" for n in (command.workspace.number, 1 - command.workspace.number))
    for name, fate in ((own, Fate.RIGHT), (other, Fate.CROSSED)):
        body = orjson.dumps({"text": f"Runs: {name}, planned"})
        assert oracle.fate(command, 200, body, TODAY) is fate


def test_no_two_ask_the_same_of_the_article(two: list[Workspace]) -> None:
    asked = [one for one in islice(typed(two, seed=1), 5000) if one.kind is Kind.ARTICLE]
    assert len({one.text for one in asked}) == len(asked)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="memory is read from /proc")
async def test_two_replicas_answer_each_workspace_with_its_own() -> None:
    found = await million.run(commands=300, count=8, seed=2, rounds=0)
    assert found.is_clean, million.described(found, 300)
    assert found.tally.asked == 300
    assert found.kept.entered > 0


async def test_whatever_breaks_each_is_answered_or_apologised_to() -> None:
    async def everything(found: Deployment, bots: Replicas, _disk: Path) -> None:
        await bots.replace(bots.alive[0])
        await bots.look()
        bots.kill(bots.alive[0])
        await bots.start()
        await asyncio.to_thread(found.pg_ctl, "-m", "immediate", "restart")

    broken = breaking.Broken("everything", everything)
    outcome = await breaking.under_load(broken, workspaces=8, seed=3, around_s=1.0)
    assert outcome.is_clean, (outcome.tally.bad, outcome.kept)
    assert outcome.tally.fates[Fate.RIGHT] > outcome.tally.fates[Fate.APOLOGY]
