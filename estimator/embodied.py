"""Embodied (manufacturing) emissions, in full and as the share that a run uses up."""

from __future__ import annotations

from typing import NamedTuple

from estimator.accelerator import Accelerator
from estimator.catalogue import Constants
from estimator.errors import DataError
from estimator.source import Factor
from estimator.units import HOURS_PER_YEAR, MM2_PER_CM2


class Embodied(NamedTuple):
    """Manufacturing of one device [kgCO2e] and the factors that gave it."""

    kgco2e: float
    terms: tuple[tuple[float, tuple[Factor, ...]], ...]
    """Its parts [kgCO2e], each with the factors that it is proportional to."""
    modelled: bool


def device_embodied(accelerator: Accelerator, constants: Constants) -> Embodied:
    """Manufacturing of one device: published where it is, otherwise modelled.

    The model is die area × factor of the process node + memory × factor of the memory type + board.

    Raises:
        DataError: the node or the memory type has no factor.
    """
    if accelerator.embodied_kgco2e is not None:
        published = accelerator.embodied_kgco2e
        return Embodied(published.value, ((published.value, (published,)),), modelled=False)
    area, node, memory = accelerator.die_area_mm2, accelerator.process_nm, accelerator.memory_gb
    model = constants.embodied_model
    kind = accelerator.memory_type or ""
    if area is None or node is None or memory is None:
        raise DataError(accelerator.id, "neither published nor modelled manufacturing")
    per_cm2 = model.die_kgco2e_per_cm2.get(int(node.value))
    per_gb = model.memory_kgco2e_per_gb.get(kind)
    if per_cm2 is None:
        raise DataError(accelerator.id, f"no die factor for {node.value:g} nm")
    if per_gb is None:
        raise DataError(accelerator.id, f"no memory factor for {kind!r}")
    terms = (
        (area.value / MM2_PER_CM2 * per_cm2.value, (area, node, per_cm2)),
        (memory.value * per_gb.value, (memory, per_gb)),
        (model.board_kgco2e.value, (model.board_kgco2e,)),
    )
    return Embodied(sum(amount for amount, _ in terms), terms, modelled=True)


def amortised_kgco2e(each_kgco2e: float, device_hours: float, lifetime_years: float) -> float:
    """The share of manufacturing that falls on a run: one device × device-hours / lifetime.

    Args:
        each_kgco2e: manufacturing of one device with its share of the server [kgCO2e].
        device_hours: time the run holds devices, over all of them [h].
        lifetime_years: years that a device is in service.
    """
    return each_kgco2e * device_hours / (lifetime_years * HOURS_PER_YEAR)
