"""Generated runs of every form, for the tests of the language and of the replies."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from estimator import DeviceQuantity, FactorSet, TrainingRun, load_default
from estimator.spec import Workload

CATALOGUE = load_default()
SLICES = ["v2-8", "v3-8", "v4-512", "v5e-256", "v5p-8", "v6e-8"]
DEVICES = sorted([*CATALOGUE.accelerators, *CATALOGUE.general_names, *CATALOGUE.instances, *SLICES])
PLACES = sorted(CATALOGUE.regions) + sorted(g.name for g in CATALOGUE.grids.values())


def mostly(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | numbers


def peaks_of(device: str) -> list[str]:
    peaks = CATALOGUE.device(device).accelerator.peak_tflops
    usual = {"bf16", "fp16", "tf32", "fp32"} & set(peaks)
    return sorted(peaks) if usual else []


COMPUTING = [name for name in DEVICES if peaks_of(name)]
quantities = st.integers(1, 10_000_000)
circumstances = {
    "location": st.none() | st.sampled_from(PLACES),
    "year": mostly(st.integers(2000, 2100)),
    "month": mostly(st.integers(1, 12)),
    "utilisation": mostly(st.floats(0.01, 1) | st.integers(1, 100).map(lambda p: p / 100)),
    "duty_cycle": mostly(st.floats(0, 1) | st.sampled_from([0.3, 1.0])),
    "pue": mostly(st.floats(1, 3)),
    "lifetime_years": mostly(st.floats(0.5, 20) | st.integers(1, 20)),
    "overhead": mostly(st.floats(0, 100) | st.sampled_from([0.5, 2.5])),
    "storage_tb": mostly(st.just(0.0) | st.floats(1e-6, 1e9) | st.integers(0, 5_000)),
    "transfer_tb": mostly(st.just(0.0) | st.floats(1e-6, 1e9) | st.integers(0, 5_000)),
}
durations = st.floats(1 / 60, 87_600) | st.integers(1, 3_650).map(lambda d: d * 24.0)
energies = st.floats(0.001, 1e12) | st.sampled_from([433_000.0, 12_000.0])
lists_of_devices = st.lists(
    st.builds(DeviceQuantity, device=st.sampled_from(DEVICES), quantity=quantities),
    min_size=1,
    max_size=20,
    unique_by=lambda entry: entry.device,
).map(tuple)
runs = st.builds(
    TrainingRun,
    devices=lists_of_devices,
    duration_h=mostly(durations),
    energy_kwh=mostly(energies),
    **circumstances,
)
metered_runs = st.builds(TrainingRun, energy_kwh=energies, **circumstances)


@st.composite
def counted_runs(draw: st.DrawFn) -> TrainingRun:
    """Runs that are said by device-hours, by a workload, or by both."""
    device = draw(st.sampled_from(COMPUTING))
    quantity = draw(st.none() | quantities)
    hours = draw(st.none() | st.floats(1 / 60, 1e12) | st.sampled_from([1.7e6, 5e3]))
    workload = None
    if hours is None or draw(st.booleans()):
        parameters = draw(st.floats(1e3, 1e16) | st.sampled_from([7e9, 671e9]))
        workload = Workload(
            parameters=parameters,
            tokens=draw(st.floats(1, 1e18) | st.sampled_from([15e12, 14.8e12])),
            active_parameters=draw(st.none() | st.floats(1e3, parameters)),
            mfu=draw(st.none() | st.floats(0.001, 1)),
            precision=draw(st.none() | st.sampled_from(peaks_of(device))),
            kind=draw(st.sampled_from(["training", "fine_tuning", "lora", "inference"])),
        )
    free = hours is None or quantity is None
    return TrainingRun(
        devices=(DeviceQuantity(device=device, quantity=quantity),),
        duration_h=draw(st.none() | durations) if free else None,
        device_hours=hours,
        workload=workload,
        energy_kwh=draw(st.none() | energies),
        **{name: draw(values) for name, values in circumstances.items()},
    )


article_runs = st.builds(
    TrainingRun,
    devices=st.lists(
        st.builds(
            DeviceQuantity, device=st.sampled_from(["GPU", "TPU"]), quantity=st.integers(1, 10**7)
        ),
        min_size=1,
        max_size=2,
        unique_by=lambda entry: entry.device,
    ).map(tuple),
    factors=st.just(FactorSet.ARTICLE),
)


any_runs = runs | article_runs | metered_runs | counted_runs()
