"""The published runs: sourced, consistent, and split into a set to fit and a set to test."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from estimator import DataError, load_default
from estimator.catalogue import run_key
from estimator.datafiles import DATA
from estimator.published_run import (
    EnergyBasis,
    EnergyBoundary,
    PublishedRun,
    device_family,
    split_of,
)
from estimator.runfiles import RUNS, read_runs, read_sources

CATALOGUE = load_default()
ALL = read_runs(DATA, read_sources(DATA))
LISTED = list(ALL.values())
WITH_HOURS_AND_COUNT = [r for r in LISTED if r.device_count and r.duration_h and r.device_hours]

HOURS_TOLERANCE = 0.05
ENERGY_TOLERANCE = 0.05
"""Texts round their figures, some to two digits."""

TWO_DIGITS = {"evolved-transformer-tpu-v2"}
"""Runs whose energy is printed in so few digits that the tolerance does not hold."""


def family_of(run: PublishedRun) -> str:
    return device_family(run.device)


def test_there_are_enough_runs_to_learn_from() -> None:
    measured = [r for r in LISTED if r.measured]

    assert len(LISTED) >= 60
    assert len(measured) >= 40
    assert {"H100", "A100", "V100", "P100", "TPU-v3", "B200"} <= {family_of(r) for r in measured}


def test_every_run_has_a_known_device_and_place() -> None:
    for run in LISTED:
        assert CATALOGUE.find_device(run.device), run.id
        if run.location:
            assert len(CATALOGUE.find_locations(run.location)) == 1, run.id


def test_names_are_unique() -> None:
    keys = [run_key(name) for r in LISTED for name in {r.id, r.name, *r.aliases}]
    own = [{run_key(name) for name in (r.id, r.name, *r.aliases)} for r in LISTED]

    assert sum(len(names) for names in own) == len(set(keys))


def test_a_primary_reading_has_primary_sources() -> None:
    sources = read_sources(DATA)
    for run in LISTED:
        secondary = [s for s in run.source_ids if sources[s].read == "secondary"]
        assert bool(secondary) == (run.verified == "secondary"), run.id


def test_every_source_is_used() -> None:
    with (DATA / "sources" / "runs.toml").open(encoding="utf-8") as file:
        declared = {line[1:-2].strip('"') for line in file if line.startswith("[")}
    used = {source for run in LISTED for source in run.source_ids}

    assert declared <= used


@pytest.mark.parametrize("run", WITH_HOURS_AND_COUNT, ids=lambda run: run.id)
def test_hours_are_count_times_duration(run: PublishedRun) -> None:
    assert run.device_count is not None
    assert run.duration_h is not None

    assert run.device_count * run.duration_h == pytest.approx(run.device_hours, rel=HOURS_TOLERANCE)


@pytest.mark.parametrize(
    "run",
    [r for r in LISTED if r.energy_kwh and r.device_hours and r.power_w_per_device],
    ids=lambda run: run.id,
)
def test_energy_is_power_times_hours_on_its_boundary(run: PublishedRun) -> None:
    assert run.power_w_per_device is not None
    assert run.device_hours is not None
    wider = {EnergyBoundary.FACILITY, EnergyBoundary.ACCELERATOR_PUE}
    overhead = run.pue or 1.0 if run.energy_boundary in wider else 1.0
    expected_kwh = run.power_w_per_device * run.device_hours * overhead / 1000
    tolerance = 0.1 if run.id in TWO_DIGITS else ENERGY_TOLERANCE

    assert run.energy_kwh == pytest.approx(expected_kwh, rel=tolerance)


@pytest.mark.parametrize(
    "run",
    [r for r in LISTED if r.operational_kgco2e and r.energy_kwh and r.grid_gco2e_per_kwh],
    ids=lambda run: run.id,
)
def test_emissions_are_energy_times_intensity(run: PublishedRun) -> None:
    assert run.energy_kwh is not None
    assert run.grid_gco2e_per_kwh is not None
    # OLMo's energies are those of the GPUs, and its emissions include the PUE.
    overhead = run.pue or 1.0 if run.energy_boundary is EnergyBoundary.ACCELERATOR else 1.0
    expected_kg = run.energy_kwh * overhead * run.grid_gco2e_per_kwh / 1000

    assert run.operational_kgco2e == pytest.approx(expected_kg, rel=ENERGY_TOLERANCE)


@pytest.mark.parametrize(
    "run", [r for r in LISTED if r.measured and r.device_hours], ids=lambda run: run.id
)
def test_measured_power_is_physically_plausible(run: PublishedRun) -> None:
    assert run.energy_kwh is not None
    assert run.device_hours is not None
    accelerator = CATALOGUE.device(run.device).accelerator
    mean_w = 1000 * run.energy_kwh / run.device_hours
    # A few logs show more than the power on the data sheet, and their rows say so.
    most = 1.25 if run.energy_boundary is EnergyBoundary.ACCELERATOR else 2.5
    if run.energy_boundary is EnergyBoundary.ACCELERATOR and mean_w > accelerator.power_w.value:
        assert "above the 400 W of the data sheet" in (run.note or ""), run.id

    assert 0.25 * accelerator.power_w.value <= mean_w <= most * accelerator.power_w.value


def test_a_tdp_energy_is_never_called_measured() -> None:
    for run in LISTED:
        if run.developer == "Meta" or run.id == "bloom-176b":
            assert run.energy_basis in {EnergyBasis.TDP, EnergyBasis.NONE}, run.id


def test_the_split_follows_its_rule() -> None:
    rule = split_of((r.id, family_of(r), r.measured) for r in LISTED)

    assert {r.id: r.split for r in LISTED} == dict(rule)


def test_each_family_with_two_measured_runs_is_on_both_sides() -> None:
    families: dict[str, list[str]] = {}
    for run in LISTED:
        if run.measured:
            families.setdefault(family_of(run), []).append(run.split)

    lopsided = [f for f, sides in families.items() if len(sides) > 1 and len(set(sides)) == 1]
    assert lopsided == []


@pytest.mark.parametrize("count", [2, 3, 9])
def test_the_rule_mends_a_family_on_one_side(count: int) -> None:
    for start in range(40):
        runs = [(f"run-{start}-{number}", "X", True) for number in range(count)]
        assert set(split_of(runs).values()) == {"fit", "test"}


def test_the_rule_leaves_single_and_unmeasured_runs_alone() -> None:
    runs = [("a", "X", True), ("b", "Y", False), ("c", "Y", False)]

    assert split_of(runs) == {
        run: splits for one in runs for run, splits in split_of([one]).items()
    }


@pytest.mark.parametrize(
    ("device", "family"),
    [
        ("A100-SXM4-80GB", "A100"),
        ("TPU-v3", "TPU-v3"),
        ("RTX-4090", "RTX-4090"),
        ("GTX-1080-Ti", "GTX-1080"),
        ("V100", "V100"),
    ],
)
def test_families_of_devices(device: str, family: str) -> None:
    assert device_family(device) == family


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def edit(folder: Path, run_id: str, **cells: str) -> None:
    path = folder / RUNS
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        columns = list(reader.fieldnames or ())
    for row in rows:
        if row["id"] == run_id:
            row.update(cells)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"energy_boundary": ""}, "energy_kwh and energy_boundary go together"),
        ({"power_boundary": ""}, "power_w_per_device and power_boundary go together"),
        ({"emission_basis": ""}, "operational_kgco2e and emission_basis go together"),
        ({"energy_basis": "none"}, "energy_basis is none exactly where"),
        ({"energy_kwh": "", "energy_boundary": ""}, "a measured energy is to be given"),
        ({"energy_kwh": "-1"}, "energy_kwh"),
        ({"mfu": "41"}, "mfu"),
        ({"sources": "nobody"}, "unknown source 'nobody'"),
        ({"sources": "pythia-2023"}, "a source was read secondary"),
        ({"id": "meena"}, "the id meena is already taken"),
        ({"name": "meena"}, "the name 'meena' is already taken by"),
        ({"quote": ""}, "quote"),
    ],
)
def test_a_broken_row_is_refused_with_its_reason(
    folder: Path, cells: dict[str, str], complaint: str
) -> None:
    edit(folder, "t5-11b", **cells)

    with pytest.raises(DataError) as error:
        read_runs(folder, read_sources(folder))

    assert complaint in str(error.value)
    assert "runs.csv line" in str(error.value)


def test_unknown_columns_and_missing_cells_are_refused(folder: Path) -> None:
    path = folder / RUNS
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("id,name,", "id,title,", 1), encoding="utf-8")
    with pytest.raises(DataError, match="the columns are not those of a PublishedRun"):
        read_runs(folder, read_sources(folder))

    path.write_text(text + "lonely\n", encoding="utf-8")
    with pytest.raises(DataError, match="too many or few cells"):
        read_runs(folder, read_sources(folder))


def test_missing_and_repeated_sources_are_refused(folder: Path) -> None:
    (folder / RUNS).unlink()
    with pytest.raises(DataError, match=r"runs\.csv: the file cannot be read"):
        read_runs(folder, {})

    sources = folder / "sources"
    shutil.copy(sources / "runs.toml", sources / "runs-again.toml")
    with pytest.raises(DataError, match="already taken"):
        read_sources(folder)
