"""An estimate on paper: as JSON that anybody can run again, and as a paragraph to paste."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from estimator.catalogue import Catalogue
from estimator.estimating import estimate
from estimator.result import Estimate
from estimator.spec import TrainingRun


class Record(BaseModel):
    """A specification with the estimate that it gave.

    The estimate names the version of the data that it was made from (``catalogue_version``); the
    same specification and version give the same figures, bit for bit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    spec: TrainingRun
    estimate: Estimate


class Rerun(BaseModel):
    """What running a record again gave."""

    model_config = ConfigDict(frozen=True)

    same_data: bool
    """Whether the data is of the version that made the record."""
    same_figures: bool
    """Whether every total came out the same."""
    estimate: Estimate


@cache
def _adapter() -> TypeAdapter[Estimate]:
    return TypeAdapter(Estimate)


def estimate_json(found: Estimate) -> str:
    """An estimate as indented JSON."""
    return _adapter().dump_json(found, indent=2).decode()


def estimate_dict(found: Estimate) -> dict[str, Any]:
    """An estimate as what JSON can hold."""
    shown: dict[str, Any] = _adapter().dump_python(found, mode="json")
    return shown


def estimate_schema() -> dict[str, Any]:
    """The JSON Schema of an estimate."""
    return _adapter().json_schema()


def rerun(record: Record, catalogue: Catalogue) -> Rerun:
    """Estimate a record's specification again and compare.

    Raises:
        EstimatorError: the specification cannot be estimated with this data.
    """
    again = estimate(record.spec, catalogue)
    return Rerun(
        same_data=again.catalogue_version == record.estimate.catalogue_version,
        same_figures=again.totals == record.estimate.totals,
        estimate=again,
    )
