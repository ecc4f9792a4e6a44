"""Researchers' pages about a study's pairs: all of them, and one with everything that was said of it."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from annotations.gold.items import choosable
from annotations.gold.results import with_figures
from annotations.models import ControlItem, Study
from annotations.review.answer_history import answers_to
from annotations.review.pair_list import pairs_of, with_votes
from annotations.web.access import for_researchers
from annotations.web.list_forms import StudyPairsForm

PAIRS_A_PAGE = 50


@require_GET
@for_researchers
def pairs(request: HttpRequest, study: Study) -> HttpResponse:
    """Every rating pair; ?show=, system=, against= and find= narrow them."""
    form = StudyPairsForm.of(request.GET, study)
    asked = form.asked()
    page = Paginator(pairs_of(study, **asked), PAIRS_A_PAGE).get_page(request.GET.get("page"))
    criterion = study.criteria.first()
    context = {
        "study": study,
        "form": form,
        "chosen": any(asked.values()) or bool(form.errors),
        "criterion": criterion,
        "page": page,
        "rows": with_votes(list(page), criterion),
    }
    return render(request, "annotations/pairs.html", context)


@require_GET
@for_researchers
def pair(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """Both texts, and what everybody answered and said, gold and training pairs too."""
    shown = ("document", "query", "summary_a__run__system", "summary_b__run__system")
    comparison = get_object_or_404(study.comparisons.select_related(*shown), pk=pk)
    context = {
        "study": study,
        "comparison": comparison,
        "answers": answers_to(comparison),
        "known": next(iter(with_figures(study, list(ControlItem.objects.filter(comparison=comparison)))), None),
        "choosable": study.comparisons.filter(choosable(study), pk=pk).exists(),
    }
    return render(request, "annotations/pair.html", context)
