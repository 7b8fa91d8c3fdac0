"""The methodology by simulation: its formulas on draws of the factors, apart from the engine."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from estimator import DeviceQuantity, TrainingRun, load_default
from estimator.source import Factor

CATALOGUE = load_default()
Z_95 = 1.6448536269514722
"""Standard normal deviate below which 95 % lie."""
Draws = np.ndarray[Any, np.dtype[np.float64]]


def run_of(*devices: tuple[str, int], **fields: Any) -> TrainingRun:
    named = tuple(DeviceQuantity(device=name, quantity=n) for name, n in devices)
    return TrainingRun(devices=named, **fields)


def drawn_share(model: str, load: float) -> tuple[float, float, float]:
    """Low, central and high share of its power that a model draws at a load, by its curve."""
    device, curves = CATALOGUE.accelerators[model], CATALOGUE.load_curves
    own = [c for c in curves.values() if c.model == model]
    alike = [c for c in curves.values() if c.vendor == device.vendor and device.kind == "GPU"]
    points = (own or alike or [curves["any"]])[0].points
    at = [point.load for point in points]
    if load > at[-1]:  # the last stretch goes on, up to full power
        points, at = points[-2:], at[-2:]
        along = (load - at[0]) / (at[1] - at[0])
    values = [
        [p.share.low or p.share.value for p in points],
        [p.share.value for p in points],
        [p.share.high or p.share.value for p in points],
    ]
    if load > at[-1]:
        low, value, high = (min(v[0] + along * (v[1] - v[0]), 1.0) for v in values)
    else:
        low, value, high = (float(np.interp(load, at, v)) for v in values)
    return low, value, high


class Dice:
    """Draws each factor once, however often it is used."""

    def __init__(self, seed: int, draws: int) -> None:
        self.dice, self.draws = np.random.default_rng(seed), draws
        self.known: dict[str, Draws] = {}

    def draw(self, factor: Factor | None) -> Draws:
        """Draws of a factor: lognormal with its low and high as 5 % and 95 % points."""
        assert factor is not None
        if factor.id not in self.known:
            low, high = factor.low or factor.value, factor.high or factor.value
            width = math.log(high / low) / 2 / Z_95
            z = self.dice.standard_normal(self.draws)
            self.known[factor.id] = math.sqrt(low * high) * np.exp(width * z)
        return self.known[factor.id]

    def figures(self, run: TrainingRun) -> dict[str, Draws]:
        """The methodology's formulas on draws instead of central values."""
        c, draw = CATALOGUE.constants, self.draw
        hours = run.duration_h or 24.0
        it, full = np.zeros(self.draws), np.zeros(self.draws)
        for entry in run.devices:
            n = entry.quantity
            assert n is not None
            a = CATALOGUE.device(entry.device).accelerator
            usual = c.small_run_utilisation if n <= 8 else c.default_utilisation
            host = c.workstation_host_power_w if a.host == "workstation" else c.host_power_w
            load = draw(a.utilisation or usual)
            if run.utilisation is not None:
                low, value, high = drawn_share(a.id, run.utilisation)
                name = f"{a.id} at {run.utilisation:g}"
                load = draw(replace(usual, id=name, value=value, low=low, high=high))
            watts = draw(a.power_w) * load + draw(a.host_power_w or host)
            if n > 8 and a.kind != "TPU":
                watts = watts + draw(c.network_power_w)
            it += n * hours * watts / 1000
            if a.embodied_kgco2e is not None:
                made = draw(a.embodied_kgco2e)
            else:
                assert a.process_nm
                assert a.memory_type
                per_cm2 = c.embodied_model.die_kgco2e_per_cm2[int(a.process_nm.value)]
                per_gb = c.embodied_model.memory_kgco2e_per_gb[a.memory_type]
                made = draw(a.die_area_mm2) / 100 * draw(per_cm2)
                made = made + draw(a.memory_gb) * draw(per_gb) + draw(c.embodied_model.board_kgco2e)
            full += n * (made + draw(a.host_embodied_kgco2e or c.host_embodied_kgco2e))
        if run.storage_tb:
            it += run.storage_tb * draw(c.storage_w_per_tb) * hours / 1000
        if run.transfer_tb:
            it += run.transfer_tb * draw(c.transfer_kwh_per_tb)
        intensity, pue = CATALOGUE.unknown_location, c.default_pue
        month: Draws | float = 1.0
        if run.location:
            place = CATALOGUE.place_of(CATALOGUE.location_name(run.location))
            intensity = CATALOGUE.grid_of(place).intensity_gco2e_per_kwh
            pue = getattr(place, "pue", None) or pue
            if run.month is not None:
                month = draw(CATALOGUE.grid_of(place).months[run.month])
        energy = it * (run.pue or draw(pue))
        operational = energy * draw(intensity) * month / 1000
        years = run.lifetime_years or draw(c.lifetime_years)
        share = full * hours / (years * 8760)
        return {
            "energy_kwh": energy,
            "operational_kgco2e": operational,
            "embodied_kgco2e": share,
            "embodied_full_kgco2e": full,
            "total_kgco2e": operational + share,
        }
