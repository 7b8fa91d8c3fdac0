"""``/carbon regions [search]``: the places that can be named, cleanest grid first."""

from __future__ import annotations

from bot.blocks.listing import list_message, nothing_found_message
from bot.message import Message
from estimator import Catalogue
from estimator.catalogue import location_key


def answer(search: str, catalogue: Catalogue) -> Message:
    """A table of the cloud regions, and of the grids too when something is searched for."""
    wanted = location_key(search)
    found: list[tuple[float, str, str, str]] = []
    for region in catalogue.regions.values():
        grid = catalogue.grids[region.grid]
        country = catalogue.grids[region.country]
        names = (region.id, region.provider, region.place, country.name, country.id)
        if any(wanted in location_key(name) for name in (*names, *region.aliases)):
            intensity = grid.intensity_gco2e_per_kwh.value
            where = f"{region.id} ({region.provider}, {region.place})"
            pue = f"{region.pue.value:g}" if region.pue else ""
            found.append((intensity, where, f"{intensity:g}", pue))
    if wanted:
        for grid in catalogue.grids.values():
            if any(wanted in location_key(name) for name in (grid.id, grid.name, *grid.own_names)):
                intensity = grid.intensity_gco2e_per_kwh.value
                found.append((intensity, grid.name, f"{intensity:g}", ""))
    if not found:
        nearest = catalogue.nearest_locations(search)
        return nothing_found_message("place", search, nearest, "regions france")
    rows = [list(row[1:]) for row in sorted(found)]
    return list_message("Places", ("Place", "gCO2e/kWh", "PUE"), rows, "regions france")
