"""The ledger as files: out as CSV, JSON and by scopes, and in from CSV and from CodeCarbon."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.codecarbon import measurement_in
from bot.commands import ledger
from bot.commands.exporting import COLUMNS, exported, scopes_of
from bot.commands.importing import MOST, WrongFile, entries_in, rows_in
from bot.ledger import Entry, Run, RunState
from deploy.local_slack.views import View
from tests.bot.conftest import Stage, stage
from tests.bot.people import ASKER, TODAY
from tests.bot.test_runs import RUN, said
from tests.bot.test_settings_form import upload

CODECARBON = """\
timestamp,project_name,run_id,duration,emissions,energy_consumed,country_name,pue
2026-05-27T11:31:35,llama-ft,979336a5-c7de-4edf-b1ed-ab25fad914c1,299.7,0.0165,0.0338,Singapore,1.0
2026-05-27T10:49:55,vision,2392f828-03ad-49cb-b6b3-9993a7a1ca3f,4251.8,,0.0501,Singapore,1.0
"""


def entry(command: str = RUN, name: str = "llama-ft") -> Entry:
    found = ledger.logging_of(name, "nlp", command, ASKER)
    return ledger.entry_of(found, "C1", "U1", TODAY)


def run(found: Entry, number: int = 1) -> Run:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Run(f"id-{number}", found, 1, now, now)


def done(found: Entry, energy_kwh: float | None = None) -> Entry:
    return ledger.done_of(found, energy_kwh, TODAY)


def test_what_is_exported_as_csv_is_imported_the_same() -> None:
    first = replace(done(entry(), 13_900.5), counted_on=date(2026, 11, 1))
    second = entry("8 H100 for 3 days in France", '=cmd|"x", y')
    bare = Entry(channel_id="C1", owner_id="U1", name="'quoted", counted_on=TODAY)
    content = exported("csv", [run(one, n) for n, one in enumerate((first, second, bare))], ASKER)
    assert "\n'=cmd" not in content
    assert "\"'=cmd" in content
    assert entries_in(rows_in(content), "C1", "U1", ASKER) == [first, second, bare]


def test_json_has_every_field_of_every_run() -> None:
    found = json.loads(exported("json", [run(entry())], ASKER))["runs"][0]
    assert set(COLUMNS) <= set(found)
    assert found["spec"]["location"]
    assert found["energy_kwh"] == entry().energy_kwh


def test_scopes_follow_the_measured_energy_and_keep_both_views_apart() -> None:
    plain = entry("64 H100 for 2 weeks in eu-west-1")
    assert plain.energy_kwh is not None
    assert plain.operational_kgco2e is not None
    half = scopes_of(done(plain, plain.energy_kwh / 2), ASKER)
    whole = scopes_of(done(plain), ASKER)
    assert whole.location == plain.operational_kgco2e
    assert half.location == pytest.approx(plain.operational_kgco2e / 2)
    assert whole.embodied == plain.embodied_kgco2e
    assert (whole.market, whole.stands_in, whole.lifecycle) == (0, False, True)
    other = scopes_of(done(entry("64 H100 for 2 weeks in France")), ASKER)
    assert (other.market, other.stands_in) == (other.location, True)
    metered = scopes_of(done(entry("433 MWh in France")), ASKER)
    assert metered.embodied is None


def test_the_report_sums_finished_runs_and_says_what_it_leaves_out() -> None:
    measured = Entry(
        channel_id="C1",
        owner_id="U1",
        name="a|b",
        counted_on=TODAY,
        state=RunState.DONE,
        measured_energy_kwh=10.0,
        measured_kgco2e=4.0,
    )
    runs = [run(done(entry())), run(measured, 2), run(entry(), 3)]
    shown = exported("ghg", runs, ASKER)
    assert "Finished runs: 2." in shown
    assert "emitted nothing yet: 1." in shown
    assert "a\\|b" in shown
    total = (done(entry()).operational_kgco2e or 0) + 4
    assert f"| Scope 2, location-based | {total:,.2f} |"[:34] in shown
    assert "named device, and not in the sum of scope 3: 1 of 2" in shown


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "`name` is missing"),
        ("name\n", "no row"),
        ("nome\nx\n", "`name` is missing"),
        ("run,energy_consumed\n1,2\n", "`run_id` is missing"),
        ("name,counted_on\nx,yesterday\n", "Row 2: `counted_on` is a day"),
        ("name,measured_energy_kwh\nx,1\ny,-1\n", "Row 3: `measured_energy_kwh` is a number"),
        ("name,measured_energy_kwh\nx,nan\n", "Row 2: `measured_energy_kwh` is a number"),
        ("name,command\nx,8 Abacus\n", "Row 2: There is no device"),
        ("name,state\nx,maybe\n", "Row 2: the state"),
        ("name,project\n,p\n", "Row 2: the name is missing"),
        (f"name\n{'x' * 81}\n", "Row 2: A name has at most"),
        ("name\n" + "x\n" * (MOST + 1), "at most"),
        ('name\n"x\n', "no CSV"),
    ],
)
def test_a_wrong_file_is_explained_by_row(content: str, why: str) -> None:
    with pytest.raises(WrongFile, match=why):
        entries_in(rows_in(content), "C1", "U1", ASKER)


def test_codecarbons_file_is_told_apart_and_read() -> None:
    found = rows_in(CODECARBON)
    assert found.codecarbon
    first, second = (measurement_in(row) for row in found.rows)
    assert (first.project, first.energy_kwh, first.emissions_kgco2e) == ("llama-ft", 0.0338, 0.0165)
    assert second.emissions_kgco2e is None


async def opened(scene: Stage, user: str = "ada") -> View:
    await scene.slack.command(user=user, channel="general", text="/carbon import")
    return await scene.slack.opened_view(user)


async def imported(scene: Stage, content: str) -> str:
    """What the form says after a file was given to it."""
    view = await opened(scene)
    file = upload(scene.slack, "runs.csv", content)
    await scene.slack.enter(view, "carbon_import_file", [file], user="ada")
    outcome = await scene.slack.submit_view(view, user="ada")
    return str(outcome.errors or scene.slack.views("ada")[-1].content["blocks"])


async def test_codecarbons_file_is_imported_once(database_url: str) -> None:
    async with stage(database_url=database_url) as scene:
        await said(scene, f"log llama-ft {RUN}")
        assert "Runs entered: 2; there already: 0" in await imported(scene, CODECARBON)
        assert "Runs entered: 0; there already: 2" in await imported(scene, CODECARBON)
        listed = await said(scene, "runs")
        assert "2 found" in listed.text
        assert "33.8 Wh" in listed.text


async def test_an_export_arrives_and_is_imported_again(database_url: str) -> None:
    async with stage(database_url=database_url) as scene:
        await _out_and_in(scene)


async def _out_and_in(scene: Stage) -> None:
    await said(scene, f"log llama-ft #nlp {RUN}")
    await said(scene, "done llama-ft 13.9 MWh")
    contents = {}
    for form in ("csv", "json", "ghg"):
        assert "direct messages" in (await said(scene, f"export {form}")).text
        contents[form] = [*scene.slack.workspace.files.by_id.values()][-1].content
    raw = contents["csv"]
    assert raw is not None
    (row,) = csv.DictReader(io.StringIO(raw.decode()))
    assert (row["name"], row["measured_energy_kwh"]) == ("llama-ft", "13900.0")
    assert "Scope 2, market-based" in (contents["ghg"] or b"").decode()
    assert "Runs entered: 0; there already: 1" in await imported(scene, raw.decode())
    await said(scene, "drop llama-ft")
    assert "Runs entered: 1;" in await imported(scene, raw.decode())
    assert "13.9 MWh" in (await said(scene, "runs")).text


async def test_a_wrong_file_changes_nothing_and_names_the_row(scene: Stage) -> None:
    assert "Row 3" in await imported(scene, "name,command\nx,8 H100\ny,8 Abacus\n")
    assert "empty" in (await said(scene, "runs")).text
    assert "empty" in (await said(scene, "export csv")).text
    assert "/carbon export csv" in (await said(scene, "export xlsx")).text
