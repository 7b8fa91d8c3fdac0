"""Everything that can go wrong when a run is estimated, as one tree.

    EstimatorError
    ├── UnknownName            a device or place that the catalogue does not hold
    ├── AmbiguousName          a name that stands for several entries
    ├── InvalidValue           a number or unit outside of what the model covers
    ├── DeviceNotInFactorSet   a device for which the chosen factor set has no factor
    └── DataError              a data file that breaks its schema

The classes carry what was wrong as fields, so that a front end can word, translate and underline
it; ``str(error)`` is one plain English line for command lines and logs.
"""

from __future__ import annotations


class EstimatorError(ValueError):
    """Base of all errors that this package raises on purpose."""

    code = "estimator_error"


class UnknownName(EstimatorError):
    """A device or a location was named that the catalogue does not know.

    Attributes:
        kind: ``"device"`` or ``"location"``.
        typed: the name as it was given.
        suggestions: the nearest known names, best first; may be empty.
    """

    code = "unknown_name"

    def __init__(self, kind: str, typed: str, suggestions: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.typed = typed
        self.suggestions = suggestions
        hint = f"; did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(f"unknown {kind} {shorten(typed)!r}{hint}")


class AmbiguousName(EstimatorError):
    """A name fits several entries of the catalogue, and none of them is the obvious one.

    Attributes:
        kind: ``"device"`` or ``"location"``.
        typed: the name as it was given.
        candidates: the entries that it could mean.
    """

    code = "ambiguous_name"

    def __init__(self, kind: str, typed: str, candidates: tuple[str, ...]) -> None:
        self.kind = kind
        self.typed = typed
        self.candidates = candidates
        super().__init__(f"{kind} {shorten(typed)!r} could be {' or '.join(candidates)}: say which")


class InvalidValue(EstimatorError):
    """A value is outside of what the model covers.

    Attributes:
        field: the field of the specification, e.g. ``"pue"``.
        why: what is wrong with it, in words.
        example: a value that would be accepted.
    """

    code = "invalid_value"

    def __init__(self, field: str, why: str, example: str) -> None:
        self.field = field
        self.why = why
        self.example = example
        super().__init__(f"{field}: {why}, e.g. {example}")


class DeviceNotInFactorSet(EstimatorError):
    """The chosen factor set has no factor for a device.

    Attributes:
        device: the device as it was named.
        factor_set: the factor set that lacks it.
        known: the devices that the factor set has.
    """

    code = "device_not_in_factor_set"

    def __init__(self, device: str, factor_set: str, known: tuple[str, ...]) -> None:
        self.device = device
        self.factor_set = factor_set
        self.known = known
        super().__init__(
            f"the factor set {factor_set!r} has no factor for {shorten(device)!r}, "
            f"only for {' and '.join(known)}"
        )


class DataError(EstimatorError):
    """A data file breaks its schema.

    Attributes:
        where: file and row or table.
        why: what is wrong there.
    """

    code = "data_error"

    def __init__(self, where: str, why: str) -> None:
        self.where = where
        self.why = why
        super().__init__(f"{where}: {why}")


def shorten(text: str, limit: int = 40) -> str:
    """Cut a name that somebody typed to ``limit`` characters, so that a message stays a line."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
