"""What the estimator says, as sentences that can be worded in another language.

The estimator speaks English and gives a code with the variable parts of each sentence. For every
code there is a template here, or several where the sentence has more than one form; the form is the
one that gives the estimator's own English. A sentence that none of them gives stays English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from string import Formatter
from typing import Final

from bot.i18n.text import Text, in_a_row, listed, text
from estimator import figures
from estimator.errors import (
    AmbiguousName,
    DeviceNotInFactorSet,
    EstimatorError,
    InvalidValue,
    UnknownName,
    shorten,
)
from estimator.largest_cut import LargestCut
from estimator.reduction import Cut, TradeOff
from estimator.result import Assumption
from estimator.units import HOURS_PER_DAY

LIVE_METHODS: Final = {
    "neso": text(
        "CO2 of generation alone, imports and losses of the network counted; "
        "no fuel supply, no building of plants"
    ),
    "electricity-maps": text(
        "life cycle, of the electricity consumed: imports traced to where they were generated"
    ),
}
"""What the figures of a live source count, by the source."""

ASSUMPTIONS: Final[dict[str, tuple[Text, ...]]] = {
    "no_operational_in_article": (
        text(
            "The article turns no electricity into carbon: there is no operational figure, "
            "and the total is manufacturing alone. Its factors illustrate, they are not real."
        ),
    ),
    "no_time_in_article": (
        text("The article's factors are per device: {ignored} changes nothing in this factor set."),
    ),
    "default_idle_power": (
        text(
            "Nobody publishes the idle power of {model}: {share_percent:.3g} % of its full power "
            "is taken."
        ),
    ),
    "metered_energy": (
        text(
            "The energy is taken as metered for the whole data centre; its parts are in the "
            "proportion that the model gives them."
        ),
        text(
            "The energy is taken as metered for the whole data centre. No duration was given: "
            "manufacturing is not counted."
        ),
        text(
            "The energy is taken as metered for the whole data centre. No device was named: "
            "manufacturing is not counted."
        ),
    ),
    "metered_duration": (
        text(
            "No duration was given: {quantity:,} devices that draw {power_kw_shown} kW with their "
            "servers and the data centre's overhead use this energy in {days_shown} days "
            "({low_days_shown} to {high_days_shown}). Manufacturing is counted for that time."
        ),
    ),
    "override": (text("{sentence} is taken from {file}."),),
    "modelled_embodied": (
        text(
            "Nobody publishes the manufacturing of {model}: {kgco2e:.0f} kgCO2e each is modelled "
            "from its die and memory."
        ),
    ),
    "default_utilisation": (
        text(
            "No utilisation was given: {utilisation_percent:g} % of full power is taken for "
            "the devices."
        ),
        text(
            "No utilisation was given: {utilisation_percent:g} % of full power is taken for "
            "{model}."
        ),
    ),
    "load_curve": (
        text(
            "At a utilisation of {load_percent:.3g} %, {model} draws {share_percent:.3g} % of its "
            "full power, as measured on {model}."
        ),
        text(
            "At a utilisation of {load_percent:.3g} %, {model} draws {share_percent:.3g} % of its "
            "full power, as GPUs of {vendor} that were measured do."
        ),
        text(
            "At a utilisation of {load_percent:.3g} %, {model} draws {share_percent:.3g} % of its "
            "full power, on a straight line from idle to full power, as nobody has measured it."
        ),
    ),
    "overhead_off": (
        text(
            "Failed runs and trials are not counted: OLMo's development added "
            "{suggestion_percent:g} % ({publisher}, {year})."
        ),
    ),
    "storage_off": (text("Storing and moving data is not counted: no amount was given."),),
    "assumed_factor": (
        text("{factor} = {value:g} {unit} is assumed"),
        text("{factor} = {value:g} {unit} is assumed: {note}"),
    ),
    "default_location": (
        text(
            "No location was given: the world's average electricity is taken "
            "({intensity:g} gCO2e/kWh)."
        ),
    ),
    "wider_grid": (
        text("No figure of the grid that feeds {place} is known: {grid}'s mean is taken."),
    ),
    "other_year": (text("No figure for {wanted} is known: the mean of {year} is taken."),),
    "month": (
        text(
            "All of the run is taken to be in {month_name}, when a kWh in {grid} has {ratio:.3g} × "
            "the emissions of the year's mean."
        ),
    ),
    "live_intensity": (
        text(
            "All of the run is taken at a live figure: {intensity:g} gCO2e/kWh at {at} in zone "
            "{zone} ({by}; {method}), not the year's mean of {yearly:g}. How far off it may be is "
            "not published, and not in the range."
        ),
    ),
    "no_months": (
        text("No figures by the month are known for {grid}: the mean of the year is taken."),
    ),
    "region_pue": (text("No PUE was given: {pue:g} is taken for {place}."),),
    "default_pue": (
        text("No PUE was given: {pue:g} is taken for a large data centre."),
        text(
            "No PUE was given: {pue:g} is taken for a large data centre "
            "(none is published for {place})."
        ),
    ),
    "default_quantity": (
        text(
            "The number of devices was not given: {quantity:,}, which need {days:.3g} days, are "
            "taken. It changes nothing but the embodied figure in full."
        ),
    ),
    "longer_than_lifetime": (
        text(
            "{quantity:,} of them would need {years:.3g} years, longer than devices live: name "
            "more. The embodied share counts the replacements."
        ),
    ),
    "counted_accelerators": (
        text("{echo}."),
        text("{units:,} × ({echo}): {count:,} in all."),
    ),
    "default_model": (
        text("{name} is taken as {model}."),
        text("{name} is taken as {model} (not {others})."),
    ),
    "default_duration": (text("No duration was given: one day (24 h) is taken."),),
    "default_mfu": (
        text(
            "No MFU was given: {mfu_percent:.3g} % of the peak of {model} in {precision} "
            "({peak:g} TFLOP/s) is taken."
        ),
    ),
    "hours_and_tokens_disagree": (
        text(
            "Hours and tokens disagree: {given:,.6g} device-hours were given, and the tokens need "
            "{needed:,.3g} at {mfu_percent:.3g} % MFU. The hours are used."
        ),
    ),
}
"""By the code of an assumption."""

MONTHS: Final = (
    text("January"),
    text("February"),
    text("March"),
    text("April"),
    text("May"),
    text("June"),
    text("July"),
    text("August"),
    text("September"),
    text("October"),
    text("November"),
    text("December"),
)

_MOVE: Final = (text("run it in {region} ({provider}, {place}), {intensity:g} gCO2e/kWh"),)
_OTHER_DEVICE: Final = (text("run it on {model}"),)
CUTS: Final[dict[str, tuple[Text, ...]]] = {
    "region_in_country": _MOVE,
    "region_of_provider": _MOVE,
    "region_anywhere": _MOVE,
    "month": (
        text("run it in {month_name}, when a kWh there has {ratio:.2g} × the year's mean"),
        text("run it in {month_name} instead of {instead_of_name}"),
    ),
    "accelerator_same_vendor": _OTHER_DEVICE,
    "accelerator": _OTHER_DEVICE,
    "higher_mfu": (
        text(
            "reach an MFU of {after_percent:.3g} % instead of {before_percent:.3g} %, the upper "
            "end of what published runs reach"
        ),
    ),
    "lower_precision": (text("train in fp8 instead of {before} ({ratio:g} × as fast)"),),
    "lower_pue": (
        text("use a data centre with a PUE of {after:g} instead of {before:g}, as the best have"),
    ),
    "fewer_idle": (text("do the same work on {after:,} busy devices instead of {before:,}"),),
    "fewer_failures": (
        text(
            "halve the failed and trial runs (from {before_percent:.3g} % to "
            "{after_percent:.3g} % of the run)"
        ),
    ),
    "less_stored": (text("store half the data ({tb_shown} TB)"),),
    "less_moved": (text("move half the data ({tb_shown} TB)"),),
}
"""By the code of a cut."""

TRADE_OFFS: Final[dict[str, tuple[Text, ...]]] = {
    "longer": (
        text("Longer: {ratio:.3g} × the time, {days:.3g} days."),
        text("Longer: {ratio:.3g} × the time, {duration_h:.3g} h."),
    ),
    "shorter": (
        text("Shorter: {ratio:.3g} × the time, {days:.3g} days."),
        text("Shorter: {ratio:.3g} × the time, {duration_h:.3g} h."),
    ),
    "more_embodied": (
        text("Uses up more manufacturing: {kgco2e_shown} CO2e more (counted above)."),
    ),
    "test_small": (text("Needs failures found early: smaller trials first."),),
    "fewer_copies": (text("Fewer checkpoints and copies to go back to."),),
    "data_nearby": (text("The data has to be where the run is."),),
    "other_provider": (text("Another provider: {after} instead of {before}."),),
    "data_residency": (
        text("The data leaves the country, for {country}: check where it may be kept."),
        text("Against the world's mean, as no place was given; the data would be in {country}."),
    ),
    "wait": (text("The run has to wait for that month."),),
    "availability": (text("Check that the region has these devices."),),
    "other_vendor": (text("Another vendor's software: {vendor}."),),
    "unknown_mfu": (
        text("No published run tells how well {model} is used: taken as the usual share."),
    ),
    "engineering": (
        text("Needs work on kernels, parallelism and restarts; busier devices draw more power."),
    ),
    "accuracy": (text("Check that the loss is not worse in fp8."),),
    "other_facility": (text("Another data centre, or another cooling system."),),
    "no_headroom": (text("No devices are left for peaks of demand."),),
}
"""By the code of what a cut costs."""

_ECHOES: Final = (
    text("{name} = {number} TensorCores = 1 chip ({device})"),
    text("{name} = {number} TensorCores = {chips} chips ({device})"),
    text("{name} = 1 chip ({device})"),
    text("{name} = {chips} chips ({device})"),
)
"""What the name of a TPU slice was understood as."""

_WITHOUT_EFFECT: Final = {
    str(word): word
    for word in (
        text("duration"),
        text("location"),
        text("year"),
        text("month"),
        text("live figure"),
        text("utilisation"),
        text("PUE"),
        text("lifetime"),
        text("failed and trial runs"),
        text("storage"),
        text("data transfer"),
    )
}
"""What the article's factors take no notice of."""

_KINDS: Final = {
    str(kind): kind
    for kind in (
        text("device"),
        text("location"),
        text("published run"),
        text("general device name"),
    )
}
"""Kinds of names that the catalogue may not hold."""

FIELDS: Final = {
    "device": text("device"),
    "devices": text("devices"),
    "quantity": text("quantity"),
    "duration_h": text("duration"),
    "device_hours": text("number of device-hours"),
    "workload": text("workload"),
    "parameters": text("number of parameters"),
    "active_parameters": text("number of active parameters"),
    "tokens": text("number of tokens"),
    "mfu": text("MFU"),
    "precision": text("precision"),
    "kind": text("kind of work"),
    "energy_kwh": text("energy"),
    "location": text("location"),
    "year": text("year"),
    "month": text("month"),
    "live": text("live figure"),
    "utilisation": text("utilisation"),
    "duty_cycle": text("duty cycle"),
    "pue": text("PUE"),
    "lifetime_years": text("lifetime of the devices"),
    "overhead": text("overhead"),
    "storage_tb": text("storage"),
    "transfer_tb": text("data transfer"),
    "factors": text("factor set"),
    "like": text("published run"),
}
"""What a field of a specification is called."""

REASONS: Final = (
    text("active parameters are a part of the parameters, and cannot be more"),
    text("name at least one device, or give the energy"),
    text("device-hours and a workload are for exactly one type of device"),
    text("say how many of each device"),
    text("give two of quantity, duration and device-hours; the third follows"),
    text("a live figure is that of a place: name it"),
    text("give a live figure, or a year and month, and not both"),
    text("nan is not a number"),
    text("{typed} is below the least that is accepted, {least}"),
    text("{typed} is not above {least}"),
    text("{typed} is above the most that is accepted, {most}"),
    text("more than {most} were given"),
    text("{typed} is longer than {most} characters"),
    text("nothing was given"),
    text("{typed} is not one of {known}"),
    text("there is no such field"),
    text("this is missing"),
    text("{typed} is not accepted here"),
    text("no peak of {model} in {precision} is known, only in {known}"),
    text("no peak of {model} is known, so tokens give no hours"),
    text("{name} has no {unit}"),
    text(
        "the number in {name} counts TensorCores, {each} to a chip, so {number} of them are no "
        "whole number of chips"
    ),
    text("{name} would be {chips} chips, and a pod has {most}"),
    text("{typed} names no slice of a TPU pod of the generations {known}"),
    text("the article counts devices, and knows no hours"),
    text("the article needs devices"),
    text("the two runs are in different factor sets, whose totals mean different things"),
    text("{times} times is not above 0 and up to a million"),
    text("{name} was published without its hours and without its tokens"),
    text("{name} ran on {device}, of which no figures are known"),
    text("the article's figures illustrate, and belong in no report"),
    text("the article's factors turn no electricity into carbon"),
)
"""What can be wrong with a value, as a part of a sentence. The first that fits counts."""

SENTENCES: Final = (
    text("Active parameters are a part of the parameters, and cannot be more."),
    text("Name at least one device, or give the energy."),
    text("Device-hours and a workload are for exactly one type of device."),
    text("Say how many of each device."),
    text("Give two of quantity, duration and device-hours; the third follows."),
    text("A live figure is that of a place: name it."),
    text("Give a live figure, or a year and month, and not both."),
    text("No peak of {model} in {precision} is known, only in {known}."),
    text("No peak of {model} is known, so tokens give no hours."),
    text("{name} has no {unit}."),
    text(
        "The number in {name} counts TensorCores, {each} to a chip, so {number} of them are no "
        "whole number of chips."
    ),
    text("{name} would be {chips} chips, and a pod has {most}."),
    text("{times} times is not above 0 and up to a million."),
    text("{name} was published without its hours and without its tokens."),
    text("{name} ran on {device}, of which no figures are known."),
)
"""The reasons that the command language gives, as whole sentences."""


def assumption_text(assumption: Assumption) -> Text:
    """What was assumed."""
    words: dict[str, int | float | str | Text] = {**assumption.words}
    if assumption.value is not None:
        words.setdefault("value", assumption.value)
    if "echo" in words:
        words["echo"] = recognised(str(words["echo"]), _ECHOES)
    if assumption.code == "override":
        words["sentence"] = assumption.text.removesuffix(f" is taken from {words['file']}.")
    if assumption.code == "live_intensity":
        words["method"] = LIVE_METHODS[str(words["source"])]
    if "ignored" in words:
        words["ignored"] = _row(str(words["ignored"]).split(", "), _WITHOUT_EFFECT)
    return _fitting(ASSUMPTIONS.get(assumption.code, ()), words, assumption.text)


def cut_text(cut: Cut | LargestCut) -> Text:
    """What to do, without a capital or a full stop."""
    return _fitting(CUTS.get(cut.code, ()), cut.words, cut.text)


def cost_text(trade_off: TradeOff) -> Text:
    """What a cut costs or asks for."""
    return _fitting(TRADE_OFFS.get(trade_off.code, ()), trade_off.words, trade_off.text)


def error_text(error: EstimatorError) -> Text:
    """What was wrong, as a part of a sentence."""
    match error:
        case UnknownName():
            unknown = text(
                "unknown {kind} {typed!r}",
                kind=_KINDS.get(error.kind, error.kind),
                typed=shorten(error.typed),
            )
            if not error.suggestions:
                return unknown
            return text(
                "{unknown}; did you mean {near}?",
                unknown=unknown,
                near=listed(error.suggestions),
            )
        case AmbiguousName():
            return text(
                "{kind} {typed!r} could be {candidates}: say which",
                kind=_KINDS.get(error.kind, error.kind),
                typed=shorten(error.typed),
                candidates=listed(error.candidates),
            )
        case InvalidValue():
            return text(
                "{field}: {why}, e.g. {example}",
                field=FIELDS.get(error.field, error.field),
                why=reason_text(error.why),
                example=error.example,
            )
        case DeviceNotInFactorSet():
            return text(
                "the factor set {factors!r} has no factor for {device!r}, only for {known}",
                factors=error.factor_set,
                device=shorten(error.device),
                known=listed(error.known, "and"),
            )
        case _:  # a broken data file: whoever maintains it reads English
            return said(str(error))


def reason_text(why: str) -> Text:
    """The reason in an ``InvalidValue`` or a validation, as a part of a sentence."""
    return recognised(why, REASONS)


def sentence_text(why: str) -> Text:
    """The same reason as a sentence of its own."""
    return recognised(f"{why[:1].upper()}{why[1:]}.", SENTENCES)


def said(english: str) -> Text:
    """Words that have no translation."""
    return Text("{english}", (("english", english),))


def _fitting(
    templates: Iterable[Text], words: Mapping[str, int | float | str | Text], english: str
) -> Text:
    """The template that gives the estimator's English with these words."""
    values = _with_shown(words)
    for template in templates:
        names = _names(template.template)
        if names <= values.keys():
            candidate = Text(
                template.template, tuple((name, values[name]) for name in sorted(names))
            )
            if str(candidate) == english:
                return candidate
    return said(english)


_SHOWN: Final[dict[str, Callable[[float], str]]] = {
    "kgco2e": figures.mass,
    "tb": figures.number,
    "power_kw": figures.number,
    "days": figures.number,
    "low_days": figures.number,
    "high_days": figures.number,
}
"""How sentences show these words."""


def _with_shown(
    words: Mapping[str, int | float | str | Text],
) -> dict[str, int | float | str | Text]:
    """The words, and their numbers as sentences show them."""
    values: dict[str, int | float | str | Text] = dict(words)
    for name, value in words.items():
        if isinstance(value, int | float):
            values[f"{name}_percent"] = 100 * value
    for name, shown in _SHOWN.items():
        amount = words.get(name)
        if isinstance(amount, int | float):
            values[f"{name}_shown"] = shown(amount)
    others = words.get("others")
    if isinstance(others, str):
        values["others"] = in_a_row(others.split(", "))
    for name in ("month", "instead_of"):
        month = words.get(name)
        if isinstance(month, int):
            values[f"{name}_name"] = MONTHS[month - 1]
    hours = words.get("duration_h")
    if isinstance(hours, int | float):
        values["days"] = hours / HOURS_PER_DAY
        if hours < 2 * HOURS_PER_DAY:
            del values["days"]
    return values


def recognised(english: str, templates: tuple[Text, ...]) -> Text:
    """A sentence whose words the estimator gives no names to, by the template that it fits."""
    for template in templates:
        match = _pattern(template.template).fullmatch(english)
        if match is not None:
            return Text(template.template, tuple((k, str(v)) for k, v in match.groupdict().items()))
    return said(english)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = (
        re.escape(literal) + (f"(?P<{name}>.+?)" if name is not None else "")
        for literal, name, _, _ in Formatter().parse(template)
    )
    return re.compile("".join(parts), re.DOTALL)


@cache
def _names(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def _row(parts: list[str], known: Mapping[str, Text]) -> Text | str:
    """Words of the estimator in a row, each of them translated."""
    first: Text | str = known.get(parts[0], parts[0])
    if len(parts) == 1:
        return first
    return text("{first}, {rest}", first=first, rest=_row(parts[1:], known))
