"""Small combinators that describe what Slack accepts in a JSON payload, and say what it does not.

A `Rule` looks at one value at one place and adds a `Violation` for each thing wrong with it.
Slack refuses unknown and null properties of blocks, so `record` does too.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

INVALID_BLOCKS = "invalid_blocks"


@dataclass(frozen=True)
class Violation:
    """One reason for which Slack would refuse a payload.

    Attributes:
        code: Slack's error code, such as ``invalid_blocks``.
        pointer: JSON pointer to the offending value, such as ``/blocks/3/elements/0/text``.
        reason: What is wrong, in words.
    """

    code: str
    pointer: str
    reason: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.reason}"


@dataclass
class Report:
    """Violations found so far."""

    violations: list[Violation] = field(default_factory=list)

    def add(self, pointer: str, reason: str, code: str = INVALID_BLOCKS) -> None:
        """Record one violation."""
        self.violations.append(Violation(code, pointer, reason))


Rule = Callable[[Report, str, object], None]


def anything(_report: Report, _pointer: str, _value: object) -> None:
    """Accept every value."""


def count(found: int, noun: str) -> str:
    """Say a number of things: ``1 block``, ``2 blocks``."""
    return f"{found:,} {noun}" if found == 1 else f"{found:,} {noun}s"


def string(maximum: int, minimum: int = 0) -> Rule:
    """Accept a string of at least ``minimum`` and at most ``maximum`` characters."""

    def rule(report: Report, pointer: str, value: object) -> None:
        if not isinstance(value, str):
            report.add(pointer, f"{kind(value)}, must be a string")
        elif len(value) < minimum:
            found = count(len(value), "character") if value else "empty"
            report.add(pointer, f"{found}, at least {count(minimum, 'character')}")
        elif len(value) > maximum:
            report.add(pointer, f"{count(len(value), 'character')}, at most {maximum:,}")

    return rule


def choice(*values: str) -> Rule:
    """Accept one of the given strings."""

    def rule(report: Report, pointer: str, value: object) -> None:
        if value not in values:
            report.add(pointer, f"{value!r}, must be one of {', '.join(values)}")

    return rule


def boolean(report: Report, pointer: str, value: object) -> None:
    """Accept true and false."""
    if not isinstance(value, bool):
        report.add(pointer, f"{kind(value)}, must be true or false")


def number(report: Report, pointer: str, value: object) -> None:
    """Accept a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        report.add(pointer, f"{kind(value)}, must be a number")


def integer(minimum: int, maximum: int) -> Rule:
    """Accept a whole number from ``minimum`` to ``maximum``."""

    def rule(report: Report, pointer: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            report.add(pointer, f"{kind(value)}, must be a whole number")
        elif not minimum <= value <= maximum:
            report.add(pointer, f"{value}, must be from {minimum:,} to {maximum:,}")

    return rule


def positive(report: Report, pointer: str, value: object) -> None:
    """Accept a number above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        report.add(pointer, f"{kind(value)}, must be a number")
    elif not value > 0:
        report.add(pointer, f"{value}, must be above 0")


def array(item: Rule, minimum: int, maximum: int, noun: str = "item") -> Rule:
    """Accept a list of ``minimum`` to ``maximum`` values that each satisfy ``item``."""

    def rule(report: Report, pointer: str, value: object) -> None:
        if not isinstance(value, list):
            report.add(pointer, f"{kind(value)}, must be a list")
            return
        if len(value) > maximum:
            report.add(pointer, f"{count(len(value), noun)}, at most {maximum:,}")
        if len(value) < minimum:
            report.add(pointer, f"{count(len(value), noun)}, at least {minimum:,}")
        for index, entry in enumerate(value):
            item(report, f"{pointer}/{index}", entry)

    return rule


def record(
    required: Mapping[str, Rule],
    optional: Mapping[str, Rule] | None = None,
    also: Sequence[Callable[[Report, str, Mapping[str, object]], None]] = (),
) -> Rule:
    """Accept an object with exactly these properties, none of them null.

    Args:
        required: Rules of the properties that have to be there.
        optional: Rules of the properties that may be there.
        also: Rules over the object as a whole, asked when it is an object.
    """
    rules = {**(optional or {}), **required}

    def rule(report: Report, pointer: str, value: object) -> None:
        if not isinstance(value, Mapping):
            report.add(pointer, f"{kind(value)}, must be an object")
            return
        for name in required:
            if name not in value:
                report.add(pointer, f"missing required property {name!r}")
        for name, entry in value.items():
            place = f"{pointer}/{escape_pointer(str(name))}"
            if name not in rules:
                report.add(place, "unknown property")
            elif entry is None:
                report.add(place, "null, leave the property out instead")
            else:
                rules[name](report, place, entry)
        for whole in also:
            whole(report, pointer, value)

    return rule


def by_type(rules: Mapping[str, Rule], noun: str) -> Rule:
    """Accept an object whose ``type`` is one of ``rules``, and that satisfies that rule."""

    def rule(report: Report, pointer: str, value: object) -> None:
        if not isinstance(value, Mapping):
            report.add(pointer, f"{kind(value)}, must be an object")
            return
        name = value.get("type")
        if not isinstance(name, str):
            report.add(pointer, "missing required property 'type'")
        elif name not in rules:
            report.add(f"{pointer}/type", f"{name!r} is no {noun} here, use {allowed(rules)}")
        else:
            rules[name](report, pointer, value)

    return rule


def typed(
    name: str,
    required: Mapping[str, Rule],
    optional: Mapping[str, Rule] | None = None,
    also: Sequence[Callable[[Report, str, Mapping[str, object]], None]] = (),
) -> Rule:
    """Accept an object with ``type`` equal to ``name`` and these properties."""
    return record({"type": choice(name), **required}, optional, also)


def exactly_one(*names: str) -> Callable[[Report, str, Mapping[str, object]], None]:
    """Accept an object with one, and only one, of the named properties."""

    def whole(report: Report, pointer: str, value: Mapping[str, object]) -> None:
        present = [name for name in names if name in value]
        if len(present) != 1:
            found = " and ".join(present) or "none"
            report.add(pointer, f"{found} given, exactly one of {', '.join(names)} is required")

    return whole


def at_least_one(*names: str) -> Callable[[Report, str, Mapping[str, object]], None]:
    """Accept an object with one or more of the named properties."""

    def whole(report: Report, pointer: str, value: Mapping[str, object]) -> None:
        if not any(name in value for name in names):
            report.add(pointer, f"none given, at least one of {', '.join(names)} is required")

    return whole


def report_repeats(report: Report, found: Iterable[tuple[str, object]], where: str) -> None:
    """Record every string that occurs a second time.

    Args:
        report: Takes the violations.
        found: Pairs of (pointer, value); values that are no strings are passed over.
        where: Within what the strings have to differ, such as ``one block``.
    """
    seen: set[str] = set()
    for pointer, value in found:
        if not isinstance(value, str):
            continue
        if value in seen:
            report.add(pointer, f"{value!r} occurs twice in {where}")
        seen.add(value)


def allowed(names: Collection[str]) -> str:
    """List names for a reader."""
    return ", ".join(sorted(names))


def kind(value: object) -> str:
    """Name the JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"


def escape_pointer(name: str) -> str:
    """Escape one step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
