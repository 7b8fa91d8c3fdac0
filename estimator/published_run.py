"""A training run that somebody published, with the figures as they stand in the text.

Runs are for checking the estimator, and for comparing a plan with what others needed. Their energy
is worth what its basis is worth: a figure that is the data sheet's power times the hours says
nothing about how well a model of power does.

The split: a row is in the set ``test`` when the first byte of the SHA-256 of its id, as a number,
is below 77 (three in ten), and in ``fit`` otherwise. Families of devices with two or more measured
rows need both sides, so where the rule puts all of a family's measured rows on one side, the one
whose hash is smallest goes to ``test`` (all are in ``fit``), or the one whose hash is largest goes
to ``fit`` (all are in ``test``). ``split_of`` is that rule. Nothing is ever fitted to a row of
``test``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from estimator.source import STRICT

Split = Literal["fit", "test"]

_TEST_BELOW: Final = 77

SECONDS_PER_HOUR: Final = 3600.0
FLOPS_PER_TERAFLOP: Final = 1e12
FLOPS_PER_PARAMETER_AND_TOKEN: Final = 6
"""Forward and backward pass, attention left out: the usual count of a training run's FLOPs."""

HOURS_OF_MORE_THAN_THE_RUN: Final[Mapping[str, str]] = {
    "glm-130b": "the hours are those of the access to the machine, not of the training",
    "llama-3.2-1b": "pruned and distilled: its teachers' work is not in parameters times tokens",
}
"""Runs whose device-hours say nothing about utilisation, and why."""

_Figure = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_FigureOrZero = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class EnergyBasis(StrEnum):
    """How the energy of a run came to be known."""

    MEASURED = "measured"
    """A meter or the devices' own counters, over the run or over a part that stands for it."""
    TDP = "tdp"
    """The power on the data sheet times the hours."""
    MODELLED = "modelled"
    """Another assumed power, or a calculator."""
    NONE = "none"
    """No energy is published."""


class EnergyBoundary(StrEnum):
    """What an energy, or a power, covers."""

    ACCELERATOR = "accelerator"
    ACCELERATOR_PUE = "accelerator+pue"
    IT = "it"
    """Accelerators and their hosts, and the network where the note says so."""
    FACILITY = "facility"
    """The IT equipment, and the data centre's overhead (PUE)."""


@dataclass(frozen=True, kw_only=True)
class PublishedRun:
    """One published run. Figures are totals of the run unless their name says otherwise."""

    __pydantic_config__ = STRICT

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", max_length=80)]
    name: Annotated[str, Field(min_length=2)]
    aliases: tuple[str, ...] = ()
    developer: str
    year: Annotated[int, Field(ge=2010, le=2100)]
    device: str
    """Id of a model of accelerator, or a name that the catalogue does not hold (see ``note``)."""
    device_count: Annotated[int, Field(ge=1)] | None = None
    device_hours: _Figure | None = None
    duration_h: _Figure | None = None
    parameters: _Figure | None = None
    active_parameters: _Figure | None = None
    """Parameters that one token passes through, where not all of them do."""
    tokens: _Figure | None = None
    training_flops: _Figure | None = None
    mfu: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Model FLOPs utilisation, as the text gives it."""
    precision: str | None = None
    location: str | None = None
    """A location of the catalogue."""
    grid_gco2e_per_kwh: _FigureOrZero | None = None
    """The intensity that the text used."""
    pue: Annotated[float, Field(ge=1, le=3)] | None = None
    power_w_per_device: _Figure | None = None
    power_boundary: EnergyBoundary | None = None
    energy_kwh: _Figure | None = None
    operational_kgco2e: _FigureOrZero | None = None
    embodied_kgco2e: _FigureOrZero | None = None
    energy_basis: EnergyBasis
    energy_boundary: EnergyBoundary | None = None
    emission_basis: Literal["location", "market", "unknown"] | None = None
    split: Split
    source_ids: Annotated[tuple[str, ...], Field(min_length=1)]
    quote: Annotated[str, Field(min_length=8)]
    """The figures as they stand in the text, so that they can be found there."""
    note: str | None = None
    verified: Literal["primary", "secondary"]

    def __post_init__(self) -> None:
        if (self.energy_kwh is None) != (self.energy_boundary is None):
            msg = "energy_kwh and energy_boundary go together"
            raise ValueError(msg)
        if (self.power_w_per_device is None) != (self.power_boundary is None):
            msg = "power_w_per_device and power_boundary go together"
            raise ValueError(msg)
        if (self.operational_kgco2e is None) != (self.emission_basis is None):
            msg = "operational_kgco2e and emission_basis go together"
            raise ValueError(msg)
        no_energy = self.energy_kwh is None and self.operational_kgco2e is None
        if self.energy_basis is EnergyBasis.MEASURED and self.energy_kwh is None:
            msg = "a measured energy is to be given"
            raise ValueError(msg)
        if (self.energy_basis is EnergyBasis.NONE) != no_energy:
            msg = "energy_basis is none exactly where neither energy nor emissions are given"
            raise ValueError(msg)

    @property
    def measured(self) -> bool:
        """Whether the run can test a model of power, which a computed energy cannot."""
        return self.energy_basis is EnergyBasis.MEASURED


def split_of(runs: Iterable[tuple[str, str, bool]]) -> Mapping[str, Split]:
    """The split of runs, each given as (id, family of its device, whether it is measured)."""
    listed = list(runs)
    splits: dict[str, Split] = {
        run: "test" if hashlib.sha256(run.encode()).digest()[0] < _TEST_BELOW else "fit"
        for run, _, _ in listed
    }
    families: dict[str, list[str]] = {}
    for run, family, measured in listed:
        if measured:
            families.setdefault(family, []).append(run)
    for members in families.values():
        sides = {splits[run] for run in members}
        if len(members) >= 2 and len(sides) == 1:
            ordered = sorted(members, key=lambda run: hashlib.sha256(run.encode()).digest())
            if sides == {"fit"}:
                splits[ordered[0]] = "test"
            else:
                splits[ordered[-1]] = "fit"
    return splits


def device_family(device: str) -> str:
    """The part of a device's id that its variants share: ``A100`` of ``A100-SXM4-80GB``."""
    parts = device.split("-")
    return "-".join(parts[:2]) if parts[0] in {"TPU", "RTX", "GTX"} else parts[0]


def effective_mfu(run: PublishedRun, peak_tflops: float) -> float | None:
    """The share of the peak [TFLOP/s per device] that a run made use of over its device-hours.

    Restarts, evaluations and waiting count against it, so it is below the utilisation that texts
    report for a step. ``None`` where parameters, tokens or device-hours are not published.
    """
    parameters = run.active_parameters or run.parameters
    if parameters is None or run.tokens is None or run.device_hours is None:
        return None
    flops = FLOPS_PER_PARAMETER_AND_TOKEN * parameters * run.tokens
    return flops / (run.device_hours * SECONDS_PER_HOUR * peak_tflops * FLOPS_PER_TERAFLOP)
