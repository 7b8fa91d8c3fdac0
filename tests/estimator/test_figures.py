"""Figures for people: units by size, three significant digits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from estimator import InvalidValue, Quantity, figures
from estimator.units import parse_duration_h


@pytest.mark.parametrize(
    ("kwh", "text"),
    [
        (0, "0 kWh"),
        (0.0001234, "0.123 Wh"),
        (0.5, "500 Wh"),
        (999.4, "999 kWh"),
        (999.6, "1.00 MWh"),
        (15_123, "15.1 MWh"),
        (1_234_567, "1.23 GWh"),
        (9_876_543_210_000, "9,880 TWh"),
    ],
)
def test_energy(kwh: float, text: str) -> None:
    assert figures.energy(kwh) == text


def rounded(value: float, digits: int) -> str:
    """A number with so many significant digits, by decimal arithmetic."""
    found = Decimal(value)
    for _ in range(2):  # 9.99 rounds to 10.0, which has one digit too many
        found = found.quantize(Decimal(1).scaleb(found.adjusted() - digits + 1))
    return f"{found:,f}"


@settings(deadline=None, derandomize=True)
@given(st.floats(1e-6, 1e6) | st.integers(1, 10**7).map(lambda n: n / 1000), st.integers(1, 4))
@example(999.6, 3)
@example(99.95, 3)
@example(9.995, 2)
@example(0.125, 2)
def test_a_number_is_shown_with_the_digits_that_it_rounds_to(value: float, digits: int) -> None:
    assert figures.number(value, digits) == rounded(value, digits)


@pytest.mark.parametrize(
    ("kg", "text"),
    [(0, "0 kg"), (0.0421, "42.1 g"), (12.34, "12.3 kg"), (999_600, "1.00 kt"), (5e10, "50.0 Mt")],
)
def test_mass(kg: float, text: str) -> None:
    assert figures.mass(kg) == text


@pytest.mark.parametrize(
    ("hours", "text"),
    [(1, "1 h"), (24, "24 h"), (36, "36 h (1.50 days)"), (336, "336 h (14.0 days)")],
)
def test_duration(hours: float, text: str) -> None:
    assert figures.duration(hours) == text


@given(st.floats(1e-6, 1e12))
def test_a_shown_energy_is_within_half_a_percent(kwh: float) -> None:
    size = {"Wh": 1e-3, "kWh": 1.0, "MWh": 1e3, "GWh": 1e6, "TWh": 1e9}
    shown, unit = figures.energy(kwh).split()

    assert float(shown.replace(",", "")) * size[unit] == pytest.approx(kwh, rel=0.00501)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("36h", 36),
        ("2w", 336),
        ("1.5 days", 36),
        ("1d 12h", 36),
        (".5h", 0.5),
        ("1 month", 720),
        ("1 YEAR", 8760),
        ("90 min", 1.5),
    ],
)
def test_durations_are_read(text: str, hours: float) -> None:
    assert parse_duration_h(text) == pytest.approx(hours)


@pytest.mark.parametrize("text", ["", "5m", "h", "12", "1h!", "-3h", "3 fortnights"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"e\.g\. 36h"):
        parse_duration_h(text)


def test_a_quantity_lies_within_its_interval() -> None:
    with pytest.raises(ValueError, match="low ≤ value ≤ high"):
        Quantity(value=3, low=1, high=2)
