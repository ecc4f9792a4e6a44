"""A chart: drawn by a Vega-Lite spec, told as a sentence, and read as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from leaderboards.presentation.charts.look import Look
from lib.numbers import UNDEFINED, format_count

# The same for files and pages.
VEGA_LITE = "6.4"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

Spec = dict[str, Any]
Value = str | float | int | None


@dataclass(frozen=True)
class Chart:
    """columns, rows: the same numbers as a table, every digit; None where undefined.

    draw: the spec without its look's config. empty: why there is nothing to draw, which is then all it says.
    """

    name: str
    title: str
    description: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    draw: Callable[[Look], Spec]
    empty: str = ""

    def spec(self, look: Look) -> Spec:
        """Complete: data, look, width; what a file is drawn from and what a page runs."""
        drawn: Spec = {"width": look.width, **self.draw(look)}
        return {"$schema": SCHEMA, "description": self.description, "config": look.config(), **drawn}


def empty_chart(name: str, title: str, why: str) -> Chart:
    text = {"data": {"values": [{}]}, "height": 60, "mark": {"type": "text", "text": why}}
    return Chart(name, title, why, ("Note",), [[why]], lambda look: dict(text), empty=why)


def table_text(value: Value) -> str:
    """In the table of a page: five significant digits; the file has them all."""
    if value is None:
        return UNDEFINED
    if isinstance(value, float):
        return format_count(value) if abs(value) >= 10_000 else f"{value:.5g}"
    return format_count(value) if isinstance(value, int) else value
