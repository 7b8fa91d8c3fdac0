"""Which places fit what somebody searches for, in English or in Chinese."""

from __future__ import annotations

from bot.language.chinese_places import in_english
from estimator import Catalogue
from estimator.catalogue import location_key
from estimator.place import Grid, Region


class PlaceSearch:
    """What was typed, to be held against places."""

    def __init__(self, typed: str, catalogue: Catalogue) -> None:
        english = in_english(typed)
        self._wanted = [location_key(one) for one in (typed, english) if one is not None]
        self._grids = catalogue.grids

    def fits_region(self, region: Region) -> bool:
        """Whether a region's name, provider, city or country holds what was typed."""
        country = self._grids[region.country]
        names = (region.id, region.provider, region.place, country.name, country.id)
        return self._is_in((*names, *region.aliases, *country.own_names))

    def fits_grid(self, grid: Grid) -> bool:
        """Whether a name of a grid holds what was typed."""
        return self._is_in((grid.id, grid.name, *grid.own_names))

    def _is_in(self, names: tuple[str, ...]) -> bool:
        keys = [location_key(name) for name in names]
        return any(wanted in key for wanted in self._wanted for key in keys)
