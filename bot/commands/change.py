"""The run of an earlier answer with one thing changed, by a menu of that answer.

Each raises ``ValueError`` where no menu of that answer offers what was chosen, and
``LanguageError`` where this release does not read the command.
"""

from __future__ import annotations

from bot.asker import Asker
from bot.language import parse, to_text
from estimator import DeviceQuantity, TrainingRun


def with_location(command: str, location: str, asker: Asker) -> str:
    """The command for the same run in another place; a PUE that was given stays behind.

    A data centre's PUE is its own, and so is what a grid emits now: the other place has another.
    """
    return _changed(command, asker, location=location, pue=None, live=None)


def with_device(command: str, device: str, asker: Asker) -> str:
    """The command for as many of another device."""
    run = parse(command, asker.catalogue).run
    if not run.devices:
        raise ValueError("a run of no devices")
    entry = DeviceQuantity(device=device, quantity=run.devices[0].quantity)
    return to_text(_valid(run, devices=(entry,), like=None))


def with_duration(command: str, duration_h: str, asker: Asker) -> str:
    """The command for the same devices for another time, in hours as the menu has them."""
    return _changed(command, asker, duration_h=float(duration_h))


def _changed(command: str, asker: Asker, **update: object) -> str:
    return to_text(_valid(parse(command, asker.catalogue).run, **update, like=None))


def _valid(run: TrainingRun, **update: object) -> TrainingRun:
    return TrainingRun.model_validate(run.model_copy(update=update).model_dump())
