"""Set a decision report as a PDF: report.typ is the layout, and gets the report as JSON, so no text of it is markup."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import typst
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone

from leaderboards.presentation.report.report import DecisionReport

LAYOUT = Path(__file__).with_name("report.typ")
# For letters that neither the pinned font nor the machine's fonts have: whoever runs the site puts fonts there.
OWN_FONTS = "fonts"


def as_pdf(report: DecisionReport, notes: list[str]) -> bytes:
    """Write the PDF: the same report gives the same bytes on one machine.

    Args:
        notes: What stands on top of it, such as that rating goes on.
    """
    pdf: bytes = typst.compile(
        LAYOUT,
        format="pdf",
        sys_inputs={"report": json.dumps(_values(report, notes), ensure_ascii=False)},
        font_paths=_fonts(str(settings.DATA_DIR)),
        timestamp=int(report.as_of.timestamp()),
    )
    return pdf


@cache
def _fonts(data_dir: str) -> typst.Fonts:
    """Find the fonts once a process: that takes longer than setting a report."""
    own = Path(data_dir) / OWN_FONTS
    folders = [pylopdf_fonts_zh_cn.serif_path().parent, *([own] if own.is_dir() else [])]
    return typst.Fonts(font_paths=folders)


def _values(report: DecisionReport, notes: list[str]) -> dict[str, Any]:
    as_of = timezone.localtime(report.as_of)
    picture = report.verdict.picture
    return asdict(report) | {
        "pairs": [asdict(pair) | {"lang": _language(pair.language)} for pair in report.pairs],
        "notes": notes,
        "as_of": formats.date_format(as_of, "j F Y"),
        "date": [as_of.year, as_of.month, as_of.day],
        "picture": None
        if picture is None
        else render_to_string("leaderboards/verdict_picture.svg", {"picture": picture}),
        "picture_says": "" if picture is None else picture.description,
    }


def _language(code: str) -> str:
    """Return the language without its region, for hyphens and the direction of writing; English where there is none."""
    first = code.partition("-")[0].lower()
    return first if first.isascii() and first.isalpha() and len(first) in (2, 3) else "en"
