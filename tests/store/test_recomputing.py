"""A recorded estimate comes out the same, bit for bit, with the factors that it was made with."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.command_line import main
from bot.commands.ledger import Logging, entry_of
from bot.language import parse
from bot.recomputing import Recomputing
from bot.store import Store, Team, open_store
from bot.store.history import Answered
from bot.store.schema import estimates
from estimator import Catalogue, TrainingRun, estimate, load, load_default
from estimator.datapack import packed
from estimator.overrides import apply, parse_overrides
from tests.estimator.test_datapack import changed
from tests.estimator.test_largest_cut import runs

CATALOGUE = load_default()
TODAY = date(2026, 11, 24)
OWN = """
["grid.FR"]
value = 12
unit = "gCO2e/kWh"
basis = "published"
source = { title = "Contract", publisher = "Example", url = "https://example.org", licence = "own" }
"""
_numbers = itertools.count()


def answered(command: str, catalogue: Catalogue) -> Answered:
    run = parse(command, catalogue).run
    return Answered(command, run, estimate(run, catalogue))


async def record(store: Store, team: Team, found: Answered) -> None:
    """Keep an estimate in the history and in the ledger."""
    store.history.record(team, "C1", "U1", found)
    await store.history.flush()
    logged = Logging("run", "", None, None, found.command, found.run, found.estimate)
    await store.runs.enter(team, entry_of(logged, "C1", "U1", TODAY))


@pytest.fixture
def team() -> Team:
    return Team("", f"T{next(_numbers)}")


@pytest.fixture
def recomputing(store: Store) -> Recomputing:
    return Recomputing(store)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(run=runs(), gpu=st.sampled_from([None, "L4", "A100-SXM4-80GB"]), article=st.booleans())
async def test_whatever_was_asked_comes_out_the_same(
    store: Store, recomputing: Recomputing, run: TrainingRun, gpu: str | None, *, article: bool
) -> None:
    await store.factor_sets.keep(CATALOGUE.version, packed)
    meant = CATALOGUE.with_meanings({"GPU": gpu}) if gpu else CATALOGUE
    found = answered("10 GPU 20 TPU factors article", CATALOGUE)
    if not article:
        found = Answered("run", run, estimate(run, meant))
    await record(store, Team("", "T"), found)
    again = await recomputing.all()
    # Where GPU would be the same as another device of the run, its name stays.
    alone = len({line.model for line in found.estimate.devices}) == len(found.run.devices)
    if alone or gpu is None:
        assert again.different == []
    await store.forget_team(Team("", "T"))


async def test_each_version_is_made_again_with_its_own_factors(
    store: Store, team: Team, tmp_path: Path
) -> None:
    folder = changed(tmp_path / "older")
    older = load(folder)
    own = apply(older, parse_overrides(OWN, "ours.toml", older))
    newer = apply(CATALOGUE, parse_overrides(OWN, "ours.toml", CATALOGUE))
    await store.factor_sets.keep(older.version, lambda: packed(folder))
    await store.factor_sets.keep(CATALOGUE.version, packed)
    await store.factor_files.upload(team, "other.toml", "no = 1", "U1")
    await store.factor_files.upload(team, "ours.toml", OWN, "U1")
    await store.factor_files.withdraw(team)
    catalogues = (older, own, CATALOGUE, newer)
    for catalogue in catalogues:
        for command in ("64 H100 for 2 weeks in France", "10 GPU 20 TPU", "433 MWh in Germany"):
            await record(store, team, answered(command, catalogue))

    found = await Recomputing(store).all()

    assert found.different == []
    assert found.same == 24
    assert found.versions == {catalogue.version: 6 for catalogue in catalogues}
    totals = {
        answered("64 H100 for 2 weeks in France", c).estimate.totals.total_kgco2e.value
        for c in catalogues
    }
    assert len(totals) == len(catalogues)


async def test_what_does_not_come_out_the_same_is_named(store: Store, team: Team) -> None:
    await store.factor_sets.keep(CATALOGUE.version, packed)
    await record(store, team, answered("8 H100 in France", CATALOGUE))
    await record(store, team, answered("8 H100", replace(CATALOGUE, version="unknown")))
    await record(store, team, answered("8 H100", replace(CATALOGUE, version="unknown+own")))
    lost = replace(CATALOGUE, version=f"{CATALOGUE.version}+lost")
    await record(store, team, answered("8 H100", lost))
    found = await Recomputing(store).all()
    assert found.same == 2
    assert sum("the factors unknown are not kept" in line for line in found.different) == 2
    assert sum("the factors unknown+own are not kept" in line for line in found.different) == 2
    assert sum("+lost are not kept" in line for line in found.different) == 2

    async with store.database.transaction() as connection:
        broken = {"spec": {"devices": "none"}, "catalogue_version": CATALOGUE.version}
        await connection.execute(update(estimates).values(broken))
    found = await Recomputing(store).all()
    assert sum("cannot be made again" in line for line in found.different) == 4


async def test_data_are_packed_once(store: Store) -> None:
    def content() -> bytes:
        return b"first"

    def again() -> bytes:
        raise AssertionError

    await store.factor_sets.keep("v1", content)
    await store.factor_sets.keep("v1", again)
    assert await store.factor_sets.get("v1") == b"first"
    assert await store.factor_sets.get("v2") is None


def test_the_command_line_says_what_came_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/carbon.db"

    async def ask(catalogue: Catalogue) -> None:
        async with open_store(url) as store:
            await store.factor_sets.keep(CATALOGUE.version, packed)
            await record(store, Team("", "T1"), answered("8 H100 in France", catalogue))

    asyncio.run(ask(CATALOGUE))
    assert main(["recompute", url]) == 0
    assert "2 recorded estimates come out the same, bit for bit." in capsys.readouterr().out

    other = replace(CATALOGUE.constants.default_pue, value=1.5)
    constants = replace(CATALOGUE.constants, default_pue=other)
    asyncio.run(ask(replace(CATALOGUE, constants=constants)))
    assert main(["recompute", url]) == 1
    said = capsys.readouterr().out
    assert "energy_kwh was " in said
    assert "2 do not." in said

    assert main(["recompute", "nowhere"]) == 2
    assert "cannot recompute" in capsys.readouterr().err
