"""Draws a curve with matplotlib. Imported by the process that draws, and by nothing else.

Blue and orange are told apart by everybody (Okabe and Ito 2008), and what they mark has its number
beside it. The ground is white: on a dark Slack the picture is a light card.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bot.pictures.curve import Curve, Mark

WIDTH_IN: Final = 6.4
HEIGHT_IN: Final = 3.2
DPI: Final = 200
"""Twice what Slack shows it at, for screens that are that dense."""
_BLUE: Final = "#0072B2"
_ORANGE: Final = "#B34700"
_INK: Final = "#1D1C1D"
_GREY: Final = "#616061"


def png(curve: Curve) -> bytes:
    """The picture of a curve, as PNG."""
    found = BytesIO()
    figure_of(curve).savefig(found, format="png", metadata={"Software": None})
    return found.getvalue()


def figure_of(curve: Curve) -> Figure:
    """The picture of a curve."""
    figure = Figure((WIDTH_IN, HEIGHT_IN), dpi=DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    _draw(figure.add_subplot(), curve)
    return figure


def _draw(axes: Axes, curve: Curve) -> None:
    axes.plot(curve.totals, curve.likely, color=_BLUE, linewidth=2)
    axes.fill_between(curve.totals, curve.likely, color=_BLUE, alpha=0.08, linewidth=0)
    inside = axes.fill_between(curve.totals, curve.likely, color=_BLUE, alpha=0.2, linewidth=0)
    inside.set_clip_path(
        Rectangle((curve.low.at, 0), curve.high.at - curve.low.at, 1.1, transform=axes.transData)
    )
    axes.vlines([curve.low.at, curve.high.at], 0, 1.0, color=_GREY, linestyle=(0, (4, 3)))
    axes.vlines(curve.total.at, 0, 1.1, color=_ORANGE, linewidth=2.5)
    axes.annotate(
        "",
        xy=(curve.high.at, -0.13),
        xytext=(curve.low.at, -0.13),
        arrowprops={"arrowstyle": "|-|,widthA=0.3,widthB=0.3", "color": _INK, "linewidth": 1.5}
        | {"shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
    )
    _write(axes, curve.low, -0.17, "top", _INK)
    _write(axes, curve.high, -0.17, "top", _INK)
    middle = Mark((curve.low.at + curve.high.at) / 2, "90 %")
    _write(axes, middle, -0.17, "top", _GREY)
    total = Mark(curve.total.at, f"{curve.total.label} {curve.unit}")
    _write(axes, total, 1.13, "bottom", _ORANGE, bold=True)
    axes.set_ylim(-0.38, 1.3)
    left, right = curve.totals[0], curve.totals[-1]
    margin = 0.04 * (right - left)
    axes.set_xlim(left - margin, right + margin)
    axes.axhline(0, color=_GREY, linewidth=1)
    axes.set_axis_off()


def _write(  # noqa: PLR0913 - what stands where, and how
    axes: Axes, mark: Mark, height: float, side: str, colour: str, *, bold: bool = False
) -> None:
    axes.text(
        mark.at,
        height,
        mark.label,
        ha="center",
        va="top" if side == "top" else "bottom",
        color=colour,
        fontweight="bold" if bold else "normal",
        fontsize=15,
        # A dollar is a dollar, and begins no formula.
        parse_math=False,
    )
