"""Intervals against a simulation of the same factors, and against closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from estimator import DeviceQuantity, TrainingRun, estimate, load_default
from estimator.source import Factor
from estimator.uncertainty import Cumulants, interval, points, product, spread

CATALOGUE = load_default()
DRAWS = 1_000_000

Draws = np.ndarray[Any, np.dtype[np.float64]]


def drawn(factor: Factor, dice: np.random.Generator, known: dict[str, Draws]) -> Draws:
    """Draws of a factor: lognormal with its low and high as 5 % and 95 % points."""
    if factor.id not in known:
        low, high = factor.low or factor.value, factor.high or factor.value
        z = dice.standard_normal(DRAWS)
        half_width = math.log(high / low) / 2 / 1.6448536269514722
        known[factor.id] = math.sqrt(low * high) * np.exp(half_width * z)
    return known[factor.id]


def simulated(run: TrainingRun) -> dict[str, Draws]:
    """The methodology's formulas on draws instead of central values."""
    dice = np.random.default_rng(7)
    known: dict[str, Draws] = {}

    def draw(factor: Factor | None) -> Draws:
        assert factor is not None
        return drawn(factor, dice, known)

    c = CATALOGUE.constants
    hours = run.duration_h or 24.0
    it, full = np.zeros(DRAWS), np.zeros(DRAWS)
    for entry in run.devices:
        n = entry.quantity
        assert n is not None
        a = CATALOGUE.device(entry.device).accelerator
        usual = c.small_run_utilisation if n <= 8 else c.default_utilisation
        host = c.workstation_host_power_w if a.host == "workstation" else c.host_power_w
        load = run.utilisation or draw(a.utilisation or usual)
        watts = draw(a.power_w) * load + draw(a.host_power_w or host)
        if n > 8 and a.kind != "TPU":
            watts = watts + draw(c.network_power_w)
        it += n * hours * watts / 1000
        if a.embodied_kgco2e is not None:
            made = draw(a.embodied_kgco2e)
        else:
            assert a.process_nm
            assert a.memory_type
            per_cm2 = c.embodied_model.die_kgco2e_per_cm2[int(a.process_nm.value)]
            per_gb = c.embodied_model.memory_kgco2e_per_gb[a.memory_type]
            made = draw(a.die_area_mm2) / 100 * draw(per_cm2)
            made = made + draw(a.memory_gb) * draw(per_gb) + draw(c.embodied_model.board_kgco2e)
        full += n * (made + draw(a.host_embodied_kgco2e or c.host_embodied_kgco2e))
    intensity, pue = CATALOGUE.unknown_location, c.default_pue
    if run.location:
        place = CATALOGUE.place_of(CATALOGUE.location_name(run.location))
        intensity = CATALOGUE.grid_of(place).intensity_gco2e_per_kwh
        pue = getattr(place, "pue", None) or pue
    energy = it * (run.pue or draw(pue))
    operational = energy * draw(intensity) / 1000
    share = full * hours / (draw(c.lifetime_years) * 8760)
    return {
        "energy_kwh": energy,
        "operational_kgco2e": operational,
        "embodied_kgco2e": share,
        "embodied_full_kgco2e": full,
        "total_kgco2e": operational + share,
    }


def run_of(*devices: tuple[str, int], **fields: Any) -> TrainingRun:
    return TrainingRun(
        devices=tuple(DeviceQuantity(device=name, quantity=n) for name, n in devices), **fields
    )


@pytest.mark.parametrize(
    "run",
    [
        run_of(("H100", 64), duration_h=336.0, location="eu-west-1"),
        run_of(("GPU", 10), ("TPU", 20)),
        run_of(("A100-SXM4-80GB", 384), duration_h=2832.0, location="France", pue=1.2),
        run_of(("RTX-4090", 1), ("T4", 4), duration_h=12.0, location="Sweden"),
        run_of(("MI250X", 512), duration_h=700.0, location="Finland", utilisation=0.7),
        run_of(("V100", 8), ("P100", 8), ("RTX-3090", 2), duration_h=100.0, location="Norway"),
    ],
)
def test_intervals_are_within_two_percent_of_a_simulation(run: TrainingRun) -> None:
    totals = estimate(run, CATALOGUE).totals

    for name, draws in simulated(run).items():
        figure = getattr(totals, name)
        low, high = np.quantile(draws, [0.05, 0.95])
        # The interval always holds the figure, even where the distribution would not.
        assert figure.low == pytest.approx(min(low, figure.value), rel=0.02), name
        assert figure.high == pytest.approx(max(high, figure.value), rel=0.02), name


def test_one_factor_alone_gives_back_its_own_range() -> None:
    """A single lognormal is matched exactly: its 5 % and 95 % points are the factor's."""
    sure = Cumulants(1.0, 0.0, 0.0)
    found = interval(points(product(sure, 164, spread(164, 103, 273))), 164)

    assert found == pytest.approx((103, 273), rel=1e-9)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: interval(points(Cumulants(5.0, 0.0, 0.0)), 5.0), (5.0, 5.0)),
        (lambda: interval(points(Cumulants(100.0, 4.0, 0.0)), 100.0), (96.71, 103.29)),
        (lambda: interval(points(Cumulants(100.0, 4.0, -1.0)), 100.0), (96.66, 103.23)),
    ],
)
def test_limits(make: Callable[[], tuple[float, float]], expected: tuple[float, float]) -> None:
    """No variance, a normal (±1.645 standard deviations), and a tail to the left."""
    assert make() == pytest.approx(expected, abs=0.03)


def test_the_cause_is_the_factor_that_is_known_worst() -> None:
    without_location = estimate(run_of(("H100", 64), duration_h=336.0), CATALOGUE)
    with_location = estimate(
        run_of(("H100", 64), duration_h=336.0, location="France", utilisation=0.8), CATALOGUE
    )

    assert without_location.causes["total_kgco2e"].factor_id == "grid.WORLD"
    assert with_location.causes["energy_kwh"].factor_id == "constant.default_pue"
    assert all(0 < cause.share <= 1 for cause in with_location.causes.values())
