"""From command text to a specification."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NoReturn

from lark import Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken
from pydantic import ValidationError

from bot.i18n import Text, listed, text
from bot.i18n.estimates import FIELDS, sentence_text
from bot.language import amounts, syntax, words
from bot.language.chinese_places import in_country
from bot.language.errors import LanguageError
from bot.language.grammar import any_of
from bot.language.mistakes import Mistake, Span, span_of
from bot.language.normalise import MAX_LENGTH, MAX_WORDS, normalise, too_many_words
from bot.language.presets import preset
from estimator import spec
from estimator.catalogue import Catalogue
from estimator.errors import InvalidValue, UnknownName, shorten
from estimator.figures import number as readable
from estimator.place import country_of
from estimator.spec import FactorSet, TrainingRun
from estimator.workload import peak_of

LONGEST_NAME: Final = 6
"""Words in the longest name of a device or a place (Democratic Republic of the Congo)."""
_LONG: Final = 250
"""Characters from which on one correction is tried instead of three; from twice as many, none."""
_LONGEST_RUN: Final = 12
"""Words in the longest name of a published run."""
_COUNTS: Final = frozenset({"COUNT", "NUMBER", "ONE"})
_FREE: Final = frozenset({"COUNT", "NUMBER", "ONE", "WORD", "AND", "TIMES"})
"""What a name may be made of: Bosnia and Herzegovina has an `and`."""
_HOURS: Final = re.compile(
    rf"(?P<device>.+?)(?:[\s\-]+(?:gpu|tpu|chip|device|accelerator)s?)?"
    rf"(?:[\s\-]+(?P<unit>{any_of(u for u in words.UNITS if not u.startswith('min'))})"
    rf"|(?<=[gt]pu)(?P<short>h))",
    re.IGNORECASE,
)
"""Device-hours after their number: ``A100-hours``, ``A100 GPU hours``, ``GPUh``."""
_UNIT_NAMES: Final = tuple(words.UNITS)
_GLUED_TIMES: Final = re.compile(r"(.+)x(\d{1,9})", re.IGNORECASE)
"""``H100x64``."""
_SPACED_SLICE: Final = re.compile(r".*v\d\w* \d+", re.IGNORECASE)
"""``tpu v4 8`` is rather a TPU v4 and a number than a slice."""
_WORKLOAD: Final[dict[str, Text]] = {
    name: FIELDS[name]
    for name in ("parameters", "active_parameters", "tokens", "mfu", "precision", "kind")
}
_BOUNDS: Final = {
    "duration_h": (text("a duration is between one minute and ten years"), "for 2 weeks"),
    "utilisation": (text("a utilisation is between 1% and 100%"), "at 60%"),
    "pue": (text("a PUE is between 1 and 3"), "pue 1.1"),
    "lifetime_years": (text("devices live between half a year and 20 years"), "lifetime 5 years"),
    "device_hours": (text("device-hours are between one minute and 10^12"), "1M H100-hours"),
    "energy_kwh": (text("an energy is between 1 Wh and 1,000 TWh"), "12,000 kWh"),
    "year": (text("a year is between 2000 and 2100"), "year 2024"),
    "live": (text("a live figure is between 0 and 5,000 gCO2e/kWh at a time that exists"), "live"),
    "duty_cycle": (text("a duty cycle is between 0% and 100%"), "duty 30%"),
    "overhead": (text("failed and trial runs add between 0% and 10,000%"), "overhead 50%"),
    "storage_tb": (text("data is between 0 and 10^9 TB"), "storage 100 TB"),
    "transfer_tb": (text("data is between 0 and 10^9 TB"), "transfer 3 TB"),
    "parameters": (text("a model has between 1,000 and 10^16 parameters"), "7B params"),
    "active_parameters": (text("a model has between 1,000 and 10^16 parameters"), ""),
    "tokens": (text("a run sees between 1 and 10^18 tokens"), "1T tokens"),
    "mfu": (text("an MFU is between 0.1% and 100%"), "mfu 0.4"),
}
"""What a figure may be, and a part of a command that says one that is accepted."""
_LEAST: Final = {"device_hours": spec.MIN_DURATION_H, "energy_kwh": 0.001}
"""Amounts below which nothing is worth an answer."""
_ENERGY_OF_POWER: Final = {"mw": "MWh", "gw": "GWh", "兆瓦": "MWh", "吉瓦": "GWh"}
"""The energy that somebody may mean who gives a power; kWh for every other unit."""
_MONTH: Final = re.compile(rf"(?:in|{any_of(words.MONTH)})[ :=]*")
"""What stands before the name or the number of a month."""
_WORDS: Final = re.compile(r" *[^ ]+")
_CHANGEABLE: Final = (
    "location",
    "year",
    "month",
    "live",
    "utilisation",
    "duty_cycle",
    "pue",
    "lifetime_years",
    "overhead",
    "storage_tb",
    "transfer_tb",
)
"""What may be said beside a published run, which brings its own devices and hours."""
_OF_THE_ANSWER: Final = ("public", "live_now")
"""What is no part of the run."""


@dataclass(frozen=True)
class Command:
    """What a command says: the run, whether for everybody, and with the grid as it is now."""

    run: TrainingRun
    public: bool = False
    live: bool = False
    """Whether the grid as it is at the moment is asked for."""


def parse(command: str, catalogue: Catalogue) -> Command:
    """Read a command.

    Args:
        command: what was typed after ``/carbon``.
        catalogue: the names it may use.

    Raises:
        LanguageError: it cannot be understood; says where, and what would work.
    """
    plain = normalise(command)
    if len(plain) > MAX_LENGTH or len(command) > 4 * MAX_LENGTH:
        raise LanguageError(
            "too_long",
            text(
                "The command is too long: {length:,} characters, at most {most:,} are read.",
                length=len(command),
                most=MAX_LENGTH,
            ),
            plain[:MAX_LENGTH],
            (0, 1),
            None,
        )
    if too_many_words(plain):
        raise LanguageError(
            "too_long",
            text("The command is too long: at most {most} words are read.", most=MAX_WORDS),
            plain,
            (0, 1),
            None,
        )
    try:
        return _Reader(plain, catalogue).read()
    except Mistake as mistake:
        raise LanguageError(
            mistake.code, mistake.message, plain, mistake.span, _correct(plain, mistake, catalogue)
        ) from None


def is_understood(command: str, catalogue: Catalogue) -> bool:
    """Whether a command can be read. Without a correction, which costs most: for trying parts."""
    plain = normalise(command)
    if len(plain) > MAX_LENGTH or len(command) > 4 * MAX_LENGTH or too_many_words(plain):
        return False
    try:
        _Reader(plain, catalogue).read()
    except Mistake:
        return False
    return True


def _correct(plain: str, mistake: Mistake, catalogue: Catalogue) -> str | None:
    """The first repair that works as it is; a repair may uncover one more mistake."""
    start, end = mistake.span
    # Every try reads the command again, and long ones must not take long.
    tries = 3 if len(plain) < _LONG else 1 if len(plain) < 2 * _LONG else 0
    for words_instead in mistake.repairs[:tries]:
        candidate = re.sub(r" +", " ", f"{plain[:start]}{words_instead}{plain[end:]}").strip(" ,")
        for _ in range(2):
            try:
                _Reader(candidate, catalogue).read()
            except Mistake as next_one:
                if not next_one.repairs:
                    break
                first, last = next_one.span
                candidate = f"{candidate[:first]}{next_one.repairs[0]}{candidate[last:]}"
                candidate = re.sub(r" +", " ", candidate).strip(" ,")
            else:
                # Sent as it is it is normalised like any command, which may tell words apart anew.
                if normalise(candidate) == candidate or is_understood(candidate, catalogue):
                    return candidate
                break
    return None


@dataclass
class _Reader:
    """Reads one normalised command, part by part."""

    plain: str
    catalogue: Catalogue
    devices: list[tuple[str, int | None, Span]] = field(default_factory=list)
    """Name, quantity (``None`` where it was not said) and place in the command."""
    hours_of: tuple[str, Span] | None = None
    """The device of device-hours."""
    said: dict[str, tuple[Any, Span]] = field(default_factory=dict)
    read_to: int = 0
    """The end of a name that was read from the text as it stands."""

    def read(self) -> Command:
        if not self.plain:
            raise Mistake("empty", text("The command is empty."), (0, 0))
        try:
            parts = syntax.parts(self.plain)
        except UnexpectedInput as error:
            self._unexpected(error)
        position = 0
        while position < len(parts):
            position = self._part(parts, position)
        return self._command()

    def _unexpected(self, error: UnexpectedInput) -> NoReturn:
        at = min(max(error.pos_in_stream or 0, 0), len(self.plain))
        word = re.match(r"[^\s]+", self.plain[at:])
        if word is None or (isinstance(error, UnexpectedToken) and error.token.type == "$END"):
            before = self.plain.rstrip().rpartition(" ")[2] or self.plain
            start = max(0, len(self.plain) - len(before))
            raise Mistake(
                "incomplete",
                text("Something is missing after “{typed}”.", typed=shorten(before)),
                (start, len(self.plain)),
                ("",),
            )
        end = at + len(word[0])
        raise Mistake(
            "unexpected",
            text("“{typed}” does not fit here.", typed=shorten(word[0])),
            (at, end),
            ("", " "),
        )

    def _part(self, parts: list[Token | Tree[Token]], position: int) -> int:
        part = parts[position]
        if _start(part) < self.read_to:
            return position + 1
        if isinstance(part, Tree):
            getattr(self, f"_{part.data}")([t for t in part.children if isinstance(t, Token)])
            return position + 1
        if part.type in {"COMMA", "AND"}:
            return position + 1
        if part.type == "PUBLIC":
            self._say("public", value=True, span=span_of(part), what=text("word “public”"))
            return position + 1
        if part.type == "LIVE":
            self._say("live_now", value=True, span=span_of(part), what=text("word “live”"))
            return position + 1
        marked = part.type in {"IN", "ON", "LIKE"}
        free = list(islice(_free_tokens(parts, position + marked), 2 * LONGEST_NAME))
        if part.type == "IN":
            return position + 1 + self._place(part, free)
        if part.type == "ON":
            return position + 1 + self._on(part, free)
        if part.type == "LIKE":
            self._like(part, free)
            return position + 1
        if part.type in _COUNTS:
            return position + self._counted(free)
        return position + self._bare(free)

    def _counted(self, free: list[Token]) -> int:
        """A number and what it counts: devices, their hours, or a published run."""
        count, *rest = free
        used = _longest(rest, lambda name: self._hours_name(name) is not None)
        if used:
            self._device_hours(count, rest[:used])
            return 1 + used
        used = _longest(rest, self._is_device)
        if used:
            span = span_of(count, rest[used - 1])
            name = self._device_name(_text(rest[:used]), span_of(rest[0], rest[used - 1]))
            self.devices.append((name, amounts.quantity(count), span))
            return 1 + used + self._kind_word(name, rest[used:])
        if not rest or not self._run_at(rest[0].start_pos or 0, count, count):
            self._no_device(count, rest)
        return 1

    def _hours_name(self, typed: str) -> tuple[str, float] | None:
        """The device in ``A100-hours`` and the hours in its unit."""
        # The ending alone rules out nearly everything, for a fraction of the price.
        match = _HOURS.fullmatch(typed) if typed.lower().endswith(_UNIT_NAMES) else None
        if match is None:
            return None
        unit = (match["unit"] or "h").lower()
        # Years and months of the grid are said with the word alone: 8 H100 year 2023.
        several = unit in {"days", "weeks", "months", "years"}
        if words.UNITS[unit] != 1 and not several and f"-{unit}" not in typed.lower():
            return None
        # TPU-v4-hours is not of TPU-v4 chips alone: the optional word may belong to the name.
        whole = typed[: match.start("unit")].strip(" -") if match["unit"] else match["device"]
        for name in (whole, match["device"]):
            if self._is_device(name):
                return name, words.UNITS[unit]
        return None

    def _device_hours(self, count: Token, tokens: list[Token]) -> None:
        span = span_of(count, tokens[-1])
        found = self._hours_name(_text(tokens))
        if found is None:  # the caller has looked
            raise Mistake("unexpected", text("These are no device-hours."), span, ("",))
        name = self._device_name(found[0], span_of(tokens[0], tokens[-1]))
        number = 1.0 if count.type == "ONE" else amounts.scaled(count)
        self._say("device_hours", number * found[1], span=span, what=text("number of device-hours"))
        self.hours_of = (name, span)

    def _on(self, marker: Token, free: list[Token]) -> int:
        """The device after `on`, with or without a number; returns the tokens used."""
        if not free:
            raise Mistake(
                "incomplete",
                text("“{typed}” what? Name a device.", typed=str(marker)),
                span_of(marker),
                ("",),
            )
        # `on 2070 A10` are A10s, and `on 2070` is an RTX 2070.
        counted = _longest(free[1:], self._is_device) or not _longest(free, self._is_device)
        if free[0].type in _COUNTS and counted:
            return self._counted(free)
        used = _longest(free, self._is_device)
        if used:
            return self._uncounted(free, used)
        used = _longest(free, self._is_place)
        if used:
            self._locate(free[:used])
            return used
        raise self._provider_alone(free, marker) or self._unknown_device(free)

    def _uncounted(self, free: list[Token], used: int) -> int:
        """A device without a number before it; returns the tokens used.

        The number is after it (`H100 x 64`, `H100 64 张`), follows from the rest of the command, or
        is missing from it.
        """
        span = span_of(free[0], free[used - 1])
        name = self._device_name(_text(free[:used]), span)
        used += self._kind_word(name, free[used:])
        count = self._count_after(free[used:])
        quantity = None if count is None else amounts.quantity(count)
        self.devices.append((name, quantity, span))
        return used + (count is not None)

    def _kind_word(self, name: str, after: list[Token]) -> int:
        """Whether a word after a device says no more than what it is: `64 H100 GPUs`."""
        if not after or name.lower() in words.KIND_WORDS:
            return 0
        kind = words.KIND_WORDS.get(after[0].lower())
        return int(kind in {"", self.catalogue.device(name).accelerator.kind})

    def _count_after(self, after: list[Token]) -> Token | None:
        """The number of the device that is named before it."""
        if not after:
            return None
        first = after[0]
        if first.type == "TIMES":
            return _digits_of(first, first[1:].strip())
        counted = first.type == "COUNT" and first.rstrip().endswith(words.COUNTERS)
        return first if counted and not _longest(after[1:], self._is_device) else None

    def _like(self, marker: Token, free: list[Token]) -> None:
        """A published run, perhaps several times."""
        start = marker.end_pos or 0
        count = free[0] if free and free[0].type in _COUNTS else None
        if self._run_at(start, marker, None):
            return
        if count is not None and self._run_at(count.end_pos or 0, marker, count):
            return
        name = self.plain[count.end_pos if count is not None else start :].strip()
        name = re.split(r"[,+|]| (?:in|at|pue|year|on|for) ", name)[0][:60]
        if not name:
            raise Mistake(
                "no_run",
                text("“{typed}” which published run?", typed=str(marker)),
                span_of(marker),
                ("like BLOOM", ""),
            )
        near: tuple[str, ...] = ()
        try:
            self.catalogue.run(name)
        except UnknownName as error:
            near = error.suggestions
        at = self.plain.index(name, start)
        raise Mistake(
            "unknown_run",
            _hinted(text("There is no published run “{name}”.", name=shorten(name)), near),
            (at, at + len(name)),
            (*near, "BLOOM"),
        )

    def _run_at(self, start: int, first: Token, count: Token | None) -> bool:
        """Whether the text from ``start`` begins with the name of a published run; reads it."""
        found_words = islice(_WORDS.finditer(self.plain, start), _LONGEST_RUN)
        ends = [match.end() for match in found_words]
        for end in reversed(ends):
            for last in dict.fromkeys((end, start + len(self.plain[start:end].rstrip(" ,")))):
                found = self.catalogue.find_run(self.plain[start:last].strip())
                if found is not None:
                    times = 1.0
                    if count is not None and count.type != "ONE":
                        times = amounts.scaled(count)
                    span = (first.start_pos or 0, last)
                    self._say("like", (found, times), span=span, what=text("published run"))
                    self.read_to = last
                    return True
        return False

    def _no_device(self, count: Token, rest: list[Token]) -> NoReturn:
        if not rest:
            if count.type == "NUMBER" and self._is_device(str(count)):
                name = self.catalogue.device_name(str(count))
                raise Mistake(
                    "no_quantity",
                    text("“{typed}” is a device: say how many of them.", typed=str(count)),
                    span_of(count),
                    (f"1 {name}",),
                )
            if re.fullmatch(r"[\d.,]+m", str(count), re.IGNORECASE):
                raise Mistake(
                    "ambiguous_unit",
                    _minutes_or_months(str(count)),
                    span_of(count),
                    (f"{str(count)[:-1]} minutes", f"{str(count)[:-1]} months"),
                )
            if re.fullmatch(r"20\d\d|2100", str(count)):
                raise Mistake(
                    "bare_year",
                    text(
                        "“{typed}” of what? If it is the year of the grid, write year {typed}.",
                        typed=str(count),
                    ),
                    span_of(count),
                    (f"year {count}", f"{count} GPU"),
                )
            if re.fullmatch(r"[\d.,]+ ?(?:[bt]|bn|tn|billion|trillion)", str(count), re.IGNORECASE):
                raise Mistake(
                    "no_device",
                    text("“{typed}” of what? Write params or tokens after it.", typed=str(count)),
                    span_of(count),
                    (f"{count} params", f"{count} tokens", f"{count} params 1T tokens"),
                )
            raise Mistake(
                "no_device",
                text(
                    "“{typed}” of what? Name a device or a unit of time after it.",
                    typed=shorten(str(count)),
                ),
                span_of(count),
                (f"{count} GPU", "1 GPU", ""),
            )
        following = rest[0]
        if following.type == "NUMBER" and len(rest) > 1 and re.fullmatch(r"\d{3}", str(following)):
            raise Mistake(
                "split_number",
                text(
                    "“{typed}” are two numbers: write one without a space.",
                    typed=f"{count} {following}",
                ),
                span_of(count, following),
                (f"{count}{following}",),
            )
        if re.fullmatch(r"m|mn", str(following), re.IGNORECASE):
            raise Mistake(
                "ambiguous_unit",
                _minutes_or_months(f"{count} {following}"),
                span_of(count, following),
                (f"{count} minutes", f"{count} months"),
            )
        raise self._unknown_device(rest)

    def _unknown_device(self, rest: list[Token]) -> Mistake:
        following = rest[0]
        unknown = [following]
        for token in rest[1:3]:
            if token.type != "WORD" or _longest([token], self._is_place):
                break
            unknown.append(token)
        guesses = self._nearest(unknown, self.catalogue.nearest_devices)
        units = tuple(
            unit for unit in words.UNITS if len(unit) > 3 and _alike(str(following), unit)
        )
        near = (*guesses, *units)[:3]
        return Mistake(
            "unknown_device",
            _hinted(text("There is no device “{name}”.", name=shorten(str(following))), near),
            span_of(following),
            near or ("GPU",),
        )

    def _nearest(
        self, unknown: list[Token], near: Callable[[str], tuple[str, ...]]
    ) -> tuple[str, ...]:
        for length in range(1, len(unknown) + 1):
            found = near(_text(unknown[:length]))
            if found:
                return found
        return ()

    def _place(self, marker: Token, free: list[Token]) -> int:
        """The longest place name after `in`; returns the tokens used."""
        article = int(len(free) > 1 and str(free[0]).lower() == "the")
        for skipped in (0, article):
            used = _longest(free[skipped:], self._is_place)
            if used:
                self._locate(free[skipped : skipped + used])
                return skipped + used
        if not free:
            raise Mistake(
                "no_place",
                text("“{typed}” where? Name a country or a region.", typed=str(marker)),
                span_of(marker),
                ("",),
            )
        inside = self._in_its_country(free[0])
        if inside is not None:
            return self._place(marker, [inside, *free[1:]])
        raise self._provider_alone(free, marker) or self._unknown_place(free)

    def _provider_alone(self, free: list[Token], marker: Token) -> Mistake | None:
        """What is wrong with `on AWS`, which is in many places."""
        used = _longest(free, lambda name: self.catalogue.find_provider(name) is not None)
        if not used:
            return None
        provider = self.catalogue.find_provider(_text(free[:used]))
        regions = [r for r in self.catalogue.regions.values() if r.provider == provider]
        # Most are asked for in the country with most of them.
        often = Counter(region.country for region in regions).most_common(1)[0][0]
        example = next(region.id for region in regions if region.country == often)
        return Mistake(
            "provider_alone",
            text(
                "{provider} is in {n} places: name one, such as {region}.",
                provider=str(provider),
                n=len(regions),
                region=example,
            ),
            span_of(marker, free[used - 1]),
            (f"in {example}",),
        )

    def _in_its_country(self, word: Token) -> Token | None:
        """The place of a word that names its country first; ``None`` where it is no such word."""
        found = in_country(str(word), self.catalogue)
        if found is None:
            return None
        if found.is_there:
            return word.update(value=found.place)
        near = (*found.called[:2], found.country)
        message = text(
            "“{place}” is not in “{country}”.",
            place=str(word).removeprefix(found.typed),
            country=found.typed,
        )
        raise Mistake("place_elsewhere", _hinted(message, near), span_of(word), near)

    def _unknown_place(self, free: list[Token]) -> Mistake:
        candidates = self.catalogue.find_locations(str(free[0]))
        if len(candidates) > 1:
            return Mistake(
                "ambiguous_place",
                text(
                    "“{typed}” could be {candidates}: say which.",
                    typed=shorten(str(free[0])),
                    candidates=listed(candidates),
                ),
                span_of(free[0]),
                candidates,
            )
        last = next((i for i, t in enumerate(free) if t.type != "WORD"), len(free)) or 1
        near = self._nearest(free[:last][:4], self.catalogue.nearest_locations)
        return Mistake(
            "unknown_place",
            _hinted(text("There is no place “{name}”.", name=shorten(_text(free[:last]))), near),
            span_of(free[0], free[last - 1]),
            near or ("France",),
        )

    def _bare(self, free: list[Token]) -> int:
        """Words without a quantity or a preposition: a place, or a mistake."""
        used = _longest(free, self._is_place)
        if used:
            self._locate(free[:used])
            return used
        used = _longest(free, self._is_device)
        if used:
            return self._uncounted(free, used)
        if self._run_at(free[0].start_pos or 0, free[0], None):
            return 1
        word = free[0]
        times = _GLUED_TIMES.fullmatch(word)
        if times is not None and self._is_device(times[1]):
            span = span_of(word)
            name = self._device_name(times[1], span)
            quantity = amounts.quantity(_digits_of(word, times[2]))
            self.devices.append((name, quantity, span))
            return 1 + self._kind_word(name, free[1:])
        if re.match(r"-\d", str(word)):
            raise Mistake(
                "negative",
                text("“{typed}” is negative.", typed=shorten(str(word))),
                span_of(word),
                (str(word)[1:], ""),
            )
        if len(self.catalogue.find_locations(str(word))) > 1:
            raise self._unknown_place(free)
        inside = self._in_its_country(word)
        if inside is not None:
            return self._bare([inside, *free[1:]])
        glued = re.fullmatch(r"(\d+)([a-z].*)", str(word), re.IGNORECASE)
        if glued and self._is_device(glued[2]):
            counted = f"{glued[1]} {self._device_name(glued[2], span_of(word))}"
            raise Mistake(
                "unknown_word",
                _hinted(text("“{typed}” is not understood.", typed=shorten(str(word))), (counted,)),
                span_of(word),
                (counted,),
            )
        known = ("for", "weeks", "utilisation", "factors", "public", "pue")
        near = (
            *self.catalogue.nearest_locations(str(word)),
            *(f"1 {name}" for name in self.catalogue.nearest_devices(str(word))),
            *(w for w in known if _alike(str(word), w)),
        )[:3]
        raise Mistake(
            "unknown_word",
            _hinted(text("“{typed}” is not understood.", typed=shorten(str(word))), near),
            span_of(word),
            (*near, ""),
        )

    def _duration(self, tokens: list[Token]) -> None:
        whole = span_of(tokens[0], tokens[-1])
        times = [t for t in tokens if t.type == "TIME"]
        if tokens[-1].type == "HALF":
            key = re.sub(r" +", " ", str(tokens[-1])).lower()
            self._say("duration_h", words.HALF[key], span=whole, what=text("duration"))
            return
        if not times:
            number = next((str(t) for t in tokens if t.type == "NUMBER"), None)
            if number is None:
                raise Mistake(
                    "no_time",
                    text("“{typed}” how long?", typed=str(tokens[0])),
                    whole,
                    ("for 2 weeks", ""),
                )
            self._no_unit(number, tokens)
        hours = 0.0
        for token in times:
            number_of, unit = amounts.leading(token)
            hours += float(number_of) * words.UNITS[unit]
        self._say("duration_h", hours, span=whole, what=text("duration"))

    def _no_unit(self, number: str, tokens: list[Token]) -> NoReturn:
        """A number after `for` without a unit of time that is known."""
        digits = number.rstrip("kKmM")
        word = str(tokens[-1]) if tokens[-1].type == "WORD" else ""
        span = span_of(tokens[1], tokens[-1])
        if number[-1] in "mM" or word.lower() in {"m", "mn"}:
            raise Mistake(
                "ambiguous_unit",
                _minutes_or_months(shorten(f"{number} {word}".strip())),
                span,
                (f"{digits} minutes", f"{digits} months"),
            )
        if word == "月":
            months, month = f"{digits}个月", f"月份 {digits}"
            raise Mistake(
                "ambiguous_unit",
                text(
                    "“{typed}” can be read in two ways: write “{months}” or “{month}”.",
                    typed=shorten(f"{digits}{word}"),
                    months=months,
                    month=month,
                ),
                span,
                (months, "2 weeks"),
            )
        near = tuple(unit for unit in words.UNITS if len(unit) > 3 and _alike(word, unit))[-1:]
        raise Mistake(
            "no_unit",
            _hinted(
                text("“{typed}” has no unit of time.", typed=shorten(f"{number} {word}".strip())),
                near,
            ),
            span,
            (*(f"{digits} {unit}" for unit in near), f"{digits} hours", "2 weeks"),
        )

    def _utilisation(self, tokens: list[Token]) -> None:
        self._share("utilisation", tokens, text("A utilisation"), text("utilisation"))

    def _duty(self, tokens: list[Token]) -> None:
        self._share("duty_cycle", tokens, text("A duty cycle"), text("duty cycle"))

    def _overhead(self, tokens: list[Token]) -> None:
        self._share("overhead", tokens, text("An overhead"), text("overhead"))

    def _share(self, key: str, tokens: list[Token], one: Text, what: Text) -> None:
        value = next(t for t in tokens if t.type in {"PERCENT", "NUMBER"} or "SHARE" in t.type)
        share = amounts.share(value, one)
        self._say(key, share, span=span_of(tokens[0], tokens[-1]), what=what)

    def _pue(self, tokens: list[Token]) -> None:
        value = tokens[-1]
        self._say("pue", amounts.plain(value), span=span_of(tokens[0], value), what=text("PUE"))

    def _lifetime(self, tokens: list[Token]) -> None:
        value = tokens[-1]
        if value.type == "TIME":
            number, unit = amounts.leading(value)
            years = float(number)
            if unit not in words.YEARS:
                # Of a lifetime twelve months are a year, though not of a duration.
                is_month = words.UNITS[unit] == words.UNITS["month"]
                years *= 1 / 12 if is_month else words.UNITS[unit] / words.UNITS["year"]
        else:
            years = amounts.plain(value)
        span = span_of(tokens[0], value)
        self._say("lifetime_years", years, span=span, what=text("lifetime of the devices"))

    def _workload(self, tokens: list[Token]) -> None:
        first, last = tokens[0], tokens[-1]
        value: object
        if first.type in {"MFU", "SHARE_MFU"}:
            key, value = "mfu", amounts.share(last, text("An MFU"))
        elif first.type == "PRECISION":
            said = str(first).lower()
            # "in" may be glued to it, and "bfloat16" ends like "float16".
            named = max((name for name in words.PRECISIONS if said.endswith(name)), key=len)
            key, value = "precision", words.PRECISIONS[named]
        elif first.type == "KIND":
            named = re.sub(r"^for +", "", re.sub(r" +", " ", str(first).lower()))
            key, value = "kind", words.KINDS[named]
        else:
            key = {"PARAMETERS": "parameters", "TOKENS": "tokens"}.get(
                first.type, "active_parameters"
            )
            value = amounts.scaled(first)
        self._say(key, value, span=span_of(first, last), what=_WORKLOAD[key])

    def _energy(self, tokens: list[Token]) -> None:
        number, unit = amounts.leading(tokens[0])
        energy_kwh = float(number * Decimal(words.ENERGIES_KWH[unit]))
        self._say("energy_kwh", energy_kwh, span=span_of(tokens[0]), what=text("energy"))

    def _power(self, tokens: list[Token]) -> NoReturn:
        number, unit = amounts.leading(tokens[0])
        energy = _ENERGY_OF_POWER.get(unit, "kWh")
        typed = str(tokens[0]).removesuffix(unit).strip()
        typed = re.sub(r"[^\d.,].*", "", typed) or f"{number:f}"
        raise Mistake(
            "power",
            text(
                "“{power}” is a power; energy is in {unit}: {typed} {unit}?",
                power=shorten(str(tokens[0])),
                unit=energy,
                typed=typed,
            ),
            span_of(tokens[0]),
            (f"{typed} {energy}", ""),
        )

    def _year(self, tokens: list[Token]) -> None:
        value = tokens[-1]
        digits = re.search(r"\d{4}", str(value)) if value.type == "IN_YEAR" else None
        year = float(digits[0]) if digits else amounts.plain(value)
        self._say("year", year, span=span_of(tokens[0], value), what=text("year"))

    def _month(self, tokens: list[Token]) -> None:
        named = _MONTH.sub("", str(tokens[0]).lower()).removesuffix("月").strip()
        month = words.MONTHS.get(named) or int(named)
        self._say("month", month, span=span_of(tokens[0]), what=text("month"))

    def _live(self, tokens: list[Token]) -> None:
        _, figure, _, at, _, zone = str(tokens[0]).split()
        source, _, zone = zone.partition("/")
        value = {
            "gco2e_per_kwh": float(figure),
            "at": at.upper(),
            "source": source.lower(),
            "zone": zone,
        }
        self._say("live", value, span=span_of(tokens[0]), what=text("live figure"))

    def _storage(self, tokens: list[Token]) -> None:
        self._data("storage_tb", tokens, text("storage"))

    def _transfer(self, tokens: list[Token]) -> None:
        self._data("transfer_tb", tokens, text("data transfer"))

    def _data(self, key: str, tokens: list[Token], what: Text) -> None:
        number, unit = amounts.leading(tokens[-1])
        if tokens[-1].type == "NUMBER":
            raise Mistake(
                "no_unit",
                text(
                    "“{typed}” has no unit: write TB or GB after it.",
                    typed=shorten(str(tokens[-1])),
                ),
                span_of(tokens[-1]),
                (f"{tokens[-1]} TB", "100 TB"),
            )
        size_tb = float(number * Decimal(words.DATA_TB[unit]))
        self._say(key, size_tb, span=span_of(tokens[0], tokens[-1]), what=what)

    def _factors(self, tokens: list[Token]) -> None:
        word = next(t for t in tokens if t.type == "WORD")
        try:
            chosen = FactorSet(str(word).lower())
        except ValueError:
            raise Mistake(
                "unknown_factors",
                text(
                    "There is no factor set “{typed}”: sourced or article.",
                    typed=shorten(str(word)),
                ),
                span_of(word),
                ("sourced", "article"),
            ) from None
        self._say("factors", chosen, span=span_of(tokens[0], tokens[-1]), what=text("factor set"))

    def _locate(self, tokens: list[Token]) -> None:
        name, span = self.catalogue.location_name(_text(tokens)), span_of(tokens[0], tokens[-1])
        before = self.said.get("location")
        finer = None if before is None else self._finer(before[0], name)
        if before is not None and finer is not None:
            self.said["location"] = finer, (before[1][0], span[1])
        else:
            self._say("location", name, span=span, what=text("location"))

    def _finer(self, one: str, other: str) -> str | None:
        """The one of two places that is in the other: `Quebec, Canada`; ``None`` where none is."""
        first, second = self.catalogue.place_of(one), self.catalogue.place_of(other)
        if country_of(first) == second.id:
            return one
        return other if country_of(second) == first.id else None

    def _say(self, key: str, value: object, *, span: Span, what: Text) -> None:
        if key in self.said:
            message = text("The {what} is given twice: keep one.", what=what)
            raise Mistake("said_twice", message, span, ("",))
        self.said[key] = (value, span)

    def _is_device(self, name: str) -> bool:
        try:
            found = self.catalogue.find_device(name)
        except InvalidValue:  # a slice that cannot exist: said when it is named
            return not _SPACED_SLICE.fullmatch(name)
        if found is None:
            return False
        return not _SPACED_SLICE.fullmatch(name) or found in self.catalogue.accelerators

    def _device_name(self, typed: str, span: Span) -> str:
        try:
            return self.catalogue.device_name(typed)
        except InvalidValue as error:
            raise Mistake(
                "no_such_slice", sentence_text(error.why), span, (error.example,)
            ) from None

    def _is_place(self, name: str) -> bool:
        return len(self.catalogue.find_locations(name)) == 1

    def _command(self) -> Command:
        public, live = "public" in self.said, "live_now" in self.said
        fields = {
            key: value
            for key, (value, _) in self.said.items()
            if key not in {*_OF_THE_ANSWER, "like"} and key not in _WORKLOAD
        }
        for key in ("live", "year", "month", "factors"):
            if live and key in fields and fields[key] is not FactorSet.SOURCED:
                self._not_with_live(key)
        if "like" in self.said:
            return Command(self._published(fields), public, live)
        entries = self._entries()
        workload = self._workload_fields()
        entries = self._on_one_device(entries, counted=bool(workload) or "device_hours" in fields)
        if not entries and "energy_kwh" not in fields:
            raise Mistake(
                "no_device",
                text("No device is named: say how many of which."),
                (0, len(self.plain)),
                (f"8 H100 {self.plain}", "8 H100"),
            )
        for key, least in _LEAST.items():
            if fields.get(key, least) < least:
                self._out_of_range(key)
        if workload:
            fields["workload"] = workload
        if len(entries) == 1 and entries[0]["quantity"] and "duration_h" in fields:
            self._hours_and_duration(fields)
        run = self._valid({"devices": entries, **fields})
        if run.factors is FactorSet.ARTICLE:
            self._check_article(run)
        elif run.workload is not None:
            self._check_peak(run)
        return Command(run, public, live)

    def _not_with_live(self, key: str) -> NoReturn:
        start, end = self.said[key][1]
        typed = shorten(self.plain[start:end])
        message = text("“live” asks for the grid as it is now: leave out “{typed}”.", typed=typed)
        raise Mistake("live_and_more", message, (start, end), ("",))

    def _published(self, fields: dict[str, Any]) -> TrainingRun:
        """A published run, with what was said beside it instead of what it had."""
        (run_id, times), span = self.said["like"]
        others = [
            *(at for _, _, at in self.devices),
            *(
                at
                for key, (_, at) in self.said.items()
                if key not in _CHANGEABLE and key not in {*_OF_THE_ANSWER, "like"}
            ),
        ]
        if others:
            start, end = min(others)
            raise Mistake(
                "like_and_more",
                text(
                    "A published run brings its own devices and hours: leave out “{typed}”, "
                    "or the run.",
                    typed=shorten(self.plain[start:end]),
                ),
                (start, end),
                ("",),
            )
        base = self._preset(run_id, times, span)
        if not fields:
            return base
        if "location" in fields:
            # The PUE was that of the place where it ran.
            fields.setdefault("pue", None)
        if "live" in fields:
            fields.setdefault("year", None)
        return self._valid({**base.model_dump(), **fields, "like": None})

    def _preset(self, run_id: str, times: float, span: Span) -> TrainingRun:
        try:
            return preset(run_id, times, self.catalogue)
        except InvalidValue as error:
            if times == 1:
                message = sentence_text(error.why)
                raise Mistake("run_without_hours", message, span, ("like BLOOM",)) from None
        except ValidationError:
            pass
        self._preset(run_id, 1, span)
        raise Mistake(
            "out_of_range",
            text(
                "{times:g} times {name} is no run that can be estimated.",
                times=times,
                name=self.catalogue.runs[run_id].name,
            ),
            span,
            (f"like {run_id}",),
        )

    def _workload_fields(self) -> dict[str, Any]:
        """What was said about the model; nothing where it says no amount of work."""
        found = {key: self.said[key][0] for key in _WORKLOAD if key in self.said}
        has, needs = ("parameters" in found), ("tokens" in found)
        if has and needs:
            active = found.get("active_parameters")
            if active is not None and active > found["parameters"]:
                raise Mistake(
                    "contradiction",
                    text("There cannot be more active parameters than parameters."),
                    self.said["active_parameters"][1],
                    ("",),
                )
            return found
        if has or needs or "active_parameters" in found:
            key = "parameters" if has else "tokens" if needs else "active_parameters"
            start, end = self.said[key][1]
            typed = self.plain[start:end]
            missing = (
                text("“{typed}”: how many tokens does it see?", typed=shorten(typed))
                if has
                else text("“{typed}”: how many parameters has the model?", typed=shorten(typed))
            )
            more = "1T tokens" if has else "7B params" if needs else "7B params 1T tokens"
            raise Mistake(
                "half_a_workload",
                missing,
                (start, end),
                (f"{typed} {more}", f"{typed} {more} on H100", ""),
            )
        for key in ("mfu", "precision"):
            if key in found:
                start, end = self.said[key][1]
                raise Mistake(
                    "no_workload",
                    text(
                        "“{typed}” changes nothing without parameters and tokens.",
                        typed=self.plain[start:end],
                    ),
                    (start, end),
                    ("",),
                )
        return {}

    def _on_one_device(
        self, entries: list[dict[str, Any]], *, counted: bool
    ) -> list[dict[str, Any]]:
        """The devices, of which a workload or device-hours take exactly one type."""
        if self.hours_of is not None:
            name, span = self.hours_of
            if not entries:
                entries = [{"device": name, "quantity": None}]
            elif len(entries) == 1 and not self._same(name, entries[0]["device"]):
                raise Mistake(
                    "contradiction",
                    text(
                        "The hours are of {name}, and the devices are {other}.",
                        name=name,
                        other=entries[0]["device"],
                    ),
                    self.devices[0][2],
                    (f"{entries[0]['quantity'] or 1} {name}", ""),
                )
        if counted:
            if len(entries) > 1:
                raise Mistake(
                    "one_device",
                    text("A workload or device-hours are for one type of device."),
                    next(at for name, _, at in self.devices if name != self.devices[0][0]),
                    ("",),
                )
            if not entries:
                key = "tokens" if "tokens" in self.said else "device_hours"
                start, end = self.said[key][1]
                raise Mistake(
                    "no_device",
                    text("On which device? Name it after on."),
                    (start, end),
                    (f"{self.plain[start:end]} on H100",),
                )
            return entries
        for entry in entries:
            if entry["quantity"] is None:
                if self.catalogue.device(entry["device"]).per_unit is None:
                    span = next(at for n, q, at in self.devices if q is None)
                    typed = re.sub(r"^on +", "", self.plain[span[0] : span[1]])
                    raise Mistake(
                        "no_quantity",
                        text("How many “{typed}”? Put the number before it.", typed=typed),
                        span,
                        (f"1 {entry['device']}", ""),
                    )
                entry["quantity"] = 1
        return entries

    def _same(self, named: str, device: str) -> bool:
        """Whether hours of one name can be those of a device: ``GPU-hours on H800``."""
        if named == device or named in {"GPU", "TPU"}:
            return True
        general = self.catalogue.general_names.get(named)
        model = self.catalogue.device(device).accelerator.id
        return general is not None and model in {general.means, *general.others}

    def _hours_and_duration(self, fields: dict[str, Any]) -> None:
        if "device_hours" not in fields:
            return
        start, end = self.said["duration_h"][1]
        raise Mistake(
            "contradiction",
            text("Devices, duration and device-hours: give two of them, the third follows."),
            (start, end),
            ("",),
        )

    def _entries(self) -> list[dict[str, Any]]:
        """The devices, those named twice added up."""
        counts: dict[str, int | None] = {}
        for name, quantity, span in self.devices:
            before = counts.get(name, 0)
            total = None if before is None or quantity is None else before + quantity
            counts[name] = total
            if total is not None and total > spec.MAX_QUANTITY:
                raise Mistake(
                    "too_many",
                    text(
                        "Too many {name}: at most {most} of a device.",
                        name=name,
                        most=readable(spec.MAX_QUANTITY, None),
                    ),
                    span,
                    ("",),
                )
            if len(counts) > spec.MAX_DEVICE_TYPES:
                raise Mistake(
                    "too_many_types",
                    text(
                        "At most {most} types of device fit into one answer.",
                        most=spec.MAX_DEVICE_TYPES,
                    ),
                    (span[0], self.devices[-1][2][1]),
                    ("",),
                )
        return [{"device": name, "quantity": n} for name, n in counts.items()]

    def _valid(self, fields: dict[str, Any]) -> TrainingRun:
        try:
            return TrainingRun.model_validate(fields)
        except ValidationError as error:
            self._refused(error)

    def _refused(self, error: ValidationError) -> NoReturn:
        first = error.errors()[0]
        key = next((str(k) for k in reversed(first["loc"]) if str(k) in self.said), "")
        if key not in _BOUNDS:
            why = first["msg"].removeprefix("Value error, ")
            raise Mistake(
                "contradiction", sentence_text(why), (0, len(self.plain)), ("8 H100",)
            ) from None
        self._out_of_range(key)

    def _out_of_range(self, key: str) -> NoReturn:
        why, example = _BOUNDS[key]
        start, end = self.said[key][1]
        raise Mistake(
            "out_of_range",
            text("“{typed}”: {why}.", typed=shorten(self.plain[start:end]), why=why),
            (start, end),
            (example,),
        ) from None

    def _check_article(self, run: TrainingRun) -> None:
        known = {name.casefold() for name in self.catalogue.article}
        names = listed(tuple(self.catalogue.article), "and")
        spans = {name: span for name, _, span in self.devices}
        for entry in run.devices:
            span = spans.get(entry.device) or (self.hours_of or ("", (0, len(self.plain))))[1]
            if entry.device.casefold() not in known:
                raise Mistake(
                    "not_in_article",
                    text(
                        "The article has factors for {names} alone, not for {device}.",
                        names=names,
                        device=entry.device,
                    ),
                    span,
                    tuple(f"{entry.quantity or 10} {other}" for other in self.catalogue.article),
                )
            if entry.quantity is None:
                raise Mistake(
                    "not_in_article",
                    text("The article counts devices, and knows neither hours nor tokens."),
                    span,
                    (f"10 {entry.device}",),
                )
        if not run.devices:
            raise Mistake(
                "not_in_article",
                text("The article counts {names}, and knows no metered energy.", names=names),
                self.said["energy_kwh"][1],
                ("10 GPU 20 TPU",),
            )

    def _check_peak(self, run: TrainingRun) -> None:
        entry, workload = run.devices[0], run.workload
        try:
            peak_of(
                self.catalogue.device(entry.device).accelerator,
                workload.precision if workload else None,
            )
        except InvalidValue as error:
            span = self.devices[0][2] if self.devices else (self.hours_of or ("", (0, 0)))[1]
            repairs: tuple[str, ...] = ("H100", "8 H100", "on H100")
            if error.field == "precision" and "precision" in self.said:
                span, repairs = self.said["precision"][1], (error.example, "")
            raise Mistake("no_peak", sentence_text(error.why), span, repairs) from None


def _hinted(sentence: Text, near: tuple[str, ...]) -> Text:
    """A sentence, and what somebody may have meant where something is near."""
    if not near:
        return sentence
    return text("{sentence} Did you mean {near}?", sentence=sentence, near=listed(near))


def _minutes_or_months(typed: str) -> Text:
    return text("“{typed}” could be minutes or months: say which.", typed=typed)


def _start(part: Token | Tree[Token]) -> int:
    while isinstance(part, Tree):
        part = part.children[0]
    return part.start_pos or 0


def _free_tokens(parts: list[Token | Tree[Token]], position: int) -> Iterator[Token]:
    for part in islice(parts, position, None):
        if not isinstance(part, Token) or part.type not in _FREE:
            return
        yield part


def _digits_of(token: Token, digits: str) -> Token:
    """The number in a token that says how many: `x 64`."""
    return Token("NUMBER", digits, token.start_pos, end_pos=token.end_pos)


def _text(tokens: list[Token]) -> str:
    return " ".join(tokens)


def _longest(tokens: list[Token], is_name: Callable[[str], bool]) -> int:
    """How many of the tokens make the longest name; 0 when none do."""
    for length in range(min(LONGEST_NAME, len(tokens)), 0, -1):
        if is_name(_text(tokens[:length])):
            return length
    return 0


def _alike(typed: str, word: str) -> bool:
    return typed[:2].lower() == word[:2] and abs(len(typed) - len(word)) <= 2
