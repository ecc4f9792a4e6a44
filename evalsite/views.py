"""The first page, the page of components, and the health check."""

from collections import Counter
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from annotations.models import Comparison, Criterion, Judgement, Purpose, Study
from models_runner.models import Dataset, Run, Summary, System
from models_runner.runs import overview
from models_runner.web.access import is_researcher, researchers_only

STUDIES_SHOWN = 20
ROWS_SHOWN = 8


@dataclass(frozen=True)
class StudyRow:
    """A study with its progress; gold and training pairs do not count.

    Attributes:
        study: The study.
        votes: Answers given, on all criteria.
        needed: Answers that the quota asks for, on all criteria.
    """

    study: Study
    votes: int
    needed: int


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not is_researcher(request.user):
        return render(request, "evalsite/welcome.html")
    translation.activate(settings.LANGUAGE_CODE)  # researchers' pages are not translated yet
    running = Run.objects.filter(status__in=[Run.Status.PENDING, Run.Status.RUNNING])
    context = {
        "study_rows": study_rows(),
        "run_rows": overview.run_rows(running.select_related("system", "dataset").defer("environment")[:ROWS_SHOWN]),
        "datasets": Dataset.objects.annotate(document_count=Count("documents")).order_by("-created_at")[:ROWS_SHOWN],
        "systems": System.objects.annotate(run_count=Count("runs")).order_by("-created_at")[:ROWS_SHOWN],
    }
    return render(request, "evalsite/home.html", context)


def study_rows() -> list[StudyRow]:
    """Return the newest studies with their progress, with one SQL query for each figure."""
    studies = list(Study.objects.select_related("dataset")[:STUDIES_SHOWN])
    ids = [study.pk for study in studies]
    compared = Comparison.objects.filter(study__in=ids)
    control_items = compared.exclude(purpose=Purpose.RATING)
    answers = _per_study(Judgement.objects.filter(criterion__study__in=ids), "criterion__study", Count("pk"))
    # Count the few answers on control items and subtract them: counting the others would read every vote's comparison.
    control_answers = _per_study(
        Judgement.objects.filter(assignment__comparison__in=control_items), "assignment__comparison__study", Count("pk")
    )
    places = _per_study(compared.for_rating(), "study", Sum("quota"))
    questions = _per_study(Criterion.objects.filter(study__in=ids), "study", Count("pk"))
    return [
        StudyRow(study, answers[study.pk] - control_answers[study.pk], places[study.pk] * questions[study.pk])
        for study in studies
    ]


def _per_study(rows: QuerySet, study: str, figure: Count | Sum) -> Counter[int]:
    """Compute a figure for each study, in a separate query so that no join multiplies another's rows."""
    return Counter(dict(rows.order_by().values_list(study).annotate(figure=figure)))


@researchers_only
@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    """Show every component of the site on one page, with sample content."""
    context = {
        "statuses": Summary.Status.choices,
        "turns": overview.shown_turns(
            {"speaker": f"Speaker {n}", "content": "We ship the checkout on Friday."} for n in range(1, 9)
        ),
    }
    return render(request, "evalsite/patterns.html", context)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer load balancers and start scripts: 200 once the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})
