"""What is wrong with a file or a measurement, in words of both languages.

The estimator, pydantic and Python's readers explain it in English; what they say is recognised here
and said anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.i18n.estimates import recognised
from bot.i18n.text import Text, text
from estimator.errors import DataError

_PLACE: Final = re.compile(r"(?P<file>.+) line (?P<line>\d+)", re.DOTALL)
_UNKNOWN: Final = "{english}"
_OF_ONE: Final = re.compile(r"(?P<id>[^\s:]+): (?P<why>.+)", re.DOTALL)

_WHOLE: Final = (
    text("the file is no text in UTF-8"),
    text("the file is larger than {most} bytes"),
    text("{id} is given twice"),
    text("more than {most} factors"),
    text("more than {most} accelerators"),
    text("there is no factor in it"),
    text("a new accelerator is a table of its own: {example}"),
    text("{id} is in the data already; give the figures alone to change them"),
    text("unknown factor {id}; did you mean {near} or {other}?"),
    text("unknown factor {id}; did you mean {near}?"),
    text("unknown factor {id}; a new accelerator is described in TOML, in {table}"),
    text("unknown factor {id}"),
    text("{id} is in {unit}, not in {other}"),
    text("{id} is not a table with value, unit and source"),
    text("unknown column {column}; did you mean {near}?"),
    text("unknown column {column}"),
    text("the column {column} is missing"),
    text("a row with too many or few cells"),
    text("a number with thousands of digits"),
    text("tables or lists that are nested too deep"),
)
"""What can be wrong with a factor file. The first that fits counts."""

_ONE: Final = (
    text("a figure is a table of its own: {example}"),
    text("unknown key {key}; did you mean {near}?"),
    text("unknown key {key}"),
    text("its power is missing: {example}"),
    text("the source is missing (title, publisher, year, url, licence)"),
    text("the source's {key} is missing"),
    text("{key} is missing"),
    text("the name {name} is already taken by a slice of TPUs"),
    text("the name {name} is already taken by {other}"),
    text("{value} is above 1, and it is a share"),
    text("a PUE lies between 1 and 3"),
    text("low is not above 0"),
    text("{value} is not above 0"),
    text("an assumed figure needs a note that says why"),
    text("{key} is {value}, which is not a number above or equal to 0"),
    text("the url {url} does not begin with https://"),
    text("its name is letters and digits, in parts joined by hyphens: ACME-X1"),
    text("the host {host} is neither server nor workstation"),
    text("the basis {basis} is not measured, published or assumed"),
    text("{key} is {value}, which is not accepted"),
    text("the source is a table: {example}"),
    text(
        "give embodied_kgco2e with its source, or all of die_area_mm2, process_nm, memory_gb and "
        "memory_type so that it can be modelled"
    ),
    text("a peak of zero for {known}; leave it out where there is none"),
    text("low {low} is above the value {value}"),
    text("high {high} is below the value {value}"),
    text("a secondary reading names where it was read (via); a primary one does not"),
    text("no die factor for {node} nm"),
    text("no memory factor for {memory}"),
)
"""The same with one of its factors or accelerators."""

_SYNTAX: Final = (
    text("Cannot overwrite a value"),
    text("Cannot declare {key} twice"),
    text("Expected '=' after a key in a key/value pair"),
    text("Expected ']' at the end of a table declaration"),
    text("Expected ']]' at the end of an array declaration"),
    text("Expected newline or end of document after a statement"),
    text("Expected {character}"),
    text("Illegal character {character}"),
    text("Found invalid character {character}"),
    text("Invalid date or datetime"),
    text("Invalid hex value"),
    text("Invalid initial character for a key part"),
    text("Invalid statement"),
    text("Invalid value"),
    text("Unclosed array"),
    text("Unclosed inline table"),
    text("Unescaped '\\' in a string"),
    text("Unterminated string"),
    text("',' expected after '\"'"),
    text("field larger than field limit ({most})"),
    text("unexpected end of data"),
    text("line contains NUL"),
)
"""What Python's readers of TOML and CSV say."""


def file_text(error: DataError) -> Text:
    """What is wrong with a factor file, and where."""
    place = _PLACE.fullmatch(error.where)
    where: Text | str = error.where
    if place is not None:
        where = text("{file} line {line}", file=place["file"], line=int(place["line"]))
    return text("{where}: {why}", where=where, why=_why(error.why))


def syntax_text(why: str) -> Text:
    """What Python's reader of TOML or CSV says of a file."""
    return recognised(why, _SYNTAX)


def field_text(problem: Mapping[str, Any]) -> Text:
    """What pydantic found wrong with a field of what arrived, after the field's name.

    Args:
        problem: one of the ``errors()`` of its ``ValidationError``.
    """
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            why = text("this is missing")
        case "string_too_short" | "too_short":
            why = text("nothing was given")
        case "string_too_long" | "too_long":
            why = text("more than {most} characters", most=limits["max_length"])
        case "string_type":
            why = text("this is no text")
        case "float_type" | "float_parsing" | "finite_number":
            why = text("this is no number")
        case "greater_than_equal":
            why = text("less than {least:g}", least=limits["ge"])
        case "less_than_equal":
            why = text("more than {most:g}", most=limits["le"])
        case _:
            why = text("this is not accepted here")
    return text("{field}: {why}", field=".".join(str(part) for part in problem["loc"]), why=why)


def _why(english: str) -> Text:
    known = (*_WHOLE, *_ONE, *_SYNTAX)
    one = _OF_ONE.fullmatch(english)
    if one is not None:
        why = recognised(one["why"], _ONE)
        if why.template != _UNKNOWN:
            return text("{id}: {why}", id=one["id"], why=why)
    return recognised(english, known)
