"""Energy and emissions of machine-learning training runs, each figure with its source.

>>> from estimator import DeviceQuantity, TrainingRun, estimate, load_default
>>> run = TrainingRun(devices=(DeviceQuantity(device="GPU", quantity=10),), factors="article")
>>> estimate(run, load_default()).totals.energy_kwh.value
10000.0
"""

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
from estimator.estimate import estimate
from estimator.quantity import Quantity
from estimator.result import Assumption, Conditions, DeviceLine, Estimate, Totals
from estimator.source import Basis, Factor, Source
from estimator.spec import DeviceQuantity, FactorSet, TrainingRun

__all__ = [
    "AmbiguousName",
    "Assumption",
    "Basis",
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
    "Source",
    "Totals",
    "TrainingRun",
    "UnknownName",
    "estimate",
    "load",
    "load_default",
]
