"""What a cloud sells under one name: an instance with accelerators, or a slice of TPUs.

The names of TPU slices end in a number, which does not always count chips. Up to v5p (but not v5e)
it counts TensorCores, of which a chip has two, so that a ``v3-8`` is four chips; for v5e and v6e it
counts chips. Both are the rules of Cloud TPU's accelerator types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from estimator.errors import InvalidValue, shorten
from estimator.source import STRICT


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A type of cloud instance and the whole accelerators in it."""

    __pydantic_config__ = STRICT

    id: Annotated[str, Field(min_length=3, max_length=60)]
    """The name that the provider gives it."""
    provider: str
    device: str
    """Id of the model of accelerator."""
    device_count: Annotated[int, Field(ge=1, le=64)]
    """Accelerators in one instance."""
    aliases: tuple[str, ...] = ()
    source_id: str
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class PodSlices:
    """How the slices of one generation of TPU are named."""

    __pydantic_config__ = STRICT

    generation: str
    """As it stands in a slice's name: ``v5e``."""
    device: str
    """Id of the model of accelerator."""
    unit: Literal["TensorCores", "chips"]
    """What the number in a slice's name counts."""
    tensorcores_per_chip: Annotated[int, Field(ge=1, le=8)]
    largest_chips: Annotated[int, Field(ge=1)]
    """Chips of a whole pod, which no slice exceeds."""
    spellings: tuple[str, ...]
    """Other names of the generation in a slice's name: ``v5litepod``."""
    source_id: str
    note: str | None = None


class Slice(NamedTuple):
    """A slice of a TPU pod, as somebody typed it."""

    generation: str
    device: str
    number: int
    """The number typed, in ``unit``."""
    unit: Literal["TensorCores", "chips"]
    chips: int
    source_id: str

    @property
    def name(self) -> str:
        """The slice as an answer calls it: ``v3-8``."""
        return f"{self.generation}-{self.number}"

    @property
    def echo(self) -> str:
        """What the name was understood as: ``v3-8 = 8 TensorCores = 4 chips``."""
        chips = f"{self.chips} chip" if self.chips == 1 else f"{self.chips} chips"
        if self.unit == "chips":
            return f"{self.name} = {chips}"
        return f"{self.name} = {self.number} TensorCores = {chips}"


_SLICE = re.compile(
    r"\s*(?:(?:google[\s\-_]*)?(?:cloud[\s\-_]*)?tpu[\s\-_]*)?"
    r"(?P<generation>v\d+(?:[a-z]+)?)[\s\-_](?P<number>\d{1,6})\s*",
    re.IGNORECASE,
)

_EXAMPLE: Final = "v3-8"


def find_slice(text: str, generations: tuple[PodSlices, ...]) -> Slice | None:
    """The slice that ``text`` names, or ``None`` where it does not name one of the generations.

    Raises:
        InvalidValue: the text names a slice that cannot exist.
    """
    match = _SLICE.fullmatch(text)
    if match is None:
        return None
    typed = match["generation"].lower()
    named = [g for g in generations if typed in (g.generation, *g.spellings)]
    if not named:
        return None
    (naming,) = named
    number = int(match["number"])
    per_chip = naming.tensorcores_per_chip if naming.unit == "TensorCores" else 1
    chips, rest = divmod(number, per_chip)
    name = f"{naming.generation}-{number}"
    if number == 0:
        raise InvalidValue("device", f"{name} has no {naming.unit}", _EXAMPLE)
    if rest:
        why = (
            f"the number in {name} counts TensorCores, {per_chip} to a chip, so {number} "
            "of them are no whole number of chips"
        )
        raise InvalidValue("device", why, _EXAMPLE)
    if chips > naming.largest_chips:
        why = f"{name} would be {chips} chips, and a pod has {naming.largest_chips}"
        raise InvalidValue("device", why, _EXAMPLE)
    return Slice(
        generation=naming.generation,
        device=naming.device,
        number=number,
        unit=naming.unit,
        chips=chips,
        source_id=naming.source_id,
    )


def slice_chips(text: str, generations: tuple[PodSlices, ...]) -> Slice:
    """The slice that ``text`` names: ``v3-8``, ``tpu v3-8``, ``tpu-v4-512``, ``v5litepod-256``.

    Raises:
        InvalidValue: the text names no slice, or one that cannot exist.
    """
    found = find_slice(text, generations)
    if found is None:
        known = ", ".join(g.generation for g in generations)
        why = f"{shorten(text)!r} names no slice of a TPU pod of the generations {known}"
        raise InvalidValue("device", why, _EXAMPLE)
    return found
