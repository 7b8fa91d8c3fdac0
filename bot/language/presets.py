"""Published runs as commands: ``like BLOOM``, ``like 2x llama-3-70b``."""

from __future__ import annotations

from estimator.catalogue import Catalogue
from estimator.errors import EstimatorError
from estimator.preset import as_spec
from estimator.spec import TrainingRun


def preset(run_id: str, times: float, catalogue: Catalogue) -> TrainingRun:
    """The specification of a published run, with the names that the catalogue gives.

    Raises:
        InvalidValue: too little about the run is published.
        pydantic.ValidationError: so many times the run is more than a run can be.
    """
    base = as_spec(catalogue.runs[run_id], times)
    devices = tuple(
        entry.model_copy(update={"device": catalogue.device_name(entry.device)})
        for entry in base.devices
    )
    place = catalogue.location_name(base.location) if base.location else None
    return base.model_copy(update={"devices": devices, "location": place})


def like_text(run: TrainingRun, catalogue: Catalogue) -> str | None:
    """The command that says a published run by its name; ``None`` where the run was changed."""
    if run.like is None or run.like not in catalogue.runs:
        return None
    try:
        once = preset(run.like, 1, catalogue)
        times = _amount(run) / _amount(once)
        for number in (times, float(f"{times:.6g}")):
            if preset(run.like, number, catalogue) == run:
                return f"like {run.like}" if number == 1 else f"like {number:g}x {run.like}"
    except (EstimatorError, ValueError):
        return None
    return None


def _amount(run: TrainingRun) -> float:
    if run.device_hours is not None:
        return run.device_hours
    return run.workload.tokens if run.workload else 1.0
