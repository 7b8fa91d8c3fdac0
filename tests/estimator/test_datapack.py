"""Data that were packed give the same catalogue, and the same figures to the last bit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from estimator import DeviceQuantity, TrainingRun, estimate, load, load_default
from estimator.datafiles import DATA
from estimator.datapack import packed, unpacked
from estimator.errors import DataError

CATALOGUE = load_default()
RUN = TrainingRun(devices=(DeviceQuantity(device="H100", quantity=64),), location="France")


def changed(folder: Path) -> Path:
    """The data of another version: data centres use more beside their computers."""
    shutil.copytree(DATA, folder)
    table = folder / "constants.toml"
    text = table.read_text(encoding="utf-8")
    assert "[default_pue]\nvalue = " in text
    before, after = text.split("[default_pue]\nvalue = ", maxsplit=1)
    rest = after.split("\n", maxsplit=1)[1]
    table.write_text(f"{before}[default_pue]\nvalue = 1.31\n{rest}", encoding="utf-8")
    return folder


def test_packed_data_come_back_with_the_same_figures_bit_for_bit() -> None:
    again = unpacked(packed())
    assert again.version == CATALOGUE.version
    assert estimate(RUN, again) == estimate(RUN, CATALOGUE)


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    assert packed(copy) == packed()


def test_another_version_keeps_its_own_figures(tmp_path: Path) -> None:
    folder = changed(tmp_path / "data")
    other = load(folder)
    again = unpacked(packed(folder))
    assert again.version == other.version != CATALOGUE.version
    assert estimate(RUN, again) == estimate(RUN, other)
    assert estimate(RUN, again).totals != estimate(RUN, CATALOGUE).totals


def test_what_is_no_packed_data_is_refused() -> None:
    with pytest.raises(DataError, match="no packed data"):
        unpacked(b"something else")
