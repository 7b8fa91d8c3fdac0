"""The catalogue of a folder of data files. The package's only I/O besides its command line."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

from estimator import datacache
from estimator.catalogue import Catalogue

DATA: Final = Path(__file__).parent / "data"


@lru_cache(maxsize=1)
def load_default() -> Catalogue:
    """The catalogue that ships with the package, read once."""
    return datacache.kept(DATA.parent, DATA, lambda: load(DATA))


def load(folder: Path) -> Catalogue:
    """Read and validate a folder of data files.

    Raises:
        DataError: a file breaks its schema; the message names the file, the row and the reason.
    """
    from estimator.datareader import read  # noqa: PLC0415 - what is kept needs no reading

    return read(folder)
