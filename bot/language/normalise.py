"""Commands come from phones, spreadsheets and other alphabets: one spelling for all of them."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from bot.language import words
from bot.language.grammar import any_of

MAX_LENGTH: Final = 1_500
"""Characters of a command that are read. Twenty devices with full names need about 700."""
MAX_WORDS: Final = 250
"""Words of a command that are read, counted by the spaces between them."""
MAX_PIECES: Final = 600
"""The same for runs of letters, runs of digits and signs, for what is written without spaces."""

_MENTION: Final = re.compile(r"<[@#!][^<>]*>")
_LINK: Final = re.compile(r"<(https?://[^<>|]+)(?:\|([^<>]*))?>")
_PIECE: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_PUNCTUATION: Final = str.maketrans(
    {
        **dict.fromkeys("“”„«»\"‘’‚`'*_~", " "),
        **dict.fromkeys("–—−‐‑‒―", "-"),
        **dict.fromkeys("×✕✖╳", "x"),
        **dict.fromkeys("，、；;", ","),
        **dict.fromkeys("。…", " "),
        "：": ":",
        "＝": "=",
        "％": "%",
    }
)

# Chinese is written without spaces. They are put where a word of the language ends, and nowhere
# else: characters such as 台 or 天 are also parts of the names of places.
_HAN: Final = r"\u3400-\u9fff\uf900-\ufaff"
_ANY_HAN: Final = re.compile(rf"[{_HAN}]")
_COUNTED: Final = any_of((*words.CHINESE_UNITS, *words.COUNTERS))
_NUMERAL: Final = re.compile(rf"[零一二两兩三四五六七八九十百千]+(?= *(?:{_COUNTED}|[万亿]))")
_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2}
_TIMES: Final = {"十": 10, "百": 100, "千": 1000}
_SPACED: Final = (
    # 用 is both "on" and "for": what follows it tells.
    (re.compile(rf"用 *(?=\d+ *(?:{any_of(words.CHINESE_UNITS)}))"), " 训练 "),
    (re.compile(r"(?<!使)用 *(?=[A-Za-z0-9])"), " 使用 "),
    (
        re.compile(
            "(训练|訓練|利用率|公开|公開|使用|存储|传输|参数|激活|微调|推理|位于|位於|词元|詞元)"
        ),
        r" \1 ",
    ),
    (
        re.compile(rf"(\d *[万亿]*) *({_COUNTED})(?![个個小星])"),
        r"\1\2 ",
    ),
    (re.compile(rf"(?<![{_HAN}])在(?=[{_HAN}])"), "在 "),
    (re.compile(rf"(?<=[{_HAN}])和(?=\d)"), " 和 "),
    (re.compile(rf"(?<=[{_HAN}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{_HAN}])"), " "),
)


def normalise(text: str) -> str:
    """The command with one kind of space, quote, dash, digit and comma.

    Pasted mentions are dropped, links become what they show, and characters that cannot be seen
    become spaces.
    """
    plain = _LINK.sub(lambda m: m[2] or m[1], text[: 4 * MAX_LENGTH])
    plain = _MENTION.sub(" ", plain)
    plain = _MENTION.sub(" ", html.unescape(plain))
    # Emphasis around a word is Slack's; an apostrophe or underscore within one is the word's.
    plain = re.sub(r"(?<=\w)['’_](?=\w)", lambda m: "-" if m[0] == "_" else "\ue000", plain)
    plain = unicodedata.normalize("NFKC", plain.translate(_PUNCTUATION)).translate(_PUNCTUATION)
    plain = plain.replace("\ue000", "'")
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in plain)
    if _ANY_HAN.search(visible):
        visible = _NUMERAL.sub(_in_digits, visible)
        for pattern, spaced in _SPACED:
            visible = pattern.sub(spaced, visible)
    return re.sub(r"\s+", " ", visible).strip()


def _in_digits(numeral: re.Match[str]) -> str:
    """A number below ten thousand that is written in Chinese: 三百二十 is 320."""
    total = last = 0
    for character in numeral[0]:
        if character in _TIMES:
            # 十 alone is ten.
            total, last = total + (last or 1) * _TIMES[character], 0
        else:
            last = _DIGITS[character]
    return str(total + last)


def too_many_words(plain: str) -> bool:
    """Whether a normalised command has more words than are read."""
    return plain.count(" ") >= MAX_WORDS or sum(1 for _ in _PIECE.finditer(plain)) > MAX_PIECES
