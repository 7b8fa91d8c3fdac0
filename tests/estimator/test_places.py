"""The grids and cloud regions that ship, and the tables that are rebuilt from raw extracts."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from estimator import (
    AmbiguousName,
    DataError,
    Estimate,
    TrainingRun,
    UnknownName,
    estimate,
    load,
    load_default,
)
from estimator import rebuild as rebuilding
from estimator.datafiles import DATA
from estimator.place import Grid, intensity_for
from estimator.source import Basis, Factor
from estimator.spec import DeviceQuantity

CATALOGUE = load_default()


def grids(scope: str) -> list[Grid]:
    return [g for g in CATALOGUE.grids.values() if g.scope == scope]


def found(typed: str) -> str:
    """Id of the one place that a name means."""
    (place,) = CATALOGUE.find_locations(typed)
    return place


def test_there_are_grids_for_countries_and_for_parts_of_them() -> None:
    assert len(grids("country")) >= 200
    assert len(grids("zone")) >= 200
    assert len({g.country for g in grids("zone")}) >= 15
    assert sum(g.id.startswith("CN-") for g in grids("zone")) >= 30
    assert (
        sum(g.intensity_gco2e_per_kwh.source.id == "epa-egrid2023-states" for g in grids("zone"))
        == 51
    )


def test_there_are_regions_of_seven_providers() -> None:
    providers: dict[str, int] = {}
    for region in CATALOGUE.regions.values():
        providers[region.provider] = providers.get(region.provider, 0) + 1

    assert providers.keys() >= {"AWS", "Google Cloud", "Azure", "Oracle Cloud", "Alibaba Cloud"}
    assert len(providers) >= 7
    assert providers["Oracle Cloud"] >= 40


def test_every_zone_lies_in_a_country() -> None:
    countries = {g.id for g in grids("country")}

    assert [g.id for g in grids("zone") if g.country not in countries] == []


def test_the_grid_of_a_region_lies_in_its_country() -> None:
    for region in CATALOGUE.regions.values():
        grid = CATALOGUE.grids[region.grid]
        assert region.country in (grid.id, grid.country), region.id
        assert CATALOGUE.grids[region.country].scope == "country", region.id


def every_intensity() -> Iterator[Factor]:
    for grid in CATALOGUE.grids.values():
        yield grid.intensity_gco2e_per_kwh
        yield from grid.history.values()
        if grid.consumption_gco2e_per_kwh is not None:
            yield grid.consumption_gco2e_per_kwh


def test_intensities_are_plausible_and_say_their_year_and_boundary() -> None:
    for factor in every_intensity():
        assert 0 <= factor.value <= 1500, factor.id
        assert factor.unit == "gCO2e/kWh", factor.id
        assert factor.kind in ("lifecycle", "direct"), factor.id
        assert factor.year is not None, factor.id
        assert 2017 <= factor.year <= 2026, factor.id


def test_history_is_older_than_the_main_figure_and_of_the_same_boundary() -> None:
    for grid in CATALOGUE.grids.values():
        newest = grid.intensity_gco2e_per_kwh
        for year, factor in grid.history.items():
            assert factor.year == year < (newest.year or 0), factor.id
            assert factor.kind == newest.kind, factor.id


@pytest.mark.parametrize("country", ["US", "CN", "IN", "CA", "AU", "GB", "FR", "DE", "SE", "WORLD"])
def test_large_countries_have_every_year_since_2017(country: str) -> None:
    grid = CATALOGUE.grids[country]

    assert {*grid.history, grid.intensity_gco2e_per_kwh.year} >= set(range(2017, 2025))


@pytest.mark.parametrize(
    ("place", "year", "grams"),
    [
        ("FR", 2024, 44.2),  # Ember, yearly electricity data, release 2025: 44.18
        ("CN", 2024, 557.5),  # Ember: 557.5
        ("WORLD", 2024, 472.9),  # Ember: 472.94
        ("DE", 2022, 420.1),  # Ember, in Our World in Data's copy of May 2025
        ("US-CAMX", 2023, 195.0),  # EPA, eGRID2023 revision 2: 429.983 lb/MWh
        ("US-ERCT", 2022, 351.2),  # EPA, eGRID2022: 774.298 lb/MWh
        ("US-OR", 2023, 165.6),  # EPA, eGRID2023, state sheet: 365.0 lb/MWh
        ("CN-GD", 2023, 441.9),  # Ministry of Ecology and Environment, 2025 no. 47: 0.4419
        ("CN-SC", 2023, 156.4),  # the same: 0.1564
        ("CA-QC", 2024, 2.6),  # Environment and Climate Change Canada, reference values 4.0
        ("AU-VIC", 2026, 740),  # DCCEEW, National Greenhouse Accounts Factors 2026: 0.74
        ("SE-SE3", 2025, 20),  # Electricity Maps, yearly 2025
        ("JP-TK", 2025, 535),  # Electricity Maps, yearly 2025
    ],
)
def test_published_intensities(place: str, year: int, grams: float) -> None:
    factor, fell_back = intensity_for(CATALOGUE.grids[place], year)

    assert (factor.value, factor.year, fell_back) == (grams, year, False)


def test_a_year_without_a_figure_takes_the_nearest_earlier_one_and_says_so() -> None:
    france = CATALOGUE.grids["FR"]
    newest = france.intensity_gco2e_per_kwh

    assert intensity_for(france, 2030) == (newest, True)
    assert intensity_for(france, 2019) == (france.history[2019], False)
    assert intensity_for(france, 2001) == (france.history[2017], True)


def test_a_figure_without_a_year_stands_in_for_every_year() -> None:
    france = CATALOGUE.grids["FR"]
    undated = replace(france.intensity_gco2e_per_kwh, year=None)
    grid = replace(france, intensity_gco2e_per_kwh=undated)

    assert intensity_for(grid, 2024) == (undated, True)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("california", "US-CA"),
        ("Texas", "US-TX"),
        ("virginia", "US-VA"),
        ("florida", "US-FL"),
        ("new york", "US-NY"),
        ("New York City", "US-NYCW"),
        ("georgia country", "GE"),
        ("Georgia, US", "US-GA"),
        ("us-ga", "US-GA"),
        ("washington state", "US-WA"),
        ("washington dc", "US-DC"),
        ("camx", "US-CAMX"),
        ("pjm", "US-MIDA-PJM"),
        ("quebec", "CA-QC"),
        ("nsw", "AU-NSW"),
        ("new south wales", "AU-NSW"),
        ("tasmania", "AU-TAS"),
        ("guangdong", "CN-GD"),
        ("广东", "CN-GD"),
        ("广东省", "CN-GD"),
        ("内蒙古", "CN-NM"),
        ("北京", "CN-BJ"),
        ("华东", "CN-GRID-E"),
        ("tōkyō", "JP-TK"),
        ("osaka", "JP-KN"),
        ("se3", "SE-SE3"),
        ("NO1", "NO-NO1"),
        ("mumbai", "IN-WE"),
        ("法国", "FR"),
        ("德国", "DE"),
        ("美国", "US"),
        ("刚果（金）", "CD"),
        ("香港", "HK"),
        ("世界", "WORLD"),
        ("加州", "US-CA"),
        ("oci us-ashburn-1", "us-ashburn-1"),
        ("us-ashburn-1", "us-ashburn-1"),
        ("cn-hangzhou", "cn-hangzhou"),
        ("aliyun us-east-1", "alibaba-us-east-1"),
        ("us-east-1", "us-east-1"),
        ("us-south", "us-south"),
        ("coreweave us-east-04", "coreweave-us-east-04"),
        ("state of georgia", "US-GA"),
        ("texas, us", "US-TX"),
    ],
)
def test_names_people_type(typed: str, place: str) -> None:
    assert found(typed) == place


def test_a_region_without_its_provider_is_not_guessed() -> None:
    with pytest.raises(UnknownName):
        CATALOGUE.location_name("us-east-04")


def test_every_alias_means_one_place() -> None:
    for grid in CATALOGUE.grids.values():
        for name in (grid.id, grid.name, *grid.own_names):
            assert CATALOGUE.find_locations(name) == (grid.id,), name
    for region in CATALOGUE.regions.values():
        for name in (region.id, *region.aliases):
            assert CATALOGUE.find_locations(name) == (region.id,), name


def test_every_country_of_the_united_nations_has_a_chinese_name() -> None:
    without = [
        g.id
        for g in grids("country")
        if not any("\u4e00" <= letter <= "\u9fff" for name in g.aliases for letter in name)
    ]

    assert without == []


def test_imports_are_counted_beside_the_main_figure_where_somebody_publishes_it() -> None:
    beside = [g for g in CATALOGUE.grids.values() if g.consumption_gco2e_per_kwh is not None]

    assert len(beside) >= 180
    for grid in beside:
        assert grid.consumption_gco2e_per_kwh is not None
        assert "ODbL" in grid.consumption_gco2e_per_kwh.source.licence


def test_months_are_made_from_several_years() -> None:
    known = {grid.id: grid.months for grid in CATALOGUE.grids.values() if grid.months}

    assert len(known) == 26
    for name, months in known.items():
        grid = CATALOGUE.grids[name]
        assert sorted(months) == list(range(1, 13))
        assert sum(month.value for month in months.values()) / 12 == pytest.approx(1, abs=0.035)
        for month in months.values():
            assert month.low is not None
            assert month.high is not None
            assert 0 < month.low < month.value < month.high
            assert "ODbL" in month.source.licence
            assert month.kind == grid.intensity_gco2e_per_kwh.kind


def test_a_month_by_hand() -> None:
    """Germany in May, from the extract: the mean of the logarithms, and their spread."""
    path = DATA / "raw" / "electricity-maps-months.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["zone"] == "DE"]
    figures = np.array([float(row["lifecycle_gco2e_per_kwh"]) for row in rows]).reshape(4, 12)
    logs = np.log(figures / figures.mean(axis=1, keepdims=True))
    deviation = np.sqrt(((logs - logs.mean(axis=0)) ** 2).sum() / 36)
    may = CATALOGUE.grids["DE"].months[5]

    assert may.value == pytest.approx(np.exp(logs[:, 4].mean()), abs=0.0006)
    assert may.high is not None
    assert math.log(may.high / may.value) == pytest.approx(
        1.645 * deviation * math.sqrt(1.25), abs=0.002
    )


def test_a_run_in_a_month_has_that_months_carbon() -> None:
    energy = TrainingRun(energy_kwh=1000.0, location="France")
    year = estimate(energy, CATALOGUE)
    may = estimate(energy.model_copy(update={"month": 5}), CATALOGUE)

    assert year.totals.operational_kgco2e is not None
    assert may.totals.operational_kgco2e is not None
    assert may.totals.operational_kgco2e.value == pytest.approx(1000 * 44.2 * 0.654 / 1000)
    assert may.totals.energy_kwh == year.totals.energy_kwh
    spread = math.log(may.totals.operational_kgco2e.high / may.totals.operational_kgco2e.low)
    of_year = math.log(year.totals.operational_kgco2e.high / year.totals.operational_kgco2e.low)
    assert spread == pytest.approx(math.hypot(of_year, math.log(1.130 / 0.378)), rel=0.01)
    assert may.conditions is not None
    assert may.conditions.intensity_month == 5
    assert "month" in {assumption.code for assumption in may.assumptions}


@pytest.mark.parametrize("location", [None, "Norway"])
def test_where_no_months_are_known_the_year_stays_and_it_is_said(location: str | None) -> None:
    run = TrainingRun(energy_kwh=1000.0, location=location)
    year, may = (estimate(run.model_copy(update={"month": m}), CATALOGUE) for m in (None, 5))

    assert may.totals == year.totals
    assert may.conditions is not None
    assert may.conditions.intensity_month is None
    assert "no_months" in {assumption.code for assumption in may.assumptions}


def test_water_and_primary_energy_of_some_countries() -> None:
    france = CATALOGUE.grids["FR"]

    assert france.water_l_per_kwh is not None
    assert (france.water_l_per_kwh.value, france.water_l_per_kwh.unit) == (3.6737, "L/kWh")
    assert france.primary_energy_mj_per_kwh is not None
    assert france.primary_energy_mj_per_kwh.value == 9.3135
    assert CATALOGUE.grids["WORLD"].primary_energy_mj_per_kwh is None
    assert sum(g.water_l_per_kwh is not None for g in CATALOGUE.grids.values()) >= 45


def test_regions_carry_water_and_carbon_free_share_where_published() -> None:
    finland, singapore = CATALOGUE.regions["europe-north1"], CATALOGUE.regions["ap-southeast-1"]

    assert finland.cfe_share is not None
    assert (finland.cfe_share.value, finland.cfe_share.year) == (0.98, 2025)
    assert finland.wue_l_per_kwh is None
    assert singapore.wue_l_per_kwh is not None
    assert (singapore.wue_l_per_kwh.value, singapore.wue_l_per_kwh.unit) == (1.57, "L/kWh")
    assert singapore.market_gco2e_per_kwh is None
    virginia = CATALOGUE.regions["us-east-1"].market_gco2e_per_kwh
    assert virginia is not None
    assert (virginia.value, virginia.year) == (0, 2025)
    for region in CATALOGUE.regions.values():
        if region.cfe_share is not None:
            assert 0 <= region.cfe_share.value <= 1, region.id


def run_in(location: str) -> Estimate:
    run = TrainingRun(
        devices=(DeviceQuantity(device="h100-sxm5-80gb", quantity=1),),
        duration_h=1.0,
        location=location,
    )
    return estimate(run, CATALOGUE)


def test_a_region_without_a_published_pue_takes_the_default_and_says_so() -> None:
    assert CATALOGUE.regions["us-phoenix-1"].pue is None

    answer = run_in("us-phoenix-1")

    assert answer.conditions is not None
    assert answer.conditions.pue == CATALOGUE.constants.default_pue.value
    (said,) = [a for a in answer.assumptions if a.field == "pue"]
    assert said.code == "default_pue"
    assert "none is published for us-phoenix-1" in said.text


def test_the_committed_tables_are_what_the_raw_extracts_give(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert rebuilding.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def test_a_changed_extract_shows_as_a_difference_until_the_tables_are_rebuilt(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = folder / "raw" / "ember-2025.csv"
    raw.write_text(raw.read_text(encoding="utf-8").replace("\nFRA,2024,", "\nFRA,2024,1"))
    monkeypatch.setattr(rebuilding, "DATA", folder)

    assert rebuilding.main(["--check"]) == 1
    difference = capsys.readouterr().out
    assert "-FR,FRA,France" in difference
    assert "+FR,FRA,France" in difference

    assert rebuilding.main([]) == 0
    assert rebuilding.main(["--check"]) == 0
    assert load(folder).grids["FR"].intensity_gco2e_per_kwh.value == 144.2


def test_tables_are_made_anew_where_they_are_missing(folder: Path) -> None:
    (folder / "grid" / "history.csv").unlink()

    assert "+FR,2023," in rebuilding.check(folder)

    rebuilding.write(folder)

    assert load(folder).version == CATALOGUE.version


def test_rows_kept_by_hand_are_left_alone(folder: Path) -> None:
    path = folder / "grid" / "countries.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("published,owid-2025", "published,eccc-factors-2026"), "utf-8")

    rebuilding.write(folder)

    assert load(folder).grids["BM"].intensity_gco2e_per_kwh.value == 640.6


def test_raw_extracts_are_small_and_name_their_source() -> None:
    for path in (DATA / "raw").iterdir():
        assert path.stat().st_size < 64_000, path.name
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}, path.name
        sources = {row.get("source", path.stem) for row in rows}
        assert sources <= CATALOGUE.sources.keys(), path.name


@pytest.mark.parametrize(
    ("file", "added", "complaint"),
    [
        ("history.csv", "ZZ,2020,1,lifecycle,published,owid-2025,", "for an unknown grid ZZ"),
        ("history.csv", "FR,2020,1,lifecycle,published,owid-2025,", "FR in 2020 is already taken"),
        ("consumption.csv", "ZZ,2025,1,lifecycle,published,owid-2025,", "an unknown grid ZZ"),
        ("months.csv", "ZZ,1,1,1,1,2021,lifecycle,owid-2025", "ZZ has not twelve months"),
        ("side_impacts.csv", "FR,-1,,ecologits-mixes", "side_impacts.csv line"),
        ("history.csv", "FR,2016,1,lifecycle,published,nobody,", "unknown source 'nobody'"),
    ],
)
def test_broken_figures_of_a_grid_are_refused(
    folder: Path, file: str, added: str, complaint: str
) -> None:
    path = folder / "grid" / file
    path.write_text(path.read_text(encoding="utf-8") + added + "\n", encoding="utf-8")

    with pytest.raises(DataError, match=complaint):
        load(folder)


def test_only_figures_that_nobody_publishes_are_assumed() -> None:
    assumed = {
        g.id for g in CATALOGUE.grids.values() if g.intensity_gco2e_per_kwh.basis is Basis.ASSUMED
    }

    assert all(CATALOGUE.grids[i].scope == "country" for i in assumed)
    assert len(assumed) <= 25


@pytest.mark.parametrize(
    ("typed", "places"), [("Georgia", ("GE", "US-GA")), ("washington", ("US-DC", "US-WA"))]
)
def test_a_name_that_two_places_share_is_refused(typed: str, places: tuple[str, ...]) -> None:
    assert CATALOGUE.find_locations(typed) == places
    with pytest.raises(AmbiguousName, match="say which"):
        CATALOGUE.location_name(typed)
