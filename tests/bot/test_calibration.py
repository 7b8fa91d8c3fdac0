"""What measured runs say about the defaults: a known utilisation is found again."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calibration import (
    FILE,
    Boundary,
    Left,
    Measured,
    Proposal,
    TooFew,
    Why,
    case_of,
    factor_file,
    propose,
)
from bot.commands.ledger import entry_of, read_log
from bot.ledger import Run, RunState
from bot.preferences import Calibration
from estimator import Catalogue, Estimate, TrainingRun, estimate
from estimator.overrides import apply, parse_overrides
from tests.bot.people import ASKER, TODAY

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RUNS = (
    "64 H100 for 2 weeks in Germany",
    "8 A100-80GB for 3 days in France pue 1.1",
    "16 H100, 16 A100 for 100 h in Sweden",
    "512 TPU-v4 for 5 days",
    "8 H100 for 30 h at 60%",
    "4 p5.48xlarge for 2 days storage 100 TB",
    "32 H100 for 200 h overhead 20%",
)


@cache
def planned(command: str, number: int = 0) -> Run:
    entry = entry_of(read_log(f"run-{number} {command}", ASKER), "C1", "U1", TODAY)
    return Run(str(number), replace(entry, state=RunState.DONE), 1, NOW, NOW)


@cache
def drawing(share: float) -> Catalogue:
    """The catalogue in which every accelerator draws a share of its full power."""
    constants = ASKER.catalogue.constants
    exactly = replace(constants.default_utilisation, value=share, low=None, high=None)
    return replace(
        ASKER.catalogue,
        constants=replace(constants, default_utilisation=exactly, small_run_utilisation=exactly),
        accelerators={
            key: replace(model, utilisation=exactly if model.utilisation else None)
            for key, model in ASKER.catalogue.accelerators.items()
        },
    )


def really(run: Run, utilisation: float, hours: float | None = None) -> Estimate:
    """The run as it would be with a utilisation, for its own time or the planned one."""
    spec = TrainingRun.model_validate(run.entry.spec)
    changed: dict[str, object] = {"utilisation": None}
    if hours is not None:
        changed |= {"duration_h": hours, "device_hours": None, "workload": None, "overhead": None}
    return estimate(spec.model_copy(update=changed), drawing(utilisation))


@cache
def metered(
    command: str, utilisation: float, stretch: float = 1.0, *, pue: float = 1.0, number: int = 0
) -> Measured:
    """What CodeCarbon tells of a run that draws a share of full power."""
    run = planned(command, number)
    conditions = really(run, utilisation).conditions
    assert conditions
    assert conditions.duration_h
    hours = stretch * conditions.duration_h
    found = really(run, utilisation, hours)
    assert found.breakdown
    accelerators_kwh = found.breakdown.accelerator_kwh * pue
    total_kwh = accelerators_kwh + found.breakdown.host_kwh * pue
    entry = replace(run.entry, measured_energy_kwh=total_kwh)
    document = {
        "gpu_count": sum(line.quantity for line in found.devices),
        "gpu_energy": accelerators_kwh,
        "pue": pue,
    }
    return Measured(replace(run, entry=entry), document, hours * 3600)


def older(command: str, utilisation: float, number: int = 0) -> Measured:
    """The same without the accelerators on their own, as earlier releases kept it."""
    found = metered(command, utilisation, number=number)
    return replace(found, document={"pue": 1.0})


def by_hand(command: str, utilisation: float, number: int = 0) -> Measured:
    """What a person reads off the bill."""
    run = planned(command, number)
    billed_kwh = really(run, utilisation).totals.energy_kwh.value
    return Measured(replace(run, entry=replace(run.entry, measured_energy_kwh=billed_kwh)))


commands = st.sampled_from(RUNS)
kinds = st.sampled_from([metered, older, by_hand])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(kinds, commands), min_size=3, max_size=8),
    st.floats(0.05, 1.0),
)
def test_a_known_utilisation_is_found_again_on_every_boundary(
    drawn: list[tuple[object, str]], utilisation: float
) -> None:
    measured = [kind(command, utilisation) for kind, command in drawn]  # type: ignore[operator]
    found = propose(measured, ASKER.catalogue, TODAY)
    assert isinstance(found, Proposal)
    assert found.left == ()
    assert found.calibration.utilisation == pytest.approx(utilisation, abs=0.0051)
    assert found.calibration.overhead is None
    for case in found.cases:
        assert case.utilisation == pytest.approx(utilisation)
        assert case.estimated_kwh(utilisation) == pytest.approx(case.measured_kwh)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 0.8), st.sampled_from([1.0, 1.3]), st.floats(1.0, 2.0))
def test_codecarbons_own_pue_and_a_longer_run_do_not_pass_for_utilisation(
    utilisation: float, pue: float, stretch: float
) -> None:
    measured = [metered(command, utilisation, stretch, pue=pue) for command in RUNS[:4]]
    found = propose(measured, ASKER.catalogue, TODAY)
    assert isinstance(found, Proposal)
    assert found.calibration.utilisation == pytest.approx(utilisation, abs=0.0051)
    if stretch >= 1.011:
        assert found.calibration.overhead == pytest.approx(stretch - 1, abs=0.0051)
    elif stretch < 1.01:
        assert found.calibration.overhead is None


@pytest.mark.no_cover
def test_the_intervals_hold_what_they_say() -> None:
    chance = random.Random(20261124)  # noqa: S311 - no secret
    inside = again = 0
    trials = 400
    for _ in range(trials):
        # To half a percent, so that trials share what is measured.
        drawn = [round(100 * math.exp(chance.gauss(0, 0.15))) / 200 for _ in range(6)]
        measured = [metered("8 H100 for 30 h in France", one) for one in drawn[:5]]
        found = propose(measured, ASKER.catalogue, TODAY)
        assert isinstance(found, Proposal)
        inside += found.mean_low <= 0.5 <= found.mean_high
        again += found.calibration.low <= drawn[5] <= found.calibration.high
    # Nine in ten, within four standard deviations of such a count.
    assert inside / trials == pytest.approx(0.9, abs=0.06)
    assert again / trials == pytest.approx(0.9, abs=0.06)


def test_runs_that_sometimes_take_longer_by_chance_give_no_overhead() -> None:
    stretches = (0.7, 1.4, 0.9, 1.2)
    measured = [metered(RUNS[0], 0.6, stretch) for stretch in stretches]
    found = propose(measured, ASKER.catalogue, TODAY)
    assert isinstance(found, Proposal)
    assert found.calibration.overhead is None


def test_two_runs_are_too_few() -> None:
    found = propose([by_hand(RUNS[0], 0.6)] * 2, ASKER.catalogue, TODAY)
    assert isinstance(found, TooFew)
    assert len(found.cases) == 2


def changed(measured: Measured, **document: object) -> Measured:
    return replace(measured, document={**(measured.document or {}), **document})


@pytest.mark.parametrize(
    ("measured", "why"),
    [
        (by_hand("433 MWh in France", 0.6), Why.NO_DEVICES),
        (Measured(replace(planned(RUNS[0]), entry=replace(planned(RUNS[0]).entry, spec=None))),
         Why.NO_DEVICES),
        (by_hand("8 H100 in France", 0.6), Why.NO_TIME),
        (by_hand("7B params 1T tokens on 64 H100", 0.6), Why.NO_TIME),
        (changed(metered(RUNS[0], 0.6), gpu_energy=0), Why.NO_ACCELERATOR_MEASURED),
        (changed(metered(RUNS[0], 0.6), gpu_count=8), Why.PART_MEASURED),
        (changed(metered(RUNS[0], 0.6), gpu_energy=1e9), Why.ABOVE_FULL),
        (replace(metered(RUNS[0], 0.6), duration_s=60.0), Why.TOO_SHORT),
        (replace(by_hand(RUNS[0], 0.6), run=planned(RUNS[0])), Why.BELOW_HOSTS),
    ],
)  # fmt: skip
def test_what_says_nothing_about_utilisation_is_left_out_with_the_reason(
    measured: Measured, why: Why
) -> None:
    found = case_of(measured, ASKER.catalogue)
    assert isinstance(found, Left)
    assert found.why is why


def test_a_row_of_a_csv_is_text_and_an_open_number_is_what_was_measured() -> None:
    found = metered("7B params 100B tokens on 64 H100", 0.6)
    assert found.document
    as_text = {name: str(value) for name, value in found.document.items()}
    case = case_of(replace(found, document=as_text), ASKER.catalogue)
    assert not isinstance(case, Left)
    assert case.boundary is Boundary.ACCELERATORS
    assert case.utilisation == pytest.approx(0.6)
    assert case.stretch is None


CALIBRATION = Calibration(utilisation=0.62, low=0.5, high=0.77, runs=5, on=TODAY)


@pytest.mark.parametrize("command", RUNS)
def test_a_calibration_is_a_factor_file_that_holds_for_every_device(command: str) -> None:
    content = factor_file(CALIBRATION, ASKER.catalogue)
    catalogue = apply(ASKER.catalogue, parse_overrides(content, FILE, ASKER.catalogue))
    spec = TrainingRun.model_validate(planned(command).entry.spec)
    found = estimate(spec.model_copy(update={"utilisation": None}), catalogue)
    assert {line.utilisation for line in found.devices} == {0.62}
    exact = estimate(spec.model_copy(update={"utilisation": None}), drawing(0.62))
    assert found.totals.energy_kwh.value == pytest.approx(exact.totals.energy_kwh.value)
    assert found.totals.energy_kwh.low < exact.totals.energy_kwh.low
    assert found.totals.energy_kwh.high > exact.totals.energy_kwh.high
