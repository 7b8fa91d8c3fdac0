"""The same work on another accelerator, and what it takes there.

Tokens say what the work is. Where devices and hours were given, the number of devices stays and the
hours change by the ratio of dense 16-bit peaks, times the ratio of the utilisations of that peak
(MFU) where both models have one of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from estimator.accelerator import Accelerator
from estimator.catalogue import ByVersion, Catalogue
from estimator.estimating import Taken, taken_by
from estimator.ledger import Ledger
from estimator.operational import storage_energy_kwh, transfer_energy_kwh
from estimator.plan import ONE_SERVER, plan
from estimator.result import Assumption, Estimate
from estimator.spec import (
    MAX_DURATION_H,
    MAX_QUANTITY,
    MIN_DURATION_H,
    DeviceQuantity,
    Precision,
    TrainingRun,
)

_USUAL: Final[tuple[Precision, ...]] = ("bf16", "fp16")


@dataclass(frozen=True, slots=True)
class Moved:
    """A run on another accelerator, doing the same work."""

    run: TrainingRun
    assumption: Assumption


class _Time(NamedTuple):
    """How long the work takes on so many accelerators of one model."""

    quantity: int
    duration_h: float
    device_hours: float
    """Of all of them together, failed and trial runs included."""
    by_mfu: bool
    """Whether the MFU of both models is known, and counted."""


class Work:
    """The work of a run, to be done on other accelerators."""

    def __init__(self, run: TrainingRun, whole: Estimate, catalogue: Catalogue) -> None:
        """Find out what the work is.

        Args:
            run: the run as it is.
            whole: its estimate.
            catalogue: the factors to use.
        """
        self._run, self._whole, self._catalogue = run, whole, catalogue
        # Hours may follow from devices and time, though tokens were given too.
        counted = run.duration_h is not None and all(entry.quantity for entry in run.devices)
        self._is_tokens = run.workload is not None and run.device_hours is None and not counted
        self._quantity = 0
        self._device_hours = 0.0
        self._peak_hours: float | None = 0.0
        """Device-hours × peak [TFLOP/s · h]; ``None`` where a peak is not known."""
        self._used_hours: float | None = 0.0
        """The same × MFU; ``None`` where an MFU is not known."""
        for line in whole.devices:
            model, held = catalogue.accelerators[line.model], line.device_hours or 0.0
            self._quantity += line.quantity
            self._device_hours += held
            peak, mfu = usual_peak_tflops(model), model.mfu
            if peak is None or self._peak_hours is None:
                self._peak_hours = self._used_hours = None
                continue
            self._peak_hours += held * peak
            if mfu is None or self._used_hours is None:
                self._used_hours = None
            else:
                self._used_hours += held * peak * mfu.value

    def on(self, target: Accelerator) -> Moved | None:
        """The run on another accelerator; ``None`` where it cannot be told how long it takes."""
        if self._is_tokens:
            return self._tokens_on(target)
        time = self._time_on(target)
        if time is None:
            return None
        changes: dict[str, object] = {
            "devices": (DeviceQuantity(device=target.id, quantity=time.quantity),),
            "workload": None,
            "device_hours": None,
            "duration_h": time.duration_h,
        }
        ratio = time.device_hours / self._device_hours if self._device_hours else 1.0
        how = "of peaks and of MFUs" if time.by_mfu else "of peaks, at the same share of the peak"
        text = (
            f"The same work on {target.id} takes {ratio:.3g} × the device-hours: by the ratio "
            f"{how} in 16 bits."
        )
        words: dict[str, float | str] = {
            "model": target.id,
            "ratio": ratio,
            "mfu": int(time.by_mfu),
        }
        assumption = Assumption("same_work", "device", text, ratio, words)
        return Moved(self._run.model_copy(update=changes), assumption)

    def taken_on(self, target: Accelerator) -> Taken | None:
        """What the work takes on another accelerator: the same as an estimate of it, for less."""
        run, constants = self._run, self._catalogue.constants
        time = self._tokens_time(target) if self._is_tokens else self._time_on(target)
        if time is None:
            return None
        in_cluster = time.quantity > ONE_SERVER
        drawn = run.utilisation, run.duty_cycle
        hour = _taken_in(
            _Hour(target.id, in_cluster, *drawn, run.lifetime_years), ByVersion(self._catalogue)
        )
        it_kwh = time.device_hours * hour.it_kwh
        if run.storage_tb:
            power_w = constants.storage_w_per_tb.value
            it_kwh += storage_energy_kwh(run.storage_tb, power_w, time.duration_h)
        if run.transfer_tb:
            it_kwh += transfer_energy_kwh(run.transfer_tb, constants.transfer_kwh_per_tb.value)
        return Taken(it_kwh, time.device_hours * hour.embodied_kgco2e)

    def _time_on(self, target: Accelerator) -> _Time | None:
        peak, quantity = usual_peak_tflops(target), self._quantity
        metered = self._run.energy_kwh is not None
        if peak is None or self._peak_hours is None or metered or not quantity:
            return None
        if self._used_hours is not None and target.mfu is not None:
            by_mfu, hours = True, self._used_hours / (peak * target.mfu.value)
        else:
            by_mfu, hours = False, self._peak_hours / peak
        # The engine adds failed and trial runs by itself.
        duration_h = hours / (1 + (self._run.overhead or 0.0)) / quantity
        if quantity > MAX_QUANTITY or not MIN_DURATION_H <= duration_h <= MAX_DURATION_H:
            return None
        return _Time(quantity, duration_h, hours, by_mfu)

    def _tokens_on(self, target: Accelerator) -> Moved | None:
        run, workload = self._run, self._run.workload
        assert workload is not None  # noqa: S101 - the work is its tokens
        if run.energy_kwh is not None or usual_peak_tflops(target) is None:
            return None
        if workload.precision is not None and workload.precision not in target.peak_tflops:
            return None
        # Instances and slices are counted in accelerators, so that as many of them are taken.
        quantity = self._quantity if run.devices[0].quantity is not None else None
        if quantity is not None and quantity > MAX_QUANTITY:
            return None
        text = f"The same parameters and tokens on {target.id}."
        assumption = Assumption("same_work", "device", text, None, {"model": target.id})
        devices = (DeviceQuantity(device=target.id, quantity=quantity),)
        return Moved(run.model_copy(update={"devices": devices}), assumption)

    def _tokens_time(self, target: Accelerator) -> _Time | None:
        moved = self._tokens_on(target)
        if moved is None:
            return None
        found = plan(moved.run, self._catalogue, Ledger())
        (line,) = found.lines
        assert found.duration_h is not None  # noqa: S101 - only metered runs have none
        return _Time(line.quantity, found.duration_h, line.device_hours, by_mfu=True)


def usual_peak_tflops(accelerator: Accelerator) -> float | None:
    """Dense peak in the usual 16-bit precision [TFLOP/s]; ``None`` where none is published."""
    for precision in _USUAL:
        if precision in accelerator.peak_tflops:
            return accelerator.peak_tflops[precision].value
    return None


class _Hour(NamedTuple):
    """An hour of a model, which in a cluster has a network and is busier than in one server."""

    model: str
    in_cluster: bool
    utilisation: float | None
    duty_cycle: float | None
    lifetime_years: float | None


@lru_cache(maxsize=4096)
def _taken_in(hour: _Hour, key: ByVersion) -> Taken:
    """What one device takes in it."""
    quantity = 2 * ONE_SERVER if hour.in_cluster else 1
    run = TrainingRun(
        devices=(DeviceQuantity(device=hour.model, quantity=quantity),),
        duration_h=1.0,
        utilisation=hour.utilisation,
        duty_cycle=hour.duty_cycle,
        lifetime_years=hour.lifetime_years,
    )
    it_kwh, embodied_kgco2e = taken_by(run, key.catalogue)
    return Taken(it_kwh / quantity, embodied_kgco2e / quantity)
