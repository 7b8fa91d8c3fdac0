"""The data of one version in a few bytes, so that its figures can be made again years later."""

from __future__ import annotations

import io
import zipfile
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from estimator.catalogue import Catalogue
from estimator.datafiles import DATA, load
from estimator.datareader import files
from estimator.errors import DataError

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Stands for the times of all files: the same data give the same bytes."""


@lru_cache(maxsize=1)
def packed(folder: Path = DATA) -> bytes:
    """The files that a catalogue is read from, compressed."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        for path in files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return found.getvalue()


def unpacked(content: bytes) -> Catalogue:
    """The catalogue of data that were packed.

    Raises:
        DataError: this is no such data, or this program reads them no more.
    """
    with TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.extractall(folder)
        except zipfile.BadZipFile:
            raise DataError("data", "these are no packed data") from None
        return load(Path(folder))
