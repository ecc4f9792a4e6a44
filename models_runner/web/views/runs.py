"""Pages of runs and their summaries; starting, cancelling and resuming a run."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lib.text.translated import verbatim
from models_runner.models import Document, Run
from models_runner.runs import lifecycle, overview
from models_runner.systems import catalog
from models_runner.systems.changes import can_change
from models_runner.systems.leakage import LeakageError
from models_runner.systems.readiness import NotReadyError
from models_runner.web.access import get_run, get_summary, researchers_only
from models_runner.web.blinding import refusals, texts_are_shown
from models_runner.web.forms import RunStartForm
from models_runner.web.paging import requested_page


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def run_list(request: HttpRequest) -> HttpResponse:
    form = RunStartForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            system = catalog.ensure_system(form.cleaned_data.pop("system"))
            run = lifecycle.start_run(system, **form.cleaned_data)
        except (lifecycle.NothingToRunError, NotReadyError, LeakageError) as error:
            form.add_error(None, str(error))
        else:
            if run.status == Run.Status.DONE:
                messages.info(request, "This run was there already, and has every summary that was asked for.")
            else:
                messages.success(request, _started(run))
            return redirect(run)
    page = requested_page(request, Run.objects.select_related("system", "dataset").defer("environment"))
    splits = (
        Document.objects.filter(dataset__staged_by="")
        .exclude(split="")
        .order_by("split")
        .values_list("split", flat=True)
        .distinct()
    )
    context = {"form": form, "splits": splits, "page": page, "run_rows": overview.run_rows(page)}
    return render(request, "models_runner/run_list.html", context, status=400 if form.errors else 200)


def _started(run: Run) -> str:
    system, dataset = verbatim(run.system.slug), verbatim(run.dataset.name)
    return f"The run of {system} on {dataset} has been started."


@researchers_only
@require_safe
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page, or the part of it that htmx reloads while the run is going."""
    run = get_run(request, pk)
    refusal = refusals(request).get(run.dataset_id)
    if refusal is None:
        texts_are_shown(request, {run.dataset_id})
    part = request.headers.get("HX-Target", "") == "run-status"
    # Counted before the rows are read: the bar is never ahead of them.
    status = overview.run_status(run)
    rows = overview.excerpts(run.summaries.order_by("document__position", "pk"))
    context = {
        "run": run,
        "status": status,
        "refusal": refusal,
        "can_change": can_change(run.system),
        "page": requested_page(request, rows),
        "swapped": part,
        "moved": request.GET.get("seen") != status.seen,
    }
    response = render(request, "models_runner/_run_update.html" if part else "models_runner/run.html", context)
    # The browser's cache must never answer with a part instead of the page.
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@researchers_only
@require_safe
def summary_detail(request: HttpRequest, pk: int) -> HttpResponse:
    summary = get_summary(request, pk)
    context = {"summary": summary, "run": summary.run, "calls": summary.calls.all()}
    return render(request, "models_runner/summary.html", context)


@researchers_only
@require_POST
def run_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request, pk)
    lifecycle.cancel_run(run)
    messages.info(request, "Cancelled. Finished summaries stay; you can resume at any time.")
    return redirect(run)


@researchers_only
@require_POST
def run_first(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a run before all others, or in its turn again."""
    run, goes_first = get_run(request, pk), request.POST.get("first") == "yes"
    lifecycle.put_first(run, goes_first=goes_first)
    first = _("Workers write this run next, from the next meeting that they begin.")
    messages.info(request, first if goes_first else _("This run is written in its turn again."))
    return redirect(run)


@researchers_only
@require_POST
def run_resume(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request, pk)
    lifecycle.resume_run(run)
    messages.info(request, "Resumed: the cancelled summaries are waiting for a worker.")
    return redirect(run)


@researchers_only
@require_POST
def run_retry(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_run(request, pk)
    lifecycle.retry_failed(run)
    messages.info(request, "The failed summaries are waiting for a worker again.")
    return redirect(run)


@researchers_only
@require_POST
def run_scores(request: HttpRequest, pk: int) -> HttpResponse:
    """Compute again what failed of a run's scores."""
    run = get_run(request, pk)
    lifecycle.retry_failed_scores(run)
    messages.info(request, "The metrics that failed are waiting for a worker again.")
    return redirect(run)
