"""Power over load: measured curves, and what an answer makes of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimator import DeviceQuantity, TrainingRun, estimate, load_default
from estimator.datafiles import DATA, load
from estimator.errors import DataError
from estimator.power_curve import curve_of, power_share
from estimator.source import Basis

CATALOGUE = load_default()
CURVES = CATALOGUE.load_curves
loads = st.floats(0.01, 1)
models = st.sampled_from(sorted(CATALOGUE.accelerators))


def run(model: str, utilisation: float | None) -> TrainingRun:
    devices = (DeviceQuantity(device=model, quantity=8),)
    return TrainingRun(devices=devices, duration_h=10.0, utilisation=utilisation)


def test_a_measured_curve_is_followed_by_hand() -> None:
    """B300: 0.567 of 1,100 W at 50 %, 0.942 at 100 %; so 0.6795 at 65 %, which is 747.45 W."""
    found = estimate(run("B300", 0.65), CATALOGUE)

    (line,) = found.devices
    assert line.utilisation == pytest.approx(0.567 + 0.15 / 0.5 * (0.942 - 0.567))
    assert line.accelerator_kwh == pytest.approx(8 * 10 * 747.45 / 1000)
    (note,) = [a for a in found.assumptions if a.code == "load_curve"]
    assert note.text == (
        "At a utilisation of 65 %, B300 draws 68 % of its full power, as measured on B300."
    )
    (cited,) = [f for f in found.sources if f.id == "B300.power_share"]
    assert cited.basis is Basis.MEASURED
    assert cited.source.id == "gpu-power-lab"
    assert cited.note
    assert cited.note.startswith(
        "On the straight line through 0.567 of full power at 50 % and 0.942 of full power at 100 %"
    )
    low, high = 0.53 + 0.3 * (0.72 - 0.53), 0.589 + 0.3 * (0.983 - 0.589)
    assert cited.low == pytest.approx(low)
    assert cited.high == pytest.approx(high)


def test_gpus_without_a_curve_of_their_own_have_that_of_their_vendor() -> None:
    """H100 at 25 %: half-way between 0.122 and 0.53."""
    found = estimate(run("H100-SXM5-80GB", 0.25), CATALOGUE)

    assert found.devices[0].utilisation == pytest.approx((0.122 + 0.53) / 2)
    texts = [a.text for a in found.assumptions if a.code == "load_curve"]
    assert texts == [
        (
            "At a utilisation of 25 %, H100-SXM5-80GB draws 32.6 % of its full power, as GPUs of "
            "NVIDIA that were measured do."
        )
    ]
    (cited,) = [f for f in found.sources if f.id == "H100-SXM5-80GB.power_share"]
    assert cited.basis is Basis.ASSUMED


def test_what_nobody_measured_is_on_a_straight_line_and_said_to_be() -> None:
    """TPU v4 at 40 %: 0.106 + 0.4 × (1 - 0.106)."""
    found = estimate(run("TPU-v4", 0.4), CATALOGUE)

    assert found.devices[0].utilisation == pytest.approx(0.106 + 0.4 * 0.894)
    assert any("as nobody has measured it" in a.text for a in found.assumptions)


def test_without_a_utilisation_the_usual_share_stays() -> None:
    found = estimate(run("H100-SXM5-80GB", None), CATALOGUE)

    device = CATALOGUE.accelerators["H100-SXM5-80GB"]
    assert device.utilisation
    assert found.devices[0].utilisation == device.utilisation.value
    assert all(a.code != "load_curve" for a in found.assumptions)


@given(model=models, one=loads, two=loads)
def test_more_load_is_never_less_power(model: str, one: float, two: float) -> None:
    device = CATALOGUE.accelerators[model]
    less, more = (
        power_share(device, load, curve_of(device, CURVES)) for load in sorted((one, two))
    )

    assert less.value <= more.value
    assert less.low is not None
    assert more.low is not None
    assert less.high is not None
    assert more.high is not None
    assert less.low <= more.low
    assert less.high <= more.high
    for share in (less, more):
        assert share.low is not None
        assert share.high is not None
        assert 0 < share.low <= share.value <= share.high <= 1
        assert share.unit == "1"


@given(model=models, load=loads)
def test_the_points_of_a_curve_are_on_it(model: str, load: float) -> None:
    curve = curve_of(CATALOGUE.accelerators[model], CURVES)

    for point in curve.points:
        assert curve.at(point.load)[1] == pytest.approx(point.share.value)
    assert curve.at(load)[1] <= 1


def test_the_curve_of_a_vendor_is_the_mean_of_those_measured() -> None:
    """Mean, least and most over the models; one of them is drawn out to 100 %, at most to 1."""
    own = [curve for curve in CURVES.values() if curve.model is not None]
    assert len(own) == 5
    for point in CURVES["NVIDIA"].points:
        shares = [curve.at(point.load)[1] for curve in own]
        assert point.share.value == round(mean(shares), 3)
        assert point.share.low is not None
        assert point.share.low <= round(min(shares), 3)
        assert (point.share.high or point.share.value) >= round(max(shares), 3)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("load = 0.5", "load = 1.5"), "loads increase, and none is above 1"),
        (("value = 0.167", "value = 0.6"), "the power does not fall"),
        (("load = 0\n", "load = 0.1\n"), "a curve has a point at load 0"),
        (("value = 0.167", "value = 0"), "above 0 and at most 1"),
        (("load = 0.5", 'load = "half"'), "each point has a load"),
        (('model = "B300"', 'model = "B3000"'), "unknown model B3000"),
        (("[any]", "[all]"), "the curve any is missing"),
    ],
)
def test_a_broken_curve_is_refused(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    path = folder / "load_curves.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace(*change) if change[0].startswith("[") else text.replace(*change, 1)
    if change[0] == "[any]":
        text = text.replace("any.points", "all.points")
    path.write_text(text, encoding="utf-8")

    with pytest.raises(DataError, match=complaint):
        load(folder)
