"""From a model and its tokens to hours on a device.

operations = operations per token and parameter × parameters × tokens
device-hours = operations / (peak × MFU × 3600)

Six operations per parameter and token of training (two forward, four backward): Kaplan et al. 2020,
Scaling Laws for Neural Language Models, section 2.1. Fine-tuning adapters (LoRA) leaves out the
gradients of the frozen weights, which are two of the six. Inference is the forward pass alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from estimator.accelerator import Accelerator
from estimator.errors import InvalidValue
from estimator.source import Factor
from estimator.spec import Kind, Precision, Workload

FLOP_PER_PARAMETER_AND_TOKEN: Final[dict[Kind, float]] = {
    "training": 6.0,
    "fine_tuning": 6.0,
    "lora": 4.0,
    "inference": 2.0,
}
REFERENCE_PARAMETERS: Final = 1e10
"""The size of model that an ``mfu`` of the data is stated for."""
SECONDS_PER_HOUR: Final = 3600.0
FLOP_PER_TFLOP: Final = 1e12
_BY_CUSTOM: Final[tuple[Precision, ...]] = ("bf16", "fp16", "tf32", "fp32")
"""The format that models are trained in where none is named: the first that a device has."""


def operations_flop(workload: Workload) -> float:
    """Floating-point operations of a workload [FLOP]."""
    parameters = workload.active_parameters or workload.parameters
    return FLOP_PER_PARAMETER_AND_TOKEN[workload.kind] * parameters * workload.tokens


def mfu_at_size(mfu: float, parameters: float, exponent: float) -> float:
    """MFU of a model of some size, from the MFU at ten billion parameters; at most 1.

    Args:
        mfu: model FLOPs utilisation at ten billion parameters [0-1].
        parameters: parameters that one token passes through.
        exponent: how fast it grows with the size.
    """
    return min(mfu * math.pow(parameters / REFERENCE_PARAMETERS, exponent), 1.0)


def device_hours(flop: float, peak_tflops: float, mfu: float) -> float:
    """Hours of one device that does ``flop`` operations [h].

    Args:
        flop: operations [FLOP].
        peak_tflops: dense peak of the device in the precision used [TFLOP/s].
        mfu: model FLOPs utilisation, the share of the peak that is reached [0-1].
    """
    return flop / (peak_tflops * FLOP_PER_TFLOP * mfu * SECONDS_PER_HOUR)


@dataclass(frozen=True, slots=True)
class Peak:
    """The peak that a workload is counted against."""

    precision: Precision
    tflops: Factor


def peak_of(accelerator: Accelerator, precision: Precision | None) -> Peak:
    """The dense peak of a device in a precision, or in the one that training uses by custom.

    Raises:
        InvalidValue: the device has no published peak, or none in that precision.
    """
    peaks = accelerator.peak_tflops
    if precision is not None:
        if precision not in peaks:
            known = ", ".join(peaks) or "no precision"
            raise InvalidValue(
                "precision",
                f"no peak of {accelerator.id} in {precision} is known, only in {known}",
                next(iter(peaks), "a duration instead of tokens"),
            )
        return Peak(precision, peaks[precision])
    for usual in _BY_CUSTOM:
        if usual in peaks:
            return Peak(usual, peaks[usual])
    raise InvalidValue(
        "device",
        f"no peak of {accelerator.id} is known, so tokens give no hours",
        f"8 {accelerator.id} for 2 weeks",
    )
