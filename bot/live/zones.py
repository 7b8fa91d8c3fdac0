"""Which zone of a live source a place of the catalogue is in.

``zones.csv`` has a row for a grid or a cloud region and a source. Only what could be looked up is
in it: the national zone and the regions by the API's own list of regions, in which a region of a
cloud stands only where its provider names a town outside London; the zones of Electricity Maps by
the keys of its yearly data sets, which name the same grids, and a few of its published settings.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from estimator import Catalogue, EstimatorError, TrainingRun
from estimator.live import LiveIntensity, LiveSource
from estimator.place import Region

SOURCES: Final[tuple[LiveSource, ...]] = ("neso", "electricity-maps")
"""In the order in which they are asked: first the one whose figures anybody may use."""


@dataclass(frozen=True, slots=True)
class Zone:
    """What a source calls a grid, and what of it that is, where it is not all."""

    source: LiveSource
    name: str
    note: str = ""


Zones = Mapping[tuple[str, LiveSource], Zone]
"""By the id of a region or grid, and the source."""


@cache
def known_zones() -> Zones:
    """The zones of ``zones.csv``."""
    file = resources.files("bot.live").joinpath("zones.csv").read_text(encoding="utf-8")
    sources = {str(source): source for source in SOURCES}
    found: dict[tuple[str, LiveSource], Zone] = {}
    for row in csv.DictReader(io.StringIO(file)):
        source = sources[row["source"]]
        found[row["place"], source] = Zone(source, row["zone"], row["note"])
    return found


def zones_of(location: str, catalogue: Catalogue) -> tuple[Zone, ...]:
    """The zones that a place is in, in the order of ``SOURCES``; a region's own come first."""
    try:
        place = catalogue.place_of(catalogue.location_name(location))
    except EstimatorError:
        return ()
    ids = [place.id, place.grid] if isinstance(place, Region) else [place.id]
    zones = known_zones()
    found = (zones.get((place_id, source)) for source in SOURCES for place_id in ids)
    return tuple(zone for zone in found if zone is not None)


def fits(live: LiveIntensity, run: TrainingRun, catalogue: Catalogue) -> bool:
    """Whether a live figure is of a zone that the run's place is in."""
    zones = zones_of(run.location or "", catalogue)
    return (live.source, live.zone) in {(zone.source, zone.name) for zone in zones}
