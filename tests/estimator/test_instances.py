"""Cloud instances and slices of TPU pods: what a name stands for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from estimator import DataError, InvalidValue, load_default
from estimator.datafiles import DATA
from estimator.instance import find_slice, slice_chips
from estimator.runfiles import (
    INSTANCES,
    POD_SLICES,
    instance_key,
    read_instances,
    read_pod_slices,
    read_sources,
)

CATALOGUE = load_default()
SOURCES = read_sources(DATA)
ALL = read_instances(DATA, SOURCES)
GENERATIONS = read_pod_slices(DATA, SOURCES)


@pytest.mark.parametrize(
    ("provider", "least"),
    [("AWS", 40), ("Google Cloud", 25), ("Azure", 20), ("Oracle Cloud", 10)],
)
def test_the_providers_are_there(provider: str, least: int) -> None:
    assert len([i for i in ALL.values() if i.provider == provider]) >= least


def test_every_instance_holds_a_model_of_the_catalogue() -> None:
    for instance in ALL.values():
        assert instance.device in CATALOGUE.accelerators, instance.id


def test_a_name_is_that_instance_and_no_place() -> None:
    for instance in ALL.values():
        for name in (instance.id, *instance.aliases):
            assert CATALOGUE.find_device(name) == instance.id, name
            assert CATALOGUE.find_locations(name) == (), name


@pytest.mark.parametrize(
    ("name", "device", "count"),
    [
        ("p3.2xlarge", "V100-SXM2-16GB", 1),
        ("p3.16xlarge", "V100-SXM2-16GB", 8),
        ("p3dn.24xlarge", "V100-SXM2-32GB", 8),
        ("p4d.24xlarge", "A100-SXM4-40GB", 8),
        ("p4de.24xlarge", "A100-SXM4-80GB", 8),
        ("p5.48xlarge", "H100-SXM5-80GB", 8),
        ("p5.4xlarge", "H100-SXM5-80GB", 1),
        ("p5en.48xlarge", "H200-SXM-141GB", 8),
        ("p6-b200.48xlarge", "B200", 8),
        ("g4dn.12xlarge", "T4", 4),
        ("g5.48xlarge", "A10G", 8),
        ("g6.12xlarge", "L4", 4),
        ("g6e.16xlarge", "L40S", 1),
        ("trn1.32xlarge", "Trainium", 16),
        ("trn2.48xlarge", "Trainium2", 16),
        ("a2-megagpu-16g", "A100-SXM4-40GB", 16),
        ("a2-ultragpu-8g", "A100-SXM4-80GB", 8),
        ("a3-megagpu-8g", "H100-SXM5-80GB", 8),
        ("a3-ultragpu-8g", "H200-SXM-141GB", 8),
        ("a4-highgpu-8g", "B200", 8),
        ("g2-standard-32", "L4", 1),
        ("g2-standard-24", "L4", 2),
        ("Standard_ND96isr_H100_v5", "H100-SXM5-80GB", 8),
        ("ND96isr_H100_v5", "H100-SXM5-80GB", 8),
        ("nd96amsr_a100_v4", "A100-SXM4-80GB", 8),
        ("ND96asr_A100_v4", "A100-SXM4-40GB", 8),
        ("Standard_NC96ads_A100_v4", "A100-PCIE-80GB", 4),
        ("Standard_ND96isr_MI300X_v5", "MI300X", 8),
        ("BM.GPU.H100.8", "H100-SXM5-80GB", 8),
        ("VM.GPU.A10.2", "A10", 2),
    ],
)
def test_what_is_in_an_instance(name: str, device: str, count: int) -> None:
    names = {instance_key(n): i for i in ALL.values() for n in (i.id, *i.aliases)}

    found = names[instance_key(name)]

    assert (found.device, found.device_count) == (device, count)


@pytest.mark.parametrize(
    ("typed", "device", "chips", "echo"),
    [
        ("v2-8", "TPU-v2", 4, "v2-8 = 8 TensorCores = 4 chips"),
        ("v3-8", "TPU-v3", 4, "v3-8 = 8 TensorCores = 4 chips"),
        ("v3-32", "TPU-v3", 16, "v3-32 = 32 TensorCores = 16 chips"),
        ("v3-128", "TPU-v3", 64, "v3-128 = 128 TensorCores = 64 chips"),
        ("tpu v3-8", "TPU-v3", 4, "v3-8 = 8 TensorCores = 4 chips"),
        ("tpu-v4-512", "TPU-v4", 256, "v4-512 = 512 TensorCores = 256 chips"),
        ("v4-128", "TPU-v4", 64, "v4-128 = 128 TensorCores = 64 chips"),
        ("v5p-32", "TPU-v5p", 16, "v5p-32 = 32 TensorCores = 16 chips"),
        ("V5P-128", "TPU-v5p", 64, "v5p-128 = 128 TensorCores = 64 chips"),
        ("TPU v5e-256", "TPU-v5e", 256, "v5e-256 = 256 chips"),
        ("v5litepod-256", "TPU-v5e", 256, "v5e-256 = 256 chips"),
        ("v5litepod-1", "TPU-v5e", 1, "v5e-1 = 1 chip"),
        ("v6e-256", "TPU-v6e", 256, "v6e-256 = 256 chips"),
        ("Google Cloud TPU v3-8", "TPU-v3", 4, "v3-8 = 8 TensorCores = 4 chips"),
        ("v3-2", "TPU-v3", 1, "v3-2 = 2 TensorCores = 1 chip"),
    ],
)
def test_slices_as_cloud_tpu_documents_them(typed: str, device: str, chips: int, echo: str) -> None:
    found = slice_chips(typed, GENERATIONS)

    assert (found.device, found.chips, found.echo) == (device, chips, echo)
    assert found.device in CATALOGUE.accelerators
    assert SOURCES[found.source_id].publisher == "Google Cloud"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("v3-7", "counts TensorCores, 2 to a chip"),
        ("v5p-9", "no whole number of chips"),
        ("v4-0", "has no TensorCores"),
        ("v6e-0", "has no chips"),
        ("v5e-512", "a pod has 256"),
        ("v3-4096", "would be 2048 chips, and a pod has 1024"),
        ("v3", "names no slice"),
        ("v9-8", "names no slice"),
        ("p5.48xlarge", "names no slice"),
    ],
)
def test_slices_that_cannot_be_are_refused(typed: str, why: str) -> None:
    with pytest.raises(InvalidValue) as error:
        slice_chips(typed, GENERATIONS)

    assert error.value.field == "device"
    assert why in error.value.why
    slice_chips(error.value.example, GENERATIONS)


@pytest.mark.parametrize("typed", ["v100-8", "TPU-v3", "8 v3", "a100", "v3-8-2", "tpu v3-"])
def test_other_names_are_no_slices(typed: str) -> None:
    assert find_slice(typed, GENERATIONS) is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("p4d.24xlarge,AWS", "p4de.24xlarge,AWS", "already taken"),
        ("p4d.24xlarge,AWS,A100-SXM4-40GB,8", "p4d.24xlarge,AWS,A100-SXM4-40GB,0", "device_count"),
        (",ND96isr_H100_v5,", ",ND96isr_H200_v5,", "is already taken by"),
        (",karpenter-instance-types,", ",hearsay,", "unknown source 'hearsay'"),
        ("id,provider,", "id,cloud,", "the columns are not those of an? Instance"),
    ],
)
def test_broken_instances_are_refused(folder: Path, old: str, new: str, complaint: str) -> None:
    path = folder / INSTANCES
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(DataError, match=complaint):
        read_instances(folder, SOURCES)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('unit = "chips"', 'unit = "pods"', r"pod_slices\.toml \[v5e\]: unit"),
        ('source = "google-tpu-v3"', 'source = "hearsay"', "unknown source 'hearsay'"),
        ('"v5lite"', '"v5p"', "the name 'v5p' is already taken by v5e"),
        ("[v2]", "[v2", r"pod_slices\.toml"),
    ],
)
def test_broken_slices_are_refused(folder: Path, old: str, new: str, complaint: str) -> None:
    path = folder / POD_SLICES
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(DataError, match=complaint):
        read_pod_slices(folder, SOURCES)
