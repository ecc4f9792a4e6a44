"""Researchers' pages of a study's pairs: the list, and one pair with all its answers and remarks."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from annotations.gold.items import choosable
from annotations.gold.results import with_figures
from annotations.models import ControlItem, Study
from annotations.review.answer_history import answers_to
from annotations.review.pair_list import rating_pairs, with_tallies
from annotations.web.access import members_only, not_while_rating
from annotations.web.forms.lists import StudyPairsForm

PAIRS_A_PAGE = 50


@require_GET
@members_only
@not_while_rating
def pairs(request: HttpRequest, study: Study) -> HttpResponse:
    """List rating pairs; ?show=, system=, against= and find= filter them."""
    form = StudyPairsForm.of(request.GET, study)
    asked = form.asked()
    page = Paginator(rating_pairs(study, **asked), PAIRS_A_PAGE).get_page(request.GET.get("page"))
    criterion = study.criteria.first()
    context = {
        "study": study,
        "form": form,
        "chosen": any(asked.values()) or bool(form.errors),
        "criterion": criterion,
        "page": page,
        "rows": with_tallies(list(page), criterion),
    }
    return render(request, "annotations/pairs.html", context)


@require_GET
@members_only
@not_while_rating
def pair(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """Show one pair, gold and training too: both texts, all answers and remarks."""
    related = ("document", "query", "summary_a__run__system", "summary_b__run__system")
    comparison = get_object_or_404(study.comparisons.select_related(*related), pk=pk)
    context = {
        "study": study,
        "comparison": comparison,
        "answers": answers_to(comparison),
        "known": next(iter(with_figures(study, list(ControlItem.objects.filter(comparison=comparison)))), None),
        "choosable": study.comparisons.filter(choosable(study), pk=pk).exists(),
    }
    return render(request, "annotations/pair.html", context)
