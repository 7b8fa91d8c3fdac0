"""What would cut a run's emissions: each change computed as a run of its own, ranked by saving.

``after`` is the total of ``estimate(cut.run)``. The saving has a 90 % interval of its own, in which
all that the run and the changed run share cancels: moving a run leaves its utilisation as unknown
as before, on both sides (``sensitivity``). Where a change rests on a figure of its own (how fast
fp8 is, how well another accelerator is used), that figure's range is in the interval too.

A cut that saves less than 1 % is left out, as is one whose run is the run as it stands. Another
month is one where the grid's months are in the data; hours of the day are not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Literal, NamedTuple

from estimator import figures
from estimator.accelerator import Accelerator
from estimator.catalogue import Catalogue
from estimator.comparison import around
from estimator.conditions import circumstances
from estimator.estimating import estimate as estimated
from estimator.ledger import Ledger
from estimator.place import Grid, Region, country_of
from estimator.quantity import Quantity
from estimator.result import Estimate
from estimator.same_work import Work
from estimator.sensitivity import dependence, joint, mfu_power
from estimator.source import Factor
from estimator.spec import MAX_QUANTITY, DeviceQuantity, FactorSet, TrainingRun
from estimator.sweeping import own_model, sweep
from estimator.units import GRAMS_PER_KILOGRAM, HOURS_PER_DAY, month_name
from estimator.workload import mfu_at_size, peak_of

CutCode = Literal[
    "region_in_country",
    "region_of_provider",
    "region_anywhere",
    "month",
    "accelerator_same_vendor",
    "accelerator",
    "higher_mfu",
    "lower_precision",
    "lower_pue",
    "fewer_idle",
    "fewer_failures",
    "less_stored",
    "less_moved",
]

MONTH_H: Final = 31 * 24.0
"""Longest run for which a month is looked for [h]: it has to take place in one."""

WORTH: Final = 0.01
"""Share of the total that a change has to save."""

ONE_PROVIDER_ALONE: Final = {"Google": "Google Cloud", "AWS": "AWS", "Huawei": "Huawei Cloud"}
"""Vendors that rent out their chips in their own cloud alone, and that cloud's name."""


@dataclass(frozen=True, slots=True)
class TradeOff:
    """What a cut costs or asks for, in one English sentence, and its variable parts."""

    code: str
    text: str
    words: dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Cut:
    """A changed run and what it saves."""

    code: CutCode
    words: dict[str, float | str]
    """The variable parts of ``text``."""
    text: str
    """What to do, in a few English words: ``run it in eu-north-1 (AWS, Stockholm)``."""
    run: TrainingRun
    before_kgco2e: float
    after_kgco2e: float
    saving_kgco2e: Quantity
    saving_share: Quantity
    """Saving over the total before (0-1; its low end may be below 0)."""
    trade_offs: tuple[TradeOff, ...]


class Idea(NamedTuple):
    """A change to try. ``unsure`` are the figures that it rests on, with their exponents."""

    code: CutCode
    words: dict[str, float | str]
    text: str
    run: TrainingRun
    trade_offs: tuple[TradeOff, ...] = ()
    unsure: tuple[tuple[str, Factor, int], ...] = ()


def cuts(run: TrainingRun, estimate: Estimate, catalogue: Catalogue) -> tuple[Cut, ...]:
    """What would cut a run's emissions, largest saving first.

    Args:
        run: the run.
        estimate: its estimate.
        catalogue: the factors that it was made with.
    """
    if no_cuts_because(run) is not None:
        return ()
    found = [
        cut
        for idea in ideas(run, estimate, catalogue)
        if (cut := _computed(run, estimate, catalogue, idea)) is not None
    ]
    return tuple(sorted(found, key=lambda cut: -cut.saving_kgco2e.value))


def no_cuts_because(run: TrainingRun) -> str | None:
    """Why no cuts can be computed at all; ``None`` where they can."""
    if run.factors is FactorSet.ARTICLE:
        return (
            "The article's factors know neither place nor time nor model: nothing but fewer "
            "devices would lower its figures. Leave out `factors article` for cuts."
        )
    return None


def _computed(run: TrainingRun, before: Estimate, catalogue: Catalogue, idea: Idea) -> Cut | None:
    if idea.run == run:
        return None
    after = estimated(idea.run, catalogue)
    old, new = before.totals.total_kgco2e.value, after.totals.total_kgco2e.value
    if old <= 0 or 1 - new / old < WORTH:
        return None
    if new <= 0:
        kg, share = around(old, _ends(before.totals.total_kgco2e)), Quantity.exact(1.0)
    else:
        of_old = dependence(run, before, catalogue)
        of_new = dependence(idea.run, after, catalogue)
        for key, factor, power in idea.unsure:
            of_new.multiply(key, factor, power)
        both = joint(of_old, of_new)
        least, most = both.ratio_interval()
        share = around(1 - new / old, (1 - most, 1 - least))
        low, high = both.difference_interval()
        kg = around(old - new, (-high, -low))
    trade_offs = (*idea.trade_offs, *_by_figures(before, after))
    return Cut(idea.code, idea.words, idea.text, idea.run, old, new, kg, share, trade_offs)


def _ends(quantity: Quantity) -> tuple[float, float]:
    return quantity.low, quantity.high


def _by_figures(before: Estimate, after: Estimate) -> tuple[TradeOff, ...]:
    """Trade-offs that show in the figures: time, and manufacturing."""
    found: list[TradeOff] = []
    old_h = before.conditions.duration_h if before.conditions else None
    new_h = after.conditions.duration_h if after.conditions else None
    if old_h and new_h and abs(new_h / old_h - 1) > 0.02:
        code = "longer" if new_h > old_h else "shorter"
        text = f"{code.capitalize()}: {new_h / old_h:.3g} × the time, {_time_text(new_h)}."
        found.append(TradeOff(code, text, {"ratio": new_h / old_h, "duration_h": new_h}))
    old_kg = before.totals.embodied_kgco2e.value
    new_kg = after.totals.embodied_kgco2e.value
    if new_kg > 1.02 * old_kg:
        more = new_kg - old_kg
        text = f"Uses up more manufacturing: {figures.mass(more)} CO2e more (counted above)."
        found.append(TradeOff("more_embodied", text, {"kgco2e": more}))
    return tuple(found)


def _time_text(hours: float) -> str:
    days = hours / HOURS_PER_DAY
    return f"{days:.3g} days" if days >= 2 else f"{hours:.3g} h"


def ideas(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> Iterator[Idea]:
    """Every change to try, in no order of merit."""
    yield from _places(run, before, catalogue)
    yield from ideas_but_moving(run, before, catalogue)


def ideas_but_moving(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> Iterator[Idea]:
    """Every change to try where the run is."""
    yield from _months(run, before, catalogue)
    yield from accelerator_ideas(run, before, catalogue)
    yield from _work(run, before, catalogue)
    yield from _facility(run, before, catalogue)
    if run.duty_cycle is not None and run.energy_kwh is None:
        yield from _fewer_idle(run, before)
    if run.overhead:
        half = run.overhead / 2
        text = f"halve the failed and trial runs (from {100 * run.overhead:.3g} % to "
        text += f"{100 * half:.3g} % of the run)"
        words: dict[str, float | str] = {"before": run.overhead, "after": half}
        test = TradeOff("test_small", "Needs failures found early: smaller trials first.", {})
        changed = run.model_copy(update={"overhead": half})
        yield Idea("fewer_failures", words, text, changed, (test,))
    if run.storage_tb:
        half = run.storage_tb / 2
        text = f"store half the data ({figures.number(half)} TB)"
        kept = TradeOff("fewer_copies", "Fewer checkpoints and copies to go back to.", {})
        changed = run.model_copy(update={"storage_tb": half})
        yield Idea("less_stored", {"tb": half}, text, changed, (kept,))
    if run.transfer_tb:
        half = run.transfer_tb / 2
        text = f"move half the data ({figures.number(half)} TB)"
        near = TradeOff("data_nearby", "The data has to be where the run is.", {})
        changed = run.model_copy(update={"transfer_tb": half})
        yield Idea("less_moved", {"tb": half}, text, changed, (near,))


def _places(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> Iterator[Idea]:
    """The cleanest region of the same country, of the same provider, and of all."""
    own = own_place(run, catalogue)
    # The PUE that was given is that of the data centre that the run leaves.
    free = run.model_copy(update={"pue": None})
    tied = tied_providers(before, catalogue)
    own_id = own.id if own is not None else ""
    candidates = [
        region
        for region in catalogue.regions.values()
        if region.id != own_id and tied <= {region.provider}
    ]
    device = own_model(before)
    points = sweep(
        free, catalogue, [region.id for region in candidates], [device] if device else []
    )
    totals = {point.location: point.total_kgco2e for point in points}
    country = country_of(own)
    groups: list[tuple[CutCode, list[Region]]] = [
        ("region_in_country", [r for r in candidates if country and r.country == country]),
        (
            "region_of_provider",
            [r for r in candidates if isinstance(own, Region) and r.provider == own.provider],
        ),
        ("region_anywhere", candidates),
    ]
    # To go further afield has to be worth it as well.
    least = math.inf
    for code, regions in groups:
        if not regions:
            continue
        best = min(regions, key=lambda region: totals[region.id])
        if totals[best.id] < least - WORTH * before.totals.total_kgco2e.value:
            least = totals[best.id]
            yield _move(code, free, own, best, catalogue)


def best_month(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> Factor | None:
    """The cleanest month of a run's own grid over its year; ``None`` where a run fits in none."""
    own = own_place(run, catalogue)
    hours = before.conditions.duration_h if before.conditions is not None else None
    if own is None or hours is None or hours > MONTH_H or run.live is not None:
        return None
    months = catalogue.grid_of(own).months
    return min(months.values(), key=lambda factor: factor.value, default=None)


def _months(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> Iterator[Idea]:
    """The cleanest month of the year, where the run is."""
    best = best_month(run, before, catalogue)
    if best is None:
        return
    month = int(best.id.rpartition(".")[2])
    name = month_name(month)
    words: dict[str, float | str] = {"month": month}
    if run.month is None:
        words["ratio"] = best.value
        text = f"run it in {name}, when a kWh there has {best.value:.2g} × the year's mean"
    else:
        words["instead_of"] = run.month
        text = f"run it in {name} instead of {month_name(run.month)}"
    wait = TradeOff("wait", "The run has to wait for that month.", {})
    yield Idea("month", words, text, run.model_copy(update={"month": month}), (wait,))


def own_place(run: TrainingRun, catalogue: Catalogue) -> Region | Grid | None:
    """The place that a run names; ``None`` where it names none."""
    if run.location is None:
        return None
    return catalogue.place_of(catalogue.location_name(run.location))


def tied_providers(before: Estimate, catalogue: Catalogue) -> set[str]:
    """The clouds without which a run's devices are not to be had."""
    vendors = (catalogue.accelerators[line.model].vendor for line in before.devices)
    return {ONE_PROVIDER_ALONE[vendor] for vendor in vendors if vendor in ONE_PROVIDER_ALONE}


def move_said(to: Region, intensity: float) -> tuple[str, dict[str, float | str]]:
    """What to do to move a run, and the variable parts of that."""
    words: dict[str, float | str] = {
        "region": to.id,
        "provider": to.provider,
        "place": to.place,
        "intensity": intensity,
    }
    return f"run it in {to.name}, {intensity:g} gCO2e/kWh", words


def _move(
    code: CutCode, run: TrainingRun, own: Region | Grid | None, best: Region, catalogue: Catalogue
) -> Idea:
    changed = run.moved_to(best.id)
    where = circumstances(changed, catalogue, Ledger())
    text, words = move_said(best, where.intensity)
    costs: list[TradeOff] = []
    if isinstance(own, Region) and own.provider != best.provider:
        sentence = f"Another provider: {best.provider} instead of {own.provider}."
        costs.append(
            TradeOff("other_provider", sentence, {"before": own.provider, "after": best.provider})
        )
    country = country_of(own)
    if country is not None and country != best.country:
        name = catalogue.grids[best.country].name
        sentence = f"The data leaves the country, for {name}: check where it may be kept."
        costs.append(TradeOff("data_residency", sentence, {"country": name}))
    elif country is None:
        name = catalogue.grids[best.country].name
        sentence = f"Against the world's mean, as no place was given; the data would be in {name}."
        costs.append(TradeOff("data_residency", sentence, {"country": name}))
    sentence = "Check that the region has these devices."
    costs.append(TradeOff("availability", sentence, {}))
    return Idea(code, words, text, changed, tuple(costs))


def accelerator_ideas(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> Iterator[Idea]:
    """The best accelerators for the same work: one of the same vendor, and the best of all.

    Not for serving, whose hours are not its own to shorten.
    """
    if run.energy_kwh is not None or run.duty_cycle is not None or not before.devices:
        return
    assert before.conditions is not None  # noqa: S101 - sourced estimates have them
    kg_per_it_kwh = (
        before.conditions.pue * before.conditions.intensity_gco2e_per_kwh / GRAMS_PER_KILOGRAM
    )
    if run.location is not None:
        run = run.model_copy(update={"location": catalogue.location_name(run.location)})
    models = [catalogue.accelerators[line.model] for line in before.devices]
    work = Work(run, before, catalogue)
    ranked: list[tuple[float, Accelerator]] = []
    for model in _replacements(models, own_model(before), own_place(run, catalogue), catalogue):
        taken = work.taken_on(model)
        if taken is not None:
            ranked.append((taken.it_kwh * kg_per_it_kwh + taken.embodied_kgco2e, model))
    ranked.sort(key=itemgetter(0))
    vendors = {model.vendor for model in models}
    same = [model for _, model in ranked if model.vendor in vendors][:1]
    others = [model for _, model in ranked if model not in same][:1]
    for model in (*same, *others):
        moved = work.on(model)
        assert moved is not None  # noqa: S101 - what it takes there was found
        yield _replace(model, moved.run, run, models, catalogue)


def _replacements(
    models: list[Accelerator], own: str | None, place: Region | Grid | None, catalogue: Catalogue
) -> Iterator[Accelerator]:
    """The others that are to be had where the run is, as large, and in as good a computer."""
    memory_gb = max((model.memory_gb.value for model in models if model.memory_gb), default=0.0)
    in_servers = any(model.host == "server" for model in models)
    for model in catalogue.accelerators.values():
        provider = ONE_PROVIDER_ALONE.get(model.vendor)
        elsewhere = provider and isinstance(place, Region) and place.provider != provider
        worse = in_servers and model.host == "workstation"
        is_large = model.memory_gb is not None and model.memory_gb.value >= memory_gb
        if is_large and model.id != own and not elsewhere and not worse:
            yield model


def _replace(
    model: Accelerator,
    changed: TrainingRun,
    run: TrainingRun,
    models: list[Accelerator],
    catalogue: Catalogue,
) -> Idea:
    own_vendors = {own.vendor for own in models}
    code: CutCode = "accelerator_same_vendor" if model.vendor in own_vendors else "accelerator"
    costs: list[TradeOff] = []
    if model.vendor not in own_vendors:
        sentence = f"Another vendor's software: {model.vendor}."
        costs.append(TradeOff("other_vendor", sentence, {"vendor": model.vendor}))
    unsure: list[tuple[str, Factor, int]] = []
    tokens = run.workload is not None and run.workload.mfu is None and run.device_hours is None
    if changed.workload is None:
        # Hours went over by peaks: how well either is used is not known better than its range.
        unsure = [mfu_power(own.id, catalogue, 1) for own in models[:1]]
        unsure.append(mfu_power(model.id, catalogue, -1))
    if model.mfu is None and (tokens or changed.workload is None):
        sentence = f"No published run tells how well {model.id} is used: taken as the usual share."
        costs.append(TradeOff("unknown_mfu", sentence, {"model": model.id}))
    text = f"run it on {model.id}"
    words: dict[str, float | str] = {"model": model.id, "name": model.name, "vendor": model.vendor}
    return Idea(code, words, text, changed, tuple(costs), tuple(unsure))


def _work(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> Iterator[Idea]:
    """Fewer hours for the same tokens: better use of the peak, and fp8."""
    line, workload = before.workload, run.workload
    counted = run.device_hours is not None or (
        run.duration_h is not None and bool(run.devices) and run.devices[0].quantity is not None
    )
    if line is None or workload is None or counted or run.energy_kwh is not None:
        return
    model = catalogue.accelerators[before.devices[0].model]
    factor = model.mfu or catalogue.constants.default_mfu
    exponent = catalogue.constants.mfu_size_exponent.value
    reached = mfu_at_size(factor.high or factor.value, line.parameters, exponent)
    if reached > line.mfu and line.precision != "fp8":
        changed = _with(run, workload_mfu=reached)
        text = f"reach an MFU of {100 * reached:.3g} % instead of {100 * line.mfu:.3g} %, "
        text += "the upper end of what published runs reach"
        words: dict[str, float | str] = {"before": line.mfu, "after": reached}
        costs = (
            TradeOff(
                "engineering",
                "Needs work on kernels, parallelism and restarts; busier devices draw more power.",
                {},
            ),
        )
        yield Idea("higher_mfu", words, text, changed, costs)
    if line.precision in {"bf16", "fp16"} and "fp8" in model.peak_tflops:
        fp8 = peak_of(model, "fp8").tflops.value
        faster = catalogue.constants.fp8_speed_up
        mfu = line.mfu * faster.value * line.peak_tflops / fp8
        if mfu <= 1:
            changed = _with(run, workload_mfu=mfu, precision="fp8")
            text = f"train in fp8 instead of {line.precision} ({faster.value:g} × as fast)"
            words = {"before": line.precision, "after": "fp8", "ratio": faster.value}
            careful = TradeOff("accuracy", "Check that the loss is not worse in fp8.", {})
            unsure: list[tuple[str, Factor, int]] = [(faster.id, faster, -1)]
            if workload.mfu is None:
                # The bf16 MFU is as unknown after the change as before it, so that it cancels.
                unsure.append(mfu_power(model.id, catalogue, -1))
            yield Idea("lower_precision", words, text, changed, (careful,), tuple(unsure))


def _with(run: TrainingRun, *, workload_mfu: float, precision: str | None = None) -> TrainingRun:
    workload = run.workload
    assert workload is not None  # noqa: S101 - the caller has looked
    update: dict[str, object] = {"mfu": workload_mfu}
    if precision is not None:
        update["precision"] = precision
    return run.model_copy(update={"workload": workload.model_copy(update=update)})


def _facility(run: TrainingRun, before: Estimate, catalogue: Catalogue) -> Iterator[Idea]:
    lowest = catalogue.constants.default_pue.low
    if before.conditions is None or lowest is None or before.conditions.pue <= lowest:
        return
    if run.energy_kwh is not None:
        return
    pue = before.conditions.pue
    text = f"use a data centre with a PUE of {lowest:g} instead of {pue:g}, as the best have"
    words: dict[str, float | str] = {"before": pue, "after": lowest}
    other = TradeOff("other_facility", "Another data centre, or another cooling system.", {})
    yield Idea("lower_pue", words, text, run.model_copy(update={"pue": lowest}), (other,))


def _fewer_idle(run: TrainingRun, before: Estimate) -> Iterator[Idea]:
    """The same requests on the fewest devices that could serve them."""
    duty = run.duty_cycle
    if duty is None or run.workload is not None or run.device_hours is not None:
        return
    if len(before.devices) != 1 or duty <= 0:
        return
    (line,) = before.devices
    quantity = max(1, math.ceil(line.quantity * duty - 1e-9))
    if quantity >= line.quantity or quantity > MAX_QUANTITY:
        return
    changed = run.model_copy(
        update={
            "devices": (DeviceQuantity(device=line.model, quantity=quantity),),
            "duty_cycle": min(line.quantity * duty / quantity, 1.0),
        }
    )
    text = f"do the same work on {quantity:,} busy devices instead of {line.quantity:,}"
    words: dict[str, float | str] = {"before": line.quantity, "after": quantity}
    peaks = TradeOff("no_headroom", "No devices are left for peaks of demand.", {})
    yield Idea("fewer_idle", words, text, changed, (peaks,))
