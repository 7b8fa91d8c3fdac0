"""A mapping that comes out of the cache of the data quickly, because most of it stays closed."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import TypeVar

from estimator.source import Source

_Value = TypeVar("_Value")


class _Pickler(pickle.Pickler):
    """Writes the id of a source that is known, which hundreds of values share."""

    def __init__(self, file: BytesIO, sources: Mapping[str, Source]) -> None:
        super().__init__(file, protocol=5)
        self._sources = sources

    def persistent_id(self, found: object) -> str | None:
        if isinstance(found, Source) and self._sources.get(found.id) == found:
            return found.id
        return None


class _Unpickler(pickle.Unpickler):
    """Finds the sources by their ids."""

    def __init__(self, packed: bytes, sources: Mapping[str, Source]) -> None:
        super().__init__(BytesIO(packed))
        self._sources = sources

    def persistent_load(self, source_id: str) -> Source:
        return self._sources[source_id]


class Packed(Mapping[str, _Value]):
    """A mapping whose values stay pickled until they are asked for.

    An estimate needs a handful of the hundreds of accelerators, grids and regions.
    """

    __slots__ = ("_found", "_packed", "_sources")

    def __init__(self, packed: dict[str, bytes], sources: Mapping[str, Source]) -> None:
        self._packed = packed
        self._sources = sources
        self._found: dict[str, _Value] = {}

    @classmethod
    def of(cls, known: Mapping[str, _Value], sources: Mapping[str, Source]) -> Packed[_Value]:
        """The same mapping, closed.

        Args:
            known: the mapping.
            sources: those that are held once for all values, by id.
        """
        return cls({key: _packed(value, sources) for key, value in known.items()}, sources)

    def __reduce__(
        self,
    ) -> tuple[type[Packed[_Value]], tuple[dict[str, bytes], Mapping[str, Source]]]:
        return Packed, (self._packed, self._sources)

    def __getitem__(self, key: str) -> _Value:
        try:
            return self._found[key]
        except KeyError:
            # Written by ``of`` into the cache of the data, which is as trusted as our own code.
            value: _Value = _Unpickler(self._packed[key], self._sources).load()
            return self._found.setdefault(key, value)

    def __contains__(self, key: object) -> bool:
        return key in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _packed(value: object, sources: Mapping[str, Source]) -> bytes:
    file = BytesIO()
    _Pickler(file, sources).dump(value)
    return file.getvalue()
