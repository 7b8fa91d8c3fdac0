"""Where a figure comes from, and how well it is known.

What the data is made of is held in plain dataclasses, here and in ``accelerator``, ``place``,
``instance``, ``published_run`` and ``equivalence``. Their types say what a file may hold, and
``estimator.tables`` checks them when a file is read; what was read once is not checked again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import ConfigDict, Field

from estimator.uncertainty import Moments, inverse, log_width, spread

STRICT: Final = ConfigDict(extra="forbid")
"""What a file says of a thing is nothing but what the thing has."""


class Basis(StrEnum):
    """How a factor came to be."""

    MEASURED = "measured"
    """Somebody measured it and published the measurement."""
    PUBLISHED = "published"
    """A maker, an agency or a study states it."""
    ASSUMED = "assumed"
    """Nobody states it; we chose it for the reason in its note."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A public text that states a figure.

    ``read`` says how the figure was checked: ``primary`` when the text itself was read, and
    ``secondary`` when the figure was read in another document (``via``) that cites this one.
    """

    __pydantic_config__ = STRICT

    id: str
    title: Annotated[str, Field(min_length=3)]
    publisher: Annotated[str, Field(min_length=2)]
    year: Annotated[int, Field(ge=1990, le=2100)] | None = None
    """Year of publication; ``None`` only where the text itself does not tell (see ``note``)."""
    url: Annotated[str, Field(pattern=r"^(https://|docs/)\S+$")]
    licence: Annotated[str, Field(min_length=3)]
    read: Literal["primary", "secondary"]
    via: Annotated[str, Field(pattern=r"^(https://|docs/)\S+$")] | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if (self.read == "secondary") != (self.via is not None):
            msg = "a secondary reading names where it was read (via); a primary one does not"
            raise ValueError(msg)


class Inverse(NamedTuple):
    """A factor that something is divided by, seen as one that it is multiplied by."""

    log_width: float
    """Standard deviation of the logarithm, the same both ways."""
    median_ratio: float
    """Median of value / factor."""


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One figure of the data: value, unit, basis and source.

    ``low`` and ``high`` hold the range over which sources disagree, where they do; they are taken
    as the 5 % and 95 % points of what the figure could be (``estimator.uncertainty``).
    """

    __pydantic_config__ = STRICT

    id: str
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    unit: str
    basis: Basis
    source: Source
    low: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    high: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    year: int | None = None
    """The year that the figure describes, where that is not the source's own year."""
    kind: str | None = None
    """What sort of figure it is, where that matters: ``TDP``, ``measured mean``, ``lifecycle`` …"""
    note: str | None = None

    def __hash__(self) -> int:
        return hash(self.id)

    def __post_init__(self) -> None:
        if self.low is not None and self.low > self.value:
            msg = f"low {self.low} is above the value {self.value}"
            raise ValueError(msg)
        if self.high is not None and self.high < self.value:
            msg = f"high {self.high} is below the value {self.value}"
            raise ValueError(msg)

    @cached_property
    def spread(self) -> Moments:
        """Moments of factor / value."""
        return spread(self.value, self.low, self.high)

    @cached_property
    def inverted(self) -> Inverse:
        """The factor as one that something is divided by."""
        return Inverse(self.log_width, 1 / self.median_ratio)

    @cached_property
    def inverse_spread(self) -> Moments:
        """Moments of value / factor, for a factor that something is divided by."""
        return inverse(self.value, self.low, self.high)

    @cached_property
    def median_ratio(self) -> float:
        """Median of factor / value."""
        if not self.log_width:
            return 1.0
        return math.sqrt((self.low or self.value) * (self.high or self.value)) / self.value

    @cached_property
    def log_width(self) -> float:
        """Standard deviation of the factor's logarithm; 0 where no range is known."""
        return log_width(self.value, self.low, self.high)
