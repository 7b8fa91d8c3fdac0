"""What a specification's validation found, in one plain line instead of the validator's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from estimator.errors import InvalidValue, shorten

_EXAMPLES: Final = {
    "devices": "--device 8xH100",
    "device": "--device 8xH100",
    "quantity": "--device 8xH100",
    "duration_h": "--duration 36h",
    "device_hours": "--device-hours 1.7M",
    "parameters": "--parameters 70B",
    "active_parameters": "--active-parameters 37B",
    "tokens": "--tokens 15T",
    "mfu": "--mfu 40%",
    "precision": "--precision bf16",
    "kind": "--kind training",
    "energy_kwh": "--energy '433 MWh'",
    "location": "--location France",
    "year": "--year 2024",
    "month": "--month May",
    "live": "--location France",
    "utilisation": "--utilisation 60%",
    "duty_cycle": "--duty-cycle 30%",
    "pue": "--pue 1.1",
    "lifetime_years": "--lifetime 5",
    "overhead": "--overhead 50%",
    "storage_tb": "--storage 100TB",
    "transfer_tb": "--transfer 3TB",
    "factors": "--factors sourced",
    "like": "--like BLOOM",
}
_DEFAULT_EXAMPLE: Final = "--device 8xH100 --duration 2w"
_EXAMPLE_OF_RULE: Final = (
    ("how many of each", "--device 8xH100"),
    ("exactly one type", "--device H100 --device-hours 1.7M"),
    ("the third follows", "--device 64xH100 --device-hours 20k"),
    ("at least one device", "--device 8xH100, or --energy '433 MWh'"),
    ("active parameters", "--parameters 671B --active-parameters 37B"),
)


def explain(error: ValidationError) -> InvalidValue:
    """The first complaint as an ``InvalidValue`` with the field, the reason and an example."""
    first = error.errors()[0]
    names = [part for part in first["loc"] if isinstance(part, str)]
    field = names[-1] if names else "run"
    message = str(first["msg"]).removeprefix("Value error, ")
    example = _EXAMPLES.get(field, _DEFAULT_EXAMPLE)
    if first["type"] == "value_error":
        example = next((e for words, e in _EXAMPLE_OF_RULE if words in message), example)
        return InvalidValue(field, message, example)
    return InvalidValue(field, _why(first["type"], first["input"], first.get("ctx", {})), example)


def _why(kind: str, given: object, limits: Mapping[str, Any]) -> str:
    typed = f"{given:.15g}" if isinstance(given, float) else shorten(str(given))
    if given != given:  # noqa: PLR0124 - only NaN differs from itself
        return "nan is not a number"
    match kind:
        case "greater_than_equal":
            return f"{typed} is below the least that is accepted, {limits['ge']:.6g}"
        case "greater_than":
            return f"{typed} is not above {limits['gt']:g}"
        case "less_than_equal":
            return f"{typed} is above the most that is accepted, {limits['le']:,.15g}"
        case "too_long":
            return f"more than {limits['max_length']} were given"
        case "string_too_long":
            return f"{typed!r} is longer than {limits['max_length']} characters"
        case "string_too_short":
            return "nothing was given"
        case "literal_error" | "enum":
            return f"{typed!r} is not one of {limits['expected']}"
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "this is missing"
        case _:
            return f"{typed!r} is not accepted here"
