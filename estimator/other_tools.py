"""What other calculators say, from their published formulas: pure functions of the same inputs.

The formulas and constants are those of the tools' own code and papers, which each function names.
Powers in W, energies in kWh, emissions in kgCO2e.
"""

from __future__ import annotations

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

BOAVIZTA_DIE_KGCO2E_PER_CM2: Final = 4.26
BOAVIZTA_MEMORY_KGCO2E_PER_CM2: Final = 18.4
BOAVIZTA_H100_DIE_CM2: Final = 28.104
BOAVIZTA_H100_MEMORY_CM2: Final = 7.44
"""Wafer areas of an H100 SXM, with their losses, in the documentation of BoaviztAPI."""


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


def boavizta_h100_chips_kgco2e() -> float:
    """Die and memory of an H100 in BoaviztAPI; board, casing and heatsink come on top [kgCO2e]."""
    return (
        BOAVIZTA_H100_DIE_CM2 * BOAVIZTA_DIE_KGCO2E_PER_CM2
        + BOAVIZTA_H100_MEMORY_CM2 * BOAVIZTA_MEMORY_KGCO2E_PER_CM2
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
