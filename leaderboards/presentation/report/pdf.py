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
from django.utils.translation import get_language, gettext, pgettext

from annotations.studies.criteria import in_readers_language
from leaderboards.presentation.board_verdict import BoardVerdict
from leaderboards.presentation.report.report import DecisionReport
from leaderboards.presentation.report.typical import TypicalPair
from leaderboards.presentation.trust.voters import said_of_voters
from lib.text.translated import translated, translated_list

LAYOUT = Path(__file__).with_name("report.typ")
# For letters that neither the pinned font nor the machine's fonts have: whoever runs the site puts fonts there.
OWN_FONTS = "fonts"


def as_pdf(report: DecisionReport, notes: list[str]) -> bytes:
    """Write the PDF in the language of the page: the same report gives the same bytes on one machine.

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
    day = timezone.localtime(report.as_of)
    as_of = formats.date_format(day, _date_format())
    picture = report.verdict.picture
    return asdict(report) | {
        "lang": _language(get_language() or settings.LANGUAGE_CODE),
        "words": _words(report, as_of),
        "as_of": as_of,
        "question": in_readers_language(report.question),
        "verdict": _verdict(report.verdict),
        "pairs": [_pair(pair) for pair in report.pairs],
        "rule": translated(report.rule),
        "agreement": {
            "sentences": translated_list(report.agreement.sentences, " "),
            "numbers": report.agreement.numbers,
        },
        "methods": translated_list(report.methods, " "),
        "notes": [translated(note) for note in notes],
        "date": [day.year, day.month, day.day],
        "picture": None
        if picture is None
        else render_to_string("leaderboards/verdict_picture.svg", {"picture": picture}),
        "picture_says": "" if picture is None else translated(picture.description),
    }


def _verdict(verdict: BoardVerdict) -> dict[str, Any]:
    return asdict(verdict) | {
        "heading": translated(verdict.heading),
        "sentence": translated(verdict.sentence),
        "gains": [
            {"label": translated(gain.label), "text": translated(gain.text), "detail": translated(gain.detail)}
            for gain in verdict.gains
        ],
        "notes": translated_list(verdict.notes, " "),
    }


def _pair(pair: TypicalPair) -> dict[str, Any]:
    more = gettext("%(n)s more wrote something.") % {"n": pair.more_comments} if pair.more_comments else ""
    questions = [(in_readers_language(question), votes) for question, votes in pair.other_questions]
    return asdict(pair) | {"lang": _language(pair.language), "other_questions": questions, "more_comments": more}


def _words(report: DecisionReport, as_of: str) -> dict[str, str]:
    """Return the words of the layout itself."""
    return {
        "report": gettext("Decision report"),
        "footer": gettext("%(title)s · votes as of %(as_of)s · fingerprint %(fingerprint)s")
        % {"title": report.title, "as_of": as_of, "fingerprint": report.fingerprint[:12]},
        "asked": gettext("What was asked"),
        "typical": gettext("Three typical pairs"),
        "agreement": translated(said_of_voters("How far people agree", simulated=report.simulated)),
        "limits": gettext("Limits"),
        "methods": gettext("Methods"),
        "comma": pgettext("mark between texts", ", "),
        "colon": pgettext("mark between texts", ": "),
    }


def _date_format() -> str:
    """Return the format that pages use (evalsite.templatetags.translated)."""
    return "j F Y" if get_language() == settings.LANGUAGE_CODE else "DATE_FORMAT"


def _language(code: str) -> str:
    """Return the language without its region, for hyphens and the direction of writing; English where there is none."""
    first = code.partition("-")[0].lower()
    return first if first.isascii() and first.isalpha() and len(first) in (2, 3) else "en"
