"""Keeps what takes long to make, the way Python keeps compiled modules.

Reading and validating every data file takes longer than most processes live. What came out is kept
in ``__pycache__`` beside the code, under a name made from the state of every data file and module,
so that a change of any of them means reading anew. As with compiled modules, whoever can write
there can run code here, and where nobody can write nothing is kept.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import pydantic

_Kept = TypeVar("_Kept")

CATALOGUE: Final = "catalogue"


def kept(package: Path, data: Path, read: Callable[[], _Kept]) -> _Kept:
    """What ``read`` gives, from the cache where it is there.

    Args:
        package: the folder of the modules, whose ``__pycache__`` is used.
        data: the folder of the data files.
        read: reads and validates the data.
    """
    return kept_as(CATALOGUE, _state(package, data), package, read)


def kept_as(name: str, state: str, package: Path, make: Callable[[], _Kept]) -> _Kept:
    """What ``make`` gives, from the cache where it is there.

    Args:
        name: what it is called in the cache.
        state: of all that it is made from; in another state it is made anew.
        package: the folder of the modules, whose ``__pycache__`` is used.
        make: makes it.
    """
    path = package / "__pycache__" / f"{name}.{state}.pickle"
    found: _Kept | None = _load(path)
    if found is not None:
        return found
    made = make()
    _store(path, made, f"{name}.*.pickle")
    return made


def _state(package: Path, data: Path) -> str:
    """A name for the state of all files, and of who reads them."""
    lines = [
        f"{sys.implementation.cache_tag} {pydantic.VERSION}",
        *_files(package, deep=False),
        *_files(data, deep=True),
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _files(folder: Path | str, *, deep: bool) -> Iterator[str]:
    """Path, size and time of change of each file in a folder, and in the folders below."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_file():
                about = entry.stat()
                yield f"{entry.path} {about.st_size} {about.st_mtime_ns}"
            elif deep:
                yield from _files(entry.path, deep=True)


def _load(path: Path) -> Any:  # noqa: ANN401 - whatever was kept
    collecting = gc.isenabled()
    gc.disable()  # thousands of objects that all stay
    try:
        return pickle.loads(path.read_bytes())  # noqa: S301 - our own file, as trusted as our code
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the data is read anew
        return None
    finally:
        if collecting:
            gc.enable()


def _store(path: Path, made: object, alike: str) -> None:
    import tempfile  # noqa: PLC0415 - only where something is stored

    with contextlib.suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(descriptor, "wb") as file:
            pickle.dump(made, file, protocol=5)
        Path(name).replace(path)
        for old in path.parent.glob(alike):
            if old != path:
                old.unlink(missing_ok=True)
