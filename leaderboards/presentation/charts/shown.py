"""A chart in a page: where its pictures and files are, and its table as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from leaderboards.presentation.charts.chart import Chart, table_text
from leaderboards.presentation.charts.rendering import FILES

LOOKS = ("light", "dark")


@dataclass(frozen=True)
class Source:
    """A picture for one kind of screen."""

    media: str
    address: str


@dataclass(frozen=True)
class ShownChart:
    """picture: for a wide light screen; sources: for others. spec: of the live chart. files: name and address."""

    name: str
    title: str
    description: str
    empty: str
    columns: list[str]
    rows: list[list[str]]
    picture: str
    sources: list[Source]
    spec: str
    files: list[tuple[str, str]]


def show_chart(
    chart: Chart, slug: str, query: Mapping[str, str], options: Mapping[str, str] | None = None
) -> ShownChart:
    """slug: of the study. query: which of its votes. options: what else its files need, such as the metric."""

    def address(ending: str, **look: str) -> str:
        parameters = {**query, **(options or {}), **look}
        return f"{reverse('figure', args=[slug, chart.name, ending])}?{urlencode(parameters)}"

    narrow, dark = "(max-width: 40rem)", "(prefers-color-scheme: dark)"
    return ShownChart(
        name=chart.name,
        title=chart.title,
        description=chart.description,
        empty=chart.empty,
        columns=list(chart.columns),
        rows=[[table_text(value) for value in row] for row in chart.rows],
        picture=address("svg"),
        sources=[
            Source(f"{narrow} and {dark}", address("svg", theme="dark", width="narrow")),
            Source(narrow, address("svg", width="narrow")),
            Source(dark, address("svg", theme="dark")),
        ],
        spec=address("json"),
        files=[(ending.upper(), address(ending)) for ending in FILES],
    )
