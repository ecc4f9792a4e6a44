"""Views of what is shown without an account: the same pages by a link and in public, and the list of public ones.

They take the question from the address, and nothing else: no filter, so that a page has one content.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.rights import NONE
from annotations.web.access import datasets_being_rated, results_are_shown
from leaderboards.data.filters import DEFAULT
from leaderboards.models import SharedLink
from leaderboards.presentation.board_details import MOST_SYSTEMS, win_rows
from leaderboards.presentation.board_verdict import say_verdict
from leaderboards.presentation.enough import in_numbers
from leaderboards.presentation.looks import looks_of
from leaderboards.presentation.report.pdf import as_pdf
from leaderboards.presentation.report.report import make_report
from leaderboards.presentation.shown_systems import shown_systems
from leaderboards.presentation.study_verdict import stored_verdicts
from leaderboards.sharing.public import visible_boards
from leaderboards.snapshots.query import BoardQuery
from leaderboards.web.report_notes import file_notes, notes_of
from leaderboards.web.requests import asked_criterion
from leaderboards.web.sharing.gate import Showing, by_link, in_public, public_or_404
from leaderboards.web.views.report import pdf_response
from leaderboards.web.views.trust import trust_values
from stats.votes.least import LEAST

Page = Callable[[HttpRequest, Showing], HttpResponseBase]


@by_link()
def shared(request: HttpRequest, showing: Showing) -> HttpResponse:
    """Lead from the link to its first page."""
    return redirect(showing.address(showing.shown.pages[0]))


def _query(request: HttpRequest, showing: Showing) -> BoardQuery:
    return BoardQuery(showing.study, asked_criterion(request, showing.study), DEFAULT)


def _context(showing: Showing, query: BoardQuery, page: str) -> dict[str, Any]:
    """Return what every page shows. Nobody is logged in on it: an account's links would lead elsewhere."""
    return {
        "user": AnonymousUser(),
        "may": NONE,
        "shared": True,
        "listed": not isinstance(showing.shown, SharedLink),
        "ends": getattr(showing.shown, "expires_at", None),
        "study": showing.study,
        "criterion": query.criterion,
        "criteria": showing.study.criteria.all(),
        "filters": query.filters,
        "least": LEAST,
        "pages": showing.pages(page),
        "insisted": _insisted(showing),
    }


def _insisted(showing: Showing) -> str:
    if not showing.shown.insisted:
        return ""
    reason = showing.shown.insisted.rstrip(".")
    return f"This is shown since a time when rating was not over. The study's owner said why: {reason}."


def report(request: HttpRequest, showing: Showing) -> HttpResponse:
    query = _query(request, showing)
    made = make_report(query, [], texts=showing.shown.texts, comments=showing.shown.comments)
    context = _context(showing, query, "report") | {
        "report": made,
        "notes": notes_of(made),
        "pdf": f"{showing.address('report-pdf')}?criterion={query.criterion.key}",
    }
    return render(request, "leaderboards/shared/report.html", context)


def report_pdf(request: HttpRequest, showing: Showing) -> HttpResponse:
    query = _query(request, showing)
    made = make_report(query, [], texts=showing.shown.texts, comments=showing.shown.comments)
    insisted = _insisted(showing)
    notes = file_notes(made, *([insisted] if insisted else []))
    return pdf_response(as_pdf(made, notes), f"{query.criterion.key}-report.pdf")


def board(request: HttpRequest, showing: Showing) -> HttpResponse:
    query = _query(request, showing)
    values = query.values("board")
    shown = shown_systems(values, request.GET.dict())
    context = _context(showing, query, "board") | {
        "board": values,
        "verdict": say_verdict(values),
        "looks": looks_of(showing.study),
        "shown": shown,
        "plots": shown.plots,
        "table": shown.table,
        "warnings": in_numbers(values)["warnings"],
    }
    return render(request, "leaderboards/shared/board.html", context)


def wins(request: HttpRequest, showing: Showing) -> HttpResponse:
    query = _query(request, showing)
    values = query.values("board")
    many = len(values["systems"]) > MOST_SYSTEMS
    context = _context(showing, query, "wins") | {"rows": [] if many else win_rows(values), "many": many}
    return render(request, "leaderboards/shared/wins.html", context)


def trust(request: HttpRequest, showing: Showing) -> HttpResponse:
    query = _query(request, showing)
    context = _context(showing, query, "trust") | trust_values(query, request.GET.dict(), named=False)
    context |= {"equal_length": request.GET.get("show") == "equal-length", "query": f"criterion={query.criterion.key}"}
    return render(request, "leaderboards/shared/trust.html", context)


# Views by the name of their address; a page is part of what its owner chose.
VIEWS: dict[str, tuple[str, Page]] = {
    "report": ("report", report),
    "report-pdf": ("report", report_pdf),
    "board": ("board", board),
    "wins": ("wins", wins),
    "trust": ("trust", trust),
}
SHARED = {name: by_link(page)(view) for name, (page, view) in VIEWS.items()}
IN_PUBLIC = {name: in_public(page)(view) for name, (page, view) in VIEWS.items()}


@never_cache
@require_safe
def public_boards(request: HttpRequest) -> HttpResponse:
    """List what everybody may see, with verdicts; without studies on meetings that the visitor rates."""
    public_or_404()
    shown = list(visible_boards(timezone.now()).exclude(study__dataset__in=datasets_being_rated(request)))
    verdicts = stored_verdicts([board.study for board in shown])
    results_are_shown(request, {board.study.dataset_id for board in shown})
    rows = [(Showing(board, board.study, "public", board.study.slug), verdicts.get(board.study_id)) for board in shown]
    context = {
        "rows": [(showing.study, showing.pages(""), showing.shown.insisted, verdict) for showing, verdict in rows]
    }
    return render(request, "leaderboards/shared/public.html", context)
