"""A mapping that comes out of the cache of the data quickly, because most of it stays closed."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from typing import TypeVar

_Value = TypeVar("_Value")


class Packed(Mapping[str, _Value]):
    """A mapping whose values stay pickled until they are asked for.

    An estimate needs a handful of the hundreds of accelerators, grids and regions.
    """

    __slots__ = ("_found", "_packed")

    def __init__(self, packed: dict[str, bytes]) -> None:
        self._packed = packed
        self._found: dict[str, _Value] = {}

    @classmethod
    def of(cls, known: Mapping[str, _Value]) -> Packed[_Value]:
        """The same mapping, closed."""
        return cls({key: pickle.dumps(value, protocol=5) for key, value in known.items()})

    def __reduce__(self) -> tuple[type[Packed[_Value]], tuple[dict[str, bytes]]]:
        return Packed, (self._packed,)

    def __getitem__(self, key: str) -> _Value:
        try:
            return self._found[key]
        except KeyError:
            # Written by ``of`` into the cache of the data, which is as trusted as our own code.
            value: _Value = pickle.loads(self._packed[key])  # noqa: S301
            return self._found.setdefault(key, value)

    def __contains__(self, key: object) -> bool:
        return key in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)
