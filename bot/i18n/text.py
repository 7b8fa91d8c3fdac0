"""Sentences that are not worded yet: a template and its values, until somebody's language is known.

Code that finds something out (a mistake in a command, an assumption) does not know who will read
it. It returns a ``Text``; ``str()`` of one is English, for logs and command lines, and a ``Say``
words it in another language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence with its values.

    Attributes:
        template: English, with ``{name}`` for each value; also the key of its translations.
        values: what stands for the names. A ``Text`` among them is worded with the sentence.
        plural: the template where ``values["n"]`` is not one; ``None`` where nothing is counted.
    """

    template: str
    values: tuple[tuple[str, str | int | float | Text], ...] = ()
    plural: str | None = None

    def __str__(self) -> str:
        values = {name: str(v) if isinstance(v, Text) else v for name, v in self.values}
        template = self.template
        if self.plural is not None and values["n"] != 1:
            template = self.plural
        return template.format_map(values) if values else template


def text(template: str, /, **values: str | float | Text) -> Text:
    """A sentence to be worded later. The template is collected for translation."""
    return Text(template, tuple(values.items()))


def plural_text(one: str, many: str, n: int, /, **values: str | float | Text) -> Text:
    """A sentence that counts: ``one`` for n = 1, ``many`` otherwise; ``{n}`` is the count."""
    return Text(one, (("n", n), *values.items()), many)


def listed(parts: list[str] | tuple[str, ...], joiner: str = "or") -> Text | str:
    """Names in a row: ``A``, ``A or B``, ``A, B or C``; ``joiner`` is ``or`` or ``and``."""
    if len(parts) < 2:
        return "".join(parts)
    words = (("first", in_a_row(parts[:-1])), ("last", parts[-1]))
    return Text(_JOINED[joiner].template, words)


def in_a_row(parts: list[str] | tuple[str, ...]) -> Text | str:
    """Names with what a language puts between them: ``A, B``."""
    row: Text | str = parts[0]
    for part in parts[1:]:
        row = text("{first}, {next}", first=row, next=part)
    return row


_JOINED: Final = {"or": text("{first} or {last}"), "and": text("{first} and {last}")}
