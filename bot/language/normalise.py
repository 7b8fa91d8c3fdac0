"""Commands come from phones, spreadsheets and other alphabets: one spelling for all of them."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from bot.language.chinese import apart
from bot.language.phrases import plainly

MAX_LENGTH: Final = 1_500
"""Characters of a command that are read. Twenty devices with full names need about 700."""
MAX_WORDS: Final = 250
"""Words of a command that are read, counted by the spaces between them."""
MAX_PIECES: Final = 600
"""The same for runs of letters, runs of digits and signs, for what is written without spaces."""

_MENTION: Final = re.compile(r"<[@#!][^<>]*>")
_LINK: Final = re.compile(r"<(https?://[^<>|]+)(?:\|([^<>]*))?>")
_PIECE: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_SPELLED: Final = re.compile(r"[A-Za-z0-9 ,.+%:=@/()-]*")
"""What is spelled as it is read but for its spaces, as nearly every command."""

_NUMBER_WORDS: Final = {
    word: str(number)
    for number, word in enumerate(
        (
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ),
        start=2,
    )
}
_NUMBER_WORD: Final = re.compile(
    rf"(?<![^ ,])(?:{'|'.join(_NUMBER_WORDS)})(?= [a-z])", re.IGNORECASE
)
"""``two weeks``; from thirteen on people write digits."""
_EXPERTS: Final = re.compile(
    r"(?<![\w.\-])(\d{1,6}(?:\.\d{1,6})?[BT])-A(\d{1,6}(?:\.\d{1,6})?[BM])"
    r"(?: *(?:total )?(?:parameters|params|model|总?参数|模型))?(?![\w\-])",
    re.IGNORECASE,
)
"""``235B-A22B``, as mixtures of experts are named by their parameters, all and active."""
_TIMES: Final = re.compile(r"(?<=\w)(?:\*| \* )(?=\d)")
"""``H100*64``, where no emphasis ends or begins."""
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


def normalise(text: str) -> str:
    """The command with one kind of space, quote, dash, digit and comma.

    Pasted mentions are dropped, links become what they show, and characters that cannot be seen
    become spaces.
    """
    text = text[: 4 * MAX_LENGTH]
    if _SPELLED.fullmatch(text):
        return plainly(_in_digits(" ".join(text.split())))
    plain = _LINK.sub(lambda m: m[2] or m[1], text)
    plain = _MENTION.sub(" ", plain)
    plain = _MENTION.sub(" ", html.unescape(plain))
    plain = _TIMES.sub(" x", plain)
    # Emphasis around a word is Slack's; an apostrophe or underscore within one is the word's.
    plain = re.sub(r"(?<=\w)['’_](?=\w)", lambda m: "-" if m[0] == "_" else "\ue000", plain)
    plain = unicodedata.normalize("NFKC", plain.translate(_PUNCTUATION))
    # One character may become eighteen.
    plain = plain[: 4 * MAX_LENGTH].translate(_PUNCTUATION).replace("\ue000", "'")
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in plain)
    # Before the rules of Chinese too, which look for what comes after any number of spaces.
    single = re.sub(r"\s+", " ", visible)
    if len(single) > 2 * MAX_LENGTH or _counts_more(single, 2):
        # Refused anyway: the rules of Chinese make nothing that people write half as long.
        return single.strip()
    return plainly(_in_digits(re.sub(r"\s+", " ", apart(single)).strip()))


def _in_digits(plain: str) -> str:
    """The command with its number words in digits, and models' sizes as the language says them."""
    if "-a" in plain or "-A" in plain:
        plain = _EXPERTS.sub(r"\1 params (\2 active)", plain)
    return _NUMBER_WORD.sub(lambda word: _NUMBER_WORDS[word[0].lower()], plain)


def too_many_words(plain: str) -> bool:
    """Whether a normalised command has more words than are read."""
    return _counts_more(plain, 1)


def _counts_more(plain: str, times: int) -> bool:
    """Whether there are more words or pieces than so many times what is read."""
    if plain.count(" ") >= times * MAX_WORDS:
        return True
    most = times * MAX_PIECES
    return len(plain) > most and sum(1 for _ in _PIECE.finditer(plain)) > most
