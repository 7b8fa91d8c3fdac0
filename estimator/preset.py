"""A published run as a specification to start from."""

from __future__ import annotations

from typing import get_args

from estimator.errors import InvalidValue
from estimator.published_run import PublishedRun
from estimator.spec import DeviceQuantity, Precision, TrainingRun, Workload


def as_spec(run: PublishedRun, times: float = 1) -> TrainingRun:
    """What somebody would have said to plan this run.

    The inputs alone: devices, hours, place, PUE and year, and the workload where no hours are
    published. What the run was reported to use or to emit is not in it.

    Args:
        run: the published run.
        times: how many times its work is wanted; the number of devices stays.

    Raises:
        InvalidValue: neither hours nor a workload are published, or the multiple is out of range.
    """
    hours = run.device_hours
    if hours is None and run.duration_h is not None and run.device_count is not None:
        hours = run.duration_h * run.device_count
    workload = None
    if hours is not None:
        hours *= times
    elif run.parameters is not None and run.tokens is not None:
        known = {name: name for name in get_args(Precision)}
        workload = Workload(
            parameters=run.parameters,
            active_parameters=run.active_parameters,
            tokens=run.tokens * times,
            mfu=run.mfu,
            precision=known.get(run.precision or ""),
        )
    else:
        raise InvalidValue(
            "like", f"neither hours nor tokens of {run.name} are published", "like BLOOM"
        )
    return TrainingRun(
        devices=(DeviceQuantity(device=run.device, quantity=run.device_count),),
        device_hours=hours,
        workload=workload,
        location=run.location,
        pue=run.pue,
        year=run.year,
        like=run.id,
    )
