"""Every place that an answer names can be typed back: answers carry the command of their run."""

from __future__ import annotations

from bot.language.parser import parse
from bot.language.render import to_text
from estimator import load_default
from estimator.spec import DeviceQuantity, TrainingRun

CATALOGUE = load_default()


def test_the_name_of_every_place_is_read_back_as_that_place() -> None:
    names = [grid.name for grid in CATALOGUE.grids.values()] + list(CATALOGUE.regions)
    for name in names:
        run = TrainingRun(
            devices=(DeviceQuantity(device="A100", quantity=8),), duration_h=3.0, location=name
        )

        command = to_text(run)

        assert parse(command, CATALOGUE).run == run, command
