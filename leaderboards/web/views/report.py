"""Views of the decision report of a study, as a page and as a PDF."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotations.models import Membership, Study
from annotations.web.access import LEAD, role_of
from leaderboards.presentation.report.pdf import as_pdf
from leaderboards.presentation.report.report import make_report
from leaderboards.web.filter_form import left_out
from leaderboards.web.report_notes import file_notes, notes_of
from leaderboards.web.requests import asked_for, page_context, results_data, results_page


@results_page
def report(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the report: what a decision rests on, on one or two printed pages."""
    query = asked_for(request, study)
    made = make_report(query, left_out(query.filters))
    context = page_context(query) | {
        "report": made,
        "notes": notes_of(made),
        "may_share": role_of(request.user, study) in (LEAD, Membership.Role.OWNER),
    }
    return render(request, "leaderboards/report.html", context)


@results_data
def report_pdf(request: HttpRequest, study: Study) -> HttpResponse:
    """Download the report as a PDF."""
    query = asked_for(request, study)
    made = make_report(query, left_out(query.filters))
    return pdf_response(as_pdf(made, file_notes(made)), f"{study.slug}-{query.criterion.key}-report.pdf")


def pdf_response(pdf: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
