"""An estimate as JSON that anybody can run again."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from estimator.catalogue import Catalogue
from estimator.errors import DataError
from estimator.estimating import estimate
from estimator.quantity import Quantity
from estimator.result import Estimate, Totals
from estimator.spec import TrainingRun


class Record(BaseModel):
    """A specification with the estimate that it gave.

    The estimate names the version of the data that it was made from (``catalogue_version``); the
    same specification and version give the same figures, bit for bit.
    """

    # The schema of an estimate takes longer to build than an estimate to make.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    spec: TrainingRun
    estimate: Estimate


def named_in_full(run: TrainingRun, found: Estimate) -> TrainingRun:
    """A run with the models in it that its general names stood for: GPU means another tomorrow."""
    devices = tuple(
        entry.model_copy(update={"device": name})
        for entry, name in zip(run.devices, names_in_full(run, found), strict=True)
    )
    return run.model_copy(update={"devices": devices})


def names_in_full(run: TrainingRun, found: Estimate) -> list[str]:
    """The name of each device of a run, where it said a general one that of the model.

    Where two of them would be the same model then, they keep their names: added up they would give
    figures that differ in the last bit.
    """
    models = {
        str(note.words["name"]): str(note.words["model"])
        for note in found.assumptions
        if note.code == "default_model"
    }
    said = [entry.device for entry in run.devices]
    names = [models.get(name, name) for name in said]
    return said if len(set(names)) < len(names) else names


@dataclass(frozen=True, slots=True)
class Rerun:
    """What running a record again gave."""

    same_data: bool
    """Whether the data is of the version that made the record."""
    same_figures: bool
    """Whether every total came out the same, to the last bit, with its interval."""
    recorded: str
    """Version of the data that made the record."""
    changes: tuple[str, ...]
    """What changed, in words."""
    estimate: Estimate

    @property
    def same(self) -> bool:
        """Whether neither data nor figures changed."""
        return self.same_data and self.same_figures

    @property
    def text(self) -> str:
        """Two lines for a terminal."""
        version = self.estimate.catalogue_version
        data = (
            f"Data: the same version, {version}."
            if self.same_data
            else f"Data: another version, {version}; the record was made with {self.recorded}."
        )
        if self.same_figures:
            return f"{data}\nFigures: the same, bit for bit."
        changed = "; ".join(self.changes)
        return f"{data}\nFigures: different. {changed}."


def _changes(before: Estimate, after: Estimate) -> tuple[str, ...]:
    """Each total that changed, with its unit at the end of its name."""
    found = []
    for figure in fields(Totals):
        old, new = getattr(before.totals, figure.name), getattr(after.totals, figure.name)
        if old != new:
            found.append(f"{figure.name} was {_shown(old)}, is {_shown(new)}")
    return tuple(found)


def _shown(quantity: Quantity | None) -> str:
    if quantity is None:
        return "not given"
    if quantity.low == quantity.high:
        return f"{quantity.value:.10g}"
    return f"{quantity.value:.10g} ({quantity.low:.10g} to {quantity.high:.10g})"


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
        recorded=record.estimate.catalogue_version,
        changes=_changes(record.estimate, again),
        estimate=again,
    )


def record_json(record: Record) -> str:
    """A record as indented JSON; floats keep every bit."""
    return record.model_dump_json(indent=2)


def record_from_json(text: str) -> Record:
    """The record in a text.

    Raises:
        DataError: the text is not a record; says where and why.
    """
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"]) or "the file"
        if first["type"] == "json_invalid":
            raise DataError("record", "this is not JSON") from None
        reason = "is missing" if first["type"] == "missing" else "does not fit the format"
        raise DataError("record", f"{at} {reason}; make one with --format record") from None
