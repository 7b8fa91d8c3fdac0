"""Commands in Chinese, which has no spaces: numerals in digits, and words apart.

Spaces are put where a word of the language ends, and nowhere else: characters such as 台 or 天 are
also parts of the names of places. A numeral that can be read in two ways (两三天, 两万五张) is left
as it stands, and refused like any word that is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Final

from bot.language import words
from bot.language.chinese_places import named
from bot.language.grammar import any_of

_HAN: Final = r"\u3400-\u9fff\uf900-\ufaff"
_ANY_HAN: Final = re.compile(rf"[{_HAN}]")
_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_TIMES: Final = {"十": 10, "百": 100, "千": 1000}
_MYRIADS: Final = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_TIME: Final = any_of(words.CHINESE_UNITS)
_COUNTED: Final = any_of((*words.CHINESE_UNITS, *words.COUNTERS, *words.CHINESE_ENERGIES))
_NO_COUNT: Final = "天津|日本|[台臺][湾灣北]|[张張]家|年份"
"""What begins like a unit or a counter and is none."""

NUMERALS: Final = "".join((*_DIGITS, *_TIMES, *_MYRIADS))
_CHARACTER: Final = rf"(?!千瓦)[{NUMERALS}]"
_NUMERAL: Final = re.compile(
    rf"(?<![\d.{NUMERALS}])"
    # The 000 of 1,000 begins no number, and the 1 of H100,1万张 does.
    r"(?:(?<![A-Za-z\-])(?:(?<!\d,)|(?!\d{3}(?!\d)))\d+(?:,\d{3})*(?:\.\d+)?)?"
    rf"{_CHARACTER}(?:\d|{_CHARACTER})*"
    rf"(?= *(?:{_COUNTED}|半|卡[时時小]|[A-Za-z][\w\-]{{0,60}}? *(?:[小卡][时時])))"
)
# 七百亿参数: the scale stays, as in 700亿参数.
_SCALED: Final = re.compile(
    rf"(?<![\d.{NUMERALS}])[{''.join((*_DIGITS, *_TIMES))}]+"
    rf"(?=(?:万亿|[{''.join(_MYRIADS)}]) *个?(?:(?:总|激活)?参数|激活|[词詞]元|token))",
    re.IGNORECASE,
)
# From the beginning of a word alone: one of 6,000 letters is not read once for each of them.
_AFTER_WORD: Final = re.compile(r"(?<![\w\-])[\w\-]++(?=[一二两兩三四五六七八九十半])", re.ASCII)
_LETTER: Final = re.compile(r"[A-Za-z]")
_YEAR: Final = re.compile(rf"[{''.join(_DIGITS)}]{{4}}(?= *年)")
_MONTHS: Final = {han: n for n, han in enumerate("一二三四五六七八九十", start=1)} | {
    "十一": 11,
    "十二": 12,
}
_MONTH: Final = re.compile(
    rf"(?<![\d{NUMERALS}第半])(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})(?= *月)"
)
_PARTS: Final = re.compile(r"\d[\d,]*(?:\.\d+)?|.")

_AMOUNT: Final = r"\d[\d,]*(?:\.\d+)? *(?:万亿|[万亿]|[kmbt]\b)?"
_LABEL: Final = r"(?<![\d万亿kmbtKMBT个总活])(?<![\d万亿kmbtKMBT个总活] )"
"""Before a word that names the amount after it, not the one before it."""
_NO_OTHER: Final = r"(?![\d.kmbt万亿]| *个? *(?:[词詞]元|token|参数|激活))"
"""After an amount that no other word names."""


def _product(found: re.Match[str]) -> str:
    """As many of both together."""
    return f" {int(found[1]) * int(found[2])}{found[3]}"


def _factors(named: re.Match[str]) -> str:
    return " factors article " if named["article"] else " factors sourced "


_KEYWORDS: Final = (
    r"(预训练|(?<!预)训练|訓練|运行|持续|为期|历时|跑(?=[ \d])|"
    r"使用寿命|硬件寿命|(?<!使用)(?<!硬件)寿命|利用率|占空比|电网年份|(?<!电网)年份|额外开销|失败和试验|失败(?!和)|"
    r"公开|公開|实时|即时|使用(?!寿命)|存储|传输|总参数|(?<!总)参数|激活|微调|推理|位于|位於|词元|詞元|"
    r"类似于|类似(?!于)|如同|像)"
)
Instead = str | Callable[[re.Match[str]], str]
Rewriting = tuple[str, str, Instead]
"""Characters of which what is rewritten holds one, none where that is not so; what it is, and what
stands instead."""
_ASKED: Final = (
    r"(?<=[^ ]) *的?[会會要将將]?(?:产生|產生)?(?:多少)?[碳炭]?(?:总|總)?排放?[量了]?[是有]?"
    r"(?:多少)?(?:吨|公斤)?(?:二氧化碳|碳|CO2)?[呢吗嗎]? *[?？。]? *$"
)
"""``…会排放多少二氧化碳？``: what every command asks."""
_REWRITTEN: Final[tuple[Rewriting, ...]] = (
    # Politeness.
    ("", r"^ *[请請]?问?(?:帮我|幫我)?(?:估算|估計|估计|计算|計算|算)?(?:一下|下)? *", ""),
    ("排", _ASKED, ""),
    ("约約大差将將", r"(?:大约|大約|大概|差不多|将近|將近|约|約)(?= *\d)", ""),
    ("集", r"集群", " "),
    ("家", r"在?家[里中](?=[用跑训訓, ]|$)", ""),
    ("练練", r"^ *(?:预|預)?[训訓][练練] *(?=[A-Za-z])", ""),
    ("负負", r"[负負][载載][率]?", " 利用率 "),
    ("单單", r"[单單]机 *(?=\d+ *[卡张張块塊])", ""),
    # 8台服务器每台8张H100, 8个节点，每节点8卡H100
    (
        "节節服伺机機",
        (
            r"(\d{1,6}) *[台臺个個]? *(?:节点|節點|服务器|伺服器|机器|機器|主机)[, ]*"
            r"(?:每[台臺个個]?(?:节点|節點|服务器|伺服器|机器|機器|机)?|各) *[有配装裝]? *"
            r"(\d{1,6}) *([张張块塊个個卡片颗顆])"
        ),
        _product,
    ),
    # 10台8卡A800服务器
    (
        "台臺",
        r"(\d{1,6}) *[台臺] *(\d{1,6}) *([卡张張块塊])(?= *(?:[A-Za-z]|昇|英))",
        _product,
    ),
    ("服伺机機节節", r"(?<=[A-Za-z0-9]) *(?:服务器|伺服器|机器|機器|节点|節點)", " "),
    # 一个半月, 两天半, 半小时
    ("半", r"(?<![\d.])(\d+) *[个個]半(?=小[时時]|月|星期|礼拜|钟头)", r"\1.5个"),
    ("半", rf"(?<![\d.])(\d+) *({_TIME})半(?![天年个個小月])", r"\1.5\2"),
    ("半", r"半[个個]?(?=小[时時]|钟头)|半[个個](?=月|星期|礼拜)", "0.5个"),
    # 利用率为60%, 在60%利用率下
    ("为為是", r"(利用率|占空比|额外开销|年份|寿命|pue|mfu) *[为為是] *(?=\d)", r"\1 "),
    ("在", r"在 *(?=[\d.]+ *%)", " "),
    ("下", r"(?<=[率%]) *下(?= |,|$)", " "),
    ("上", r"在 *([A-Za-z0-9][^在, ]*) *上(?!海)", r" 使用 \1 "),
    ("于於在", r"(?:运行|[训訓][练練]|部署)(?=[于於在])", ""),
    ("月", r"(月份 *[:=]? *\d+) *月", r"\1 "),
    # 5月, 五月份: what comes after 训练 may be for how long, and is left as it stands.
    (
        "月",
        (
            r"(?<![\d.,第半])(?<!月份)(?<!月份 )(?<!月份[:=])(?<!训练)(?<!训练 )(?<!跑)(?<!跑 )"
            r"(1[0-2]|0?[1-9]) *月份?(?! *\d+ *[日号])"
        ),
        r" 月份 \1 ",
    ),
    # 总参数671B 激活参数37B
    ("总", rf"总参数量?(?: *[为為是:=] *)?({_AMOUNT})", r" \1参数 "),
    # 激活370亿, 激活37B 14.8T词元, 参数量为700亿, 700亿参数的模型
    (
        "激",
        rf"{_LABEL}激活(?:参数)?量? *[为為是:=]? *({_AMOUNT}){_NO_OTHER}",
        r" \1激活 ",
    ),
    ("激", rf"激活(?:参数)?量? *[为為是:]? *({_AMOUNT})(?= *[),]| *$)", r"\1激活"),
    ("参", rf"{_LABEL}参数量? *[为為是:=]? *({_AMOUNT})", r" \1参数 "),
    ("词詞", rf"{_LABEL}[词詞]元[数數]?量? *[为為是:=]? *({_AMOUNT})", r" \1词元 "),
    ("参", r"参数量?的?模型|参数量", "参数"),
    # 一个7B的大模型, GPT-3 模型
    ("个個", r"1 *[个個] *(?=[\d.]+ *[BbTtMm万亿])", ""),
    ("模", r"(?:(?<=\d[BbTtMm])|(?<=亿)) *的?(?:大?语言)?大?模型", " 参数 "),
    ("模", r"(?<=[A-Za-z0-9]) *的?(?:大?语言)?大?模型", " "),
    # 训练 before an amount of work says the kind of it, and before a time for how long.
    (
        "训訓",
        rf"(?<!预)[训訓][练練](?= *{_AMOUNT} *(?:总?参数|param|[词詞]元|token))",
        "预训练",
    ),
    # 按 article 因子, 用文章的因子
    (
        "因",
        (
            r"(?:(?:按照?|使用|采用|用|以) *)?"
            r"(?:(?P<article>article|文章)|sourced|有?来源) *的?因子集?"
        ),
        _factors,
    ),
    ("因", r"因子集? *[为為是:]? *(?=article|sourced)", " factors "),
    # 170万卡时
    ("卡", r"卡(?:小时|小時|时|時)", " GPU-hours "),
    ("英輝", r"(?:英伟达|英偉達|輝達)的?", " "),
    ("昇", r"(?:华为|華為)?(?:昇腾|昇騰)", " Ascend "),
    ("卡", r"(?<=[A-Za-z0-9]) *(?:显卡|顯卡|加速卡)", " "),
    ("卡", r"显卡|顯卡|加速卡", " GPU "),
    ("美", rf"美国(?=[{_HAN}]{{1,6}}州)", ""),
    # 与 BLOOM 相同, 同 BLOOM, 像 BLOOM 一样
    (
        "样樣同如",
        r"[与和跟] *(?=[A-Za-z][^,]{0,80}(?:一样|一樣|相同))|[同如] *(?=[A-Za-z])",
        " 像 ",
    ),
    ("样樣同", r"(?:一样|一樣|那样|相同)(?= |,|$)", " "),
)
_SPACED: Final[tuple[Rewriting, ...]] = (
    # 用 is both "on" and "for": what follows it tells.
    ("用", rf"用 *(?=[\d.]+ *(?:{_TIME}))", " 训练 "),
    ("用", r"(?<!使)用 *(?=[A-Za-z0-9])", " 使用 "),
    ("", _KEYWORDS, r" \1 "),
    (
        "",
        (
            rf"(?<![A-Za-z\d.\-])(\d[\d.,]{{0,30}}+ *[万亿]*) *"
            rf"(?!{_NO_COUNT})({_COUNTED})(?![个個小星])"
        ),
        r"\1\2 ",
    ),
    ("在于於", rf"(?<![{_HAN}])([在于於])(?=[{_HAN}])", r"\1 "),
    ("和与與跟加及还", r"(?:[和与與跟加及]|以及|加上|还有) *(?=\d)", " 和 "),
    ("", rf"(?<=[{_HAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{_HAN}])", " "),
)


@cache  # compiled with the first command in Chinese: it takes as long as the rest of the language
def rules() -> tuple[tuple[str, re.Pattern[str], Instead], ...]:
    """What is rewritten, in its order, as ``Rewriting`` has it."""
    return tuple(
        (one_of, re.compile(pattern, re.IGNORECASE), instead)
        for one_of, pattern, instead in (*_REWRITTEN, *_SPACED)
    )


def apart(command: str) -> str:
    """The command with its Chinese numerals in digits and its Chinese words apart."""
    if not _ANY_HAN.search(command):
        return command
    command = _AFTER_WORD.sub(_apart_from_numeral, command)
    command = _YEAR.sub(lambda year: "".join(str(_DIGITS[c]) for c in year[0]), command)
    command = _MONTH.sub(_in_figures, command)
    command = _SCALED.sub(in_digits, _NUMERAL.sub(in_digits, command))
    for one_of, pattern, instead in rules():
        # Looking for a character costs a hundredth of a pattern that finds nothing.
        if not one_of or any(character in command for character in one_of):
            command = pattern.sub(instead, command)
    return named(command)


def _in_figures(month: re.Match[str]) -> str:
    """``五月``: the fifth."""
    return str(_MONTHS[month[0]])


def _apart_from_numeral(word: re.Match[str]) -> str:
    """``H100一周``: the digits belong to the name."""
    return f"{word[0]} " if _LETTER.search(word[0]) else word[0]


def in_digits(numeral: re.Match[str]) -> str:
    """A numeral in digits: 三百二十 is 320, 1.5万 is 15000."""
    written = numeral[0]
    whole = section = Decimal(0)
    number: Decimal | None = None
    last = ""
    for part in _PARTS.findall(written):
        if part in _TIMES:
            # 十 alone is ten.
            section += (1 if number is None else number) * _TIMES[part]
            number = None
        elif part in _MYRIADS:
            # 万 alone is ten thousand.
            section += number or (0 if whole or section else 1)
            whole = (whole + section) * _MYRIADS[part]
            section, number = Decimal(0), None
        elif number is not None and last not in {"零", "〇"}:
            return written  # 两三 is two or three
        else:
            number = Decimal(_DIGITS[part] if part in _DIGITS else part.replace(",", ""))
            if last in {"百", "千", *_MYRIADS} and 0 < number < 10 and written.endswith(part):
                return written  # 两万五 is 25,000, and 两万零五 is 20,005
        last = part
    # Digits and the name of a device after them would be one word.
    space = " " if numeral.string[numeral.end()].isascii() else ""
    return f"{(whole + section + (number or 0)).normalize():f}{space}"
