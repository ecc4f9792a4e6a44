"""Researchers' pages of raters: quality, disagreements, exclusion."""

import re
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from annotations.blindness.leak_check import flagged
from annotations.gold.results import least_as_expected
from annotations.models import Annotator, Criterion, Study
from annotations.quality import exclusion
from annotations.quality.listing import listed_annotators
from annotations.quality.snapshots import served_quality
from annotations.rating.marking import gold_marks_of
from annotations.rating.unblinding import study_guesses
from annotations.review.disagreements import disagreements, with_pair_texts
from annotations.review.kept import served_disagreements, splits_in
from annotations.web import redirects
from annotations.web.access import members_only, not_while_rating
from annotations.web.forms.lists import AnnotatorsForm
from lib.choices import refuse_choice
from stats.raters.gold import CERTAINTY, THRESHOLD
from stats.raters.reliability import MINIMUM_VOTES

DISAGREEMENTS_A_PAGE = 10
ANNOTATORS_A_PAGE = 50
GOLD_SHOWN = 20
GIVEAWAYS_SHOWN = 100
CHANGES = ("exclude", "include")
NUMBER = re.compile("[0-9]{1,9}")


@require_GET
@members_only
@not_while_rating
def quality(request: HttpRequest, study: Study) -> HttpResponse:
    served = served_quality(study)
    form = AnnotatorsForm.of(request.GET)
    rows = listed_annotators(served.quality.annotators, **form.asked())
    gold = least_as_expected(study)
    context = {
        "study": study,
        "served": served,
        "quality": served.quality,
        "places": study.comparisons.for_rating().aggregate(n=Sum("quota"))["n"] or 0,
        "form": form,
        "page": Paginator(rows, ANNOTATORS_A_PAGE).get_page(request.GET.get("page")),
        "gold": gold[:GOLD_SHOWN],
        "all_gold": len(gold),
        "gold_threshold": THRESHOLD,
        "gold_certainty": CERTAINTY,
        "reliability_minimum": MINIMUM_VOTES,
        "guesses": study_guesses(study) if study.ask_guess else None,
        "gold_marks": gold_marks_of(study),
        "giveaways": flagged(study)[:GIVEAWAYS_SHOWN],
    }
    return render(request, "annotations/quality.html", context)


@require_GET
@members_only
@not_while_rating
def disagreement(request: HttpRequest, study: Study) -> HttpResponse:
    """List pairs on which annotators chose opposite sides, with both texts; ?criterion=KEY&annotator=NUMBER."""
    criterion = _criterion(study, request.GET.get("criterion", ""))
    annotator = _annotator(study, request.GET.get("annotator", ""))
    # An index has what one annotator answered; all answers of a large study are gone through by a worker.
    kept = None if annotator else served_disagreements(criterion)
    splits, n = splits_in(kept) if kept else (disagreements(criterion, annotator), 0)
    page = Paginator(splits, DISAGREEMENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "criterion": criterion,
        "annotator": annotator,
        "kept": kept,
        "all": n,
        "not_listed": max(n - len(splits), 0),
        "page": page,
        "rows": with_pair_texts(list(page), criterion),
    }
    return render(request, "annotations/disagreements.html", context)


def _criterion(study: Study, key: str) -> Criterion:
    for criterion in study.criteria.all():
        if key in ("", criterion.key):
            return criterion
    raise Http404(f"This study has no question {key!r}.")


def _annotator(study: Study, number: str) -> Annotator | None:
    """Return the annotator with this number; None where no number is given, 404 where there is no such annotator."""
    if not number:
        return None
    annotator = study.annotators.filter(number=number).first() if NUMBER.fullmatch(number) else None
    if annotator is None:
        raise Http404(f"This study has no annotator {number!r}.")
    return annotator


@members_only
@require_POST
def change_exclusion(request: HttpRequest, study: Study, number: int) -> HttpResponse:
    """POST change=exclude with a reason, or change=include; at=annotator to come back to their page."""
    annotator = get_object_or_404(study.annotators.select_related("study"), number=number)
    by, change = cast(User, request.user), request.POST.get("change")
    if change not in CHANGES:
        return refuse_choice("change", change, CHANGES)
    try:
        if change == "exclude":
            exclusion.exclude(annotator, request.POST.get("reason", ""), by)
        else:
            exclusion.include(annotator, by)
    except exclusion.ExclusionError as error:
        messages.error(request, str(error))
    if request.POST.get("at") == "annotator":
        return redirect("annotator", study.slug, number)
    return redirect(redirects.as_it_was(request, "study-quality", study.slug, "annotators"))


@members_only
@require_POST
def change_exclusions(request: HttpRequest, study: Study) -> HttpResponse:
    """POST change=exclude with a reason, or change=include, with annotator=NUMBER for each."""
    annotators, by = _annotators(study, set(request.POST.getlist("annotator"))), cast(User, request.user)
    change = request.POST.get("change")
    if change not in CHANGES:
        return refuse_choice("change", change, CHANGES)
    try:
        if not annotators:
            raise exclusion.ExclusionError("Select at least one annotator first.")
        if change == "exclude":
            n = exclusion.exclude_all(annotators, request.POST.get("reason", ""), by)
            _say_how_many(request, n, "excluded", "excluded already")
        else:
            n = exclusion.include_all(annotators, by)
            _say_how_many(request, n, "included again", "included already")
    except exclusion.ExclusionError as error:
        messages.error(request, str(error))
    return redirect(redirects.as_it_was(request, "study-quality", study.slug, "annotators"))


def _annotators(study: Study, numbers: set[str]) -> list[Annotator]:
    annotators = list(study.annotators.filter(number__in=filter(NUMBER.fullmatch, numbers)))
    if len(annotators) != len(numbers):
        raise Http404("One of the selected people is not an annotator of this study.")
    return annotators


def _say_how_many(request: HttpRequest, n: int, now: str, already: str) -> None:
    if n:
        messages.success(request, f"{n:,} annotator{'s' if n != 1 else ''} {now}.")
    else:
        messages.info(request, f"Nothing changed: everybody selected is {already}.")
