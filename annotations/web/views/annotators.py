"""Researchers' page of one annotator, by pseudonym."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from annotations.models import Study
from annotations.quality.snapshots import served_quality
from annotations.review.answer_history import pairs_answered_by, with_answers
from annotations.review.work_done import activity_of
from annotations.web.access import members_only, not_while_rating
from annotations.web.forms.lists import PairsForm

PAIRS_A_PAGE = 25


@require_GET
@members_only
@not_while_rating
def annotator(request: HttpRequest, study: Study, number: int) -> HttpResponse:
    """Show the figures of the quality page and every pair rated or skipped; ?show=known, skipped or said."""
    person = get_object_or_404(study.annotators, number=number)
    served = served_quality(study)
    form = PairsForm.of(request.GET)
    page = Paginator(pairs_answered_by(person, **form.asked()), PAIRS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "annotator": person,
        "served": served,
        "row": next((row for row in served.quality.annotators if row.annotator.pk == person.pk), None),
        "work": activity_of([person])[person.pk],
        "form": form,
        "page": page,
        "pairs": with_answers(list(page)),
    }
    return render(request, "annotations/annotator.html", context)
