"""The accelerators that ship: their peaks, their idle power, and the names people type."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import FrozenInstanceError
from itertools import pairwise
from pathlib import Path

import pytest

from estimator import Basis, DataError, load, load_default
from estimator.accelerator import PRECISIONS, Accelerator
from estimator.catalogue import device_key
from estimator.datafiles import DATA
from estimator.embodied import device_embodied
from estimator.tables import checked

CATALOGUE = load_default()
ACCELERATORS = sorted(CATALOGUE.accelerators.values(), key=lambda a: a.id)
EVERY = pytest.mark.parametrize("accelerator", ACCELERATORS, ids=lambda a: a.id)

WITHOUT_16_BIT = {
    # Before tensor cores, fp16 ran at fp32 speed or far below it, so people trained in fp32.
    "GTX-1070": "Pascal without fast fp16",
    "GTX-1080": "Pascal without fast fp16",
    "GTX-1080-Ti": "Pascal without fast fp16",
    "P4": "Pascal without fast fp16",
    "P40": "Pascal without fast fp16",
    "Titan-X-Pascal": "Pascal without fast fp16",
    "Titan-Xp": "Pascal without fast fp16",
    "M40-12GB": "Maxwell has no fp16 arithmetic",
    "M40-24GB": "Maxwell has no fp16 arithmetic",
    "M60": "Maxwell has no fp16 arithmetic",
    "Titan-X-Maxwell": "Maxwell has no fp16 arithmetic",
    "K40": "Kepler has no fp16 arithmetic",
    "K80": "Kepler has no fp16 arithmetic",
}


def test_there_are_enough() -> None:
    assert len(ACCELERATORS) >= 80


@EVERY
def test_a_peak_to_train_with_is_there(accelerator: Accelerator) -> None:
    peaks = accelerator.peak_tflops

    if accelerator.id in WITHOUT_16_BIT:
        assert set(peaks) == {"fp32"}
    else:
        assert "bf16" in peaks or "fp16" in peaks


def test_the_list_of_exceptions_holds_no_others() -> None:
    assert set(WITHOUT_16_BIT) <= set(CATALOGUE.accelerators)


@EVERY
def test_narrower_numbers_are_no_slower(accelerator: Accelerator) -> None:
    peaks = {name: peak.value for name, peak in accelerator.peak_tflops.items()}
    halves = [peaks[name] for name in ("bf16", "fp16") if name in peaks]
    ladder = [
        [peaks[name] for name in ("fp32",) if name in peaks],
        [peaks[name] for name in ("tf32",) if name in peaks],
        halves,
        [peaks[name] for name in ("fp8",) if name in peaks],
        [peaks[name] for name in ("fp4",) if name in peaks],
    ]

    steps = [step for step in ladder if step]
    for wider, narrower in pairwise(steps):
        # Data sheets round: 90.52 in fp32 beside 90.5 in tf32.
        assert max(wider) <= min(narrower) * 1.001


@EVERY
def test_power_and_peak_belong_together(accelerator: Accelerator) -> None:
    peaks = accelerator.peak_tflops
    peak = max(peaks[name].value for name in ("fp32", "bf16", "fp16") if name in peaks)

    # From 0.027 TFLOP/s per W (K80, 2014) to 2.5 (B300) and 6 (TPU v6e, whose power is a mean).
    assert 0.01 <= peak / accelerator.power_w.value <= 6.5


@EVERY
def test_idle_is_well_below_full_power(accelerator: Accelerator) -> None:
    idle = accelerator.idle_power_w

    if idle is not None:
        assert 5 <= idle.value <= 0.5 * accelerator.power_w.value
        assert idle.basis is not Basis.ASSUMED


@EVERY
def test_figures_carry_their_ids_units_and_sources(accelerator: Accelerator) -> None:
    for name, peak in accelerator.peak_tflops.items():
        assert peak.id == f"{accelerator.id}.peak_tflops.{name}"
        assert peak.unit == "TFLOP/s"
        assert peak.source.url.startswith("https://")
        assert peak.note or peak.basis is not Basis.ASSUMED
    if accelerator.idle_power_w is not None:
        assert accelerator.idle_power_w.unit == "W"


@EVERY
def test_nothing_is_in_the_data_from_memory_alone(accelerator: Accelerator) -> None:
    notes = [peak.note or "" for peak in accelerator.peak_tflops.values()]

    assert not [note for note in notes if "recalled" in note]


@EVERY
def test_manufacturing_can_be_had(accelerator: Accelerator) -> None:
    assert 20 <= device_embodied(accelerator, CATALOGUE.constants).kgco2e <= 1_000


def test_ids_and_aliases_are_unique() -> None:
    keys = Counter(device_key(name) for a in ACCELERATORS for name in (a.id, *a.aliases))
    keys.update(
        device_key(name) for g in CATALOGUE.general_names.values() for name in (g.name, *g.aliases)
    )

    assert [key for key, times in keys.items() if times > 1] == []


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("h100", "H100-SXM5-80GB"),
        ("4090", "RTX-4090"),
        ("rtx4090", "RTX-4090"),
        ("RTX 3080 Ti", "RTX-3080-Ti"),
        ("3080ti", "RTX-3080-Ti"),
        ("tpuv4", "TPU-v4"),
        ("mi250x", "MI250X"),
        ("mi250x-gcd", "MI250X-GCD"),
        ("gcd", "MI250X-GCD"),
        ("k80", "K80"),
        ("Tesla M40", "M40-12GB"),
        ("titan x", "Titan-X-Pascal"),
        ("rtx 6000", "RTX-6000-Ada"),
        ("rtx pro 6000", "RTX-PRO-6000-Blackwell"),
        ("a800 pcie", "A800-PCIE-80GB"),
        ("gb300", "GB300"),
        ("pvc", "Intel-Max-1550"),
    ],
)
def test_what_people_type_is_found(typed: str, means: str) -> None:
    assert CATALOGUE.device(typed).accelerator.id == means


@pytest.mark.parametrize(
    ("device", "precision", "tflops"),
    [
        # NVIDIA, Ampere Architecture In-Depth (2020): peak BF16 tensor 312, V100 FP16 tensor 125.
        ("A100-SXM4-80GB", "bf16", 312),
        ("V100-SXM2-32GB", "fp16", 125),
        # NVIDIA, H100 architecture white paper, Table 1: 989.4 (SXM5) and 756 (PCIe), dense.
        ("H100-SXM5-80GB", "bf16", 989.4),
        ("H100-PCIE-80GB", "bf16", 756),
        # NVIDIA, Blackwell data sheet: 4.5 PFLOP/s with sparsity, so 2,250 dense.
        ("B200", "bf16", 2250),
        # NVIDIA, Turing Architecture In-Depth (2018): FP16 tensor with FP32 accumulate.
        ("RTX-2080-Ti", "fp16", 53.8),
        # NVIDIA, Ada white paper, Table 2: FP16 tensor with FP32 accumulate.
        ("RTX-4090", "bf16", 165.2),
        # AMD, Instinct MI300X data sheet and MI250X product page.
        ("MI300X", "bf16", 1307.4),
        ("MI250X", "bf16", 383),
        # Google, Cloud TPU documentation, "Peak compute per chip".
        ("TPU-v4", "bf16", 275),
        ("TPU-v5e", "bf16", 197),
        ("TPU-v5p", "bf16", 459),
        ("TPU-v6e", "bf16", 918),
        # AWS, Neuron documentation, Trainium2 architecture.
        ("Trainium2", "bf16", 667),
    ],
)
def test_published_peaks(device: str, precision: str, tflops: float) -> None:
    peaks = {str(name): peak for name, peak in CATALOGUE.accelerators[device].peak_tflops.items()}

    assert peaks[precision].value == tflops


def test_published_idle_power() -> None:
    published = {
        # Google, Cloud TPU documentation: measured min/mean/max 90/170/192 W and 123/220/262 W.
        "TPU-v4": 90,
        "TPU-v3": 123,
        # Vadari, The Model Parking Tax (2026), cross-architecture table: bare idle.
        "H100-SXM5-80GB": 71.8,
        "A100-PCIE-80GB": 53.7,
        "L40S": 35.6,
    }

    idle = {name: CATALOGUE.accelerators[name].idle_power_w for name in published}

    assert {name: watts and watts.value for name, watts in idle.items()} == published


def test_a_die_of_a_module_is_half_of_it() -> None:
    module, die = CATALOGUE.accelerators["MI250X"], CATALOGUE.accelerators["MI250X-GCD"]

    assert die.power_w.value == module.power_w.value / 2
    assert die.peak_tflops["bf16"].value == module.peak_tflops["bf16"].value / 2
    made = [device_embodied(a, CATALOGUE.constants).kgco2e for a in (die, module)]
    assert made[0] == pytest.approx(made[1] / 2, rel=0.01)


def test_accelerators_can_be_put_in_sets_and_cannot_be_changed() -> None:
    accelerator = CATALOGUE.accelerators["T4"]

    assert len({accelerator, CATALOGUE.accelerators["L4"]}) == 2
    with pytest.raises(FrozenInstanceError):
        accelerator.year = 2000  # type: ignore[misc]


def test_an_accelerator_without_peaks_is_still_one() -> None:
    told = vars(CATALOGUE.accelerators["T4"])
    bare = checked(Accelerator, {k: v for k, v in told.items() if k != "peak_tflops"})

    assert dict(bare.peak_tflops) == {}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        (
            "[peak_tflops.fp64]\nvalue = 1",
            "t4.toml [peak_tflops.fp64]: unknown number format; use one of "
            + ", ".join(PRECISIONS),
        ),
        ("[peak_tflops.fp16]\nvalue = 0", "a peak of zero for fp16"),
        ("[peak_tflops.fp16]\nvalue = -1", "t4.toml [peak_tflops.fp16]: value"),
        ("[peak_tflops]\nfp16 = 65\n[power]\nvalue = 1", "a peak is a table with value, basis"),
    ],
)
def test_broken_peaks_are_refused(folder: Path, new: str, complaint: str) -> None:
    path = folder / "accelerators" / "t4.toml"
    text = path.read_text(encoding="utf-8")
    kept = text[: text.index("[peak_tflops.")]
    path.write_text(
        f'{kept}{new}\nbasis = "published"\nsource = "epoch-ml-hardware"\n', encoding="utf-8"
    )

    with pytest.raises(DataError) as error:
        load(folder)

    assert complaint in str(error.value)
