"""What the menus with type-ahead offer: places and accelerators that fit what was typed."""

from __future__ import annotations

from typing import Final

from bot.asker import Asker
from bot.commands.place_search import PlaceSearch
from estimator import Catalogue, EstimatorError
from estimator.catalogue import device_key
from estimator.place import Grid

MOST: Final = 100
"""Options that Slack takes in one list."""

Suggestion = tuple[str, str]
"""Label and value."""


def places(typed: str, asker: Asker) -> list[Suggestion]:
    """Cloud regions and grids whose name holds what was typed, cleanest first.

    Regions come first, because a region's data centre is known and a country's is not.
    """
    catalogue = asker.catalogue
    search = PlaceSearch(typed, catalogue)
    found: list[tuple[int, float, str, str]] = []
    for region in catalogue.regions.values():
        if search.fits_region(region):
            intensity = catalogue.grids[region.grid].intensity_gco2e_per_kwh.value
            where = f"{region.id} ({region.provider}, {region.place})"
            found.append((0, intensity, where, region.id))
    found += [
        (1, grid.intensity_gco2e_per_kwh.value, grid.name, _said(grid, catalogue))
        for grid in catalogue.grids.values()
        if search.fits_grid(grid)
    ]
    best = sorted(found)[:MOST]
    return [(f"{label} · {intensity:g} g", value) for _, intensity, label, value in best]


def _said(grid: Grid, catalogue: Catalogue) -> str:
    """The name of a grid where a command may say it, else its id."""
    try:
        return grid.name if catalogue.location_name(grid.name) == grid.name else grid.id
    except EstimatorError:  # a name that two places share
        return grid.id


def devices(typed: str, asker: Asker) -> list[Suggestion]:
    """Accelerators whose name, vendor or alias holds what was typed."""
    catalogue, wanted = asker.catalogue, device_key(typed)
    found = [
        (f"{general.name} = {general.means}", general.name)
        for general in catalogue.general_names.values()
        if any(wanted in device_key(name) for name in (general.name, *general.aliases))
    ]
    found += [
        (f"{model.name} · {model.power_w.value:g} W", model.id)
        for model in catalogue.accelerators.values()
        if any(
            wanted in device_key(n) for n in (model.id, model.name, model.vendor, *model.aliases)
        )
    ]
    return found[:MOST]
