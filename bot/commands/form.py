"""The fields of the form, as a command, and a run as the fields of the form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from bot.asker import Asker
from bot.commands.reading import read
from bot.i18n import Text, text
from bot.language import LanguageError, parse, pieces
from estimator import TrainingRun

DEVICE: Final = "device"
QUANTITY: Final = "quantity"
SECOND_DEVICE: Final = "second_device"
SECOND_QUANTITY: Final = "second_quantity"
WORK: Final = "work"
DURATION: Final = "duration"
PLACE: Final = "place"
UTILISATION: Final = "utilisation"
PUE: Final = "pue"
MORE: Final = "more"

_DEVICES: Final = ((DEVICE, QUANTITY), (SECOND_DEVICE, SECOND_QUANTITY))
"""Fields of devices with the fields of how many."""
_BEFORE: Final = {DURATION: "for", PLACE: "in", UTILISATION: "at", PUE: "pue"}
"""The word before a field in a command."""
_COMPLETE: Final = re.compile(r"[㐀-鿿]")
"""Chinese is read without a word before it."""
_SOME: Final = "8 H100"
"""A run that a field is tried with."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What stands in the form, as it was typed; empty where nothing was."""

    device: str = ""
    quantity: str = ""
    second_device: str = ""
    second_quantity: str = ""
    work: str = ""
    duration: str = ""
    place: str = ""
    utilisation: str = ""
    pue: str = ""
    more: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing says what is to be estimated."""
        return not (self.device or self.second_device or self.work or self.more)


def fields_of(run: TrainingRun) -> Fields:
    """A run as the fields of the form; what has no field of its own stands in the last."""
    parts = pieces(run)
    found: dict[str, str] = {}
    plain = "device_hours" not in parts and "energy_kwh" not in parts
    if plain and 1 <= len(run.devices) <= len(_DEVICES):
        del parts["devices"]
        for (device, quantity), entry in zip(_DEVICES, run.devices, strict=False):
            found[device] = entry.device
            found[quantity] = str(entry.quantity or "")
        found[WORK] = parts.pop("workload", "")
    for field, key in ((DURATION, "duration_h"), (PLACE, "location"), (PUE, "pue")):
        if key in parts:
            found[field] = parts.pop(key).partition(" ")[2]
    if parts.get("utilisation", "").startswith("at "):
        found[UTILISATION] = parts.pop("utilisation").removeprefix("at ")
    return Fields(**found, more=" ".join(parts.values()))


def command_of(fields: Fields) -> str:
    """The command that the fields say."""
    counted = (
        f"{getattr(fields, quantity)} {getattr(fields, device)}".strip()
        for device, quantity in _DEVICES
    )
    devices = ", ".join(entry for entry in counted if entry)
    if fields.work:
        devices = f"{fields.work} on {devices}" if devices else fields.work
    parts = [devices, *(_part(name, value) for name, value in asdict(fields).items())]
    return " ".join(part for part in (*parts, fields.more) if part)


def mistakes(fields: Fields, asker: Asker) -> dict[str, Text | str]:
    """What is wrong, by the field in which it is; empty where the command can be answered."""
    if fields.is_empty:
        return {DEVICE: text("Say which device, or describe the run in the last field.")}
    found = dict(_alone(fields, asker))
    if found:
        return found
    if not fields.work and not fields.more:
        for device, quantity in _DEVICES:
            if getattr(fields, device) and not getattr(fields, quantity):
                return {quantity: text("How many of them?")}
    if fields.second_quantity and not fields.second_device:
        return {SECOND_DEVICE: text("Of which device?")}
    try:
        read(command_of(fields), asker)
    except LanguageError as error:
        return {MORE if fields.more else WORK if fields.work else DEVICE: error.message}
    return {}


def _part(name: str, value: str) -> str:
    if name not in _BEFORE or not value:
        return ""
    return value if _COMPLETE.search(value) else f"{_BEFORE[name]} {value}"


def _alone(fields: Fields, asker: Asker) -> Mapping[str, Text | str]:
    """Mistakes of fields that are wrong whatever stands in the others."""
    found: dict[str, Text | str] = {}
    tries = {name: f"{_SOME} {_part(name, value)}" for name, value in asdict(fields).items()}
    for device, quantity in _DEVICES:
        tries[device] = f"1 {getattr(fields, device)}"
        tries[quantity] = f"{getattr(fields, quantity)} H100"
    tries[WORK] = f"{fields.work} on H100"
    for name, command in tries.items():
        if name == MORE or not getattr(fields, name):
            continue
        try:
            parse(command, asker.catalogue)
        except LanguageError as error:
            found[name] = _with_example(name.removeprefix("second_"), error, asker)
    return found


def _with_example(name: str, error: LanguageError, asker: Asker) -> Text:
    """A mistake in a field, with what would be right there."""
    if error.correction is None:
        return error.message
    try:
        right: str = getattr(fields_of(parse(error.correction, asker.catalogue).run), name)
    except LanguageError:
        return error.message
    if not right or right in str(error.message):
        return error.message
    return text("{problem} For example: {example}", problem=error.message, example=right)
