"""An accelerator as the data describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from estimator.source import STRICT, Factor

Precision = Literal["fp32", "tf32", "bf16", "fp16", "fp8", "int8", "fp4"]
"""A number format that an accelerator computes in."""

PRECISIONS: Final[tuple[Precision, ...]] = get_args(Precision)


FIGURE_UNITS: Final = {
    "power_w": "W",
    "utilisation": "1",
    "idle_power_w": "W",
    "host_power_w": "W",
    "mfu": "1",
    "embodied_kgco2e": "kgCO2e",
    "host_embodied_kgco2e": "kgCO2e",
    "die_area_mm2": "mm2",
    "process_nm": "nm",
    "memory_gb": "GB",
}
"""Unit of each figure of an accelerator; the names say it too."""


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """One model of accelerator, with a factor (value, unit, basis, source) per figure.

    Manufacturing is either published (``embodied_kgco2e``) or modelled from the die and the memory,
    so one of the two must be there.
    """

    __pydantic_config__ = STRICT

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$", max_length=60)]
    name: str
    vendor: str
    kind: str
    year: Annotated[int, Field(ge=2010, le=2100)]
    aliases: tuple[str, ...] = ()
    host: Literal["server", "workstation"] = "server"
    """The computer it is usually in: consumer cards are mostly alone in a workstation."""
    power_w: Factor
    """Electrical power of one device at full load, which the utilisation is a share of."""
    utilisation: Factor | None = None
    """Mean share of ``power_w`` while training, where the general default does not fit."""
    idle_power_w: Factor | None = None
    """Electrical power of one device that is on and has no work, where measured or published."""
    host_power_w: Factor | None = None
    """The device's share of its server's power without accelerators, where published."""
    mfu: Factor | None = None
    """Share of the dense 16-bit peak that published runs made use of, over all hours reported.

    6 FLOPs per parameter and token, over device-hours times peak; see ``effective_mfu``.
    """
    embodied_kgco2e: Factor | None = None
    """Manufacturing of one device, cradle to gate, where published."""
    host_embodied_kgco2e: Factor | None = None
    """The device's share of manufacturing its server, where published."""
    die_area_mm2: Factor | None = None
    process_nm: Factor | None = None
    memory_gb: Factor | None = None
    memory_type: str | None = None
    peak_tflops: Mapping[Precision, Factor] = field(default_factory=dict)
    """Dense peak (no sparsity) of one device by number format [TFLOP/s, for int8 TOP/s].

    ``fp32`` is the peak outside matrix units, unless its note says otherwise.
    """

    def __hash__(self) -> int:
        # The peaks are a mapping, which has no hash; the catalogue holds each id once.
        return hash(self.id)

    def __post_init__(self) -> None:
        modelled = (self.die_area_mm2, self.process_nm, self.memory_gb, self.memory_type)
        if self.embodied_kgco2e is None and None in modelled:
            msg = (
                "give embodied_kgco2e with its source, or all of die_area_mm2, process_nm, "
                "memory_gb and memory_type so that it can be modelled"
            )
            raise ValueError(msg)
        if empty := [name for name, peak in self.peak_tflops.items() if peak.value <= 0]:
            msg = f"a peak of zero for {', '.join(empty)}; leave it out where there is none"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class GeneralName:
    """A name people say that stands for a default model: ``GPU``, ``H100``."""

    __pydantic_config__ = STRICT

    name: str
    means: str
    others: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str | None = None
