"""Researchers' pages about raters: quality, disagreements, exclusion."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import F, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotations import exclusion
from annotations.access import StillRatingError, get_managed_study, login_required, refuse_while_rating, still_rating
from annotations.giveaways import flagged
from annotations.gold_quality import known_pairs
from annotations.guesses import study_guesses
from annotations.models import Comparison, Criterion, Purpose, Study
from annotations.quality import disagreements
from annotations.quality_snapshots import served_quality
from annotations.stats.gold import CERTAINTY, THRESHOLD

DISAGREEMENTS_A_PAGE = 10
GIVEAWAYS_SHOWN = 100


@login_required
@never_cache
@require_GET
def quality(request: HttpRequest, slug: str) -> HttpResponse:
    study = get_managed_study(request, slug)
    try:
        refuse_while_rating(request, study)
    except StillRatingError as refusal:
        return still_rating(request, refusal)
    context = {
        "study": study,
        "served": (served := served_quality(study)),
        "quality": served.quality,
        "places": study.comparisons.for_rating().aggregate(n=Sum("quota"))["n"] or 0,
        "gold": [row for row in known_pairs(study) if row.pair.comparison.purpose == Purpose.GOLD],
        "gold_threshold": THRESHOLD,
        "gold_certainty": CERTAINTY,
        "guesses": study_guesses(study) if study.ask_guess else None,
        "giveaways": flagged(study)[:GIVEAWAYS_SHOWN],
    }
    return render(request, "annotations/quality.html", context)


@login_required
@never_cache
@require_GET
def disagreement(request: HttpRequest, slug: str) -> HttpResponse:
    """Pairs on which people chose opposite sides, with both texts; ?criterion=KEY."""
    study = get_managed_study(request, slug)
    try:
        refuse_while_rating(request, study)
    except StillRatingError as refusal:
        return still_rating(request, refusal)
    criterion = _criterion(study, request.GET.get("criterion", ""))
    page = Paginator(disagreements(criterion), DISAGREEMENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "criterion": criterion,
        "page": page,
        "rows": [(comparison, _votes(comparison, criterion)) for comparison in page],
    }
    return render(request, "annotations/disagreements.html", context)


def _criterion(study: Study, key: str) -> Criterion:
    criterion = study.criteria.filter(key=key).first() if key else study.criteria.first()
    if criterion is None:
        raise Http404(f"This study has no question {key!r}.")
    return criterion


def _votes(comparison: Comparison, criterion: Criterion) -> list[tuple[str, str, list[str]]]:
    """Pseudonym, answer, and comments of everybody whose answer counts."""
    held = comparison.assignments.filter(
        slot__isnull=False, annotator__excluded_at=None, judgements__criterion=criterion
    )
    return [
        (
            assignment.annotator.pseudonym,
            {"a": "A", "b": "B", "tie": "equal", "both_bad": "both bad"}[assignment.outcome],
            [remark.text for remark in assignment.remarks.all() if remark.text],
        )
        for assignment in held.annotate(outcome=F("judgements__outcome"))
        .select_related("annotator")
        .prefetch_related("remarks")
        .order_by("annotator__number")
    ]


@login_required
@require_POST
def change_exclusion(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """POST change=exclude with a reason, or change=include."""
    study = get_managed_study(request, slug)
    annotator = get_object_or_404(study.annotators.select_related("study"), number=number)
    by = cast(User, request.user)
    try:
        if request.POST.get("change") == "exclude":
            exclusion.exclude(annotator, request.POST.get("reason", ""), by)
        else:
            exclusion.include(annotator, by)
    except exclusion.ExclusionError as error:
        messages.error(request, str(error))
    return redirect("study-quality", slug)
