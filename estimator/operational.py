"""Operational energy and emissions, one step per function.

accelerators → + host → + network → + storage → × PUE → × carbon intensity. Powers in W, energies in
kWh, intensities in gCO2e/kWh, emissions in kgCO2e.
"""

from __future__ import annotations

from estimator.units import GRAMS_PER_KILOGRAM, WATTS_PER_KILOWATT


def active_power_w(full_power_w: float, utilisation: float) -> float:
    """Mean power of a device that works: power at full load × utilisation [W].

    Args:
        full_power_w: power of one device at full load [W].
        utilisation: mean power as a share of ``full_power_w`` [0-1].
    """
    return full_power_w * utilisation


def mean_power_w(active_w: float, idle_w: float, duty_cycle: float) -> float:
    """Mean power of a device that works for a share of the time and idles in the rest [W].

    Args:
        active_w: power while it works [W].
        idle_w: power while it idles [W].
        duty_cycle: share of the time in which it works [0-1].
    """
    return active_w * duty_cycle + idle_w * (1 - duty_cycle)


def device_energy_kwh(power_w: float, device_hours: float) -> float:
    """Energy of what draws a mean power per device: power × device-hours [kWh]."""
    return power_w * device_hours / WATTS_PER_KILOWATT


def storage_energy_kwh(stored_tb: float, power_w_per_tb: float, duration_h: float) -> float:
    """Energy of disks that keep data during the run [kWh].

    Args:
        stored_tb: data kept [TB].
        power_w_per_tb: power of the disks per data kept [W/TB].
        duration_h: how long it is kept [h].
    """
    return stored_tb * power_w_per_tb * duration_h / WATTS_PER_KILOWATT


def transfer_energy_kwh(moved_tb: float, energy_kwh_per_tb: float) -> float:
    """Energy of networks that move data: data × energy per data [kWh]."""
    return moved_tb * energy_kwh_per_tb


def facility_energy_kwh(it_energy_kwh: float, pue: float) -> float:
    """Energy that the data centre draws on top of its computers: cooling, power conversion."""
    return it_energy_kwh * (pue - 1)


def operational_kgco2e(energy_kwh: float, intensity_gco2e_per_kwh: float) -> float:
    """Location-based emissions of electricity: energy × carbon intensity of the grid."""
    return energy_kwh * intensity_gco2e_per_kwh / GRAMS_PER_KILOGRAM
