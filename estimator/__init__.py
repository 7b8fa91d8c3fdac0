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
    from estimator.comparison import Comparison, compare
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
    from estimator.reduction import Cut, cuts
    from estimator.result import Assumption, Breakdown, Conditions, DeviceLine, Estimate, Totals
    from estimator.sensitivity import Dependence, Joint, dependence, joint
    from estimator.source import Basis, Factor, Source
    from estimator.spec import DeviceQuantity, FactorSet, TrainingRun, Workload
    from estimator.sweeping import SweepPoint, sweep

_HOMES: Final = {
    "AmbiguousName": "estimator.errors",
    "Assumption": "estimator.result",
    "Basis": "estimator.source",
    "Breakdown": "estimator.result",
    "Catalogue": "estimator.catalogue",
    "Comparison": "estimator.comparison",
    "Conditions": "estimator.result",
    "Cut": "estimator.reduction",
    "DataError": "estimator.errors",
    "Dependence": "estimator.sensitivity",
    "DeviceLine": "estimator.result",
    "DeviceNotInFactorSet": "estimator.errors",
    "DeviceQuantity": "estimator.spec",
    "Estimate": "estimator.result",
    "EstimatorError": "estimator.errors",
    "Factor": "estimator.source",
    "FactorSet": "estimator.spec",
    "InvalidValue": "estimator.errors",
    "Joint": "estimator.sensitivity",
    "Quantity": "estimator.quantity",
    "Record": "estimator.record",
    "Source": "estimator.source",
    "SweepPoint": "estimator.sweeping",
    "Totals": "estimator.result",
    "TrainingRun": "estimator.spec",
    "UnknownName": "estimator.errors",
    "Workload": "estimator.spec",
    "compare": "estimator.comparison",
    "cuts": "estimator.reduction",
    "dependence": "estimator.sensitivity",
    "estimate": "estimator.estimating",
    "estimate_json": "estimator.record",
    "joint": "estimator.sensitivity",
    "load": "estimator.datafiles",
    "load_default": "estimator.datafiles",
    "rerun": "estimator.record",
    "sweep": "estimator.sweeping",
}
"""The module of each name. They are imported when they are asked for: most uses need few."""

__all__ = [
    "AmbiguousName",
    "Assumption",
    "Basis",
    "Breakdown",
    "Catalogue",
    "Comparison",
    "Conditions",
    "Cut",
    "DataError",
    "Dependence",
    "DeviceLine",
    "DeviceNotInFactorSet",
    "DeviceQuantity",
    "Estimate",
    "EstimatorError",
    "Factor",
    "FactorSet",
    "InvalidValue",
    "Joint",
    "Quantity",
    "Record",
    "Source",
    "SweepPoint",
    "Totals",
    "TrainingRun",
    "UnknownName",
    "Workload",
    "compare",
    "cuts",
    "dependence",
    "estimate",
    "estimate_json",
    "joint",
    "load",
    "load_default",
    "rerun",
    "sweep",
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
