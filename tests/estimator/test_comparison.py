"""Two runs: the difference against a simulation in which what they share is drawn once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from estimator import DeviceQuantity, FactorSet, TrainingRun, estimate, load_default
from estimator.comparison import compare
from estimator.errors import InvalidValue
from estimator.sensitivity import dependence, joint
from estimator.spec import Workload
from estimator.uncertainty import Z90
from tests.estimator.simulation import Dice, run_of

CATALOGUE = load_default()
DRAWS = 400_000

IRELAND = run_of(("H100", 64), duration_h=336.0, location="eu-west-1")
PAIRS = {
    "another place": (IRELAND, IRELAND.model_copy(update={"location": "eu-north-1"})),
    "almost the same grid": (IRELAND, IRELAND.model_copy(update={"location": "us-east-1"})),
    "another device": (IRELAND, run_of(("A100", 64), duration_h=700.0, location="eu-west-1")),
    "no place": (run_of(("GPU", 10), ("TPU", 20)), run_of(("V100", 40), location="France")),
    "small": (
        run_of(("RTX-4090", 1), duration_h=40.0, location="Germany"),
        run_of(("T4", 4), duration_h=90.0, location="Germany"),
    ),
    "clean grid, where manufacturing counts": (
        run_of(("H100", 8), duration_h=100.0, location="Norway"),
        run_of(("MI250X", 16), duration_h=100.0, location="Norway", utilisation=0.7),
    ),
    "stored and moved data": (
        run_of(("A100", 16), duration_h=100.0, location="France", storage_tb=500.0),
        run_of(("A100", 16), duration_h=100.0, location="France", transfer_tb=200.0),
    ),
    "a PUE of its own": (IRELAND, IRELAND.model_copy(update={"pue": 1.4, "location": "Ireland"})),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_ratio_and_difference_are_within_five_percent_of_a_simulation(
    pair: tuple[TrainingRun, TrainingRun],
) -> None:
    dice = Dice(11, DRAWS)
    a, b = (dice.figures(run)["total_kgco2e"] for run in pair)
    found = compare(*pair, CATALOGUE)

    assert found.ratio is not None
    low, high = np.quantile(b / a, [0.05, 0.95])
    assert found.ratio.low == pytest.approx(min(low, found.ratio.value), rel=0.05)
    assert found.ratio.high == pytest.approx(max(high, found.ratio.value), rel=0.05)
    assert found.probability_a_lower == pytest.approx(np.mean(a < b), abs=0.03)
    low, high = np.quantile(b - a, [0.05, 0.95])
    # A difference can lie about zero, so its ends are held against its width and the totals.
    scale = max(high - low, 0.2 * found.a.totals.total_kgco2e.value)
    difference = found.difference_kgco2e
    assert difference.low == pytest.approx(min(low, difference.value), abs=0.05 * scale)
    assert difference.high == pytest.approx(max(high, difference.value), abs=0.05 * scale)


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_one_total_has_the_interval_of_its_estimate(pair: tuple[TrainingRun, TrainingRun]) -> None:
    """The dependence on the factors is the estimate's own, so both give nearly one interval."""
    for run in pair:
        result = estimate(run, CATALOGUE)
        alone = dependence(run, result, CATALOGUE)
        both = joint(alone, alone)
        total = result.totals.total_kgco2e
        low, high = both.a_interval()

        assert min(low, total.value) == pytest.approx(total.low, rel=0.03)
        assert max(high, total.value) == pytest.approx(total.high, rel=0.03)


def test_a_factor_that_multiplies_both_cancels() -> None:
    """Twice the hours is twice as much, however uncertain power, place and lifetime are."""
    found = compare(IRELAND, IRELAND.model_copy(update={"duration_h": 672.0}), CATALOGUE)

    assert found.ratio is not None
    assert (found.ratio.low, found.ratio.value, found.ratio.high) == pytest.approx((2, 2, 2))
    assert found.verdict == "a_lower"
    assert found.larger_than_uncertainty
    assert "constant.lifetime_years" in found.shared
    total = found.a.totals.total_kgco2e
    assert found.difference_kgco2e.low == pytest.approx(total.low, rel=0.03)
    assert found.difference_kgco2e.high == pytest.approx(total.high, rel=0.03)


def test_lifetimes_that_are_given_differ_for_certain() -> None:
    """Half the lifetime is twice the embodied share, and nothing of it is unsure."""
    short = IRELAND.model_copy(update={"lifetime_years": 3.0})
    found = compare(short, IRELAND.model_copy(update={"lifetime_years": 6.0}), CATALOGUE)

    assert found.verdict == "b_lower"
    a, b = (side.totals.embodied_kgco2e.value for side in (found.a, found.b))
    assert a == pytest.approx(2 * b)
    assert found.difference_kgco2e.value == pytest.approx(-b)
    assert "constant.lifetime_years" not in {factor.id for factor in found.a.sources}


def test_places_that_differ_alone_differ_by_grid_and_pue() -> None:
    """By hand, first order: two grids and two PUEs, whose logarithms' variances add up."""
    a = run_of(("A100", 8), duration_h=1000.0, location="Germany", pue=1.2)
    b = a.model_copy(update={"location": "Poland"})
    found = compare(a, b, CATALOGUE)

    assert found.ratio is not None
    variance = 0.0
    for result, place in ((found.a, "Germany"), (found.b, "Poland")):
        totals = result.totals
        assert totals.operational_kgco2e is not None
        share = totals.operational_kgco2e.value / totals.total_kgco2e.value
        grid = CATALOGUE.grid_of(CATALOGUE.place_of(place))
        variance += (share * grid.intensity_gco2e_per_kwh.log_width) ** 2
    width = math.log(found.ratio.high / found.ratio.low) / 2 / Z90
    assert width == pytest.approx(math.sqrt(variance), rel=0.05)


def test_the_same_run_is_the_same() -> None:
    found = compare(IRELAND, IRELAND, CATALOGUE)

    assert found.verdict == "same"
    assert found.text == "Both emit the same."
    assert found.probability_a_lower == 0.5
    assert (found.difference_kgco2e.low, found.difference_kgco2e.high) == (0, 0)
    assert not found.larger_than_uncertainty
    assert found.cause is None


def test_what_is_within_the_uncertainty_is_called_so() -> None:
    found = compare(*PAIRS["almost the same grid"], CATALOGUE)

    assert found.verdict == "cannot_tell"
    assert "within the uncertainty" in found.text
    assert 0.05 < found.probability_a_lower < 0.95


def test_swapping_the_sides_turns_the_figures_round() -> None:
    there = compare(*PAIRS["another device"], CATALOGUE)
    a, b = PAIRS["another device"]
    back = compare(b, a, CATALOGUE)

    assert there.ratio is not None
    assert back.ratio is not None
    assert there.ratio.low == pytest.approx(1 / back.ratio.high)
    assert there.difference_kgco2e.low == pytest.approx(-back.difference_kgco2e.high, rel=1e-3)
    assert there.probability_a_lower == pytest.approx(1 - back.probability_a_lower)


def test_assumed_mfus_of_one_model_cancel_and_of_two_models_do_not() -> None:
    workload = Workload(parameters=7e9, tokens=1e12)
    h200 = TrainingRun(
        devices=(DeviceQuantity(device="H200"),), workload=workload, location="France"
    )
    more = workload.model_copy(update={"tokens": 2e12})
    longer = compare(h200, h200.model_copy(update={"workload": more}), CATALOGUE)
    b200 = h200.model_copy(update={"devices": (DeviceQuantity(device="B200"),)})
    other = compare(h200, b200, CATALOGUE)

    assert longer.ratio is not None
    assert longer.ratio.high / longer.ratio.low == pytest.approx(1)
    assert other.ratio is not None
    assert other.ratio.high / other.ratio.low > 1.5
    assert "constant.default_mfu" not in other.shared


def test_years_of_one_grid_do_not_cancel() -> None:
    old = run_of(("A100", 8), location="France", pue=1.2, year=2020)
    found = compare(old, old.model_copy(update={"year": 2023}), CATALOGUE)

    assert "grid.FR" not in found.shared


def test_metered_electricity() -> None:
    """433 MWh at one place: the grid is all that is unknown, and twice the energy is twice it."""
    a = TrainingRun(energy_kwh=433_000.0, location="France")
    found = compare(a, a.model_copy(update={"energy_kwh": 866_000.0}), CATALOGUE)

    assert found.ratio is not None
    assert (found.ratio.low, found.ratio.high) == pytest.approx((2, 2))


def test_a_place_without_emissions_has_no_ratio() -> None:
    clean = min(CATALOGUE.grids.values(), key=lambda g: g.intensity_gco2e_per_kwh.value)
    a = TrainingRun(energy_kwh=1000.0, location=clean.name)
    b = TrainingRun(energy_kwh=1000.0, location="France")

    assert clean.intensity_gco2e_per_kwh.value == 0
    there, back = compare(a, b, CATALOGUE), compare(b, a, CATALOGUE)
    assert (there.ratio, there.verdict, there.probability_a_lower) == (None, "a_lower", 1.0)
    assert (back.ratio, back.verdict, back.probability_a_lower) == (None, "b_lower", 0.0)
    assert compare(a, a, CATALOGUE).verdict == "same"


def test_article_against_article_and_against_sourced() -> None:
    a = run_of(("GPU", 10), factors=FactorSet.ARTICLE)
    b = run_of(("GPU", 20), factors=FactorSet.ARTICLE)
    found = compare(a, b, CATALOGUE)

    assert found.verdict == "a_lower"
    assert found.ratio is not None
    assert (found.ratio.low, found.ratio.value, found.ratio.high) == pytest.approx((2, 2, 2))
    with pytest.raises(InvalidValue, match="different factor sets"):
        compare(a, IRELAND, CATALOGUE)
