"""Draw charts as files with vl-convert: no browser, no network."""

import csv
import io
import json
from collections.abc import Callable

from leaderboards.exports import safe_cell
from leaderboards.presentation.charts.chart import VEGA_LITE, Chart
from leaderboards.presentation.charts.drawing.engine import ENGINE
from leaderboards.presentation.charts.look import Look

# Two pixels of the image for each of the page, for screens of high resolution.
PICTURE_SCALE = 2.0


def as_svg(chart: Chart, look: Look) -> bytes:
    return _drawn("vegalite_to_svg", chart, look)


def as_png(chart: Chart, look: Look) -> bytes:
    return _drawn("vegalite_to_png", chart, look, scale=PICTURE_SCALE)


def as_pdf(chart: Chart, look: Look) -> bytes:
    return _drawn("vegalite_to_pdf", chart, look)


def _drawn(function: str, chart: Chart, look: Look, **options: object) -> bytes:
    return ENGINE.draw(function, chart.spec(look), vl_version=VEGA_LITE, allowed_base_urls=[], **options)


def as_json(chart: Chart, look: Look) -> bytes:
    """Return the spec with its data, which the page runs and the Vega editor opens."""
    return json.dumps(chart.spec(look), ensure_ascii=False, allow_nan=False).encode()


def as_csv(chart: Chart, look: Look) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(chart.columns)
    writer.writerows([safe_cell(value) for value in row] for row in chart.rows)
    return out.getvalue().encode()


# By file ending: the writer and the content type.
FILES: dict[str, tuple[Callable[[Chart, Look], bytes], str]] = {
    "svg": (as_svg, "image/svg+xml"),
    "png": (as_png, "image/png"),
    "pdf": (as_pdf, "application/pdf"),
    "json": (as_json, "application/json; charset=utf-8"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
}
