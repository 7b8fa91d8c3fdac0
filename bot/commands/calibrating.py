"""What follows ``/carbon calibrate``, and an asker with other defaults. Changes nothing."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

from bot.asker import Asker
from bot.calibration import FILE, factor_file
from bot.commands.estimate import ask
from bot.commands.ledger import EXAMPLE_RUN
from bot.preferences import Calibration
from estimator import Catalogue, Estimate
from estimator.overrides import apply, parse_overrides


class Wish(StrEnum):
    """What somebody wants of the calibration."""

    SHOW = "show"
    OFF = "off"
    FILE = "file"


_WISHES: Final = {
    "": Wish.SHOW,
    "off": Wish.OFF,
    "关": Wish.OFF,
    "关闭": Wish.OFF,
    "file": Wish.FILE,
    "文件": Wish.FILE,
}


def wish_in(said: str) -> Wish | None:
    """What somebody wants; ``None`` where it is not understood."""
    return _WISHES.get(said.strip().casefold())


def calibrated(catalogue: Catalogue, calibration: Calibration) -> Catalogue:
    """The catalogue with the measured utilisation for every device, and its range.

    Raises:
        EstimatorError: the data refuses it.
    """
    content = factor_file(calibration, catalogue)
    return apply(catalogue, parse_overrides(content, FILE, catalogue))


def sample(asker: Asker, calibration: Calibration) -> tuple[str, Estimate, Estimate]:
    """A run with today's defaults and with others."""
    preferences = asker.preferences.model_copy(update={"calibration": calibration, "factors": None})
    other = replace(
        asker, catalogue=calibrated(asker.catalogue, calibration), preferences=preferences
    )
    plain = asker.preferences.model_copy(update={"factors": None})
    _, before = ask(EXAMPLE_RUN, replace(asker, preferences=plain))
    _, after = ask(EXAMPLE_RUN, other)
    return EXAMPLE_RUN, before, after
