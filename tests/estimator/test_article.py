"""The factor set `article` is the article's table and formulas, exactly."""

from __future__ import annotations

import pytest

from estimator import DeviceNotInFactorSet, DeviceQuantity, TrainingRun, estimate, load_default


def run(**devices: int) -> TrainingRun:
    return TrainingRun(
        devices=tuple(DeviceQuantity(device=d, quantity=n) for d, n in devices.items()),
        factors="article",
    )


def test_ten_gpu_and_twenty_tpu_give_the_articles_result() -> None:
    totals = estimate(run(GPU=10, TPU=20), load_default()).totals

    # 10 × 1000 + 20 × 2000 = 50,000 for both, in kWh and in t.
    assert totals.energy_kwh.value == 50_000
    assert totals.embodied_kgco2e.value == 50_000 * 1000
    assert totals.embodied_full_kgco2e == totals.embodied_kgco2e == totals.total_kgco2e
    assert totals.operational_kgco2e is None


@pytest.mark.parametrize("n", [1, 7, 10_000_000])
def test_each_device_counts_with_the_articles_factor(n: int) -> None:
    gpu = estimate(run(GPU=n), load_default()).totals
    tpu = estimate(run(TPU=n), load_default()).totals

    assert (gpu.energy_kwh.value, gpu.embodied_kgco2e.value) == (n * 1000, n * 1_000_000)
    assert (tpu.energy_kwh.value, tpu.embodied_kgco2e.value) == (n * 2000, n * 2_000_000)


def test_other_devices_are_refused_by_name() -> None:
    with pytest.raises(DeviceNotInFactorSet, match="no factor for 'H100', only for GPU and TPU"):
        estimate(run(GPU=1, H100=8), load_default())


def test_the_answer_says_that_there_is_no_operational_figure() -> None:
    codes = [a.code for a in estimate(run(GPU=1), load_default()).assumptions]

    assert codes == ["no_operational_in_article"]


def test_what_the_article_cannot_use_is_said_to_be_ignored() -> None:
    spec = run(GPU=1).model_copy(update={"duration_h": 48.0, "location": "France", "pue": 1.2})

    texts = [a.text for a in estimate(spec, load_default()).assumptions]

    assert any("duration, location, PUE changes nothing" in text for text in texts)
