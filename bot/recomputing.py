"""Makes recorded estimates again, with the factors that they were made with."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import ValidationError

from bot.store import Store, Team
from bot.store.recorded import Recorded, recorded
from estimator import Catalogue, Estimate, EstimatorError, TrainingRun, estimate
from estimator.datapack import unpacked
from estimator.overrides import apply, parse_overrides


@dataclass(slots=True)
class Recomputed:
    """What making every recorded estimate again gave.

    Attributes:
        same: how many came out the same, to the last bit.
        versions: how many of them each version of the factors made.
        different: what did not, a line each.
    """

    same: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)


class Recomputing:
    """Knows the factors of every version that answered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bases: dict[str, Catalogue] = {}
        self._own: dict[tuple[Team, str], Catalogue] = {}

    async def all(self) -> Recomputed:
        """Make every estimate of the history and the ledger again."""
        found = Recomputed()
        async for old in recorded(self._store.database):
            differences = await self._differences(old)
            found.versions[old.catalogue_version] += 1
            if differences:
                found.different.append(f"{old.id}: {differences}")
            else:
                found.same += 1
        return found

    async def catalogue(self, team: Team, version: str) -> Catalogue | None:
        """The factors of a version, a workspace's own among them; ``None`` where none are kept."""
        base, _, own = version.partition("+")
        if base not in self._bases:
            content = await self._store.factor_sets.get(base)
            if content is None:
                return None
            self._bases[base] = await asyncio.to_thread(unpacked, content)
        if not own:
            return self._bases[base]
        key = (team, version)
        if key not in self._own:
            for file in await self._store.factor_files.all(team):
                try:
                    overrides = parse_overrides(file.content, file.name, self._bases[base])
                    made = apply(self._bases[base], overrides)
                except EstimatorError:
                    continue  # a file for the data of another release
                self._own[team, made.version] = made
        return self._own.get(key)

    async def _differences(self, old: Recorded) -> str:
        """What comes out otherwise; empty where nothing does."""
        try:
            catalogue = await self.catalogue(old.team, old.catalogue_version)
            if catalogue is None:
                return f"the factors {old.catalogue_version} are not kept"
            again = estimate(TrainingRun.model_validate(old.spec), catalogue)
        except (EstimatorError, ValidationError) as error:
            return f"cannot be made again with {old.catalogue_version}: {type(error).__name__}"
        figures = dict(_figures(again))
        return "; ".join(
            f"{name} was {value!r}, is {figures.get(name)!r}"
            for name, value in old.figures.items()
            if figures.get(name) != value
        )


def _figures(found: Estimate) -> Iterator[tuple[str, float]]:
    """The figures of an estimate by the columns that they are kept in."""
    totals = found.totals
    yield from (
        ("energy_kwh", totals.energy_kwh.value),
        ("energy_low_kwh", totals.energy_kwh.low),
        ("energy_high_kwh", totals.energy_kwh.high),
        ("embodied_kgco2e", totals.embodied_kgco2e.value),
        ("total_kgco2e", totals.total_kgco2e.value),
        ("total_low_kgco2e", totals.total_kgco2e.low),
        ("total_high_kgco2e", totals.total_kgco2e.high),
    )
    if totals.operational_kgco2e is not None:
        yield "operational_kgco2e", totals.operational_kgco2e.value
