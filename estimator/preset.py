"""A published run as a specification: what its text says was run, never what it says came out."""

from __future__ import annotations

import re
from typing import Final, get_args

from pydantic import ValidationError

from estimator.catalogue import Catalogue
from estimator.complaint import explain
from estimator.errors import InvalidValue, shorten
from estimator.published_run import PublishedRun
from estimator.spec import DeviceQuantity, Precision, TrainingRun, Workload
from estimator.units import parse_count

MAX_TIMES: Final = 1e6

_TIMES = re.compile(r"\s*(?P<times>[\d.,_eE]+[a-zA-Z]?)\s*[x×*]\s*(?P<name>\S.*)", re.IGNORECASE)


def as_spec(run: PublishedRun, times: float = 1) -> TrainingRun:
    """The inputs that a publication gives, as a specification; energies and emissions are left out.

    Hours of all devices are used where they are given, then devices and duration, then parameters
    and tokens. ``times`` multiplies the work: the devices stay, the time grows.

    Raises:
        InvalidValue: the publication gives no hours and no tokens, or ``times`` is no multiple.
    """
    if not 0 < times <= MAX_TIMES:
        raise InvalidValue(
            "like", f"{times:g} times is not above 0 and up to a million", "2x BLOOM"
        )
    hours, count, duration_h = run.device_hours, run.device_count, run.duration_h
    if hours is None and count is not None and duration_h is not None:
        hours = count * duration_h
    workload = None
    if hours is None:
        workload = _workload(run, times)
    # Two of count, time and hours are enough: the third follows from them.
    try:
        return TrainingRun(
            devices=(DeviceQuantity(device=run.device, quantity=count),),
            duration_h=duration_h * times if duration_h and count is None else None,
            device_hours=None if hours is None else hours * times,
            workload=workload,
            location=run.location,
            year=run.year,
            pue=run.pue,
            like=run.id,
        )
    except ValidationError as error:
        raise explain(error) from None


def _workload(run: PublishedRun, times: float) -> Workload:
    parameters = run.parameters or run.active_parameters
    if parameters is None or run.tokens is None:
        raise InvalidValue(
            "like", f"{run.name} was published without its hours and without its tokens", "BLOOM"
        )
    precision = run.precision
    known: tuple[Precision, ...] = get_args(Precision)
    return Workload(
        parameters=parameters,
        tokens=run.tokens * times,
        active_parameters=run.active_parameters,
        mfu=run.mfu,
        precision=next((name for name in known if name == precision), None),
    )


def parse_like(text: str, catalogue: Catalogue) -> TrainingRun:
    """The specification of ``BLOOM`` or ``2x Llama-3-70B``.

    Raises:
        UnknownName: no published run has that name; carries the nearest ones.
        InvalidValue: the multiple is none, or the run cannot be estimated.
    """
    times = 1.0
    name = text
    found = _TIMES.fullmatch(text[:200])
    if catalogue.find_run(text) is None and found is not None:
        times = parse_count(found["times"], "like", "2x BLOOM")
        name = found["name"].strip()
    run = catalogue.run(name)
    if catalogue.find_device(run.device) is None:
        raise InvalidValue(
            "like",
            f"{run.name} ran on {shorten(run.device)}, of which no figures are known",
            "BLOOM",
        )
    return as_spec(run, times)
