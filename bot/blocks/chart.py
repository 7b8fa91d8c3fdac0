"""Bar charts that Slack draws itself, of masses of CO2e and of shares.

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
    return _bars(title, labels, series, unit)


def share_chart(title: str, labels: Sequence[str], shares: Sequence[float]) -> Block:
    """A bar for every share (0-1), in per cent.

    Args:
        title: what the chart shows.
        labels: what the bars stand for, at most ``BARS_LIMIT``.
        shares: one for each label.
    """
    return _bars(title, labels, [("%", [100 * share for share in shares])], "%")


def _bars(
    title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], unit: str
) -> Block:
    categories = _told_apart(labels)
    return {
        "type": "data_visualization",
        "title": parts.cut(title, 50),
        "chart": {
            "type": "bar",
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
