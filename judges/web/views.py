"""Pages of judges: the list, a new one, asking one about a study, and what it said there."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.models import Criterion, Study
from annotations.web.access import results_only
from judges.judging.lifecycle import (
    JudgingError,
    UnknownCriteriaError,
    cancel_judging,
    resume_judging,
    start_judging,
)
from judges.judging.progress import progress_of
from judges.models import Judge, JudgingJob
from judges.records.problems import JudgeFileError
from judges.records.readiness import judge_needs
from judges.records.storing import store_judges
from judges.report.disagreements import judged_otherwise
from judges.report.figures import judge_report
from judges.report.jury import jury_of
from judges.report.words import stand_in
from judges.web.forms import AskForm, JudgeForm
from judges.web.pictures import draw_agreement, draw_reliability
from lib.choices import refuse_choice
from models_runner.systems.readiness import NotReadyError
from models_runner.web.access import researchers_only

REFUSALS = (NotReadyError, UnknownCriteriaError, JudgingError)
OPEN = (JudgingJob.Status.PENDING, JudgingJob.Status.RUNNING)
CHANGES = ("cancel", "resume")
# Names of the figures of a report, in the order of the page; differences are not shares.
AGREEMENT = {
    "agreement": "Votes of people that agree with it",
    "human_agreement": "Votes of people that agree with each other",
    "accuracy_where_people_agree": "Right where all people agree",
}
BIASES = {
    "first_position_share": "Verdicts for the summary shown first",
    "flip_rate": "Answers that change with the order",
    "length_bias": "Share of the longer summary, beyond what people give it",
    "ece": "Distance of its chances from what people say",
}
CONSISTENCY = {"consistency": "Samples of one question that say the same"}
FAMILY = {"family_bias": "Share of its own family, beyond what people give it"}
# Figures that are 0, and not one half, where there is no bias.
FROM_ZERO = ("length_bias", "family_bias")
WIN_RATES = ("judge", "people", "corrected")
SIDES = ("First system by name order", "Second system", "Tie or both bad")
PARTS = (
    ("agreement", "Against people", AGREEMENT),
    ("biases", "Biases", BIASES),
    ("consistency", "Consistency", CONSISTENCY),
    ("family", "Its own family", FAMILY),
)


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
    return _study_page(request, study, AskForm(study, Judge.objects.all()))


@results_only
@never_cache
@require_POST
def ask_judge(request: HttpRequest, study: Study) -> HttpResponse:
    """Ask a judge about a study."""
    form = AskForm(study, Judge.objects.all(), request.POST)
    if form.is_valid():
        try:
            start_judging(form.cleaned_data["judge"], study, form.asked(), by=cast(User, request.user).get_username())
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            return redirect("study-judges", study.slug)
    return _study_page(request, study, form, status=400)


def _study_page(request: HttpRequest, study: Study, form: AskForm, status: int = 200) -> HttpResponse:
    jobs = [(job, progress_of(job)) for job in study.judging_jobs.select_related("judge")]
    asked = [job.judge_id for job, _progress in jobs]
    others = Judge.objects.filter(verdicts__study=study).exclude(pk__in=asked).distinct()
    running = any(job.status in OPEN for job, _progress in jobs)
    context = {"study": study, "form": form, "jobs": jobs, "imported": others, "running": running}
    # While a judge is asked, the page comes again every few seconds.
    juries = [] if running else [(criterion, jury_of(criterion)) for criterion in study.criteria.all()]
    context["juries"] = [(criterion, jury) for criterion, jury in juries if jury]
    return render(request, "judges/study_judges.html", context, status=status)


@results_only
@never_cache
@require_POST
def change_judging(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """Stop asking a judge, or go on."""
    job = get_object_or_404(study.judging_jobs.select_related("judge"), judge=pk)
    change = request.POST.get("change", "")
    if change not in CHANGES:
        return refuse_choice("change", change, CHANGES)
    if change == "cancel":
        cancel_judging(job)
    else:
        resume_judging(job)
    return redirect("study-judges", study.slug)


@results_only
@never_cache
@require_safe
def study_judge(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """Show what a judge said of a study on one criterion, against people."""
    judge = get_object_or_404(Judge, pk=pk)
    criterion = _criterion(request, study)
    context: dict[str, Any] = {"study": study, "judge": judge, "criterion": criterion, "criteria": study.criteria.all()}
    if criterion is not None:
        report = judge_report(judge, criterion)
        others = [other for other in study.criteria.all() if other != criterion]
        context |= {
            "report": report,
            "sentences": [stand_in(report), *(stand_in(judge_report(judge, other)) for other in others)],
            "reliability": draw_reliability(report["calibration"]),
            "bars": draw_agreement(report, AGREEMENT),
            "parts": [(key, title, _rows(report, names)) for key, title, names in PARTS],
            "confusion": _confusion(report),
            "win_rates": [row | {"shown": [row[name] for name in WIN_RATES]} for row in report["win_rates"]],
            "all_groups": [_groups(report, name) for name in ("by_language", "by_size")],
            "otherwise": judged_otherwise(judge, criterion),
        }
    return render(request, "judges/study_judge.html", context)


def _rows(report: dict[str, Any], names: dict[str, str]) -> list[tuple[str, dict[str, Any], bool]]:
    """Return label, figure, and whether it is a difference, of each."""
    return [(label, report[name], name in FROM_ZERO) for name, label in names.items()]


def _groups(report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the groups of a kind, each with the figures that the page shows of it."""
    shown = ("agreement", "human_agreement")
    return [row | {"names": row["group"].split(" / "), "shown": [row[key] for key in shown]} for row in report[name]]


def _confusion(report: dict[str, Any]) -> list[tuple[str, list[int]]]:
    """Return people's answer and the numbers of votes by the judge's answer, one row each."""
    return list(zip(SIDES, report["confusion"]["votes"], strict=True))


def _criterion(request: HttpRequest, study: Study) -> Criterion | None:
    key = request.GET.get("criterion")
    return study.criteria.first() if key is None else get_object_or_404(study.criteria, key=key)
