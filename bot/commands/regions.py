"""``/carbon regions``: the places that can be named, cleanest grid first, or ranked for a run."""

from __future__ import annotations

from bot.asker import Asker
from bot.blocks import parts
from bot.blocks.error import refusal_message
from bot.blocks.listing import list_message, nothing_found_message
from bot.blocks.ranking import ranking_message
from bot.commands.halves import not_computable
from bot.commands.place_search import PlaceSearch
from bot.commands.reading import read
from bot.i18n import text
from bot.language import LanguageError, to_text
from bot.message import Message
from estimator import EstimatorError, TrainingRun, sweep
from estimator.catalogue import location_key


def answer(typed: str, asker: Asker) -> Message:
    """The regions ranked for a run where one follows, else those that match a search."""
    first, _, rest = typed.partition(" ")
    provider = _provider(first, asker)
    command = rest if provider else typed
    try:
        run = read(command, asker).run
    except LanguageError:
        return search(typed, asker)
    try:
        return _ranked(run, provider, asker)
    except (EstimatorError, ArithmeticError) as error:
        return refusal_message(not_computable(error, f"regions {to_text(run)}"), asker.say)


def _provider(word: str, asker: Asker) -> str | None:
    """The cloud provider that a word names, such as ``aws`` or ``google``."""
    wanted = location_key(word)
    if len(wanted) < 3:
        return None
    names = {region.provider for region in asker.catalogue.regions.values()}
    return next((name for name in sorted(names) if location_key(name).startswith(wanted)), None)


def _ranked(run: TrainingRun, provider: str | None, asker: Asker) -> Message:
    regions = asker.catalogue.regions.values()
    ids = [r.id for r in regions if provider is None or r.provider == provider]
    # A PUE that was given is that of one data centre, not of all of them.
    points = sweep(run.model_copy(update={"pue": None}), asker.catalogue, ids, [])
    return ranking_message(run, sorted(points, key=lambda p: p.total_kgco2e), asker)


def search(wanted_name: str, asker: Asker) -> Message:
    """A table of the cloud regions, and of the grids too when something is searched for."""
    catalogue, say = asker.catalogue, asker.say
    places = PlaceSearch(wanted_name, catalogue)
    found: list[tuple[float, str, str, str]] = []
    for region in catalogue.regions.values():
        grid = catalogue.grids[region.grid]
        if places.fits_region(region):
            intensity = grid.intensity_gco2e_per_kwh.value
            where = f"{region.id} ({region.provider}, {region.place})"
            pue = f"{region.pue.value:g}" if region.pue else ""
            found.append((intensity, where, f"{intensity:g}", pue))
    if wanted_name.strip():
        for grid in catalogue.grids.values():
            if places.fits_grid(grid):
                intensity = grid.intensity_gco2e_per_kwh.value
                found.append((intensity, grid.name, f"{intensity:g}", ""))
    if not found:
        why = text("No place matches “{search}”.", search=parts.cut(wanted_name, 40))
        nearest = catalogue.nearest_locations(wanted_name)
        return nothing_found_message(why, nearest, "regions france", say)
    rows = [list(row[1:]) for row in sorted(found)]
    heading = (say("Place"), "gCO2e/kWh", "PUE")
    return list_message(say("Places"), heading, rows, "regions france", say)
