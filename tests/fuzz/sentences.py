"""Commands by the language's own words, in English, Chinese and both."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from bot.commands import REGISTRY
from bot.language import words
from estimator import load_default

_SLICES: Final = ("v2-8", "v3-8", "v4-512", "v5e-256", "v5p-8", "tpu v6e-8", "tpu v4 8", "v3-7")
_CHINESE_DIGITS: Final = "零一二三四五六七八九十百千万亿两〇半"
_CARDS: Final = ("H100", "A100", "V100", "GPU", "TPU", "H800", "A100-80GB", "昇腾910B", "4090")
_SEPARATORS: Final = (
    " ",
    " ",
    " ",
    " ",
    " ",
    ", ",
    ",",
    "，",
    "、",
    " and ",
    " + ",
    "+",
    " 和 ",
    "",
    "  ",
)
_TIMES: Final = ("hours", "h", "days", "weeks", "小时", "天", "周", "min")
_QUIET: Final = (" ", " ", " ", "", "-", "  ", "=", ": ")


@cache
def devices() -> tuple[str, ...]:
    """Names of devices."""
    catalogue = load_default()
    aliases = [alias for one in catalogue.accelerators.values() for alias in one.aliases]
    return (
        *sorted(catalogue.accelerators),
        *sorted(aliases),
        *sorted(catalogue.general_names),
        *sorted(catalogue.instances)[::7],
        *_SLICES,
        *_CARDS * 20,
    )


@cache
def places() -> tuple[str, ...]:
    """Names of places."""
    catalogue = load_default()
    names = [name for grid in catalogue.grids.values() for name in (grid.name, *grid.own_names)]
    usual = (
        "France",
        "Germany",
        "法国",
        "德国",
        "eu-west-1",
        "us-east-1",
        "useast1",
        "aws us-east-1",
    )
    return (*sorted(catalogue.regions), *sorted(names), *usual * 8)


@cache
def published() -> tuple[str, ...]:
    """Names of published runs."""
    runs = load_default().runs.values()
    return tuple(sorted(name for run in runs for name in (run.id, run.name, *run.aliases)))


@cache
def vocabulary() -> tuple[str, ...]:
    """Everything that means something in a command."""
    groups: tuple[Sequence[str], ...] = (
        *(tuple(words.UNITS), words.COUNTERS, words.FOR, words.IN, words.ON, words.AT, words.PUE),
        *(
            words.UTILISATION,
            words.PERCENT,
            words.LIFETIME,
            words.YEARS,
            words.FACTORS,
            words.USING,
        ),
        *(words.PUBLIC, words.ONE, words.AND, tuple(words.HALF), words.LIKE, words.MONTH),
        *(tuple(words.MONTHS), words.YEAR, words.DUTY, words.OVERHEAD, words.FAILED, words.STORAGE),
        *(
            words.TRANSFER,
            words.MFU,
            words.PARAMETERS,
            words.ACTIVE,
            words.TOKENS,
            tuple(words.KINDS),
        ),
        *(tuple(words.PRECISIONS), tuple(words.SUFFIXES), tuple(words.SCALES), words.POWERS),
        *(tuple(words.ENERGIES_KWH), tuple(words.DATA_TB), _CARDS, _SLICES, tuple(_CHINESE_DIGITS)),
        ("sourced", "article", "vs", "%", "60%", "8", "64", "1T", "7B", "2026", "1.1", "GPU-hours"),
        (
            "显卡",
            "卡时",
            "在",
            "上",
            "用",
            "英伟达",
            "华为",
            "参数量",
            "激活量",
            "会排放多少二氧化碳？",
            "请估算一下",
        ),
        [word for one in REGISTRY for word in (one.name, *one.aliases)],
    )
    return (*(word for group in groups for word in group), *devices()[::9], *places()[::9])


def number(chance: random.Random) -> str:
    """A number as people write it, or nearly."""
    whole = chance.choice((1, 2, 3, 8, 10, 16, 64, 100, 256, 1000, 2026, chance.randint(0, 10**7)))
    draw = chance.random()
    if draw < 0.6:
        return str(whole)
    if draw < 0.7:
        return f"{whole:,}"
    if draw < 0.8:
        return f"{chance.uniform(0, 100):.{chance.randint(0, 4)}f}"
    if draw < 0.87:
        return "".join(chance.choices(_CHINESE_DIGITS, k=chance.randint(1, 5)))
    if draw < 0.92:
        scale = chance.choice(("k", "M", "b", "T", "万", "亿", " million", "万亿"))
        return f"{chance.randint(1, 99)}{scale}"
    if draw < 0.96:
        return f"{chance.randint(0, 9)}e{chance.choice(('', '+', '-'))}{chance.randint(0, 400)}"
    return chance.choice(
        ("two", "seven", "a", "one", "half", "½", ".5", "1.000", "0", "-3", "１２")
    )


def _one(chance: random.Random, among: Sequence[str]) -> str:
    return chance.choice(among)


def _counted(chance: random.Random) -> str:
    count = chance.choice(("", "", "", "x", " x ", "*", "×", *words.COUNTERS))
    space = chance.choice((" ", " ", ""))
    return f"{number(chance)}{count}{space}{_one(chance, devices())}{chance.choice(('', '', 's'))}"


def _time(chance: random.Random) -> str:
    if chance.random() < 0.1:
        return _one(chance, tuple(words.HALF))
    return f"{number(chance)}{chance.choice(('', ' ', ' '))}{_one(chance, tuple(words.UNITS))}"


def _duration(chance: random.Random) -> str:
    marker = chance.choice(("for ", "for ", "", *words.FOR))
    more = f" {_time(chance)}" if chance.random() < 0.15 else ""
    return f"{marker}{chance.choice(('', ' '))}{_time(chance)}{more}"


def _place(chance: random.Random) -> str:
    return f"{_one(chance, words.IN)}{chance.choice((' ', ' ', ''))}{_one(chance, places())}"


def _share(chance: random.Random) -> str:
    return f"{number(chance)}{chance.choice(('%', '%', ' %', ' percent', '', '％'))}"


def _valued(names: Sequence[str], value: Callable[[random.Random], str]) -> Callable[..., str]:
    def made(chance: random.Random) -> str:
        said, between = _one(chance, names), _one(chance, _QUIET)
        if chance.random() < 0.3:
            return f"{value(chance)}{between}{said}"
        return f"{said}{between}{value(chance)}"

    return made


def _data(chance: random.Random) -> str:
    return f"{number(chance)}{chance.choice(('', ' '))}{_one(chance, tuple(words.DATA_TB))}"


def _energy(chance: random.Random) -> str:
    unit = _one(chance, (*words.ENERGIES_KWH, *words.POWERS))
    return f"{number(chance)}{chance.choice(('', ' '))}{unit}"


def _workload(chance: random.Random) -> str:
    parts = [
        f"{number(chance)}{_one(chance, ('', 'B', 'T', ' '))} {_one(chance, words.PARAMETERS)}"
    ]
    if chance.random() < 0.8:
        scale = _one(chance, ("", "B", "T", "亿", "万亿"))
        parts.append(f"{number(chance)}{scale} {_one(chance, words.TOKENS)}")
    if chance.random() < 0.2:
        parts.append(f"({number(chance)}B {_one(chance, words.ACTIVE)})")
    if chance.random() < 0.2:
        parts.append(_one(chance, tuple(words.PRECISIONS)))
    if chance.random() < 0.2:
        parts.append(_one(chance, tuple(words.KINDS)))
    if chance.random() < 0.4:
        parts.append(f"{_one(chance, words.ON)} {_one(chance, devices())}")
    return " ".join(parts)


def _hours(chance: random.Random) -> str:
    unit = chance.choice(("-hours", " hours", "h", " GPU hours", "-days", "卡时", "-小时", " GPUh"))
    return f"{number(chance)} {_one(chance, devices())}{unit}"


def _month(chance: random.Random) -> str:
    months = (*words.MONTHS, *map(str, range(14)), "十二月")
    return f"{_one(chance, ('in', 'month', '月份'))} {_one(chance, months)}"


def _like(chance: random.Random) -> str:
    times = chance.choice(("", "", f"{number(chance)}x ", f"{number(chance)} "))
    return f"{_one(chance, words.LIKE)} {times}{_one(chance, published())}"


def _word(chance: random.Random) -> str:
    return _one(chance, vocabulary())


_PARTS: Final[tuple[tuple[int, Callable[[random.Random], str]], ...]] = (
    (16, _counted),
    (12, _duration),
    (12, _place),
    (4, _valued((*words.UTILISATION, *words.AT, ""), _share)),
    (3, _valued(words.PUE, number)),
    (3, _workload),
    (3, _hours),
    (3, _energy),
    (2, _valued(words.LIFETIME, _time)),
    (2, _valued(words.DUTY, _share)),
    (2, _valued((*words.OVERHEAD, *words.FAILED), _share)),
    (2, _valued(words.STORAGE, _data)),
    (2, _valued(words.TRANSFER, _data)),
    (2, _valued(words.YEAR, number)),
    (2, _valued(words.FACTORS, lambda chance: chance.choice(("sourced", "article", "x")))),
    (2, _valued(words.MFU, _share)),
    (2, _month),
    (3, _like),
    (2, lambda chance: _one(chance, words.PUBLIC)),
    (4, _word),
)
_WEIGHTS: Final = [weight for weight, _ in _PARTS]
_KINDS: Final = [kind for _, kind in _PARTS]


def _chinese(chance: random.Random) -> str:
    """A sentence without spaces."""
    card = _one(chance, _CARDS)
    counter, unit = _one(chance, words.COUNTERS), _one(chance, tuple(words.CHINESE_UNITS))
    parts = [
        chance.choice(("", "", "请估算", "帮我算一下")),
        chance.choice(("", f"在{_one(chance, places())}", "用", "使用")),
        f"{number(chance)}{counter}{card}",
        chance.choice(("训练", "跑", "运行", "持续", "为期", "用")),
        f"{number(chance)}{unit}",
        chance.choice(
            ("", "", "半", f"，利用率{number(chance)}%", f"，在{_one(chance, places())}")
        ),
        chance.choice(("", "", f"{number(chance)}亿参数{number(chance)}万亿词元", "，像BLOOM一样")),
        chance.choice(("", "", "会排放多少二氧化碳？", "的碳排放", "公开")),
    ]
    return "".join(parts)


def _sensible(chance: random.Random) -> str:
    """A command that says nothing twice, with figures within their bounds."""
    few = str(chance.choice((1, 2, 8, 16, 64, 100, 1024)))
    device = _one(chance, devices())
    head = (
        f"{few} {device}",
        f"{few}x {device}",
        f"{few} {device}, {few} {_one(chance, _CARDS)}",
        f"{few}{_one(chance, words.COUNTERS)}{device}",
        f"{few}B params {few}B tokens on {device}",
        f"{few}亿参数{few}万亿词元 使用 {device}",
        f"{few}M {device}-hours",
        f"{few} {_one(chance, tuple(words.ENERGIES_KWH))}",
        f"{_one(chance, words.LIKE)} {_one(chance, published())}",
        f"{few} {device} {_one(chance, words.FOR)} {few} {_one(chance, _TIMES)}",
        f"{few} {device} {_one(chance, words.FOR)} {few} {_one(chance, _TIMES)}",
        f"{few} {device} {_one(chance, words.FOR)} {few} {_one(chance, _TIMES)}",
    )
    share = chance.randint(1, 100)
    tail = (
        f"{_one(chance, words.IN)} {_one(chance, places())}",
        f"at {share}%",
        f"{_one(chance, words.UTILISATION)} {share}%",
        f"pue {1 + share / 100:g}",
        f"{_one(chance, words.LIFETIME)} {1 + share % 9} {_one(chance, words.YEARS)}",
        f"{_one(chance, words.YEAR)} {2000 + share}",
        f"{_one(chance, words.MONTH)} {_one(chance, tuple(words.MONTHS))}",
        f"{_one(chance, words.DUTY)} {share}%",
        f"{share}% {_one(chance, words.FAILED)}",
        f"{_one(chance, words.STORAGE)} {share} {_one(chance, tuple(words.DATA_TB))}",
        f"{share} {_one(chance, tuple(words.DATA_TB))} {_one(chance, words.TRANSFER)}",
        f"mfu {share / 100:g}",
        _one(chance, tuple(words.PRECISIONS)),
        _one(chance, tuple(words.KINDS)),
        _one(chance, words.PUBLIC),
        "factors article",
    )
    parts = [_one(chance, head), *chance.sample(tail, k=chance.choice((0, 1, 1, 2, 3)))]
    if chance.random() < 0.3:
        chance.shuffle(parts)
    return chance.choice((" ", " ", ", ", "，")).join(parts)


def command(chance: random.Random) -> str:
    """A command, mostly one that can nearly be read."""
    if chance.random() < 0.55:
        return _sensible(chance)
    draw = chance.random()
    if draw < 0.2:
        return _chinese(chance)
    if draw < 0.25:
        return " ".join(chance.choices(vocabulary(), k=chance.choice((1, 2, 3, 5, 9, 20))))
    kinds = chance.choices(_KINDS, _WEIGHTS, k=chance.choice((1, 1, 2, 2, 2, 3, 3, 4, 6)))
    if draw < 0.65:
        kinds = [_counted, _duration, *dict.fromkeys(kinds[2:])]
    said = ""
    for kind in kinds:
        said += (_one(chance, _SEPARATORS) if said else "") + kind(chance)
    return said
