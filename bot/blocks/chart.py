"""Charts that Slack draws itself: bars of masses of CO2e and of shares, and lines of amounts.

They have no alt text, so every figure in one stands in the message's text and table as well.
https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.blocks import parts
from bot.message import Block

LABEL_LIMIT: Final = 20
BARS_LIMIT: Final = 20
_UNITS: Final = ((1e9, "Mt CO2e"), (1e6, "kt CO2e"), (1e3, "t CO2e"), (1.0, "kg CO2e"))
_GRAMS: Final = (1e-3, "g CO2e")


def mass_chart(
    title: str, labels: Sequence[str], series_kg: Sequence[tuple[str, Sequence[float]]]
) -> Block:
    """A bar for every label, or one of each series beside each other.

    Args:
        title: what the chart shows.
        labels: what the bars stand for, at most ``BARS_LIMIT``.
        series_kg: name and masses [kg], a mass for each label. A series without a name is called
            after the unit.
    """
    largest = max((kg for _, masses in series_kg for kg in masses), default=0.0)
    size, unit = next((found for found in _UNITS if largest >= found[0]), _GRAMS)
    series = [(name or unit, [kg / size for kg in masses]) for name, masses in series_kg]
    return _chart("bar", title, labels, series, unit)


def share_chart(title: str, labels: Sequence[str], shares: Sequence[float]) -> Block:
    """A bar for every share (0-1), in per cent.

    Args:
        title: what the chart shows.
        labels: what the bars stand for, at most ``BARS_LIMIT``.
        shares: one for each label.
    """
    return _chart("bar", title, labels, [("%", [100 * share for share in shares])], "%")


def line_chart(
    title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], unit: str
) -> Block:
    """A line for every series.

    Args:
        title: what the chart shows.
        labels: where the lines have their points, at most ``BARS_LIMIT``.
        series: name and amounts in the unit, an amount for each label.
        unit: of the amounts.
    """
    return _chart("line", title, labels, series, unit)


def _chart(
    kind: str,
    title: str,
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[float]]],
    unit: str,
) -> Block:
    categories = _told_apart(labels)
    return {
        "type": "data_visualization",
        "title": parts.cut(title, 50),
        "chart": {
            "type": kind,
            "series": [
                {
                    "name": parts.cut(name, LABEL_LIMIT),
                    "data": [
                        {"label": label, "value": float(f"{value:.3g}")}
                        for label, value in zip(categories, values, strict=True)
                    ],
                }
                for name, values in series
            ],
            "axis_config": {"categories": categories, "y_label": unit},
        },
    }


def _told_apart(labels: Sequence[str]) -> list[str]:
    """Labels within Slack's limit; those that are alike then get a number."""
    found: list[str] = []
    for label in labels:
        shown, n = parts.cut(label, LABEL_LIMIT), 1
        while shown in found:
            n += 1
            shown = f"{parts.cut(label, LABEL_LIMIT - len(f' {n}'))} {n}"
        found.append(shown)
    return found
