"""Prepare a chart for a page: addresses of its images and files, and its data as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from leaderboards.presentation.charts.chart import Chart, in_readers_language, table_text
from leaderboards.presentation.charts.drawing.rendering import FILES

NARROW, DARK = "(max-width: 40rem)", "(prefers-color-scheme: dark)"
# More rows make a page slow; the files have all of them.
MOST_ROWS = 400
# By media query, what the address of an image says; a browser takes the first that matches.
SCREENS = {
    f"{NARROW} and {DARK}": {"theme": "dark", "width": "narrow"},
    NARROW: {"width": "narrow"},
    DARK: {"theme": "dark"},
}


@dataclass(frozen=True)
class ScreenImage:
    """An image for one kind of screen."""

    media: str
    address: str


@dataclass(frozen=True)
class ShownChart:
    """A chart as its template takes it.

    Attributes:
        picture: Address of the image for a wide light screen.
        sources: Images for other screens.
        spec: Address of the interactive chart's spec.
        files: Name and address of each file.
        not_drawn: What the picture leaves out.
        left_out: Rows that the page does not show, and the files do.
        csv: Address of the file that programs read.
    """

    name: str
    title: str
    description: str
    empty: str
    columns: list[str]
    rows: list[list[str]]
    picture: str
    sources: list[ScreenImage]
    spec: str
    files: list[tuple[str, str]]
    not_drawn: str = ""
    left_out: int = 0
    csv: str = ""


def show_chart(
    chart: Chart, slug: str, query: Mapping[str, str], options: Mapping[str, str] | None = None
) -> ShownChart:
    """Prepare a chart of a study.

    Args:
        slug: The study's.
        query: Which of its votes.
        options: Other parameters that its files need, such as the metric.
    """

    def address(ending: str, **look: str) -> str:
        parameters = {**query, **(options or {}), **look}
        return f"{reverse('figure', args=[slug, chart.name, ending])}?{urlencode(parameters)}"

    chart = in_readers_language(chart)
    return ShownChart(
        name=chart.name,
        title=chart.title,
        description=chart.description,
        empty=chart.empty,
        columns=list(chart.columns),
        rows=[[table_text(value) for value in row] for row in chart.rows[:MOST_ROWS]],
        picture=address("svg"),
        sources=[ScreenImage(media, address("svg", **look)) for media, look in SCREENS.items()],
        spec=address("json"),
        files=[(ending.upper(), address(ending)) for ending in FILES],
        not_drawn=chart.not_drawn,
        left_out=max(0, len(chart.rows) - MOST_ROWS),
        csv=address("csv"),
    )
