"""Operational energy and emissions, one step per function.

accelerators → + host → + network → × PUE → × carbon intensity. Powers in W, energies in kWh,
intensities in gCO2e/kWh, emissions in kgCO2e.
"""

from __future__ import annotations

from estimator.units import GRAMS_PER_KILOGRAM, WATTS_PER_KILOWATT


def accelerator_energy_kwh(
    quantity: int, power_w: float, utilisation: float, duration_h: float
) -> float:
    """Energy of the accelerators themselves: quantity × power × utilisation × time.

    Args:
        quantity: number of devices.
        power_w: power of one device at full load [W].
        utilisation: mean power as a share of ``power_w`` [0-1].
        duration_h: time they run [h].
    """
    return quantity * power_w * utilisation * duration_h / WATTS_PER_KILOWATT


def constant_energy_kwh(quantity: int, power_w: float, duration_h: float) -> float:
    """Energy of equipment that draws the same power all the time: host and network shares."""
    return quantity * power_w * duration_h / WATTS_PER_KILOWATT


def facility_energy_kwh(it_energy_kwh: float, pue: float) -> float:
    """Energy that the data centre draws on top of its computers: cooling, power conversion."""
    return it_energy_kwh * (pue - 1)


def operational_kgco2e(energy_kwh: float, intensity_gco2e_per_kwh: float) -> float:
    """Location-based emissions of electricity: energy × carbon intensity of the grid."""
    return energy_kwh * intensity_gco2e_per_kwh / GRAMS_PER_KILOGRAM
