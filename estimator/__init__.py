"""Energy and emissions of machine-learning training runs, each figure with its source.

>>> from estimator import DeviceQuantity, TrainingRun, estimate, load_default
>>> run = TrainingRun(devices=(DeviceQuantity(device="GPU", quantity=10),), factors="article")
>>> estimate(run, load_default()).totals.energy_kwh.value
10000.0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from estimator.catalogue import Catalogue
    from estimator.datafiles import load, load_default
    from estimator.errors import (
        AmbiguousName,
        DataError,
        DeviceNotInFactorSet,
        EstimatorError,
        InvalidValue,
        UnknownName,
    )
    from estimator.estimating import estimate
    from estimator.quantity import Quantity
    from estimator.record import Record, estimate_json, rerun
    from estimator.result import Assumption, Breakdown, Conditions, DeviceLine, Estimate, Totals
    from estimator.source import Basis, Factor, Source
    from estimator.spec import DeviceQuantity, FactorSet, TrainingRun, Workload

_HOMES: Final = {
    "AmbiguousName": "estimator.errors",
    "Assumption": "estimator.result",
    "Basis": "estimator.source",
    "Breakdown": "estimator.result",
    "Catalogue": "estimator.catalogue",
    "Conditions": "estimator.result",
    "DataError": "estimator.errors",
    "DeviceLine": "estimator.result",
    "DeviceNotInFactorSet": "estimator.errors",
    "DeviceQuantity": "estimator.spec",
    "Estimate": "estimator.result",
    "EstimatorError": "estimator.errors",
    "Factor": "estimator.source",
    "FactorSet": "estimator.spec",
    "InvalidValue": "estimator.errors",
    "Quantity": "estimator.quantity",
    "Record": "estimator.record",
    "Source": "estimator.source",
    "Totals": "estimator.result",
    "TrainingRun": "estimator.spec",
    "UnknownName": "estimator.errors",
    "Workload": "estimator.spec",
    "estimate": "estimator.estimating",
    "estimate_json": "estimator.record",
    "load": "estimator.datafiles",
    "load_default": "estimator.datafiles",
    "rerun": "estimator.record",
}
"""The module of each name. They are imported when they are asked for: most uses need few."""

__all__ = [
    "AmbiguousName",
    "Assumption",
    "Basis",
    "Breakdown",
    "Catalogue",
    "Conditions",
    "DataError",
    "DeviceLine",
    "DeviceNotInFactorSet",
    "DeviceQuantity",
    "Estimate",
    "EstimatorError",
    "Factor",
    "FactorSet",
    "InvalidValue",
    "Quantity",
    "Record",
    "Source",
    "Totals",
    "TrainingRun",
    "UnknownName",
    "Workload",
    "estimate",
    "estimate_json",
    "load",
    "load_default",
    "rerun",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the module holds
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
