"""Pages of judges asked about a dataset: all that systems wrote there, without a study."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from judges.judging.lifecycle import start_judging_dataset
from judges.judging.units import instructions_of
from judges.report.figures import dataset_report
from judges.web.forms import AskDatasetForm
from judges.web.jobs import REFUSALS, change_job, job_rows
from judges.web.tables import ALONE, figure_parts, win_rate_table
from models_runner.models import Dataset
from models_runner.web.access import get_texts_of_dataset, researchers_only


@researchers_only
@never_cache
@require_safe
def dataset_judges(request: HttpRequest, name: str) -> HttpResponse:
    """Show which judges were asked about a dataset, how far they are, and the form to ask one."""
    dataset = get_texts_of_dataset(request, name)
    return _page(request, dataset, AskDatasetForm(dataset))


@researchers_only
@never_cache
@require_POST
def ask_dataset_judge(request: HttpRequest, name: str) -> HttpResponse:
    """Ask a judge about a dataset."""
    dataset = get_texts_of_dataset(request, name)
    form = AskDatasetForm(dataset, request.POST)
    if form.is_valid():
        values, by = form.cleaned_data, cast(User, request.user).get_username()
        try:
            start_judging_dataset(values["judge"], dataset, form.asked(), instruction=values["instruction"], by=by)
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            return redirect("dataset-judges", dataset.name)
    return _page(request, dataset, form, status=400)


def _page(request: HttpRequest, dataset: Dataset, form: AskDatasetForm, status: int = 200) -> HttpResponse:
    jobs = job_rows(
        dataset.judging_jobs.select_related("judge"),
        lambda job: reverse("dataset-judge", args=[dataset.name, job.pk]),
        lambda job: reverse("change-dataset-judging", args=[dataset.name, job.pk]),
    )
    context = {
        "dataset": dataset,
        "form": form,
        "jobs": jobs,
        "running": any(row.is_open for row in jobs),
        "has_summaries": bool(instructions_of(dataset)),
    }
    return render(request, "judges/dataset_judges.html", context, status=status)


@researchers_only
@never_cache
@require_POST
def change_dataset_judging(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """Stop asking a judge, or go on."""
    dataset = get_texts_of_dataset(request, name)
    job = get_object_or_404(dataset.judging_jobs.select_related("judge"), pk=pk)
    return change_job(request, job) or redirect("dataset-judges", dataset.name)


@researchers_only
@never_cache
@require_safe
def dataset_judge(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """Show what a judge said of a dataset's summaries on one criterion."""
    dataset = get_texts_of_dataset(request, name)
    job = get_object_or_404(dataset.judging_jobs.select_related("judge", "dataset"), pk=pk)
    criterion = request.GET.get("criterion", next(iter(job.rubrics), ""))
    if criterion not in job.rubrics:
        raise Http404
    report = dataset_report(job, criterion)
    context: dict[str, Any] = {
        "dataset": dataset,
        "job": job,
        "judge": job.judge,
        "criterion": criterion,
        "report": report,
        "parts": figure_parts(report, ALONE),
        **win_rate_table(report, "Win rates by its verdicts", {"judge": "Judge"}),
    }
    return render(request, "judges/dataset_judge.html", context)
