"""Bars with intervals: the share of summaries with an error of each kind, of the small and of the large side.

Horizontal positions are percentages, so that text keeps its size on every screen. All arithmetic is done here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from lib.numbers import format_percent
from lib.text.translated import mark_of
from marks.kinds.library import kind_label

Values = Mapping[str, Any]
ROW_HEIGHT, BAR_HEIGHT, LABEL_HEIGHT, AXIS_HEIGHT = 74, 18, 22, 26
STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
MOST_TICKS = 5
# How far bars reach across, in percent: beside them stand their values, also on a phone.
AREA = 62


@dataclass(frozen=True)
class Bar:
    """One side of one kind: how long, where its interval reaches from and to, and both in words."""

    side: str
    y: int
    middle: int
    width: str
    x1: str
    x2: str
    text: str


@dataclass(frozen=True)
class BarRow:
    label: str
    y: int
    bars: list[Bar]


@dataclass(frozen=True)
class Bars:
    """Rows with one scale, from 0; ticks are position and label."""

    rows: list[BarRow]
    ticks: list[tuple[str, str]]
    height: int
    axis_y: int
    description: str


def error_bars(figures: Values, measure: str = "share") -> Bars | None:
    """Draw each kind's bars, the largest difference at the top; None where there is no pair to compare."""
    compared = figures.get("small_large") or {}
    kinds = compared.get("kinds")
    if not kinds:
        return None
    ordered = sorted(kinds, key=lambda name: -(kinds[name][measure]["difference"]["value"] or 0.0))
    most = max(_reach(kinds[name][measure][side]) for name in ordered for side in ("small", "large"))
    top = next((step for step in STEPS if most <= step), 1.0)
    rows = [_row(n, name, kinds[name][measure], top) for n, name in enumerate(ordered)]
    axis_y = len(rows) * ROW_HEIGHT
    return Bars(rows, _ticks(top), axis_y + AXIS_HEIGHT, axis_y, mark_of("; ").join(map(_in_words, rows)))


def _row(number: int, name: str, figures: Values, top: float) -> BarRow:
    y = number * ROW_HEIGHT
    bars = [
        _bar(side, figures[side], y + LABEL_HEIGHT + n * (BAR_HEIGHT + 4), top)
        for n, side in enumerate(("small", "large"))
    ]
    return BarRow(kind_label(name), y + 15, bars)


def _bar(side: str, figure: Values, y: int, top: float) -> Bar:
    value = figure["value"] or 0.0
    known = figure["lower"] is not None
    return Bar(
        side=side,
        y=y,
        middle=y + BAR_HEIGHT // 2,
        width=_position(value, top),
        x1=_position(figure["lower"], top) if known else "",
        x2=_position(figure["upper"], top) if known else "",
        text=interval_text(figure),
    )


def interval_text(figure: Values) -> str:
    """Return a share with its interval."""
    if figure["value"] is None:
        return "—"
    if figure["lower"] is None:
        return f"{format_percent(figure['value'])} {gettext('(no interval)')}"
    return f"{format_percent(figure['value'])} ({format_percent(figure['lower'])}–{format_percent(figure['upper'])})"


def _in_words(row: BarRow) -> str:
    return f"{row.label}{mark_of(': ')}{' / '.join(bar.text for bar in row.bars)}"


def _reach(figure: Values) -> float:
    return max(figure["value"] or 0.0, figure["upper"] or 0.0)


def _position(value: float, top: float) -> str:
    return f"{AREA * min(value, top) / top:.2f}%"


def _ticks(top: float) -> list[tuple[str, str]]:
    return [(_position(top * n / 4, top), format_percent(top * n / 4)) for n in range(MOST_TICKS)]
