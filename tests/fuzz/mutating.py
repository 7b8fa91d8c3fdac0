"""Inputs from other inputs: by words, by characters and by bytes.

Everything is drawn from the dice that are given, so that a seed says which inputs there were.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Final

_PIECE: Final = re.compile(r"\s+|[^\W\d_]+|\d+|.", re.DOTALL)
_NUMBERS: Final = (
    *(
        "0",
        "-0",
        "1",
        "-1",
        "00",
        "007",
        "1.5",
        ".5",
        "1.",
        "1,000",
        "1.000",
        "1,00",
        "1e3",
        "1e308",
    ),
    *(
        "1e309",
        "1e999",
        "1e-999",
        "nan",
        "inf",
        "9" * 21,
        "9" * 400,
        "0." + "0" * 30 + "1",
        "1_000",
    ),
    *("½", "²", "Ⅷ", "８", "٣", "௧", "𝟠", "零", "十", "1/2", "0x10", "1e1e1", "--1", "+1", "1e+"),
)
_ODD: Final = (
    *(
        "\x00",
        "\x1b",
        "\x7f",
        "\x85",
        "\xa0",
        "\xad",
        "\u200b",
        "\u200d",
        "\u202e",
        "\u2028",
        "\ufeff",
    ),
    *(
        "\ufffd",
        "\ue000",
        "\ud83d",
        "\udfff",
        "🌍",
        "👩‍🔬",
        "é",
        "e\u0301",
        "ß",
        "İ",
        "ı",
        "ſ",
        "Å",
        "㍿",
    ),
    *(
        "ﬃ",
        "①",
        "㎾",
        "㎿",
        "㏋",
        "﹪",
        "％",
        "：",
        "，",
        "。",
        "“",
        "”",
        "‘",
        "’",
        "–",
        "−",
        "×",
        "…",
    ),
    *(
        "\n",
        "\r\n",
        "\t",
        "&amp;",
        "&lt;",
        "&#x;",
        "&#99999999;",
        "&nbsp;",
        "<!here>",
        "<@U1>",
        "<",
    ),
    *(
        "<#C1|x>",
        "<https://a.b|c>",
        "<https://",
        ">",
        "|",
        "`",
        "*",
        "_",
        "~",
        "\\",
        "'",
        '"',
        "%s",
    ),
    *("{x}", "{0}", "${x}", "(", ")", "[", "]"),
)


def text_of(raw: bytes) -> str:
    """Bytes as text; halves of surrogate pairs survive, which JSON may hold."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def bytes_of(text: str) -> bytes:
    """Text as bytes, as ``text_of`` reads them."""
    return text.encode("utf-8", "surrogatepass")


class Mutator:
    """Changes inputs of one kind, with the words of that kind."""

    def __init__(self, words: Sequence[str], longest: int) -> None:
        """Take the words that mean something, and how long an input may be [bytes]."""
        self._words = words
        self._longest = longest
        self._ways: tuple[tuple[int, Callable[[random.Random, list[str]], None]], ...] = (
            (5, self._put_word),
            (4, self._replace_by_word),
            (4, self._drop),
            (1, self._repeat),
            (2, self._swap),
            (3, self._other_number),
            (3, self._put_odd),
            (2, self._glue),
            (1, self._other_case),
            (1, self._full_width),
        )

    def mutated(self, chance: random.Random, raw: bytes, other: bytes) -> bytes:
        """An input changed in one to four ways; ``other`` is one to take a part of."""
        draw = chance.random()
        if draw < 0.015:
            pieces = _PIECE.findall(text_of(raw))
            self._many_times(chance, pieces)
            return bytes_of("".join(pieces))[: self._longest]
        if draw < 0.12:
            return self._bytewise(chance, raw)[: self._longest]
        if draw < 0.2:
            raw = _spliced(chance, raw, other)
        pieces = _PIECE.findall(text_of(raw))
        ways = [way for _, way in self._ways]
        weights = [weight for weight, _ in self._ways]
        for way in chance.choices(ways, weights, k=chance.choice((1, 1, 1, 1, 2, 2, 3))):
            way(chance, pieces)
        return bytes_of("".join(pieces))[: self._longest]

    def _bytewise(self, chance: random.Random, raw: bytes) -> bytes:
        changed = bytearray(raw or b" ")
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(changed))
            match chance.randrange(4):
                case 0:
                    changed[at] ^= 1 << chance.randrange(8)
                case 1:
                    changed[at] = chance.randrange(256)
                case 2:
                    changed[at:at] = bytes(
                        chance.randrange(256) for _ in range(chance.randint(1, 3))
                    )
                case _ if len(changed) > 1:
                    del changed[at]
        return bytes(changed)

    def _put_word(self, chance: random.Random, pieces: list[str]) -> None:
        at = chance.randint(0, len(pieces))
        space = chance.choice((" ", " ", " ", "", ",", "，"))
        pieces[at:at] = [space, chance.choice(self._words), space]

    def _replace_by_word(self, chance: random.Random, pieces: list[str]) -> None:
        if pieces:
            pieces[_at(chance, pieces)] = chance.choice(self._words)

    def _drop(self, chance: random.Random, pieces: list[str]) -> None:
        if pieces:
            at = _at(chance, pieces)
            del pieces[at : at + chance.choice((1, 1, 2, 5))]

    def _repeat(self, chance: random.Random, pieces: list[str]) -> None:
        if pieces:
            at = _at(chance, pieces)
            part = pieces[at : at + chance.randint(1, 6)]
            where = chance.choice((at, len(pieces), 0))
            pieces[where:where] = part

    def _many_times(self, chance: random.Random, pieces: list[str]) -> None:
        if pieces:
            at = _at(chance, pieces)
            part = "".join(pieces[at : at + chance.randint(1, 8)])
            times = chance.choice((20, 300, 6000))
            pieces[at:at] = [part * min(times, self._longest // len(part))]

    def _swap(self, chance: random.Random, pieces: list[str]) -> None:
        if len(pieces) > 1:
            one, two = _at(chance, pieces), _at(chance, pieces)
            pieces[one], pieces[two] = pieces[two], pieces[one]

    def _other_number(self, chance: random.Random, pieces: list[str]) -> None:
        numbers = [at for at, piece in enumerate(pieces) if piece.isdecimal()]
        at = chance.choice(numbers) if numbers else chance.randint(0, len(pieces))
        pieces[at : at + bool(numbers)] = [chance.choice(_NUMBERS)]

    def _put_odd(self, chance: random.Random, pieces: list[str]) -> None:
        at = chance.randint(0, len(pieces))
        pieces[at:at] = [chance.choice(_ODD)]

    def _glue(self, chance: random.Random, pieces: list[str]) -> None:
        spaces = [at for at, piece in enumerate(pieces) if piece.isspace()]
        if spaces:
            pieces[chance.choice(spaces)] = chance.choice(("", "-", "_", "/", ".", "  ", "\u3000"))

    def _other_case(self, chance: random.Random, pieces: list[str]) -> None:
        if pieces:
            at = _at(chance, pieces)
            pieces[at] = chance.choice((str.upper, str.lower, str.title, str.swapcase))(pieces[at])

    def _full_width(self, chance: random.Random, pieces: list[str]) -> None:
        if pieces:
            at = _at(chance, pieces)
            pieces[at] = pieces[at].translate({c: c + 0xFEE0 for c in range(0x21, 0x7F)})


def _at(chance: random.Random, pieces: list[str]) -> int:
    return chance.randrange(len(pieces))


def _spliced(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    """The beginning of one input and the end of another."""
    one, two = text_of(raw), text_of(other)
    first, last = chance.randint(0, len(one)), chance.randint(0, len(two))
    return bytes_of(one[:first] + two[last:])
