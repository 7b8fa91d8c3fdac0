"""Words in one language, from gettext catalogues beside this file."""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from bot.i18n.text import Text, text

DOMAIN: Final = "carbon"
LOCALES: Final = Path(__file__).with_name("locales")

ENGLISH: Final = "en"
CHINESE: Final = "zh-CN"
LANGUAGES: Final = {ENGLISH: "English", CHINESE: "简体中文"}
"""The languages that the bot speaks, each by its own name."""
_COMMA: Final = text(", ")
_BETWEEN: Final = text("{sentence} {next}")


@dataclass(frozen=True, slots=True)
class Say:
    """Words sentences in one language.

    Attributes:
        language: one of ``LANGUAGES``.
        catalogue: its translations; a sentence that has none is said in English.
    """

    language: str
    catalogue: gettext.NullTranslations

    def __call__(self, template: str | Text, /, **values: str | float | Text) -> str:
        """A sentence in this language, with its values in place."""
        if type(template) is Text:
            return self._worded(template)
        worded = self.catalogue.gettext(template)  # type: ignore[arg-type]  # no Text is left
        if not values:
            return worded
        return worded.format_map(self._in_words(values))

    def plural(self, one: str, many: str, n: int, /, **values: str | float | Text) -> str:
        """A sentence that counts; ``{n}`` is the count."""
        worded = self.catalogue.ngettext(one, many, n)
        return worded.format_map({"n": n, **self._in_words(values)})

    def commas(self, parts: Iterable[str]) -> str:
        """Parts of a sentence in a row, as this language puts a comma between them."""
        return self(_COMMA).join(parts)

    def sentences(self, parts: Iterable[str]) -> str:
        """Sentences one after the other; those that are empty are left out."""
        found = [part for part in parts if part]
        between = self(_BETWEEN).format(sentence="", next="")
        return between.join(found)

    def _in_words(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Values, with the sentences among them worded; mostly there are none."""
        for value in values.values():
            if type(value) is Text:
                return {n: self._worded(v) if type(v) is Text else v for n, v in values.items()}
        return values

    def _worded(self, sentence: Text) -> str:
        values = self._in_words(dict(sentence.values))
        if sentence.plural is None:
            worded = self.catalogue.gettext(sentence.template)
        else:
            worded = self.catalogue.ngettext(
                sentence.template,
                sentence.plural,
                values["n"],  # type: ignore[arg-type]  # plural_text puts a count there
            )
        return worded.format_map(values) if values else worded


@cache
def say_in(language: str) -> Say:
    """The words of a language; English where the bot does not speak it."""
    if language == ENGLISH or language not in LANGUAGES:
        return Say(ENGLISH, gettext.NullTranslations())
    catalogue = gettext.translation(DOMAIN, LOCALES, [language.replace("-", "_")])
    return Say(language, catalogue)


def language_of(locale: str | None) -> str:
    """The language to speak to somebody whose Slack is set to ``locale``, such as ``zh-CN``.

    Traditional Chinese (``zh-TW``) is answered in Simplified: nearer than English.
    """
    return CHINESE if (locale or "").casefold().startswith("zh") else ENGLISH
