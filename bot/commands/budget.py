"""What follows ``/carbon budget``: whose, how much and for how long. Reads; changes nothing."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.budget import Budget, BudgetUnit, Period, Scope
from bot.commands.ledger import LONGEST, NotRead, project_in, quoted
from bot.i18n import text
from bot.language.chinese import NUMERALS, in_digits
from estimator import figures

MOST: Final = 1e9
"""Tonnes or megawatt-hours of a budget."""
SHOWN: Final = 40
"""Characters of what was typed that a mistake repeats."""


class Wish(StrEnum):
    """What somebody wants of a budget."""

    SHOW = "show"
    SET = "set"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said; what is ``None`` was left open.

    Attributes:
        project: whose budget it is where the scope is a project.
        amount: in the unit.
    """

    wish: Wish
    scope: Scope = Scope.CHANNEL
    project: str = ""
    amount: float | None = None
    unit: BudgetUnit | None = None
    period: Period | None = None

    @property
    def typed(self) -> str:
        """The command that says it; what was left open has an example's value."""
        words = ["budget"]
        if self.wish is Wish.OFF:
            words.append("off")
        elif self.wish is Wish.SET:
            amount = figures.number(20.0 if self.amount is None else self.amount, None)
            words.append(f"{amount} {(self.unit or BudgetUnit.TONNES).value}")
        if self.period is not None or self.wish is Wish.SET:
            words.append(f"a {(self.period or Period.MONTH).value}")
        if self.wish is Wish.OFF and self.unit is not None:
            words.append(f"in {self.unit.value}")
        if self.scope is Scope.PROJECT:
            name = f'"{self.project}"' if "每" in self.project else quoted(self.project)
            words.append(f"for project {name}")
        elif self.scope is Scope.WORKSPACE:
            words.append("for the workspace")
        return " ".join(words)


_SHOW: Final = frozenset({"show", "list", "status", "查看", "列表", "显示"})
_OFF: Final = frozenset({"off", "remove", "delete", "drop", "关", "关闭", "取消", "删除"})
_UNITS: Final = {
    "kg": (BudgetUnit.TONNES, 1e-3),
    "t": (BudgetUnit.TONNES, 1.0),
    "ton": (BudgetUnit.TONNES, 1.0),
    "tons": (BudgetUnit.TONNES, 1.0),
    "tonne": (BudgetUnit.TONNES, 1.0),
    "tonnes": (BudgetUnit.TONNES, 1.0),
    "kt": (BudgetUnit.TONNES, 1e3),
    "kwh": (BudgetUnit.MWH, 1e-3),
    "mwh": (BudgetUnit.MWH, 1.0),
    "gwh": (BudgetUnit.MWH, 1e3),
    "twh": (BudgetUnit.MWH, 1e6),
}
"""Units as they are typed, in small letters."""
_PERIODS: Final = {
    **dict.fromkeys(("month", "months", "monthly"), Period.MONTH),
    **dict.fromkeys(("quarter", "quarters", "quarterly"), Period.QUARTER),
    **dict.fromkeys(("year", "years", "yearly", "annual", "annually", "annum"), Period.YEAR),
}
_SCOPES: Final = {
    "workspace": Scope.WORKSPACE,
    "organisation": Scope.WORKSPACE,
    "organization": Scope.WORKSPACE,
    "channel": Scope.CHANNEL,
    "here": Scope.CHANNEL,
}
_LITTLE: Final = frozenset(
    (
        *("a", "an", "per", "each", "every", "for", "the", "of", "in", "to", "on"),
        *("this", "whole", "is", "set", "co2", "co2e", "/", "和", "的"),
    )
)
_CHINESE: Final = (
    (r"(?:每|一|按|/ *)?个?(?:季度|季)", " quarter "),
    (r"(?:每|一|按|/ *)?个?月(?:度)?", " month "),
    (r"(?:每|一|按|/ *)?年(?:度)?", " year "),
    (r"千克|公斤", " kg "),
    (r"兆瓦时|兆瓦小时", " MWh "),
    (r"吉瓦时|吉瓦小时", " GWh "),
    (r"千瓦时|千瓦小时|度电|度", " kWh "),
    (r"吨", " t "),
    (r"二氧化碳当量|二氧化碳", " "),
    (r"(?:整个|全)?(?:工作区|工作空间)", " workspace "),
    (r"(?:本|这个|此|该)?频道", " channel "),
    (r"预算|设置为?|设定?为?|用于|为", " "),
)
"""Chinese words, in English; the longer ones come first."""
_CHINESE_RULES: Final = tuple((re.compile(pattern), word) for pattern, word in _CHINESE)
_CHINESE_NUMBER: Final = re.compile(rf"(?<![\d.])[{NUMERALS}]+(?= *(?:kg|t|[kMG]Wh)\b)")
_NAMED: Final = re.compile(
    r"""(?:^|\s)(?:(?:for|of|the)\s+)*project\s*"""
    r"""(?:[:=]\s*)?(?:"([^"]*)"|“([^“”]*)”|「([^」]*)」|'([^']*)'|([^\s每]+))""",
    re.IGNORECASE,
)
_CHINESE_PROJECT: Final = (
    # The name stands before the word or after it.
    (re.compile(r"(?:为|给)?\s*([^\s为给]+)\s*项目(?=\s*(?:[每的]|\d|设|$))"), r" project \1 "),
    (re.compile(r"项目"), " project "),
)
_AMOUNT: Final = re.compile(
    r"(?<![\w.,\-])(?P<number>\d[\d.,]*|\.\d+) *(?P<scale>万|亿)? *"
    r"(?P<unit>[^\W\d_]+(?:2e?q?)?)?(?=$|[\s/,])",
    re.IGNORECASE,
)
_EMITTED: Final = re.compile(r"co2e?(?:q)?$", re.IGNORECASE)
_SCALES: Final = {"万": 1e4, "亿": 1e8}
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_AMBIGUOUS: Final = re.compile(r"[1-9]\d{0,2}\.000")


def read(said: str) -> Wanted:
    """What somebody wants of budgets.

    Raises:
        NotRead: it cannot be understood.
    """
    plain = said.replace("\0", "").strip()
    first, _, rest = plain.partition(" ")
    if not plain or (first.casefold() in _SHOW and not rest.strip()):
        return Wanted(Wish.SHOW)
    off = next((word for word in sorted(_OFF, key=len, reverse=True) if _begins(plain, word)), "")
    wanted = Wanted(Wish.OFF if off else Wish.SET)
    wanted, plain = _whose(wanted, plain[len(off) :])
    # A project's name is read as it stands, and none of the words.
    plain = unicodedata.normalize("NFKC", plain)
    for pattern, word in _CHINESE_RULES:
        plain = pattern.sub(word, plain)
    plain = _CHINESE_NUMBER.sub(in_digits, plain)
    wanted, plain = _how_much(wanted, plain)
    return _checked(_other_words(wanted, plain))


def budget_of(wanted: Wanted, channel_id: str, user_id: str, known: Sequence[Budget]) -> Budget:
    """The budget that is to be set, in the place of one like it."""
    if wanted.amount is None or wanted.unit is None or wanted.period is None:
        msg = f"no whole budget: {wanted}"
        raise ValueError(msg)
    found = Budget(
        scope=wanted.scope,
        scope_id=_scope_id(wanted, channel_id),
        period=wanted.period,
        unit=wanted.unit,
        amount=wanted.amount,
        set_by=user_id,
    )
    same = next((one for one in known if one.key == found.key), None)
    return found if same is None else replace(found, scope_id=same.scope_id)


def meant(wanted: Wanted, channel_id: str, known: Sequence[Budget]) -> Budget:
    """The one budget that is to be removed.

    Raises:
        NotRead: there is none, or more than one.
    """
    wide = [
        one
        for one in known
        if one.scope is wanted.scope
        and (
            one.scope_id == _scope_id(wanted, channel_id)
            or (one.scope is Scope.PROJECT and one.scope_id.casefold() == wanted.project.casefold())
        )
    ]
    found = [
        one
        for one in wide
        if wanted.period in {None, one.period} and wanted.unit in {None, one.unit}
    ]
    if len(found) == 1:
        return found[0]
    if found:
        why = text("There are {n} such budgets: say which.", n=len(found))
        raise NotRead(why, off_command(found[0]))
    if wide:
        raise NotRead(text("There is no such budget, but another one."), off_command(wide[0]))
    raise NotRead(text("There is no such budget."), "budget")


def off_command(budget: Budget) -> str:
    """The command that removes a budget."""
    return _said(Wish.OFF, budget).typed


def set_command(budget: Budget) -> str:
    """The command that sets a budget."""
    return replace(_said(Wish.SET, budget), amount=budget.amount).typed


def _said(wish: Wish, budget: Budget) -> Wanted:
    project = budget.scope_id if budget.scope is Scope.PROJECT else ""
    return Wanted(wish, budget.scope, project, None, budget.unit, budget.period)


def _scope_id(wanted: Wanted, channel_id: str) -> str:
    match wanted.scope:
        case Scope.CHANNEL:
            return channel_id
        case Scope.PROJECT:
            return wanted.project
        case Scope.WORKSPACE:
            return ""


def _begins(said: str, word: str) -> bool:
    """Whether the first word is this one; Chinese words stand without a space after them."""
    if not said.casefold().startswith(word):
        return False
    after = said[len(word) :][:1]
    return not after or not word.isascii() or after.isspace()


def _whose(wanted: Wanted, said: str) -> tuple[Wanted, str]:
    """Whose budget it is, where a project is named."""
    tag, rest = project_in(said)
    for pattern, instead in _CHINESE_PROJECT:
        rest = pattern.sub(instead, rest)
    named = _NAMED.search(rest)
    if named and (not tag or not named[5]):
        tag = next(group for group in named.groups() if group is not None).strip()
        rest = f"{rest[: named.start()]} {rest[named.end() :]}"
    if not tag:
        return wanted, rest
    if len(tag) > LONGEST:
        raise NotRead(
            text("A name has at most {n} characters.", n=LONGEST),
            replace(wanted, scope=Scope.PROJECT, project=tag[:20].strip()).typed,
        )
    return replace(wanted, scope=Scope.PROJECT, project=tag), rest


def _how_much(wanted: Wanted, said: str) -> tuple[Wanted, str]:
    """How much it is, where an amount is said."""
    found = _AMOUNT.search(said)
    if found is None:
        return wanted, said
    typed, unit = found["number"].rstrip(".,"), found["unit"] or ""
    known = _UNITS.get(_EMITTED.sub("", unit).casefold())
    wanted = replace(wanted, unit=known[0] if known else None)
    amount = _number(typed, _understood(wanted, said)) * _SCALES.get(found["scale"] or "", 1.0)
    if known is None:
        wanted = replace(wanted, amount=amount if 0 < amount <= MOST else None)
        if unit:
            why = text("“{typed}” is no unit of a budget: t or MWh.", typed=unit[:SHOWN])
        else:
            why = text("Say of what: t of CO2e, or MWh.")
        raise NotRead(why, _understood(wanted, said).typed)
    rest = f"{said[: found.start()]} {said[found.end() :]}"
    # 500 kg are 0.5 t, and not 0.5000000000000001.
    return replace(wanted, amount=float(f"{amount * known[1]:.15g}")), rest


def _number(typed: str, wanted: Wanted) -> float:
    if _AMBIGUOUS.fullmatch(typed):
        small, large = typed.partition(".")[0], typed.replace(".", "")
        why = text(
            "“{typed}” could be {small} or {whole}: leave the point out.",
            typed=typed,
            small=small,
            whole=large,
        )
        raise NotRead(why, replace(wanted, amount=float(large)).typed)
    digits = typed.replace(",", "") if _THOUSANDS.fullmatch(typed) else typed
    if len(typed) > 24 or not _PLAIN.fullmatch(digits):
        why = text("“{typed}” is not a number: write 1,000 or 1.5.", typed=typed[:SHOWN])
        raise NotRead(why, wanted.typed)
    return float(digits)


def _other_words(wanted: Wanted, said: str) -> Wanted:
    for word in said.replace("/", " / ").replace(",", " ").split():
        plain = word.casefold().rstrip(".")
        if plain in _LITTLE:
            continue
        if plain in _PERIODS and wanted.period in {None, _PERIODS[plain]}:
            wanted = replace(wanted, period=_PERIODS[plain])
        elif plain in _SCOPES and (wanted.scope is Scope.CHANNEL or wanted.scope is _SCOPES[plain]):
            wanted = replace(wanted, scope=_SCOPES[plain])
        elif wanted.wish is Wish.OFF and plain in _UNITS and wanted.unit is None:
            wanted = replace(wanted, unit=_UNITS[plain][0])
        else:
            why = text("“{word}” does not belong to a budget.", word=word[:SHOWN])
            raise NotRead(why, _understood(wanted, said).typed)
    return wanted


def _understood(wanted: Wanted, said: str) -> Wanted:
    """What is wanted, with those of the other words that are clear."""
    for word in re.findall(r"[a-z]+", said.casefold()):
        if wanted.period is None and word in _PERIODS:
            wanted = replace(wanted, period=_PERIODS[word])
        elif wanted.scope is Scope.CHANNEL and word in _SCOPES:
            wanted = replace(wanted, scope=_SCOPES[word])
    return wanted


def _checked(wanted: Wanted) -> Wanted:
    if wanted.wish is Wish.OFF:
        return wanted
    if wanted.amount is None:
        raise NotRead(text("Say how much, and for how long."), wanted.typed)
    if not 0 < wanted.amount <= MOST or not math.isfinite(wanted.amount):
        why = text("A budget is more than nothing, and at most a billion.")
        raise NotRead(why, replace(wanted, amount=None).typed)
    if wanted.period is None:
        raise NotRead(text("Say for how long: a month, a quarter or a year."), wanted.typed)
    return wanted
