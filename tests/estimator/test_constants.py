"""The constants and the equivalences: sourced, and recomputed where they come from our own data."""

from __future__ import annotations

import math
import re
import shutil
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from estimator import Basis, DataError, Factor, load, load_default, validation
from estimator.accelerator import Accelerator
from estimator.datafiles import DATA
from estimator.equivalence import AT_MOST, equivalences
from estimator.published_run import (
    HOURS_OF_MORE_THAN_THE_RUN,
    EnergyBoundary,
    PublishedRun,
    device_family,
    effective_mfu,
)
from estimator.runfiles import EQUIVALENCES, read_equivalences, read_runs, read_sources

CATALOGUE = load_default()
CONSTANTS = CATALOGUE.constants
SOURCES = read_sources(DATA)
RUNS = read_runs(DATA, SOURCES)
KNOWN = read_equivalences(DATA, SOURCES)
BY_ID = {equivalence.id: equivalence for equivalence in KNOWN}

ENOUGH = 5
"""Runs of a family from which a slope is taken."""
STUDENT_95 = dict(
    enumerate(
        (
            *(6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812),
            *(1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.740, 1.734, 1.729, 1.725),
        ),
        start=1,
    )
)
"""95 % points of Student's t, by degrees of freedom."""

NEW = {
    "storage_w_per_tb": "W/TB",
    "transfer_kwh_per_tb": "kWh/TB",
    "workstation_host_power_w": "W",
    "idle_share": "1",
    "overhead_suggestion": "1",
    "default_mfu": "1",
    "wue_l_per_kwh": "L/kWh",
    "building_embodied_kgco2e": "kgCO2e",
}


def model_of(run: PublishedRun) -> Accelerator:
    return CATALOGUE.device(run.device).accelerator


def dense_16_bit_peak(accelerator: Accelerator) -> float | None:
    peaks = accelerator.peak_tflops
    peak = peaks.get("bf16") or peaks.get("fp16")
    return peak.value if peak else None


@dataclass(frozen=True)
class Fitted:
    """A run that the figures come from."""

    run: str
    model: str
    family: str
    publisher: str
    parameters: float
    mfu: float

    def at_reference(self, exponent: float) -> float:
        """ln(MFU), brought to ten billion parameters."""
        return math.log(self.mfu) - exponent * math.log(self.parameters / 1e10)


def fitted() -> list[Fitted]:
    """The runs of the set to fit that say parameters, tokens and hours."""
    found = []
    for run in RUNS.values():
        if run.split != "fit" or run.id in HOURS_OF_MORE_THAN_THE_RUN:
            continue
        model = model_of(run)
        peak = dense_16_bit_peak(model)
        mfu = effective_mfu(run, peak) if peak else None
        parameters = run.active_parameters or run.parameters
        if mfu is not None and parameters is not None:
            family = device_family(model.id)
            found.append(Fitted(run.id, model.id, family, run.developer, parameters, mfu))
    return found


FITTED = fitted()
FAMILIES = sorted({run.family for run in FITTED})


def size_exponent(runs: Sequence[Fitted] = FITTED) -> float:
    """Slope of ln(MFU) over ln(parameters), within the families with enough runs."""
    above = below = 0.0
    for family in FAMILIES:
        points = [(math.log(r.parameters), math.log(r.mfu)) for r in runs if r.family == family]
        if len(points) >= ENOUGH:
            mean_x = statistics.mean(x for x, _ in points)
            mean_y = statistics.mean(y for _, y in points)
            above += sum((x - mean_x) * (y - mean_y) for x, y in points)
            below += sum((x - mean_x) ** 2 for x, _ in points)
    return round(above / below, 3)


def voices(runs: Sequence[Fitted], exponent: float) -> dict[tuple[str, str], float]:
    """Mean ln(MFU) of each publisher in each family: one publisher is one voice."""
    said: dict[tuple[str, str], list[float]] = {}
    for run in runs:
        said.setdefault((run.family, run.publisher), []).append(run.at_reference(exponent))
    return {voice: statistics.mean(values) for voice, values in said.items()}


def centre(runs: Sequence[Fitted], exponent: float, family: str | None = None) -> float:
    """ln(MFU) to be expected: the median of a family's voices and the general figure.

    The general figure, the median of all voices, counts as one publisher more, so that a family
    with few publishers leans on it.
    """
    every = voices(runs, exponent)
    general = statistics.median(every.values())
    own = [figure for (its_family, _), figure in every.items() if its_family == family]
    return statistics.median([*own, general])


def residuals() -> dict[str, list[float]]:
    """By publisher, ln(MFU) of its runs less what the runs of all others let expect."""
    found: dict[str, list[float]] = {}
    for publisher in {run.publisher for run in FITTED}:
        others = [run for run in FITTED if run.publisher != publisher]
        exponent = size_exponent(others)
        found[publisher] = [
            run.at_reference(exponent) - centre(others, exponent, run.family)
            for run in FITTED
            if run.publisher == publisher
        ]
    return found


def off_by(residuals: Mapping[str, Sequence[float]], side: int = 0) -> float:
    """How far the 95 % point of a new run lies from what is expected, in logarithms.

    The root mean square of the residuals, each publisher with one weight, times the 95 % point of
    Student's t with one degree of freedom less than there are publishers.

    Args:
        residuals: by publisher.
        side: -1 or 1 for the residuals below or above alone; 0 for all.
    """
    squares = [
        statistics.mean(own)
        for values in residuals.values()
        if (own := [value**2 for value in values if side == 0 or value * side > 0])
    ]
    return STUDENT_95[len(squares) - 1] * math.sqrt(statistics.mean(squares))


def reach(side: int) -> float:
    """How far below (-1) or above (1) the expected MFU the 95 % point of a new run lies."""
    return off_by(residuals(), side)


def spread(family: str | None = None) -> tuple[float, float, float]:
    """Value, low and high of a family, or of any other device."""
    middle = centre(FITTED, size_exponent(), family)
    return math.exp(middle), math.exp(middle - reach(-1)), math.exp(middle + reach(1))


def rounded(figures: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(figure, 3) for figure in figures)


def numbers(factor: Factor) -> tuple[float | None, ...]:
    return factor.value, factor.low, factor.high


@pytest.mark.parametrize(("name", "unit"), NEW.items())
def test_a_constant_has_its_unit_and_says_where_it_is_from(name: str, unit: str) -> None:
    factor = getattr(CONSTANTS, name)

    assert isinstance(factor, Factor)
    assert factor.unit == unit
    assert factor.note
    assert factor.source.id in SOURCES


def test_every_source_of_the_constants_is_used() -> None:
    text = (DATA / "sources" / "constants.toml").read_text(encoding="utf-8")
    declared = set(re.findall(r"^\[([^\]]+)\]", text, re.MULTILINE))
    factors = [f for f in vars(CONSTANTS).values() if isinstance(f, Factor)]
    factors += [a.mfu for a in CATALOGUE.accelerators.values() if a.mfu]
    used = {f.source.id for f in factors} | {e.factor.source.id for e in KNOWN}
    notes = " ".join(f.note or "" for f in factors)

    cited_in_notes = {s for s in declared if SOURCES[s].url.rsplit("/", 1)[-1] in notes}
    assert declared <= used | cited_in_notes


def test_the_idle_share_is_that_of_the_measured_accelerators() -> None:
    shares = [
        a.idle_power_w.value / a.power_w.value
        for a in CATALOGUE.accelerators.values()
        if a.idle_power_w and a.idle_power_w.basis is Basis.MEASURED
    ]

    expected = (statistics.median(shares), min(shares), max(shares))
    assert numbers(CONSTANTS.idle_share) == rounded(expected)
    assert f"the {len(shares)} accelerators" in (CONSTANTS.idle_share.note or "")
    assert all(f"{share:.3f}" in (CONSTANTS.idle_share.note or "") for share in shares)


def test_the_overhead_is_a_share_of_the_final_run() -> None:
    high = CONSTANTS.overhead_suggestion.high

    assert high == pytest.approx(0.822 / (1 - 0.822), abs=0.05)


def test_the_workstation_is_what_the_gpu_leaves() -> None:
    factor = CONSTANTS.workstation_host_power_w

    assert factor.value == pytest.approx(251.6 - 187.1, abs=0.5)
    assert factor.low == pytest.approx(22.9 + 23.0, abs=0.5)
    assert factor.high == CONSTANTS.host_power_w.value


def test_the_building_is_what_the_rest_leaves() -> None:
    device = CATALOGUE.accelerators["TPU-v6e"]
    assert device.embodied_kgco2e
    assert device.host_embodied_kgco2e
    parts = device.embodied_kgco2e.value + device.host_embodied_kgco2e.value

    assert CONSTANTS.building_embodied_kgco2e.value == 692 - parts


def test_the_default_utilisation_is_the_median_of_the_publishers() -> None:
    publishers = len({run.publisher for run in FITTED})
    note = CONSTANTS.default_mfu.note or ""

    assert numbers(CONSTANTS.default_mfu) == rounded(spread())
    assert f"{len(FITTED)} published runs of {publishers} publishers" in note


def test_the_utilisation_grows_with_the_model_as_in_the_fit_set() -> None:
    assert CONSTANTS.mfu_size_exponent.value == size_exponent()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_utilisation_of_a_family_is_that_of_its_publishers(family: str) -> None:
    own = [run for run in FITTED if run.family == family]
    models = {run.model for run in own}
    members = [a for a in CATALOGUE.accelerators.values() if device_family(a.id) == family]

    assert members
    for accelerator in members:
        assert accelerator.mfu, accelerator.id
        assert numbers(accelerator.mfu) == rounded(spread(family)), accelerator.id
        assert accelerator.mfu.basis is (
            Basis.PUBLISHED if accelerator.id in models else Basis.ASSUMED
        ), accelerator.id
        assert counted(own) in (accelerator.mfu.note or ""), accelerator.id


def counted(runs: Sequence[Fitted]) -> str:
    """How many runs and publishers, in the words of the notes."""
    publishers = len({run.publisher for run in runs})
    many = f"{len(runs)} published runs" if len(runs) > 1 else "One published run"
    return f"{many} of {publishers} publishers" if publishers > 1 else f"{many} of one publisher"


def test_the_interval_of_the_utilisation_holds_most_publishers_it_has_not_seen() -> None:
    below, above = reach(-1), reach(1)
    shares = [
        statistics.mean(-below <= value <= above for value in values)
        for values in residuals().values()
    ]

    assert statistics.mean(shares) >= 0.85
    assert below > above  # work can be lost without end, and none gained beyond the peak


def test_one_publisher_is_one_voice_and_few_lean_on_the_general_figure() -> None:
    def run(publisher: str, family: str, mfu: float) -> Fitted:
        return Fitted("", family, family, publisher, 1e10, mfu)

    runs = [run("A", "X", 0.1), run("A", "X", 0.4), run("B", "Y", 0.3), run("C", "Y", 0.5)]

    # Voices: 0.2, 0.3 and 0.5. Of one publisher and the general figure, the geometric mean.
    assert math.exp(centre(runs, 0.0)) == pytest.approx(0.3)
    assert math.exp(centre(runs, 0.0, "X")) == pytest.approx(math.sqrt(0.2 * 0.3))
    assert math.exp(centre(runs, 0.0, "Y")) == pytest.approx(0.3)
    assert math.exp(centre(runs, 0.0, "Z")) == pytest.approx(0.3)


def shares_of_power() -> dict[str, list[float]]:
    """By publisher, ln(share of the power on the data sheet) that small runs drew.

    Of the set to fit, GPUs alone measured; logs above the data sheet are of cards with another
    limit, and say nothing.
    """
    found: dict[str, list[float]] = {}
    for run in RUNS.values():
        if run.split != "fit" or run.energy_boundary is not EnergyBoundary.ACCELERATOR:
            continue
        if run.measured and run.energy_kwh and run.device_hours and (run.device_count or 99) <= 8:
            watts = 1000 * run.energy_kwh / run.device_hours
            share = watts / model_of(run).power_w.value
            if share <= 1:
                found.setdefault(run.developer, []).append(math.log(share))
    return found


def test_the_range_of_a_small_run_is_that_of_publishers_not_seen() -> None:
    said = shares_of_power()
    off = {
        publisher: [
            value - statistics.median(statistics.mean(said[p]) for p in said if p != publisher)
            for value in values
        ]
        for publisher, values in said.items()
    }
    factor = CONSTANTS.small_run_utilisation

    assert len(said) >= 7
    assert factor.low == pytest.approx(factor.value * math.exp(-off_by(off, -1)), abs=0.005)
    assert factor.value * math.exp(off_by(off, 1)) >= 1 == factor.high


def test_the_spread_of_a_grid_is_that_of_the_reports() -> None:
    """Emissions of a reported energy against ours, each text with one voice; the set to fit."""
    off: dict[str, list[float]] = {}
    for row in validation.grid_alone(CATALOGUE):
        # A log's intensity is that of one tool's table, and not what a text made of its place.
        if row.run.split == "fit" and not validation.is_log(row.run):
            text = row.run.source_ids[0]
            off.setdefault(text, []).append(math.log(row.reported / row.ours))
    factor = CONSTANTS.grid_spread

    assert numbers(factor) == (1, *(round(math.exp(s * off_by(off)), 2) for s in (-1, 1)))
    assert f"{len(off)} texts" in (factor.note or "")


def test_the_spread_of_a_grid_holds_that_of_neighbouring_years() -> None:
    """Ratio of a year to the year before, over all countries and years: 5 and 95 % points."""
    ratios = []
    for grid in CATALOGUE.grids.values():
        known = dict(grid.history)
        newest = grid.intensity_gco2e_per_kwh
        if grid.scope != "country" or newest.year is None:
            continue
        known[newest.year] = newest
        ratios += [
            known[year].value / known[year - 1].value
            for year in known
            if year - 1 in known and known[year - 1].value > 0
        ]
    percent = statistics.quantiles(ratios, n=20)
    spread_of_grids = CONSTANTS.grid_spread

    assert (round(percent[0], 2), round(percent[-1], 2)) == (0.81, 1.13)
    assert spread_of_grids.low
    assert spread_of_grids.high
    assert spread_of_grids.low <= percent[0]
    assert percent[-1] <= spread_of_grids.high


def test_no_family_without_runs_has_a_utilisation() -> None:
    having = {device_family(a.id) for a in CATALOGUE.accelerators.values() if a.mfu}

    assert having == set(FAMILIES)


def test_the_runs_left_out_exist_and_would_have_counted() -> None:
    for run_id in HOURS_OF_MORE_THAN_THE_RUN:
        assert effective_mfu(RUNS[run_id], 1.0), run_id


def test_utilisation_is_flops_over_what_the_devices_could_do() -> None:
    run = RUNS["bloom-176b"]

    by_hand = 6 * 176_247e6 * 366e9 / (1_082_990 * 3600 * 312e12)
    assert effective_mfu(run, 312) == pytest.approx(by_hand)
    assert 0 < by_hand < 1


def test_utilisation_counts_active_parameters() -> None:
    run = RUNS["deepseek-v3"]
    assert run.active_parameters
    assert run.parameters
    assert run.active_parameters < run.parameters
    dense = replace(run, active_parameters=None)
    ratio = run.active_parameters / run.parameters

    active_mfu, dense_mfu = effective_mfu(run, 989), effective_mfu(dense, 989)
    assert active_mfu
    assert dense_mfu
    assert active_mfu / dense_mfu == pytest.approx(ratio)


def test_no_utilisation_without_its_figures() -> None:
    run = RUNS["bloom-176b"]

    assert effective_mfu(run, 312) is not None
    assert effective_mfu(replace(run, parameters=None), 312) is None
    assert effective_mfu(replace(run, tokens=None), 312) is None
    assert effective_mfu(replace(run, device_hours=None), 312) is None


def test_consumer_cards_are_in_workstations_and_nothing_else_is() -> None:
    consumer = re.compile(r"GeForce|TITAN|Radeon RX")
    for accelerator in CATALOGUE.accelerators.values():
        expected = "workstation" if consumer.search(accelerator.name) else "server"
        assert accelerator.host == expected, accelerator.id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def test_a_missing_constant_is_refused(folder: Path) -> None:
    path = folder / "constants.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[idle_share]", "[idle]"))

    with pytest.raises(DataError, match=r"\[idle_share\] is missing"):
        load(folder)


def test_an_unknown_kind_of_host_is_refused(folder: Path) -> None:
    path = folder / "accelerators" / "rtx-4090.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"workstation"', '"laptop"'))

    with pytest.raises(DataError, match=r"rtx-4090\.toml: host"):
        load(folder)


def test_equivalences_are_sourced_and_have_distinct_ids() -> None:
    assert {"car", "home", "flight", "phone", "tree"} <= {e.subject for e in KNOWN}
    assert len(BY_ID) == len(KNOWN)
    for equivalence in KNOWN:
        assert equivalence.factor.source.id in SOURCES, equivalence.id
        assert equivalence.factor.source.year, equivalence.id


def test_the_flight_is_its_factor_times_its_distance() -> None:
    flight = BY_ID["flight-london-new-york"].factor
    km = 5540

    assert flight.value == round(0.11704 * km)
    assert flight.low == round(0.06926 * km)
    assert flight.high == round((0.11704 + 0.02461) * km)


def test_the_american_car_is_the_same_by_the_mile_and_by_the_year() -> None:
    by_mile, by_year = BY_ID["car-mile-us"].factor, BY_ID["car-year-us"].factor

    assert by_mile.value == pytest.approx(by_year.value / 10_917, abs=0.0005)


@pytest.mark.parametrize(
    ("kgco2e", "kwh", "expected"),
    [
        (0.05, 0.2, ["smartphone-charge"]),
        (1, 3, ["car-km-uk", "smartphone-charge"]),
        (700, 2000, ["flight-london-new-york", "tree-ten-years"]),
        (20_000, 60_000, ["flight-london-new-york", "home-year-eu"]),
        (1e7, 1e6, ["home-year-eu", "car-year-us"]),
        (1e9, 1e9, []),
        (0, 0, []),
        (0, 20_000, ["home-year-eu"]),
    ],
)
def test_what_reads_best_is_shown(kgco2e: float, kwh: float, expected: list[str]) -> None:
    assert [c.equivalence.id for c in equivalences(kgco2e, kwh, KNOWN)] == expected


@pytest.mark.parametrize("power_of_ten", range(-4, 9))
def test_a_comparison_is_what_it_says(power_of_ten: int) -> None:
    kgco2e = 3.0 * 10.0**power_of_ten
    kwh = 2.5 * kgco2e
    found = equivalences(kgco2e, kwh, KNOWN)

    assert len(found) <= AT_MOST
    assert len({c.equivalence.subject for c in found}) == len(found)
    for comparison in found:
        amount = kgco2e if comparison.factor.unit == "kgCO2e" else kwh
        assert comparison.count * comparison.factor.value == pytest.approx(amount)
        assert 0.5 <= comparison.count <= 5000


@pytest.mark.parametrize(
    ("count", "words"), [(1.0, "one"), (1.04, "one"), (0.6, "many"), (1.06, "many"), (12, "many")]
)
def test_words_follow_the_count(count: float, words: str) -> None:
    flight = BY_ID["flight-london-new-york"]
    (found, *_) = equivalences(count * flight.factor.value, 0, [flight])

    assert found.name == getattr(flight, words)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('source = "desnz-2025"', 'source = "hearsay"', "unknown source 'hearsay'"),
        ('unit = "kgCO2e"', 'unit = "tCO2e"', "unit"),
        ("value = 0.16725", "value = 0", "one of it has to emit or use something"),
        ("value = 0.16725", "value = -1", "value"),
        ('subject = "car"', 'colour = "red"', "colour"),
        ('one = "km in an average British car"\n', "", "one"),
        ("[car-km-uk]", "[Car]", "id"),
        ("[car-km-uk]", "[car-km-uk", r"equivalences.toml"),
    ],
)
def test_a_broken_equivalence_is_refused(folder: Path, old: str, new: str, complaint: str) -> None:
    path = folder / EQUIVALENCES
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(DataError) as error:
        read_equivalences(folder, SOURCES)

    assert complaint in str(error.value)
    assert "equivalences.toml" in str(error.value)


def test_the_unit_is_that_of_the_factor() -> None:
    car = BY_ID["car-km-uk"]

    with pytest.raises(ValueError, match="the factor is in kgCO2e, not in kWh"):
        replace(car, unit="kWh")
