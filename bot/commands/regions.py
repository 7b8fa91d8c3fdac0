"""``/carbon regions [search]``: the places that can be named, cleanest grid first."""

from __future__ import annotations

from bot.asker import Asker
from bot.blocks import parts
from bot.blocks.listing import list_message, nothing_found_message
from bot.i18n import text
from bot.message import Message
from estimator.catalogue import location_key


def answer(search: str, asker: Asker) -> Message:
    """A table of the cloud regions, and of the grids too when something is searched for."""
    catalogue, say = asker.catalogue, asker.say
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
        why = text("No place matches “{search}”.", search=parts.cut(search, 40))
        nearest = catalogue.nearest_locations(search)
        return nothing_found_message(why, nearest, "regions france", say)
    rows = [list(row[1:]) for row in sorted(found)]
    heading = (say("Place"), "gCO2e/kWh", "PUE")
    return list_message(say("Places"), heading, rows, "regions france", say)
