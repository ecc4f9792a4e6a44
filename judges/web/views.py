"""Pages of judges: the list, a new one, asking one about a study, and what it said there."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.models import Criterion, Study
from annotations.studies.checks import StudySetupError
from annotations.studies.directing import direct_study, drawn_of, is_drawn
from annotations.studies.settings import is_rated
from annotations.web.access import results_only
from judges.judging.lifecycle import start_judging
from judges.models import Judge
from judges.records.problems import JudgeFileError
from judges.records.readiness import judge_needs
from judges.records.storing import store_judges
from judges.report.disagreements import judged_otherwise
from judges.report.serve import get_juries, get_report
from judges.report.unsure import unsure_pairs
from judges.report.words import stand_in
from judges.web.forms import AskStudyForm, DirectForm, JudgeForm
from judges.web.jobs import REFUSALS, change_job, job_rows
from judges.web.pictures import draw_agreement, draw_reliability
from judges.web.tables import AGREEMENT, PARTS, figure_parts, win_rate_table
from models_runner.web.access import researchers_only

WIN_RATES = {"judge": "Judge", "people": "People", "corrected": "Judge, corrected"}
SIDES = ("First system by name order", "Second system", "Tie or both bad")


@researchers_only
@require_safe
def judge_list(request: HttpRequest) -> HttpResponse:
    """Show every judge with what it needs."""
    rows = [(judge, "" if judge.is_imported else judge_needs(judge)) for judge in Judge.objects.all()]
    return render(request, "judges/judges.html", {"rows": rows})


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def new_judge(request: HttpRequest) -> HttpResponse:
    """Show the form of a judge, and store one."""
    form = JudgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            store_judges([form.judge()])
        except JudgeFileError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The judge is added. It never changes: other settings make another judge."))
            return redirect("judges")
    status = 400 if request.method == "POST" else 200
    return render(request, "judges/new_judge.html", {"form": form}, status=status)


@results_only
@never_cache
@require_safe
def study_judges(request: HttpRequest, study: Study) -> HttpResponse:
    """Show which judges were asked about a study, how far they are, and the form to ask one."""
    return _study_page(request, study, AskStudyForm(study))


@results_only
@never_cache
@require_POST
def ask_judge(request: HttpRequest, study: Study) -> HttpResponse:
    """Ask a judge about a study."""
    form = AskStudyForm(study, request.POST)
    if form.is_valid():
        try:
            start_judging(form.cleaned_data["judge"], study, form.asked(), by=cast(User, request.user).get_username())
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            return redirect("study-judges", study.slug)
    return _study_page(request, study, form, status=400)


@results_only
@never_cache
@require_POST
def direct_people(request: HttpRequest, study: Study) -> HttpResponse:
    """Draw the pairs that people are asked about, more often where judges and metrics are unsure."""
    if is_rated(study):
        messages.error(request, _("Pairs can no longer be drawn: annotators have already been given some."))
        return redirect("study-judges", study.slug)
    form = DirectForm(request.POST)
    if form.is_valid():
        try:
            direct_study(study, unsure_pairs(study), **form.cleaned_data, by=cast(User, request.user))
        except StudySetupError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("The pairs are drawn. People are asked about these alone."))
            return redirect("study-judges", study.slug)
    return _study_page(request, study, AskStudyForm(study), status=400, direct=form)


def _study_page(
    request: HttpRequest, study: Study, form: AskStudyForm, status: int = 200, direct: DirectForm | None = None
) -> HttpResponse:
    jobs = job_rows(
        study.judging_jobs.select_related("judge"),
        lambda job: reverse("study-judge", args=[study.slug, job.judge_id]),
        lambda job: reverse("change-judging", args=[study.slug, job.judge_id]),
    )
    asked = [row.job.judge_id for row in jobs]
    others = Judge.objects.filter(verdicts__study=study).exclude(pk__in=asked).distinct()
    running = any(row.is_open for row in jobs)
    context = {"study": study, "form": form, "jobs": jobs, "imported": others, "running": running}
    context["direct"] = None if is_rated(study) else direct or DirectForm()
    if is_drawn(study):
        context["drawn"] = drawn_of(study)
    # While a judge is asked, the page comes again every few seconds, and shows the last weights.
    context |= _juries(study, running=running)
    return render(request, "judges/study_judges.html", context, status=status)


def _juries(study: Study, *, running: bool) -> dict[str, Any]:
    served = get_juries(study, renewed=not running)
    rows = [(one, juror) for one, jury in served if jury.report for juror in jury.report["judges"]]
    waiting = [jury for _, jury in served if not jury.current]
    failed = [jury.job.failure_reason for jury in waiting if jury.failed]
    return {"jurors": rows, "jury_is_computed": bool(waiting) and not failed, "jury_failed": failed[:1]}


@results_only
@never_cache
@require_POST
def change_judging(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """Stop asking a judge, or go on."""
    # By way of the judge: a number beyond any key is refused by SQLite where it is compared with a foreign key.
    judge = get_object_or_404(Judge, pk=pk)
    job = get_object_or_404(study.judging_jobs.select_related("judge"), judge=judge)
    return change_job(request, job) or redirect("study-judges", study.slug)


@results_only
@never_cache
@require_safe
def study_judge(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """Show what a judge said of a study on one criterion, against people."""
    judge = get_object_or_404(Judge, pk=pk)
    criterion = _criterion(request, study)
    context: dict[str, Any] = {"study": study, "judge": judge, "criterion": criterion, "criteria": study.criteria.all()}
    served = None if criterion is None else get_report(judge, criterion)
    if served is not None:
        context["served"] = served
    if criterion is not None and served is not None and served.report is not None:
        report = served.report
        others = (get_report(judge, other).report for other in study.criteria.all() if other != criterion)
        context |= {
            "report": report,
            "sentences": [stand_in(report), *(stand_in(other) for other in others if other is not None)],
            "reliability": draw_reliability(report["calibration"]),
            "bars": draw_agreement(report, AGREEMENT),
            "parts": figure_parts(report, PARTS),
            "confusion": _confusion(report),
            **win_rate_table(report, "Win rates corrected for its errors", WIN_RATES),
            "all_groups": [_groups(report, name) for name in ("by_language", "by_size")],
            "otherwise": judged_otherwise(judge, criterion),
        }
    return render(request, "judges/study_judge.html", context)


def _groups(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the groups of a kind, each with the figures that the page shows of it."""
    shown = ("agreement", "human_agreement")
    return [
        row | {"names": row["group"].split(" / "), "shown": [(AGREEMENT[key], row[key]) for key in shown]}
        for row in report[name]
    ]


def _confusion(report: dict[str, Any]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return people's answer, and the judge's answers with their numbers of votes, one row each."""
    return [
        (side, list(zip(SIDES, row, strict=True)))
        for side, row in zip(SIDES, report["confusion"]["votes"], strict=True)
    ]


def _criterion(request: HttpRequest, study: Study) -> Criterion | None:
    key = request.GET.get("criterion")
    return study.criteria.first() if key is None else get_object_or_404(study.criteria, key=key)
