"""From command text to a specification."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

from lark import Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken
from pydantic import ValidationError

from bot.language import words
from bot.language.errors import LanguageError
from bot.language.grammar import GRAMMAR_PARSER
from bot.language.normalise import MAX_LENGTH, normalise
from estimator import spec
from estimator.catalogue import Catalogue
from estimator.errors import shorten
from estimator.figures import number as readable
from estimator.spec import FactorSet, TrainingRun

LONGEST_NAME: Final = 6
"""Words in the longest name of a device or a place (Democratic Republic of the Congo)."""
_COUNTS: Final = frozenset({"COUNT", "NUMBER", "ONE"})
_FREE: Final = frozenset({"COUNT", "NUMBER", "ONE", "WORD", "AND"})
"""What a name may be made of: Bosnia and Herzegovina has an `and`."""
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+")
_PLAIN: Final = re.compile(r"\d+|\d*\.\d+")


@dataclass(frozen=True)
class Command:
    """What a command says: the run, and whether the answer is for everybody."""

    run: TrainingRun
    public: bool = False


def parse(text: str, catalogue: Catalogue) -> Command:
    """Read a command.

    Args:
        text: what was typed after ``/carbon``.
        catalogue: the names it may use.

    Raises:
        LanguageError: it cannot be understood; says where, and what would work.
    """
    plain = normalise(text)
    if len(plain) > MAX_LENGTH or len(text) > 4 * MAX_LENGTH:
        raise LanguageError(
            "too_long",
            f"The command is too long: {len(text):,} characters, at most {MAX_LENGTH:,} are read.",
            plain[:MAX_LENGTH],
            (0, 1),
            None,
        )
    try:
        return _Reader(plain, catalogue).read()
    except _Mistake as mistake:
        raise LanguageError(
            mistake.code, mistake.message, plain, mistake.span, _correct(plain, mistake, catalogue)
        ) from None


class _Mistake(Exception):
    """A mistake with what might repair it: each repair is a whole command to try."""

    def __init__(
        self, code: str, message: str, span: tuple[int, int], repairs: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.repairs = repairs


def _correct(plain: str, mistake: _Mistake, catalogue: Catalogue) -> str | None:
    """The first repair that works as it is; a repair may uncover one more mistake."""
    start, end = mistake.span
    for words_instead in mistake.repairs[:3]:
        candidate = re.sub(r" +", " ", f"{plain[:start]}{words_instead}{plain[end:]}").strip(" ,")
        for _ in range(2):
            try:
                _Reader(candidate, catalogue).read()
            except _Mistake as next_one:
                if not next_one.repairs:
                    break
                first, last = next_one.span
                candidate = f"{candidate[:first]}{next_one.repairs[0]}{candidate[last:]}"
                candidate = re.sub(r" +", " ", candidate).strip(" ,")
            else:
                return candidate
    return None


def _span(first: Token, last: Token | None = None) -> tuple[int, int]:
    last = last or first
    return first.start_pos or 0, last.end_pos or 0


@dataclass
class _Reader:
    """Reads one normalised command, part by part."""

    plain: str
    catalogue: Catalogue
    devices: list[tuple[str, int, tuple[int, int]]] = field(default_factory=list)
    said: dict[str, tuple[object, tuple[int, int]]] = field(default_factory=dict)

    def read(self) -> Command:
        if not self.plain:
            raise _Mistake("empty", "The command is empty.", (0, 0))
        try:
            tree = GRAMMAR_PARSER.parse(self.plain)
        except UnexpectedInput as error:
            self._unexpected(error)
        parts = list(tree.children)
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
            raise _Mistake(
                "incomplete",
                f"Something is missing after “{shorten(before)}”.",
                (start, len(self.plain)),
                ("",),
            )
        end = at + len(word[0])
        raise _Mistake(
            "unexpected", f"“{shorten(word[0])}” does not fit here.", (at, end), ("", " ")
        )

    def _part(self, parts: list[Token | Tree[Token]], position: int) -> int:
        part = parts[position]
        if isinstance(part, Tree):
            getattr(self, f"_{part.data}")([t for t in part.children if isinstance(t, Token)])
            return position + 1
        if part.type in {"COMMA", "AND"}:
            return position + 1
        if part.type == "PUBLIC":
            self._say("public", value=True, span=_span(part), what="public")
            return position + 1
        free = list(_free_tokens(parts, position + (part.type == "IN")))
        if part.type == "IN":
            return position + 1 + self._place(part, free)
        if part.type in _COUNTS:
            return position + self._counted(free)
        return position + self._bare(free)

    def _counted(self, free: list[Token]) -> int:
        """A quantity and the longest device name after it; returns the tokens used."""
        count, *rest = free
        used = _longest(rest, self._is_device)
        if not used:
            self._no_device(count, rest)
        name = self.catalogue.device_name(_text(rest[:used]))
        span = _span(count, rest[used - 1])
        self.devices.append((name, self._quantity(count), span))
        return 1 + used

    def _no_device(self, count: Token, rest: list[Token]) -> NoReturn:
        if not rest:
            if count.type == "NUMBER" and self._is_device(str(count)):
                name = self.catalogue.device_name(str(count))
                raise _Mistake(
                    "no_quantity",
                    f"“{count}” is a device: say how many of them.",
                    _span(count),
                    (f"1 {name}",),
                )
            if re.fullmatch(r"[\d.,]+m", str(count), re.IGNORECASE):
                raise _Mistake(
                    "ambiguous_unit",
                    f"“{count}” could be minutes or months: say which.",
                    _span(count),
                    (f"{str(count)[:-1]} minutes", f"{str(count)[:-1]} months"),
                )
            raise _Mistake(
                "no_device",
                f"“{shorten(str(count))}” of what? Name a device or a unit of time after it.",
                _span(count),
                (f"{count} GPU", "1 GPU", ""),
            )
        following = rest[0]
        if following.type == "NUMBER" and len(rest) > 1 and re.fullmatch(r"\d{3}", str(following)):
            raise _Mistake(
                "split_number",
                f"“{count} {following}” are two numbers: write one without a space.",
                _span(count, following),
                (f"{count}{following}",),
            )
        if re.fullmatch(r"m|mn", str(following), re.IGNORECASE):
            raise _Mistake(
                "ambiguous_unit",
                f"“{count} {following}” could be minutes or months: say which.",
                _span(count, following),
                (f"{count} minutes", f"{count} months"),
            )
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
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise _Mistake(
            "unknown_device",
            f"There is no device “{shorten(str(following))}”.{hint}",
            _span(following),
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
            raise _Mistake(
                "no_place", f"“{marker}” where? Name a country or a region.", _span(marker), ("",)
            )
        raise self._unknown_place(free)

    def _unknown_place(self, free: list[Token]) -> _Mistake:
        candidates = self.catalogue.find_locations(str(free[0]))
        if len(candidates) > 1:
            return _Mistake(
                "ambiguous_place",
                f"“{shorten(str(free[0]))}” could be {' or '.join(candidates)}: say which.",
                _span(free[0]),
                candidates,
            )
        last = next((i for i, t in enumerate(free) if t.type != "WORD"), len(free)) or 1
        near = self._nearest(free[:last][:4], self.catalogue.nearest_locations)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        return _Mistake(
            "unknown_place",
            f"There is no place “{shorten(_text(free[:last]))}”.{hint}",
            _span(free[0], free[last - 1]),
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
            name = self.catalogue.device_name(_text(free[:used]))
            raise _Mistake(
                "no_quantity",
                f"How many “{_text(free[:used])}”? Put the number before it.",
                _span(free[0], free[used - 1]),
                (f"1 {name}", ""),
            )
        word = free[0]
        if re.match(r"-\d", str(word)):
            raise _Mistake(
                "negative", f"“{shorten(str(word))}” is negative.", _span(word), (str(word)[1:], "")
            )
        if len(self.catalogue.find_locations(str(word))) > 1:
            raise self._unknown_place(free)
        known = ("for", "weeks", "utilisation", "factors", "public", "pue")
        near = (
            *self.catalogue.nearest_locations(str(word)),
            *(f"1 {name}" for name in self.catalogue.nearest_devices(str(word))),
            *(w for w in known if _alike(str(word), w)),
        )[:3]
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise _Mistake(
            "unknown_word",
            f"“{shorten(str(word))}” is not understood.{hint}",
            _span(word),
            (*near, ""),
        )

    def _duration(self, tokens: list[Token]) -> None:
        whole = _span(tokens[0], tokens[-1])
        times = [t for t in tokens if t.type == "TIME"]
        if tokens[-1].type == "HALF":
            key = re.sub(r" +", " ", str(tokens[-1])).lower()
            self._say("duration_h", words.HALF[key], span=whole, what="duration")
            return
        if not times:
            number = next((str(t) for t in tokens if t.type == "NUMBER"), None)
            if number is None:
                raise _Mistake("no_time", f"“{tokens[0]}” how long?", whole, ("for 2 weeks", ""))
            self._no_unit(number, tokens)
        hours = 0.0
        for token in times:
            match = re.fullmatch(r"([\d.,]+) *([A-Za-z]+)", str(token))
            if match is None:  # the terminal has no other shape
                raise _Mistake("unexpected", f"“{token}” is no duration.", _span(token), ("",))
            hours += self._decimal(match[1], token) * words.UNITS[match[2].lower()]
        self._say("duration_h", hours, span=whole, what="duration")

    def _no_unit(self, number: str, tokens: list[Token]) -> NoReturn:
        """A number after `for` without a unit of time that is known."""
        digits = number.rstrip("kKmM")
        word = str(tokens[-1]) if tokens[-1].type == "WORD" else ""
        span = _span(tokens[1], tokens[-1])
        if number[-1] in "mM" or word.lower() in {"m", "mn"}:
            raise _Mistake(
                "ambiguous_unit",
                f"“{shorten(f'{number} {word}'.strip())}” could be minutes or months: say which.",
                span,
                (f"{digits} minutes", f"{digits} months"),
            )
        near = tuple(unit for unit in words.UNITS if len(unit) > 3 and _alike(word, unit))[-1:]
        hint = f" Did you mean {near[0]}?" if near else ""
        raise _Mistake(
            "no_unit",
            f"“{shorten(f'{number} {word}'.strip())}” has no unit of time.{hint}",
            span,
            (*(f"{digits} {unit}" for unit in near), f"{digits} hours", "2 weeks"),
        )

    def _utilisation(self, tokens: list[Token]) -> None:
        value = next(t for t in tokens if t.type in {"PERCENT", "NUMBER"})
        # A percentage ends in a sign or a word; a plain number is its digits and nothing else.
        ends = r"[ %a-zA-Z]+$" if value.type == "PERCENT" else ""
        number = self._decimal(re.sub(ends, "", str(value)), value)
        share = number / 100 if value.type == "PERCENT" else number
        if value.type == "NUMBER" and share > 1:
            raise _Mistake(
                "ambiguous_share",
                f"A utilisation of {shorten(str(value))}: write a percentage or a share up to 1.",
                _span(value),
                (f"{value}%", "60%"),
            )
        self._say("utilisation", share, span=_span(tokens[0], tokens[-1]), what="utilisation")

    def _pue(self, tokens: list[Token]) -> None:
        value = tokens[-1]
        self._say("pue", self._decimal(str(value), value), span=_span(tokens[0], value), what="PUE")

    def _factors(self, tokens: list[Token]) -> None:
        word = next(t for t in tokens if t.type == "WORD")
        try:
            chosen = FactorSet(str(word).lower())
        except ValueError:
            raise _Mistake(
                "unknown_factors",
                f"There is no factor set “{shorten(str(word))}”: sourced or article.",
                _span(word),
                ("sourced", "article"),
            ) from None
        self._say("factors", chosen, span=_span(tokens[0], tokens[-1]), what="factor set")

    def _locate(self, tokens: list[Token]) -> None:
        name = self.catalogue.location_name(_text(tokens))
        self._say("location", name, span=_span(tokens[0], tokens[-1]), what="location")

    def _say(self, key: str, value: object, *, span: tuple[int, int], what: str) -> None:
        if key in self.said:
            raise _Mistake("said_twice", f"The {what} is given twice: keep one.", span, ("",))
        self.said[key] = (value, span)

    def _is_device(self, name: str) -> bool:
        return self.catalogue.find_device(name) is not None

    def _is_place(self, name: str) -> bool:
        return len(self.catalogue.find_locations(name)) == 1

    def _quantity(self, token: Token) -> int:
        if token.type == "ONE":
            return 1
        typed = str(token).rstrip("xX* ").lower()
        digits = typed.rstrip("km")
        factor = words.SUFFIXES.get(typed[-1], 1)
        most = readable(spec.MAX_QUANTITY, None)
        if len(digits) > 20:
            raise _Mistake(
                "too_many",
                f"“{shorten(typed, 20)}” is too many: at most {most} of a device.",
                _span(token),
                (str(spec.MAX_QUANTITY),),
            )
        number = self._decimal(digits, token) * factor
        if number != int(number):
            raise _Mistake(
                "fraction",
                f"“{typed}” devices: a quantity is a whole number.",
                _span(token),
                (str(max(1, round(number))),),
            )
        if number < 1:
            raise _Mistake(
                "zero", f"“{typed}” devices: at least one is needed.", _span(token), ("1",)
            )
        if number > spec.MAX_QUANTITY:
            raise _Mistake(
                "too_many",
                f"“{typed}” is too many: at most {most} of a device.",
                _span(token),
                (str(spec.MAX_QUANTITY),),
            )
        return int(number)

    def _decimal(self, typed: str, token: Token) -> float:
        """A number in which commas separate thousands and a point decimals."""
        if _THOUSANDS.fullmatch(typed):
            return float(typed.replace(",", ""))
        if re.fullmatch(r"[1-9]\d{0,2}\.000", typed):
            small, whole = typed.split(".", maxsplit=1)[0], typed.replace(".", "")
            raise _Mistake(
                "ambiguous_number",
                f"“{typed}” could be {small} or {whole}: leave the point out.",
                _span(token),
                (str(token).replace(typed, whole), str(token).replace(typed, small)),
            )
        if len(typed) > 24 or not _PLAIN.fullmatch(typed):
            digits = re.sub(r"\D", "", typed)[:6].lstrip("0") or "1"
            first = re.split(r"[.,]", typed)[0][:6] or "1"
            raise _Mistake(
                "not_a_number",
                f"“{shorten(typed, 20)}” is not a number: write 1,000 or 1.5.",
                _span(token),
                (str(token).replace(typed, digits), str(token).replace(typed, first), "1"),
            )
        return float(typed)

    def _command(self) -> Command:
        if not self.devices:
            raise _Mistake(
                "no_device",
                "No device is named: say how many of which.",
                (0, len(self.plain)),
                (f"8 H100 {self.plain}", "8 H100"),
            )
        fields = {key: value for key, (value, _) in self.said.items() if key != "public"}
        try:
            run = TrainingRun.model_validate({"devices": self._entries(), **fields})
        except ValidationError as error:
            self._refused(error)
        if run.factors is FactorSet.ARTICLE:
            self._check_article()
        return Command(run, public="public" in self.said)

    def _entries(self) -> list[dict[str, object]]:
        """The devices, those named twice added up."""
        counts: dict[str, int] = {}
        for name, quantity, span in self.devices:
            counts[name] = counts.get(name, 0) + quantity
            if counts[name] > spec.MAX_QUANTITY:
                raise _Mistake(
                    "too_many",
                    f"Too many {name}: at most {readable(spec.MAX_QUANTITY, None)} of a device.",
                    span,
                    ("",),
                )
            if len(counts) > spec.MAX_DEVICE_TYPES:
                raise _Mistake(
                    "too_many_types",
                    f"At most {spec.MAX_DEVICE_TYPES} types of device fit into one answer.",
                    (span[0], self.devices[-1][2][1]),
                    ("",),
                )
        return [{"device": name, "quantity": n} for name, n in counts.items()]

    def _refused(self, error: ValidationError) -> NoReturn:
        key = str(error.errors()[0]["loc"][0])
        bounds = {
            "duration_h": ("a duration is between one minute and ten years", "for 2 weeks"),
            "utilisation": ("a utilisation is between 1% and 100%", "at 60%"),
            "pue": ("a PUE is between 1 and 3", "pue 1.1"),
        }
        why, example = bounds[key]
        start, end = self.said[key][1]
        raise _Mistake(
            "out_of_range",
            f"“{shorten(self.plain[start:end])}”: {why}.",
            (start, end),
            (example,),
        ) from None

    def _check_article(self) -> None:
        known = {name.casefold() for name in self.catalogue.article}
        for name, quantity, span in self.devices:
            if name.casefold() not in known:
                names = " and ".join(self.catalogue.article)
                raise _Mistake(
                    "not_in_article",
                    f"The article has factors for {names} alone, not for {name}.",
                    span,
                    tuple(f"{quantity} {other}" for other in self.catalogue.article),
                )


def _free_tokens(parts: list[Token | Tree[Token]], position: int) -> Iterator[Token]:
    for part in parts[position:]:
        if not isinstance(part, Token) or part.type not in _FREE:
            return
        yield part


def _text(tokens: list[Token]) -> str:
    return " ".join(str(token) for token in tokens)


def _longest(tokens: list[Token], is_name: Callable[[str], bool]) -> int:
    """How many of the tokens make the longest name; 0 when none do."""
    for length in range(min(LONGEST_NAME, len(tokens)), 0, -1):
        if is_name(_text(tokens[:length])):
            return length
    return 0


def _alike(typed: str, word: str) -> bool:
    return typed[:2].lower() == word[:2] and abs(len(typed) - len(word)) <= 2
