"""Everything the estimator knows, and how names find it.

Pure: ``estimator.datafiles`` reads the files and builds a ``Catalogue``.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from estimator.accelerator import Accelerator, GeneralName
from estimator.equivalence import Equivalence
from estimator.errors import AmbiguousName, DataError, UnknownName
from estimator.instance import Instance, PodSlices, find_slice, slice_chips
from estimator.packed import Packed
from estimator.place import Grid, Region
from estimator.power_curve import ANY, LoadCurve
from estimator.source import Factor, Source

if TYPE_CHECKING:
    from estimator.published_run import PublishedRun

WORLD: Final = "WORLD"
"""Id of the grid that stands in where no location was given."""
_PROVIDERS: Final = {
    "alibaba": "Alibaba Cloud",
    "alibaba-cloud": "Alibaba Cloud",
    "amazon": "AWS",
    "aws": "AWS",
    "azure": "Azure",
    "gcp": "Google Cloud",
    "google": "Google Cloud",
    "google-cloud": "Google Cloud",
    "ibm": "IBM Cloud",
    "ibm-cloud": "IBM Cloud",
    "microsoft-azure": "Azure",
    "oci": "Oracle Cloud",
    "oracle": "Oracle Cloud",
    "oracle-cloud": "Oracle Cloud",
}
"""What people write before a region's name, and the provider that they mean."""
_PROVIDER: Final = re.compile(rf"({'|'.join(sorted(_PROVIDERS, reverse=True))})-")


@lru_cache(maxsize=8192)
def device_key(name: str) -> str:
    """The form in which device names are compared: case, spaces, ``-`` and ``_`` do not count."""
    return re.sub(r"[\s\-_]+", "", unicodedata.normalize("NFKC", name)).casefold()


@lru_cache(maxsize=8192)
def location_key(name: str) -> str:
    """The form in which locations are compared.

    Case and accents do not count, and words may be joined by spaces, ``-`` or ``_``. The joints
    stay, because they tell ``us-east-1`` from ``us-east1``.
    """
    folded = unicodedata.normalize("NFKD", name.replace("’", "'")).casefold()
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"[\s\-_]+", "-", re.sub(r"[.'(),]", "", plain)).strip("-")


class EmbodiedModel(NamedTuple):
    """Factors that turn die area and memory into manufacturing emissions.

    ``die_kgco2e_per_cm2`` is keyed by process node in nm, ``memory_kgco2e_per_gb`` by memory type.
    """

    die_kgco2e_per_cm2: Mapping[int, Factor]
    memory_kgco2e_per_gb: Mapping[str, Factor]
    board_kgco2e: Factor


@dataclass(frozen=True)
class Constants:
    """Factors that hold for every device."""

    default_utilisation: Factor
    """Mean share of full power in a run on more than one server."""
    small_run_utilisation: Factor
    """The same on one server or less, where many jobs do not fill their devices."""
    host_power_w: Factor
    network_power_w: Factor
    default_pue: Factor
    lifetime_years: Factor
    host_embodied_kgco2e: Factor
    storage_w_per_tb: Factor
    """Power of the drives that hold one copy of a terabyte."""
    transfer_kwh_per_tb: Factor
    """Electricity of moving a terabyte between data centres of one provider."""
    workstation_host_power_w: Factor
    """Power of a workstation without its accelerator, per device."""
    idle_share: Factor
    """Idle power over full power, for devices without a measured ``idle_power_w``."""
    overhead_suggestion: Factor
    """Failed runs and experiments, as a share of the final run."""
    default_mfu: Factor
    """``Accelerator.mfu`` for devices without a figure of their own."""
    mfu_size_exponent: Factor
    """Power of the number of active parameters, in ten billions, that the MFU grows with."""
    fp8_speed_up: Factor
    """How much faster training is in fp8 than in 16 bits."""
    wue_l_per_kwh: Factor
    """Water used on site per kWh of IT equipment, where the place has no figure of its own."""
    building_embodied_kgco2e: Factor
    """The device's share of building the data centre; no estimate counts it unless asked."""
    grid_spread: Factor
    """How a grid's yearly mean differs from the figure of another year, as a ratio."""
    embodied_model: EmbodiedModel


class ArticleFactors(NamedTuple):
    """The article's table for one device type."""

    device: str
    embodied_tco2e: Factor
    energy_kwh: Factor


class Device(NamedTuple):
    """What a device's name stands for."""

    name: str
    """The canonical name."""
    accelerator: Accelerator
    general: GeneralName | None = None
    """The general name, where it was one."""
    per_unit: int | None = None
    """Accelerators in one instance or slice, where it was one."""
    echo: str = ""
    """The arithmetic of an instance or slice: ``v3-8 = 8 TensorCores = 4 chips``."""


def run_key(name: str) -> str:
    """The form in which names of published runs are compared."""
    return device_key(name)


class _City(NamedTuple):
    """The regions in a city, and the grids that feed them: where that is one, it is the city's."""

    regions: list[str]
    grids: set[str]


_NOWHERE: Final = _City([], set())


@dataclass(frozen=True)
class Catalogue:
    """The data, indexed by the names that people type."""

    version: str
    """Digest of the data files: the same version gives the same figures."""
    sources: Mapping[str, Source]
    constants: Constants
    accelerators: Mapping[str, Accelerator]
    general_names: Mapping[str, GeneralName]
    grids: Mapping[str, Grid]
    regions: Mapping[str, Region]
    article: Mapping[str, ArticleFactors]
    instances: Mapping[str, Instance]
    pod_slices: tuple[PodSlices, ...]
    runs: Mapping[str, PublishedRun]
    equivalences: tuple[Equivalence, ...]
    """What answers are compared with, in order of preference."""
    load_curves: Mapping[str, LoadCurve]
    """Power over load, by id; ``power_curve.curve_of`` finds a device's."""
    unknown_location: Factor
    """The world's intensity with the range over countries: for a run without a location."""
    _device_index: dict[str, str] = field(init=False, repr=False, compare=False)
    _location_index: dict[str, str] = field(init=False, repr=False, compare=False)
    _run_index: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value in (
            ("_device_index", self._devices_by_name()),
            ("_location_index", self._places_by_name()),
            ("_run_index", self._runs_by_name()),
        ):
            object.__setattr__(self, name, value)

    def __copy__(self) -> Catalogue:
        made = object.__new__(Catalogue)
        vars(made).update({key: value for key, value in vars(self).items() if key in _FIELDS})
        return made

    def __getstate__(self) -> dict[str, object]:
        state = {key: value for key, value in vars(self).items() if key in _FIELDS}
        sources = Packed.of(self.sources, {})
        large = {key: Packed.of(getattr(self, key), sources) for key in _LARGE}
        return {**state, "sources": sources, **large, "_zoned": self._zoned}

    def _devices_by_name(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for accelerator in self.accelerators.values():
            _enter(found, accelerator.id, (accelerator.id, *accelerator.aliases), device_key)
        for general in self.general_names.values():
            for target in (general.means, *general.others):
                self._check_model(f"general name {general.name}", target)
            _enter(found, general.name, (general.name, *general.aliases), device_key)
        for instance in self.instances.values():
            self._check_model(f"instance {instance.id}", instance.device)
            _enter(found, instance.id, (instance.id, *instance.aliases), device_key)
        for naming in self.pod_slices:
            self._check_model(f"slice {naming.generation}", naming.device)
        for curve in self.load_curves.values():
            if curve.model is not None:
                self._check_model(f"load curve {curve.id}", curve.model)
        if ANY not in self.load_curves:
            raise DataError("load_curves.toml", f"the curve {ANY} is missing")
        return found

    def _check_model(self, where: str, model: str) -> None:
        if model not in self.accelerators:
            raise DataError(where, f"unknown model {model}")

    def _places_by_name(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for grid in self.grids.values():
            _enter(found, grid.id, (grid.id, grid.name, *grid.own_names), location_key)
        for region in self.regions.values():
            for wanted in (region.grid, region.country):
                if wanted not in self.grids:
                    raise DataError(f"region {region.id}", f"unknown grid {wanted}")
            _enter(found, region.id, (region.id, *region.aliases), location_key)
        return found

    def _runs_by_name(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for published in self.runs.values():
            _enter(found, published.id, (published.id, published.name, *published.aliases), run_key)
        return found

    @cached_property
    def _zoned(self) -> frozenset[str]:
        """Ids of the countries of which parts have figures of their own."""
        return frozenset(g.country for g in self.grids.values() if g.scope == "zone" and g.country)

    def with_meanings(self, meanings: Mapping[str, str]) -> Catalogue:
        """The same catalogue with other defaults for general names, e.g. ``{"GPU": "L4"}``.

        Raises:
            UnknownName: a general name or a model does not exist.
        """
        names = dict(self.general_names)
        for name, model in meanings.items():
            if name not in names:
                raise UnknownName("general device name", name, tuple(sorted(names)))
            target = self.device_name(model)
            if target in names:
                target = names[target].means
            old = names[name]
            others = tuple(m for m in (old.means, *old.others) if m != target)
            note = old.note if target == old.means else "set as the default here"
            names[name] = replace(old, means=target, others=others, note=note)
        return replace(self, general_names=names)

    def device_name(self, typed: str) -> str:
        """The canonical name of a device: a model's id, or a general name.

        Raises:
            UnknownName: nothing has that name; carries the nearest ones.
        """
        name = self.find_device(typed)
        if name is None:
            raise UnknownName("device", typed, self.nearest_devices(typed))
        return name

    def find_device(self, typed: str) -> str | None:
        """The canonical name of a device, or ``None``; cheap, for trying out names.

        A model's id, a general name, a cloud instance's id, or the name of a TPU slice.

        Raises:
            InvalidValue: the name is that of a slice that cannot exist.
        """
        key = device_key(typed)
        name = self._device_index.get(key)
        if name is None and (found := find_slice(typed, self.pod_slices)) is not None:
            return found.name
        if name is None and key.endswith("s"):
            # Several of them: 8 H100s. L40S is a model of its own.
            return self._device_index.get(key[:-1])
        return name

    def device(self, typed: str) -> Device:
        """The accelerator that a name stands for.

        Raises:
            UnknownName: nothing has that name; carries the nearest ones.
            InvalidValue: the name is that of a slice that cannot exist.
        """
        name = self.device_name(typed)
        general = self.general_names.get(name)
        if general is not None:
            return Device(name, self.accelerators[general.means], general=general)
        instance = self.instances.get(name)
        if instance is not None:
            echo = f"{instance.id} = {instance.device_count} {instance.device}"
            model = self.accelerators[instance.device]
            return Device(name, model, per_unit=instance.device_count, echo=echo)
        if name in self.accelerators:
            return Device(name, self.accelerators[name])
        found = slice_chips(name, self.pod_slices)
        model = self.accelerators[found.device]
        return Device(name, model, per_unit=found.chips, echo=f"{found.echo} ({found.device})")

    def run(self, typed: str) -> PublishedRun:
        """The published run that a name stands for.

        Raises:
            UnknownName: nothing has that name; carries the nearest ones.
        """
        name = self._run_index.get(run_key(typed))
        if name is None:
            near = self._nearby_runs.find(run_key(typed[:80]), 3)
            raise UnknownName("published run", typed, near)
        return self.runs[name]

    def find_run(self, typed: str) -> str | None:
        """Id of the published run of that name, or ``None``; cheap, for trying out names."""
        return self._run_index.get(run_key(typed))

    def location_name(self, typed: str) -> str:
        """The canonical name of a location: a region's id, or a grid's name.

        A name typed without its hyphens is accepted where only one place fits it.

        Raises:
            UnknownName: nothing has that name; carries the nearest ones.
            AmbiguousName: several places fit (``useast1``: AWS's or Google Cloud's?).
        """
        fits = self.find_locations(typed)
        if len(fits) > 1:
            names = tuple(self.grids[f].name if f in self.grids else f for f in fits)
            raise AmbiguousName("location", typed, names)
        if not fits:
            raise UnknownName("location", typed, self.nearest_locations(typed))
        (place,) = fits
        return self.grids[place].name if place in self.grids else place

    def find_locations(self, typed: str) -> tuple[str, ...]:
        """Ids of the places that a name fits, none or several too; cheap, for trying out names."""
        key = location_key(typed)
        place = self._location_index.get(key)
        if place is None:
            place = self._of_provider(key)
        if place is not None:
            return (place,)
        fits = tuple(sorted(self._loose_index.get(key.replace("-", ""), ())))
        if fits or key not in self._cities:
            return fits
        grids = self._cities[key].grids
        return tuple(grids) if len(grids) == 1 else ()

    def find_provider(self, typed: str) -> str | None:
        """The provider that a name alone means: ``AWS``, ``Google Cloud``; ``None`` where none."""
        return _PROVIDERS.get(location_key(typed))

    def _of_provider(self, key: str) -> str | None:
        """The region of a name, or a city, with its provider's before it: ``aws us-east-1``."""
        provider = _PROVIDER.match(key)
        if provider is None:
            return None
        place, named = key[provider.end() :], _PROVIDERS[provider[1]]
        ids = (self._location_index.get(place), *self._cities.get(place, _NOWHERE).regions)
        fits = [
            region.id
            for region in map(self.regions.get, dict.fromkeys(found for found in ids if found))
            if region is not None and region.provider == named
        ]
        return fits[0] if len(fits) == 1 else None

    def place_of(self, name: str) -> Region | Grid:
        """The region or grid of a canonical location name."""
        place = self._location_index[location_key(name)]
        return self.regions.get(place) or self.grids[place]

    def grid_of(self, place: Region | Grid) -> Grid:
        """The grid that feeds a place."""
        return self.grids[place.grid] if isinstance(place, Region) else place

    def has_zones(self, country: str) -> bool:
        """Whether parts of a country have figures of their own."""
        return country in self._zoned

    # Only mistakes need these, and most processes that start and end see none.
    @cached_property
    def _loose_index(self) -> dict[str, frozenset[str]]:
        """Ids of the places of each name without its joints, those that share a name included."""
        found: dict[str, set[str]] = {}
        for key, place in self._location_index.items():
            found.setdefault(key.replace("-", ""), set()).add(place)
        for grid in self.grids.values():
            for name in grid.shared_names:
                found.setdefault(location_key(name).replace("-", ""), set()).add(grid.id)
        return {key: frozenset(places) for key, places in found.items()}

    @cached_property
    def _cities(self) -> dict[str, _City]:
        """The cities in which regions are."""
        found: dict[str, _City] = {}
        for region in self.regions.values():
            city, comma, _ = region.place.partition(", ")
            if comma:
                in_it = found.setdefault(location_key(city), _City([], set()))
                in_it.regions.append(region.id)
                in_it.grids.add(region.grid)
        return found

    @cached_property
    def _nearby_devices(self) -> _Nearby:
        return _Nearby(self._device_index)

    @cached_property
    def _nearby_locations(self) -> _Nearby:
        return _Nearby(self._location_index)

    @cached_property
    def _nearby_runs(self) -> _Nearby:
        return _Nearby(self._run_index)

    def nearest_devices(self, typed: str, limit: int = 3) -> tuple[str, ...]:
        """Canonical device names that look like ``typed``, best first."""
        return self._nearby_devices.find(device_key(typed[:60]), limit)

    def nearest_locations(self, typed: str, limit: int = 3) -> tuple[str, ...]:
        """Canonical location names that look like ``typed``, best first."""
        found = self._nearby_locations.find(location_key(typed[:80]), limit)
        return tuple(self.grids[f].name if f in self.grids else f for f in found)


_FIELDS: Final = frozenset(field.name for field in fields(Catalogue))
_LARGE: Final = ("accelerators", "grids", "regions", "instances", "runs")
"""Fields of a catalogue of which an answer needs little."""


def _enter(
    index: dict[str, str], name: str, spellings: Iterable[str], key_of: Callable[[str], str]
) -> None:
    for spelling in spellings:
        key = key_of(spelling)
        if index.setdefault(key, name) != name:
            raise DataError(f"{name}", f"the name {spelling!r} is already taken by {index[key]}")


class _Nearby:
    """Finds the names that look like a typed one.

    difflib compares well but slowly, so only the names that share most pairs of letters with what
    was typed are handed to it.
    """

    _COMPARED: Final = 12

    def __init__(self, index: Mapping[str, str]) -> None:
        self._index = index
        self._by_pair: dict[str, list[str]] = {}
        for key in index:
            if len(key) < 3:  # a country's two letters look like any short word
                continue
            for pair in _pairs(key):
                self._by_pair.setdefault(pair, []).append(key)

    def find(self, key: str, limit: int) -> tuple[str, ...]:
        """The canonical names behind the keys most like ``key``, best first."""
        shared: Counter[str] = Counter()
        typed = _pairs(key)
        for pair in typed:
            shared.update(self._by_pair.get(pair, ()))
        # Shared pairs over the mean number of pairs: long names do not win by their length. What
        # shares a single pair is never like it.
        scored = [
            (number / (len(typed) + len(known) + 1), known)
            for known, number in shared.items()
            if number > 1
        ]
        scored.sort(key=itemgetter(0), reverse=True)
        likely = [known for _, known in scored[: self._COMPARED]]
        # In a short word one wrong letter is a large share of it, and much looks a little like it.
        cutoff = 0.7 if len(key) > 5 else 0.75
        close = difflib.get_close_matches(key, likely, n=limit * 3, cutoff=cutoff)
        # `paris` is a word of `aws-paris`, which no comparison of whole names would find first.
        within = [known for known in likely if key in known.split("-")]
        return tuple(dict.fromkeys(self._index[known] for known in (*within, *close)))[:limit]


def _pairs(key: str) -> set[str]:
    padded = f"^{key}$"
    return {padded[i : i + 2] for i in range(len(padded) - 1)}


class ByVersion:
    """A catalogue as the key of a cache: by the version of its data."""

    __slots__ = ("catalogue",)

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __hash__(self) -> int:
        return hash(self.catalogue.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByVersion) and self.catalogue.version == other.catalogue.version
