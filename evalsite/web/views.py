"""The first page, the page of components, and the answer to who may not see a page."""

import sys
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django.views.defaults import permission_denied, server_error
from django.views.i18n import set_language

from accounts.rights import rights_of
from annotations.models import Comparison, Criterion, Study
from annotations.studies.progress import counted_votes
from annotations.web.access import (
    StillRatingError,
    continued_here,
    datasets_being_rated,
    results_are_shown,
    visible_studies,
)
from evalsite.accounts.logging_in import logged_in_already
from evalsite.example.study import remove_example as remove
from evalsite.web.overview import next_steps, system_rows
from evalsite.web.unavailable import is_unavailable, unavailable
from leaderboards.presentation.board_verdict import BoardVerdict
from leaderboards.presentation.study_verdict import DatedVerdict, dated_verdicts
from lib.choices import refuse_choice
from models_runner.datasets.turns import shown_turns
from models_runner.models import Dataset, Run, Summary
from models_runner.runs import overview
from models_runner.web.access import researchers_only

STUDIES_SHOWN = 20
ROWS_SHOWN = 8


@dataclass(frozen=True)
class StudyRow:
    """A study with its progress in votes; gold and training pairs are not counted.

    Attributes:
        study: The study.
        votes: Answers that boards count, to all questions.
        needed: Answers that the quota asks for.
        dated: Verdict of the newest board on the first question; None while there is none, or it must not be seen.
    """

    study: Study
    votes: int
    needed: int
    dated: DatedVerdict | None = None

    @property
    def verdict(self) -> BoardVerdict | None:
        return self.dated.verdict if self.dated else None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not rights_of(request.user).run_models:
        if isinstance(request.user, User) and visible_studies(request.user).exists():
            return redirect("studies")
        context = {"has_public": settings.PUBLIC_BOARDS, "rated_here": continued_here(request)}
        return render(request, "evalsite/welcome.html", context)
    user = cast(User, request.user)
    running = Run.objects.filter(status__in=[Run.Status.PENDING, Run.Status.RUNNING])
    rows = study_rows(visible_studies(user), hidden=datasets_being_rated(request))
    results_are_shown(request, {row.study.dataset_id for row in rows if row.verdict is not None})
    context = {
        "study_rows": rows,
        "run_rows": overview.run_rows(running.select_related("system", "dataset").defer("environment")[:ROWS_SHOWN]),
        "datasets": Dataset.objects.annotate(document_count=Count("documents")).order_by("-created_at")[:ROWS_SHOWN],
        "system_rows": system_rows(ROWS_SHOWN),
        "steps": next_steps(user),
    }
    return render(request, "evalsite/home.html", context)


def study_rows(visible: QuerySet[Study], hidden: Collection[int] = ()) -> list[StudyRow]:
    """List the newest studies with their progress and stored verdicts, in one query per figure.

    Args:
        visible: Studies that the reader may open.
        hidden: Datasets of whose studies the reader may see no results yet, by key.
    """
    studies = list(visible[:STUDIES_SHOWN])
    ids = [study.pk for study in studies]
    compared, counted = Comparison.objects.filter(study__in=ids), counted_votes(studies)
    places = _per_study(compared.for_rating(), "study", Sum("quota"))
    questions: dict[int, list[int]] = defaultdict(list)
    for question, study in Criterion.objects.filter(study__in=ids).order_by().values_list("pk", "study"):
        questions[study].append(question)
    verdicts = dated_verdicts([study for study in studies if study.dataset_id not in hidden])
    return [
        StudyRow(
            study,
            sum(counted[question] for question in questions[study.pk]),
            places[study.pk] * len(questions[study.pk]),
            verdicts.get(study.pk),
        )
        for study in studies
    ]


def _per_study(rows: QuerySet, study: str, figure: Count | Sum) -> Counter[int]:
    """Aggregate rows by study, in a query of its own so that no join multiplies the rows of another."""
    return Counter(dict(rows.order_by().values_list(study).annotate(figure=figure)))


@researchers_only
@require_POST
def remove_example(request: HttpRequest) -> HttpResponse:
    """Delete the example study with its simulated votes."""
    if not rights_of(request.user).every_study:
        raise PermissionDenied("Only leads and administrators remove the example, which is there for everybody.")
    if remove():
        messages.success(request, "The example with simulated votes is gone. “make run EXAMPLE=1” brings it back.")
    else:
        messages.info(request, "There is no example with simulated votes here any more.")
    return redirect("home")


@researchers_only
@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    """Show every component of the site on one page, with made-up content."""
    context = {
        "statuses": Summary.Status.choices,
        "turns": shown_turns(
            {"speaker": f"Speaker {n}", "content": "We ship the checkout on Friday."} for n in range(1, 9)
        ),
    }
    return render(request, "evalsite/patterns.html", context)


def _is_from_here(request: HttpRequest) -> bool:
    """True if the browser says that a page of this site sent the request; no other site can make it say so."""
    return request.headers.get("Origin") in (f"{request.scheme}://{request.get_host()}", settings.SITE_ORIGIN)


@csrf_exempt
@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """POST language=CODE shows pages in that language, in this browser.

    A page of ours sends it, as the browser says, or a form with a token: shared pages, which set no cookie before
    somebody chooses, have none.
    """
    by_token = CsrfViewMiddleware(lambda _request: HttpResponse()).process_view
    if not _is_from_here(request) and (refusal := by_token(request, set_language, (), {})) is not None:
        return refusal
    code = request.POST.get("language")
    if code not in dict(settings.LANGUAGES):
        return refuse_choice("language", code, dict(settings.LANGUAGES))
    return set_language(request)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403, and tell somebody who still rates in a study why its results must wait and how to go on."""
    if not isinstance(exception, StillRatingError):
        return permission_denied(request, exception)
    response = render(request, "annotations/still_rating.html", {"refusal": exception}, status=403)
    # The same address shows the results once they have rated.
    add_never_cache_headers(response)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 with a page that offers the other language; a login that was sent twice is led on."""
    led_on = logged_in_already(request) if isinstance(exception, SessionInterrupted) else None
    return led_on or render(request, "400.html", status=400)


def fault(request: HttpRequest) -> HttpResponseBase:
    """Answer 500 with a page that offers the other language, or, where that fails as well, with the bare one.

    Django calls this while it handles the error, which may say that the database is gone: then the answer is 503.
    """
    error = sys.exc_info()[1]
    if is_unavailable(error):
        return unavailable(request, error)
    try:
        return render(request, "500.html", status=500)
    except Exception:  # of the database perhaps, which the first fault was of
        return server_error(request)
