"""``make messages``: collect the sentences of the code, and compile their translations.

For developers alone: it needs Babel, which the bot itself does not. ``--check`` changes nothing and
fails when a sentence has no translation, or when a compiled file is not what its source gives.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from bot.i18n.say import DOMAIN, ENGLISH, LANGUAGES, LOCALES

ROOT: Final = Path(__file__).parents[1]
KEYWORDS: Final = {"text": None, "say": None, "plural": (1, 2), "plural_text": (1, 2)}
"""The functions whose first arguments are sentences."""


_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Stands in compiled files for the dates of their making."""


def collected() -> Catalog:
    """Every sentence that stands in the code."""
    found = Catalog()
    for _, _, message, _, context in extract_from_dir(ROOT, keywords=KEYWORDS):
        if message and (not isinstance(message, tuple) or all(message)):
            found.add(message, context=context)
    return found


def translated(language: str, sentences: Catalog) -> Catalog:
    """The translations of a language, brought to today's sentences; nothing is guessed."""
    path = _po(language)
    locale = language.replace("-", "_")
    catalogue = Catalog(locale=locale)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale)
    catalogue.update(sentences, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def problems(language: str) -> Iterator[str]:
    """What is missing or out of date in a language, a line each."""
    catalogue = translated(language, collected())
    for message in catalogue:
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if not all(strings) or message.fuzzy:
            yield f"{language}: not translated: {_first(message)!r}"
        elif any(_names(str(string)) != _names(_last(message)) for string in strings):
            yield f"{language}: other names in braces: {_first(message)!r}"
    if not _mo(language).exists() or _mo(language).read_bytes() != _compiled(catalogue):
        yield f"{language}: the compiled file is out of date: make messages"


def write(language: str) -> None:
    """Bring the source and the compiled file of a language up to date."""
    catalogue = translated(language, collected())
    _po(language).parent.mkdir(parents=True, exist_ok=True)
    with _po(language).open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=True, no_location=True, sort_output=True)
    _mo(language).write_bytes(_compiled(catalogue))


def _first(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple) else str(message.id)


def _last(message: Message) -> str:
    return message.id[-1] if isinstance(message.id, tuple) else str(message.id)


def _names(template: str) -> set[str]:
    """The names in braces of a template; their order is each language's own."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _po(language: str) -> Path:
    return LOCALES / language.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"


def _mo(language: str) -> Path:
    return _po(language).with_suffix(".mo")


def _compiled(catalogue: Catalog) -> bytes:
    # With dates of its own Babel would make another file every minute.
    plain = Catalog(locale=catalogue.locale, creation_date=_DATE, revision_date=_DATE, fuzzy=False)
    for message in catalogue:
        if message.id and message.string:
            plain.add(message.id, message.string)
    file = io.BytesIO()
    write_mo(file, plain)
    return file.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the translations; 1 when a check finds something."""
    parser = argparse.ArgumentParser(prog="bot.i18n.messages", description=__doc__)
    parser.add_argument("--check", action="store_true")
    languages = [language for language in LANGUAGES if language != ENGLISH]
    if not parser.parse_args(arguments).check:
        for language in languages:
            write(language)
    found = [line for language in languages for line in problems(language)]
    print("\n".join(found) or "every sentence is translated", file=sys.stderr if found else None)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
