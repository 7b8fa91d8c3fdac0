"""Reads the published runs, the cloud instances, the naming of TPU slices and the equivalences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from estimator.catalogue import run_key
from estimator.equivalence import Equivalence
from estimator.errors import DataError
from estimator.instance import Instance, PodSlices
from estimator.published_run import PublishedRun
from estimator.source import Factor, Source
from estimator.tables import build, read_csv, read_toml, split

RUNS: Final = Path("runs") / "runs.csv"
INSTANCES: Final = Path("instances.csv")
POD_SLICES: Final = Path("pod_slices.toml")
EQUIVALENCES: Final = Path("equivalences.toml")

_LISTS: Final = {"aliases": "aliases", "sources": "source_ids"}
"""Columns of the runs whose cells hold several values, and the field that each fills."""


def read_sources(folder: Path) -> dict[str, Source]:
    """The sources of all files under ``sources/``, by id.

    Raises:
        DataError: a file breaks its schema.
    """
    found: dict[str, Source] = {}
    for path in sorted(folder.glob("sources/*.toml")):
        for key, table in read_toml(path).items():
            if key in found:
                raise DataError(f"{path.name} [{key}]", "this source id is already taken")
            found[key] = build(Source, f"{path.name} [{key}]", {"id": key, **table})
    return found


def read_runs(folder: Path, sources: Mapping[str, Source]) -> dict[str, PublishedRun]:
    """The published runs, by id.

    Raises:
        DataError: a row breaks its schema, names an unknown source, or takes another run's name.
    """
    found: dict[str, PublishedRun] = {}
    names: dict[str, str] = {}
    for where, row in read_csv(folder / RUNS, PublishedRun, renamed=_LISTS):
        fields: dict[str, Any] = {
            _LISTS.get(key, key): split(cell) if key in _LISTS else cell or None
            for key, cell in row.items()
        }
        run = build(PublishedRun, where, fields)
        for source in run.source_ids:
            _known(source, sources, where)
        primary = all(sources[s].read == "primary" for s in run.source_ids)
        if run.verified == "primary" and not primary:
            raise DataError(where, "verified in a primary text, but a source was read secondary")
        if run.id in found:
            raise DataError(where, f"the id {run.id} is already taken")
        _enter(names, run.id, (run.id, run.name, *run.aliases), run_key, where)
        found[run.id] = run
    return found


def read_instances(folder: Path, sources: Mapping[str, Source]) -> dict[str, Instance]:
    """The types of cloud instance, by id.

    Raises:
        DataError: a row breaks its schema, names an unknown source, or takes another's name.
    """
    found: dict[str, Instance] = {}
    names: dict[str, str] = {}
    for where, row in read_csv(folder / INSTANCES, Instance, renamed={"source": "source_id"}):
        fields = {
            **{key: cell or None for key, cell in row.items() if key != "source"},
            "aliases": split(row["aliases"]),
            "source_id": row["source"],
        }
        instance = build(Instance, where, fields)
        _known(instance.source_id, sources, where)
        _enter(names, instance.id, (instance.id, *instance.aliases), instance_key, where)
        if instance.id in found:
            raise DataError(where, f"the id {instance.id} is already taken")
        found[instance.id] = instance
    return found


def read_pod_slices(folder: Path, sources: Mapping[str, Source]) -> tuple[PodSlices, ...]:
    """How the slices of each generation of TPU are named.

    Raises:
        DataError: a table breaks its schema, or names an unknown source.
    """
    found: list[PodSlices] = []
    names: dict[str, str] = {}
    path = folder / POD_SLICES
    for generation, table in read_toml(path).items():
        where = f"{path.name} [{generation}]"
        fields = {"generation": generation, **table}
        fields["source_id"] = fields.pop("source", None)
        slices = build(PodSlices, where, fields)
        _known(slices.source_id, sources, where)
        _enter(names, generation, (generation, *slices.spellings), str.lower, where)
        found.append(slices)
    return tuple(found)


def read_equivalences(folder: Path, sources: Mapping[str, Source]) -> tuple[Equivalence, ...]:
    """What estimates are compared with, in order of preference.

    Raises:
        DataError: a table breaks its schema, or names an unknown source.
    """
    found: list[Equivalence] = []
    path = folder / EQUIVALENCES
    for name, table in read_toml(path).items():
        where = f"{path.name} [{name}]"
        own = {key: table.pop(key, None) for key in ("subject", "one", "many")}
        source = str(table.pop("source", None))
        _known(source, sources, where)
        fields = {"id": f"equivalence.{name}", **table, "source": sources[source]}
        factor = build(Factor, where, fields)
        fields = {"id": name, "unit": factor.unit, "factor": factor, **own}
        found.append(build(Equivalence, where, fields))
    return tuple(found)


def instance_key(name: str) -> str:
    """The form in which names of instances are compared: the joints tell some of them apart."""
    return name.strip().casefold()


def _enter(
    index: dict[str, str],
    name: str,
    spellings: Iterable[str],
    key_of: Callable[[str], str],
    where: str,
) -> None:
    for spelling in spellings:
        if index.setdefault(key_of(spelling), name) != name:
            taken = index[key_of(spelling)]
            raise DataError(where, f"the name {spelling!r} is already taken by {taken}")


def _known(source: str, sources: Mapping[str, Source], where: str) -> None:
    if source not in sources:
        raise DataError(where, f"unknown source {source!r}")
