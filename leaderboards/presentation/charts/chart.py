"""A chart: a Vega-Lite spec, with its description and its data as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leaderboards.presentation.charts.look import Look
from lib.numbers import UNDEFINED, format_count
from lib.text.translated import translated

# One version for files and pages.
VEGA_LITE = "6.4"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

Spec = dict[str, Any]
Value = str | float | int | None


@dataclass(frozen=True)
class Chart:
    """A chart before it has a look.

    Attributes:
        columns, rows: The data as a table, with every digit; None where undefined.
        draw: Makes the spec without the look's config.
        empty: Why there is nothing to draw; "" where there is something.
        not_drawn: What the picture leaves out and the table has; "" for nothing.
    """

    name: str
    title: str
    description: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    draw: Callable[[Look], Spec]
    empty: str = ""
    not_drawn: str = ""

    def spec(self, look: Look) -> Spec:
        """Return the complete spec, with data, look and width; files and pages are drawn from it."""
        drawn: Spec = {"width": look.width, **self.draw(look)}
        return {"$schema": SCHEMA, "description": self.description, "config": look.config(), **drawn}


# Where a spec holds words, and not names of fields and kinds; a domain holds the words of its rows.
WORDS_AT = frozenset({"title", "text", "description", "domain", "regime", "size", "what", "interval"})

# Columns of names that somebody gave, which may be words of ours.
NAMES_IN = frozenset({"System", "Against"})


def in_readers_language(chart: Chart) -> Chart:
    """Return the chart with its words in the language of the page."""
    return replace(
        chart,
        title=translated(chart.title),
        description=translated(chart.description),
        not_drawn=translated(chart.not_drawn),
        columns=[translated(column) for column in chart.columns],
        rows=[[_shown(column, value) for column, value in zip(chart.columns, row, strict=True)] for row in chart.rows],
        draw=lambda look: _translated_spec(chart.draw(look)),
        empty=translated(chart.empty),
    )


def _shown(column: str, value: Value) -> Value:
    return translated(value) if isinstance(value, str) and column not in NAMES_IN else value


def _translated_spec(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _translated_spec(inner, name) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_translated_spec(inner, key) for inner in value]
    return translated(value) if isinstance(value, str) and key in WORDS_AT else value


def empty_chart(name: str, title: str, why: str) -> Chart:
    """Return a chart that only says why there is nothing to draw."""
    text = {"data": {"values": [{}]}, "height": 60, "mark": {"type": "text", "text": why}}
    return Chart(name, title, why, ("Note",), [[why]], lambda look: dict(text), empty=why)


def table_text(value: Value) -> str:
    """Write a value for the table on a page: five significant digits; the file has all of them."""
    if value is None:
        return UNDEFINED
    if isinstance(value, float):
        return format_count(value) if abs(value) >= 10_000 else f"{value:.5g}"
    return format_count(value) if isinstance(value, int) else value
