"""Cuts are runs of their own: computed, ranked, and never what the run already has."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator import DeviceQuantity, FactorSet, TrainingRun, estimate, load_default
from estimator.reduction import Cut, cuts, no_cuts_because
from estimator.spec import Workload
from estimator.sweeping import sweep

CATALOGUE = load_default()
MODELS = sorted(CATALOGUE.accelerators)
PLACES = sorted(CATALOGUE.regions) + sorted(grid.name for grid in CATALOGUE.grids.values())


def of(device: str, quantity: int | None = None) -> tuple[DeviceQuantity, ...]:
    return (DeviceQuantity(device=device, quantity=quantity),)


def cuts_of(run: TrainingRun) -> dict[str, Cut]:
    return {cut.code: cut for cut in cuts(run, estimate(run, CATALOGUE), CATALOGUE)}


IRELAND = TrainingRun(devices=of("H100", 64), duration_h=336.0, location="eu-west-1")
TOKENS = TrainingRun(
    devices=of("H100"), workload=Workload(parameters=70e9, tokens=15e12), location="us-east-1"
)

runs = st.builds(
    TrainingRun,
    devices=st.lists(
        st.builds(DeviceQuantity, device=st.sampled_from(MODELS), quantity=st.integers(1, 100_000)),
        min_size=1,
        max_size=3,
        unique_by=lambda entry: entry.device,
    ).map(tuple),
    duration_h=st.none() | st.floats(0.02, 87_600),
    location=st.none() | st.sampled_from(PLACES),
    month=st.none() | st.integers(1, 12),
    utilisation=st.none() | st.floats(0.01, 1),
    duty_cycle=st.none() | st.floats(0, 1),
    pue=st.none() | st.floats(1, 3),
    overhead=st.none() | st.floats(0, 5),
    storage_tb=st.none() | st.floats(0, 1e5),
    transfer_tb=st.none() | st.floats(0, 1e5),
) | st.builds(
    TrainingRun,
    devices=st.sampled_from(MODELS).map(of),
    workload=st.builds(
        Workload,
        parameters=st.floats(1e6, 1e13),
        tokens=st.floats(1e6, 1e14),
        mfu=st.none() | st.floats(0.05, 0.9),
    ),
    location=st.none() | st.sampled_from(PLACES),
)


@pytest.mark.no_cover
@settings(max_examples=40, deadline=None, derandomize=True)
@given(runs)
def test_every_cut_is_a_run_of_its_own_and_the_largest_comes_first(run: TrainingRun) -> None:
    before = estimate(run, CATALOGUE)
    found = cuts(run, before, CATALOGUE)

    assert [c.saving_kgco2e.value for c in found] == sorted(
        (c.saving_kgco2e.value for c in found), reverse=True
    )
    assert len({cut.text for cut in found}) == len(found)
    for cut in found:
        assert cut.run != run
        after = estimate(TrainingRun.model_validate(cut.run.model_dump()), CATALOGUE)
        assert cut.after_kgco2e == after.totals.total_kgco2e.value
        assert cut.before_kgco2e == before.totals.total_kgco2e.value
        assert cut.saving_kgco2e.value == cut.before_kgco2e - cut.after_kgco2e
        assert cut.saving_share.value >= 0.01
        assert cut.saving_share.high <= 1
        assert cut.text
        assert all(cost.text for cost in cut.trade_offs)


def test_the_cleanest_places_are_found() -> None:
    found = cuts_of(IRELAND)
    here = {p.location: p.total_kgco2e for p in sweep(IRELAND, CATALOGUE, devices=[])}
    aws = {r: here[r] for r, region in CATALOGUE.regions.items() if region.provider == "AWS"}

    best = found["region_of_provider"]
    assert best.run.location == min(aws, key=lambda r: aws[r])
    assert best.after_kgco2e == pytest.approx(min(aws.values()), rel=1e-12)
    costs = {cost.code for cost in best.trade_offs}
    assert "data_residency" in costs
    assert "other_provider" not in costs
    # Another provider's is hardly cleaner, and not worth the move; Ireland has one grid alone.
    assert "region_anywhere" not in found
    assert "region_in_country" not in found


def test_a_place_in_the_same_country_keeps_the_data_there() -> None:
    cut = cuts_of(TOKENS)["region_in_country"]

    assert CATALOGUE.regions[str(cut.words["region"])].country == "US"
    assert "data_residency" not in {cost.code for cost in cut.trade_offs}
    assert "other_provider" in {cost.code for cost in cut.trade_offs}


def test_a_move_leaves_the_old_data_centres_pue_behind() -> None:
    run = IRELAND.model_copy(update={"pue": 1.8})
    cut = cuts_of(run)["region_of_provider"]

    assert cut.run.pue is None


def test_without_a_place_the_saving_is_against_the_worlds_mean() -> None:
    found = cuts_of(TrainingRun(devices=of("A100", 8)))

    (cost,) = [c for c in found["region_anywhere"].trade_offs if c.code == "data_residency"]
    assert "world's mean" in cost.text


def test_chips_stay_in_the_one_cloud_that_has_them() -> None:
    tpu = cuts_of(TrainingRun(devices=of("TPU-v4", 64), location="us-central1", duration_h=100.0))
    gpu = cuts_of(IRELAND)

    for code in ("region_in_country", "region_of_provider", "region_anywhere"):
        if code in tpu:
            assert tpu[code].words["provider"] == "Google Cloud"
    for code in ("accelerator", "accelerator_same_vendor"):
        # eu-west-1 is AWS's, where there are no TPUs.
        assert gpu[code].words["vendor"] not in {"Google", "Huawei"}


def test_the_same_run_in_may_instead_of_december() -> None:
    run = IRELAND.model_copy(update={"location": "eu-west-3", "month": 12})
    months = CATALOGUE.grids["FR"].months
    cut = cuts_of(run)["month"]
    before, after = estimate(run, CATALOGUE), estimate(cut.run, CATALOGUE)

    assert cut.run == run.model_copy(update={"month": 5})
    assert cut.text == "run it in May instead of December"
    assert cut.after_kgco2e == after.totals.total_kgco2e.value
    assert before.totals.operational_kgco2e is not None
    saved = before.totals.operational_kgco2e.value * (1 - months[5].value / months[12].value)
    assert cut.saving_kgco2e.value == pytest.approx(saved)
    assert [cost.code for cost in cut.trade_offs] == ["wait"]
    # The year's level cancels, and how both months differ from year to year does not.
    assert cut.saving_share.low < 0 < cut.saving_share.high < 0.8


def test_a_month_against_the_mean_of_the_year() -> None:
    cut = cuts_of(IRELAND.model_copy(update={"location": "California"}))["month"]

    assert cut.text == "run it in May, when a kWh there has 0.67 × the year's mean"
    assert cut.saving_share.low > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"duration_h": 32 * 24.0},
        {"location": "Norway"},
        {"location": None},
        {"location": "France", "month": 5},
    ],
)
def test_no_month_where_none_is_known_or_cleaner_or_long_enough(changes: dict[str, object]) -> None:
    france = IRELAND.model_copy(update={"location": "France"})

    assert "month" in cuts_of(france)
    assert "month" not in cuts_of(france.model_copy(update=changes))


def test_another_accelerator_holds_as_much_and_does_the_same_work() -> None:
    found = cuts_of(IRELAND)

    same, other = found["accelerator_same_vendor"], found["accelerator"]
    assert same.words["vendor"] == "NVIDIA"
    assert other.words["vendor"] != "NVIDIA"
    assert "other_vendor" in {cost.code for cost in other.trade_offs}
    for cut in (same, other):
        model = CATALOGUE.accelerators[str(cut.words["model"])]
        assert model.memory_gb is not None
        assert model.memory_gb.value >= 80
        assert "shorter" in {cost.code for cost in cut.trade_offs}
    # By hand: the ratio of peaks alone, as nobody publishes how well a GB200 is used.
    peaks = [
        CATALOGUE.accelerators[name].peak_tflops["bf16"].value
        for name in ("H100-SXM5-80GB", str(same.words["model"]))
    ]
    assert same.run.duration_h == pytest.approx(336 * peaks[0] / peaks[1])


@pytest.mark.parametrize("device", ["RTX-4090", "A100", "TPU-v3"])
def test_the_best_accelerator_is_the_best_of_all_that_are_estimated(device: str) -> None:
    run = TrainingRun(devices=of(device, 8), duration_h=100.0, location="Sweden", utilisation=0.7)
    own = estimate(run, CATALOGUE).devices[0].model
    memory_gb, host = CATALOGUE.accelerators[own].memory_gb, CATALOGUE.accelerators[own].host
    assert memory_gb is not None
    others = {}
    for point in sweep(run, CATALOGUE, ["Sweden"]):
        model = CATALOGUE.accelerators[point.device]
        large = model.memory_gb is not None and model.memory_gb.value >= memory_gb.value
        if large and model.id != own and (host == "workstation" or model.host == "server"):
            others[model.id] = estimate(point.run, CATALOGUE).totals.total_kgco2e.value

    best = min(others, key=lambda model: others[model])

    vendor = CATALOGUE.accelerators[best].vendor == CATALOGUE.accelerators[own].vendor
    cut = cuts_of(run)["accelerator_same_vendor" if vendor else "accelerator"]
    assert cut.words["model"] == best
    assert cut.after_kgco2e == pytest.approx(others[best], rel=1e-12)


def test_how_well_another_accelerator_is_used_widens_the_range() -> None:
    """Both MFUs are in it: the width of ln(after / before) is at least that of the two."""
    cut = cuts_of(IRELAND)["accelerator_same_vendor"]
    own = CATALOGUE.accelerators["H100-SXM5-80GB"].mfu
    other = CATALOGUE.constants.default_mfu
    assert own is not None

    ratio_low, ratio_high = 1 - cut.saving_share.high, 1 - cut.saving_share.low
    width = math.log(ratio_high / ratio_low) / 2 / 1.6448536269514722
    assert width >= math.hypot(own.log_width, other.log_width)


def test_a_lower_pue_is_as_sure_as_the_grid_lets_it() -> None:
    """The PUE was given: the share that is saved hangs on nothing but what PUE multiplies."""
    run = IRELAND.model_copy(update={"pue": 1.5})
    cut = cuts_of(run)["lower_pue"]
    before = estimate(run, CATALOGUE).totals

    lowest = CATALOGUE.constants.default_pue.low
    assert cut.run.pue == lowest
    assert lowest is not None
    assert before.operational_kgco2e is not None
    by_hand = before.operational_kgco2e.value * (1 - lowest / 1.5)
    assert cut.saving_kgco2e.value == pytest.approx(by_hand)
    assert cut.saving_share.high - cut.saving_share.low < 0.03
    spread = before.total_kgco2e.high / before.total_kgco2e.low
    assert cut.saving_kgco2e.high / cut.saving_kgco2e.low == pytest.approx(spread, rel=0.1)


def test_half_of_the_failed_runs_by_hand() -> None:
    """1.5 of the run becomes 1.25: a sixth less, however uncertain everything else is."""
    cut = cuts_of(IRELAND.model_copy(update={"overhead": 0.5}))["fewer_failures"]

    share = cut.saving_share
    assert (share.low, share.value, share.high) == pytest.approx((1 / 6, 1 / 6, 1 / 6))


def test_a_higher_mfu_goes_to_the_top_of_what_was_published() -> None:
    cut = cuts_of(TOKENS)["higher_mfu"]
    mfu = CATALOGUE.accelerators["H100-SXM5-80GB"].mfu
    assert mfu is not None
    assert cut.run.workload is not None

    assert mfu.high is not None
    size = 7**CATALOGUE.constants.mfu_size_exponent.value  # 70 of 10 billion parameters
    assert cut.run.workload.mfu == pytest.approx(mfu.high * size)
    assert cut.after_kgco2e / cut.before_kgco2e == pytest.approx(mfu.value / mfu.high, rel=1e-9)
    # The run may have been as good already: the saving starts at nothing.
    assert cut.saving_share.low == pytest.approx(0, abs=0.01)
    better = TOKENS.workload.model_copy(update={"mfu": 0.5}) if TOKENS.workload else None
    assert "higher_mfu" not in cuts_of(TOKENS.model_copy(update={"workload": better}))


def test_fp8_saves_what_its_published_speed_up_saves() -> None:
    """Time goes down by 1.4, and by 1.28 to 1.75 at the ends; power and place cancel."""
    cut = cuts_of(TOKENS)["lower_precision"]

    share = cut.saving_share
    assert share.value == pytest.approx(1 - 1 / CATALOGUE.constants.fp8_speed_up.value)
    assert share.low == pytest.approx(1 - 1 / 1.28, rel=0.01)
    assert share.high == pytest.approx(1 - 1 / 1.75, rel=0.01)
    fp8 = TOKENS.model_copy(
        update={"workload": Workload(parameters=70e9, tokens=15e12, precision="fp8")}
    )
    assert "lower_precision" not in cuts_of(fp8)
    a100 = TOKENS.model_copy(update={"devices": of("A100")})
    assert "lower_precision" not in cuts_of(a100)


def test_hours_that_were_given_are_not_shortened() -> None:
    run = TOKENS.model_copy(update={"device_hours": 6.4e6})

    assert not {"higher_mfu", "lower_precision"} & cuts_of(run).keys()


def test_serving_on_fewer_devices_does_the_same_work() -> None:
    run = TrainingRun(devices=of("L4", 41), duration_h=1000.0, duty_cycle=0.2, location="Germany")
    found = cuts_of(run)
    cut = found["fewer_idle"]

    assert cut.run.devices == of("L4", 9)
    assert cut.run.duty_cycle == pytest.approx(41 * 0.2 / 9)
    assert not {"accelerator", "accelerator_same_vendor"} & found.keys()
    busy = run.model_copy(update={"duty_cycle": 1.0})
    assert "fewer_idle" not in cuts_of(busy)


def test_instances_of_more_devices_than_a_run_may_name_have_cuts_too() -> None:
    clusters = of("BM.GPU.A10.4", 5_000_001)
    serving = TrainingRun(devices=clusters, duration_h=1.0, duty_cycle=0.6)
    training = TrainingRun(devices=clusters, workload=TOKENS.workload)

    assert "fewer_idle" not in cuts_of(serving)
    assert not {"accelerator", "accelerator_same_vendor"} & cuts_of(training).keys()


def test_data_that_is_kept_and_moved() -> None:
    run = TrainingRun(
        devices=of("A100", 8),
        duration_h=1000.0,
        location="Poland",
        storage_tb=5000.0,
        transfer_tb=2000.0,
    )
    found = cuts_of(run)

    assert found["less_stored"].run.storage_tb == 2500
    assert found["less_moved"].run.transfer_tb == 1000


def test_metered_electricity_can_move_and_nothing_else() -> None:
    run = TrainingRun(energy_kwh=433_000.0, location="Poland")

    assert cuts_of(run).keys() == {"region_anywhere"}


def test_the_best_place_has_no_better_one() -> None:
    found = cuts_of(IRELAND.model_copy(update={"location": "northamerica-northeast1"}))

    assert not {"region_in_country", "region_of_provider", "region_anywhere"} & found.keys()


def test_a_run_without_emissions_has_nothing_to_cut() -> None:
    clean = min(CATALOGUE.grids.values(), key=lambda g: g.intensity_gco2e_per_kwh.value)
    run = TrainingRun(energy_kwh=1000.0, location=clean.name)

    assert cuts_of(run) == {}


def test_a_place_without_emissions_saves_all() -> None:
    clean = min(CATALOGUE.grids.values(), key=lambda g: g.intensity_gco2e_per_kwh.value)
    region = replace(CATALOGUE.regions["eu-west-1"], grid=clean.id)
    catalogue = replace(CATALOGUE, regions={**CATALOGUE.regions, region.id: region})
    run = TrainingRun(energy_kwh=1000.0, location="Poland")
    before = estimate(run, catalogue)

    (cut,) = cuts(run, before, catalogue)
    assert cut.words["region"] == "eu-west-1"
    assert (cut.saving_share.low, cut.saving_share.value, cut.saving_share.high) == (1, 1, 1)
    assert cut.saving_kgco2e == before.totals.total_kgco2e


def test_fp8_is_left_out_where_it_would_pass_its_peak() -> None:
    workload = Workload(parameters=70e9, tokens=15e12, mfu=0.99)
    l4 = TrainingRun(devices=of("L4"), workload=workload, location="Poland")

    faster = CATALOGUE.constants.fp8_speed_up.value
    fp8 = CATALOGUE.accelerators["L4"].peak_tflops["fp8"].value
    assert ("lower_precision" in cuts_of(l4)) == (0.99 * faster * 121 / fp8 <= 1)


def test_the_article_has_none_and_says_why() -> None:
    run = TrainingRun(devices=of("GPU", 10), factors=FactorSet.ARTICLE)

    assert cuts_of(run) == {}
    assert "article's factors" in (no_cuts_because(run) or "")
    assert no_cuts_because(IRELAND) is None
