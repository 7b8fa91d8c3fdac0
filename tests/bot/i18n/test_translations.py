"""Every sentence of the bot is translated, and the compiled translations are today's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bot
from bot.i18n import CHINESE, ENGLISH, language_of, listed, plural_text, say_in, text
from bot.i18n.messages import collected, problems


def test_every_sentence_in_the_code_is_translated() -> None:
    assert len(collected()) > 1
    assert list(problems(CHINESE)) == []


def test_a_sentence_that_nobody_translated_is_named() -> None:
    # `problems` must be able to fail: a language without a file lacks every sentence.
    assert any("not translated" in line for line in problems("fr"))


def test_a_text_is_english_until_a_language_words_it() -> None:
    names = listed(["A", "B", "C"])
    assert str(names) == "A, B or C"
    assert say_in(ENGLISH)(names) == "A, B or C"
    assert say_in(CHINESE)(names) == "A、B 或 C"


def test_values_of_a_sentence_are_worded_with_it() -> None:
    inner = listed(["A", "B"], "and")
    assert str(text("{what}!", what=inner)) == "A and B!"
    assert say_in(CHINESE)("{what}!", what=inner) == "A 和 B!"


@pytest.mark.parametrize(("n", "shown"), [(1, "1 day"), (2, "2 days"), (0, "0 days")])
def test_english_has_two_plural_forms(n: int, shown: str) -> None:
    assert str(plural_text("{n} day", "{n} days", n)) == shown
    assert say_in(ENGLISH).plural("{n} day", "{n} days", n) == shown


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", CHINESE),
        ("zh-TW", CHINESE),
        ("en-GB", ENGLISH),
        ("de-DE", ENGLISH),
        (None, ENGLISH),
    ],
)
def test_the_language_follows_the_locale(locale: str | None, language: str) -> None:
    assert language_of(locale) == language


def test_no_sentence_hides_in_an_f_string_where_it_is_not_collected() -> None:
    hidden = re.compile(r"""\{(?:\w+\.)*(?:say|text|plural|plural_text)\(["']""")
    found = [
        f"{path.name}: {line.strip()}"
        for path in Path(bot.__file__).parent.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if hidden.search(line)
    ]
    assert found == []
