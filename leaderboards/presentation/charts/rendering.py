"""Draw charts as files in this process with vl-convert: no browser, no network."""

import csv
import io
import json
from collections.abc import Callable
from threading import Lock

from leaderboards.exports import safe_cell
from leaderboards.presentation.charts.chart import VEGA_LITE, Chart
from leaderboards.presentation.charts.look import Look

# Two pixels of the image for each of the page, for screens of high resolution.
PICTURE_SCALE = 2.0

# The engine draws one chart at a time anyway; waiting here keeps it from queueing many specs in memory.
_one_at_a_time = Lock()


def as_svg(chart: Chart, look: Look) -> bytes:
    import vl_convert  # 30 MB and a JavaScript engine: loaded by processes that draw only

    with _one_at_a_time:
        svg: str = vl_convert.vegalite_to_svg(chart.spec(look), vl_version=VEGA_LITE, allowed_base_urls=[])
    return svg.encode()


def as_png(chart: Chart, look: Look) -> bytes:
    import vl_convert

    with _one_at_a_time:
        picture: bytes = vl_convert.vegalite_to_png(
            chart.spec(look), vl_version=VEGA_LITE, scale=PICTURE_SCALE, allowed_base_urls=[]
        )
    return picture


def as_pdf(chart: Chart, look: Look) -> bytes:
    import vl_convert

    with _one_at_a_time:
        document: bytes = vl_convert.vegalite_to_pdf(chart.spec(look), vl_version=VEGA_LITE, allowed_base_urls=[])
    return document


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
