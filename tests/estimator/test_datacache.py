"""The data is kept as it was read, and read anew when anything has changed."""

from __future__ import annotations

import shutil
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from estimator import DeviceQuantity, TrainingRun, estimate, load, load_default
from estimator.datacache import kept, kept_as
from estimator.datafiles import DATA
from estimator.packed import Packed


class Reader:
    """Reads a folder and counts how often."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def read(self) -> str:
        self.count += 1
        return (self.folder / "row.csv").read_text(encoding="utf-8")


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "row.csv").write_text("1", encoding="utf-8")
    return Reader(folder)


def test_what_was_read_is_kept(reader: Reader, tmp_path: Path) -> None:
    found = [kept(tmp_path, reader.folder, reader.read) for _ in range(3)]

    assert found == ["1", "1", "1"]
    assert reader.count == 1


def test_a_changed_file_is_read_anew(reader: Reader, tmp_path: Path) -> None:
    kept(tmp_path, reader.folder, reader.read)
    (reader.folder / "row.csv").write_text("22", encoding="utf-8")

    assert kept(tmp_path, reader.folder, reader.read) == "22"
    assert len(list((tmp_path / "__pycache__").iterdir())) == 1


def test_a_changed_module_means_reading_anew(reader: Reader, tmp_path: Path) -> None:
    kept(tmp_path, reader.folder, reader.read)
    (tmp_path / "module.py").write_text("x = 1", encoding="utf-8")
    kept(tmp_path, reader.folder, reader.read)

    assert reader.count == 2


def test_what_is_made_of_something_else_takes_its_place_alone(tmp_path: Path) -> None:
    for name, state in (("one", "1"), ("other", "1"), ("one", "2"), ("one", "2"), ("other", "1")):
        found = kept_as(name, state, tmp_path, partial(str, f"{name} {state}"))
        assert found == f"{name} {state}"

    names = sorted(path.name for path in (tmp_path / "__pycache__").iterdir())
    assert names == ["one.2.pickle", "other.1.pickle"]


def test_a_broken_cache_is_ignored(reader: Reader, tmp_path: Path) -> None:
    kept(tmp_path, reader.folder, reader.read)
    (cache,) = (tmp_path / "__pycache__").iterdir()
    cache.write_bytes(b"\x80\x05 not a pickle")

    assert kept(tmp_path, reader.folder, reader.read) == "1"
    assert reader.count == 2


def test_where_nothing_can_be_written_the_data_is_read(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("a file, so that no folder can be made here")

    assert kept(tmp_path, reader.folder, reader.read) == "1"


def test_the_kept_catalogue_is_the_one_of_the_files(tmp_path: Path) -> None:
    package = tmp_path / "estimator"
    package.mkdir()
    data = Path(shutil.copytree(DATA, package / "data"))
    first = kept(package, data, lambda: load(data))
    again = kept(package, data, lambda: load(data))

    assert again is not first
    assert again == first
    assert again.version == load_default().version


def test_a_closed_mapping_opens_like_any_other() -> None:
    sources = dict(load_default().sources)
    closed = copy(Packed.of(sources, {}))
    first = next(iter(sources))

    assert isinstance(closed, Packed)
    assert list(closed) == list(sources)
    assert len(closed) == len(sources)
    assert first in closed
    assert "nothing" not in closed
    assert closed.get("nothing") is None
    with pytest.raises(KeyError):
        closed["nothing"]
    assert closed[first] is closed[first]
    assert closed == sources
    assert {**closed, first: sources[first]} == sources
    assert copy(closed) == sources


def test_a_source_is_held_once_for_all_that_came_from_it() -> None:
    catalogue = load_default()
    factors = {key: catalogue.article[key].energy_kwh for key in catalogue.article}
    source = replace(next(iter(factors.values())).source)
    others = replace(source, title="Another text under the same id")
    known = factors | {"other": replace(next(iter(factors.values())), source=others)}
    closed = copy(Packed.of(known, {source.id: source}))

    assert closed == known
    assert all(closed[key].source is source for key in factors)
    assert closed["other"].source.title == "Another text under the same id"


def test_the_kept_catalogue_answers_like_the_one_of_the_files(tmp_path: Path) -> None:
    package = tmp_path / "estimator"
    package.mkdir()
    read = load(DATA)
    kept(package, DATA, lambda: read)
    again = kept(package, DATA, load_default)

    run = TrainingRun(
        devices=(DeviceQuantity(device="H100", quantity=64),), location="eu-west-1", year=2020
    )
    assert again is not read
    assert again is not load_default()
    assert estimate(run, again) == estimate(run, read)
    assert again.run("BLOOM") == read.run("BLOOM")
    assert again.find_locations("useast1") == read.find_locations("useast1") != ()
    assert again.with_meanings({"GPU": "L4"}).device("GPU").accelerator.id == "L4"
