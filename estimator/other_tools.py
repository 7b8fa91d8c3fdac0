"""What other calculators say, from their published formulas: pure functions of the same inputs.

The formulas and constants are those of the tools' own code and papers, which each function names.
Powers in W, energies in kWh, emissions in kgCO2e.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from estimator.units import GRAMS_PER_KILOGRAM, WATTS_PER_KILOWATT

SECONDS_PER_DAY: Final = 86_400.0
HOURS_PER_DAY: Final = 24.0

MLCO2_POWER_W: Final = {
    "A100-PCIE-40GB": 250.0,
    "A100-SXM4-80GB": 400.0,
    "GTX-1080-Ti": 250.0,
    "P100-PCIE-16GB": 250.0,
    "T4": 70.0,
    "TPU-v2": 221.0,
    "TPU-v3": 283.0,
    "V100-PCIE-16GB": 300.0,
    "V100-SXM2-16GB": 250.0,
    "V100-SXM2-32GB": 300.0,
}
"""Power of each device in ``data/gpus.csv`` of ML CO2 Impact (the file swaps the two V100s)."""

GREEN_ALGORITHMS_MEMORY_W_PER_GB: Final = 0.3725
"""``memoryPower`` in ``data/v2.2/referenceValues.csv`` of the Green Algorithms tool."""
GREEN_ALGORITHMS_PUE: Final = 1.67
"""PUE of an unknown provider in its ``data/v2.2/defaults_PUE.csv`` (Uptime Institute, 2019)."""

CODECARBON_CPU_W: Final = 85.0
"""``POWER_CONSTANT`` of CodeCarbon: the TDP of a processor that its table does not hold."""
CODECARBON_CPU_LOAD: Final = 0.5
"""``CONSUMPTION_PERCENTAGE_CONSTANT``: the share of the TDP taken where nothing is measured."""
CODECARBON_RAM_W_PER_SLOT: Final = 5.0
"""``RAM_SLOT_POWER_X86``."""

ECOLOGITS_SERVER_W: Final = 1_200.0
"""``SERVER_POWER`` of EcoLogits: a server of eight GPUs, without the GPUs."""
ECOLOGITS_SERVER_GPUS: Final = 8
ECOLOGITS_GPU_KGCO2E: Final = 273.0
ECOLOGITS_SERVER_KGCO2E: Final = 5_700.0

BOAVIZTA_DIE_KGCO2E_PER_CM2: Final = 4.2592
BOAVIZTA_MEMORY_KGCO2E_PER_CM2: Final = 18.379
BOAVIZTA_BOARD_KGCO2E_PER_CM2: Final = 0.032549
BOAVIZTA_CASING_KGCO2E_PER_KG: Final = 8.2542
BOAVIZTA_HEATSINK_KGCO2E_PER_KG: Final = 5.7412
BOAVIZTA_SUPPLY_KGCO2E_PER_KG: Final = 0.25955
"""Transport of the parts to the factory."""
BOAVIZTA_BOAT_KGCO2E_PER_KG_KM: Final = 1.33e-5
BOAVIZTA_TRUCK_KGCO2E_PER_KG_KM: Final = 5.04e-5
BOAVIZTA_END_OF_LIFE_KGCO2E_PER_KG: Final = 1.5062
"""The ``gpu`` factors of BoaviztAPI's ``data/factors.yml``, after ADEME."""
BOAVIZTA_H100_DIE_CM2: Final = 28.104
BOAVIZTA_H100_MEMORY_CM2: Final = 7.44
"""Wafer areas of an H100 SXM, with their losses, in the documentation of BoaviztAPI."""
BOAVIZTA_H100_BOARD_CM2: Final = 296.37
BOAVIZTA_H100_CASING_KG: Final = 0.78923
BOAVIZTA_H100_HEATSINK_KG: Final = 0.90077
BOAVIZTA_H100_KG: Final = 1.69
BOAVIZTA_H100_BOAT_KM: Final = 19_000.0
BOAVIZTA_H100_TRUCK_KM: Final = 1_000.0
"""The H100 SXM in its ``data/crowdsourcing/gpu_specs.csv``."""
BOAVIZTA_MEMORY_MM2_PER_GB: Final = 15.5
BOAVIZTA_H100_MEMORY_GB: Final = 80.0
BOAVIZTA_H100_MEMORY_DIES: Final = 6
BOAVIZTA_KERF_MM: Final = 0.2
BOAVIZTA_WAFER_MM: Final = 300.0
BOAVIZTA_DEFECTS_PER_CM2: Final = 0.1
"""Of its ``models/component/gpu.py``, which makes the memory's wafer area from the capacity."""


def tdp_times_hours_kwh(power_w: float, device_hours: float) -> float:
    """ML CO2 Impact, and most model cards: power on the data sheet × device-hours [kWh].

    Lacoste et al. 2019, arXiv 1910.09700. It knows neither PUE nor host.
    """
    return power_w * device_hours / WATTS_PER_KILOWATT


def green_algorithms_kwh(
    power_w: float, device_hours: float, memory_gb_per_device: float, usage: float = 1.0
) -> float:
    """Green Algorithms: hours × (power × usage + memory × 0.3725 W) × PUE [kWh].

    Lannelongue et al. 2021, doi 10.1002/advs.202100707.

    Args:
        power_w: power of one device on the data sheet [W].
        device_hours: hours of all devices together [h].
        memory_gb_per_device: memory made available, per device [GB].
        usage: share of its power that a device draws; 1 by default [0-1].
    """
    memory_w = memory_gb_per_device * GREEN_ALGORITHMS_MEMORY_W_PER_GB
    drawn_w = power_w * usage + memory_w
    return drawn_w * device_hours * GREEN_ALGORITHMS_PUE / WATTS_PER_KILOWATT


def codecarbon_host_w(memory_slots: int) -> float:
    """Host power that CodeCarbon takes where it can measure nothing, per machine [W].

    Half of 85 W for the processor, and 5 W for each of up to four memory modules, 4.5 W for each
    of the next four. Its GPU figure is always a measurement, so it has none before a run.
    """
    first, rest = min(memory_slots, 4), min(max(memory_slots - 4, 0), 4)
    memory_w = CODECARBON_RAM_W_PER_SLOT * (first + 0.9 * rest)
    return CODECARBON_CPU_W * CODECARBON_CPU_LOAD + memory_w


def ecologits_host_w() -> float:
    """Host power per GPU in EcoLogits [W]."""
    return ECOLOGITS_SERVER_W / ECOLOGITS_SERVER_GPUS


def ecologits_embodied_kgco2e() -> float:
    """Manufacturing of one GPU with its share of the server in EcoLogits [kgCO2e]."""
    return ECOLOGITS_GPU_KGCO2E + ECOLOGITS_SERVER_KGCO2E / ECOLOGITS_SERVER_GPUS


def boavizta_wafer_mm2(die_mm2: float) -> float:
    """Wafer area that BoaviztAPI books for a die, with rim, saw and broken dies [mm²]."""
    cut_mm2 = (math.sqrt(die_mm2) + BOAVIZTA_KERF_MM) ** 2
    wafer_mm2 = math.pi * (BOAVIZTA_WAFER_MM / 2) ** 2
    dies = wafer_mm2 / cut_mm2 - math.pi * BOAVIZTA_WAFER_MM / math.sqrt(2 * cut_mm2)
    whole = math.exp(-math.sqrt(cut_mm2 / 100 * BOAVIZTA_DEFECTS_PER_CM2))
    return wafer_mm2 / dies / whole


def boavizta_h100_kgco2e(memory_cm2: float | None = None) -> float:
    """Manufacturing, transport and end of life of an H100 in BoaviztAPI [kgCO2e].

    Args:
        memory_cm2: wafer area of its memory; ``None`` for what the code makes of the capacity.
    """
    if memory_cm2 is None:
        die_mm2 = BOAVIZTA_H100_MEMORY_GB * BOAVIZTA_MEMORY_MM2_PER_GB / BOAVIZTA_H100_MEMORY_DIES
        memory_cm2 = boavizta_wafer_mm2(die_mm2) * BOAVIZTA_H100_MEMORY_DIES / 100
    per_kg = (
        BOAVIZTA_SUPPLY_KGCO2E_PER_KG
        + BOAVIZTA_H100_BOAT_KM * BOAVIZTA_BOAT_KGCO2E_PER_KG_KM
        + BOAVIZTA_H100_TRUCK_KM * BOAVIZTA_TRUCK_KGCO2E_PER_KG_KM
        + BOAVIZTA_END_OF_LIFE_KGCO2E_PER_KG
    )
    return (
        BOAVIZTA_H100_DIE_CM2 * BOAVIZTA_DIE_KGCO2E_PER_CM2
        + memory_cm2 * BOAVIZTA_MEMORY_KGCO2E_PER_CM2
        + BOAVIZTA_H100_BOARD_CM2 * BOAVIZTA_BOARD_KGCO2E_PER_CM2
        + BOAVIZTA_H100_CASING_KG * BOAVIZTA_CASING_KGCO2E_PER_KG
        + BOAVIZTA_H100_HEATSINK_KG * BOAVIZTA_HEATSINK_KGCO2E_PER_KG
        + BOAVIZTA_H100_KG * per_kg
    )


@dataclass(frozen=True, slots=True)
class LlmCarbonRow:
    """One row of LLMCarbon's validation: its inputs, the report, and its own figures."""

    name: str
    run: str | None
    """Id of the same run in ``runs/runs.csv``."""
    parameters: float
    """Of a mixture of experts, those of the dense base model."""
    tokens: float
    device: str
    device_count: int
    peak_tflops: float
    efficiency: float
    """Achieved over peak FLOP/s of the very run that is predicted."""
    system_power_w: float
    pue: float
    grid_gco2e_per_kwh: float
    reported_days: float
    reported_energy_kwh: float
    reported_kgco2e: float
    its_days: float
    its_energy_kwh: float
    its_kgco2e: float


def llmcarbon_days(row: LlmCarbonRow) -> float:
    """LLMCarbon: 6 × parameters × tokens / (devices × peak × efficiency), in days."""
    flop = 6 * row.parameters * row.tokens
    rate = row.device_count * row.peak_tflops * 1e12 * row.efficiency
    return flop / rate / SECONDS_PER_DAY


def llmcarbon_energy_kwh(row: LlmCarbonRow) -> float:
    """LLMCarbon: system power × devices × days × PUE [kWh]."""
    hours = llmcarbon_days(row) * HOURS_PER_DAY
    return row.system_power_w * row.device_count * hours * row.pue / WATTS_PER_KILOWATT


def llmcarbon_kgco2e(row: LlmCarbonRow) -> float:
    """LLMCarbon: energy × carbon intensity [kgCO2e]."""
    return llmcarbon_energy_kwh(row) * row.grid_gco2e_per_kwh / GRAMS_PER_KILOGRAM
