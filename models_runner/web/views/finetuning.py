"""Pages of fine-tunings; starting, cancelling and resuming one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.workers.presence import workers_for
from models_runner.finetune.lifecycle import FineTuningError, cancel_finetuning, resume_finetuning, start_finetuning
from models_runner.finetune.loss_curve import loss_curve
from models_runner.models import FineTuning
from models_runner.systems import catalog
from models_runner.systems.readiness import NotReadyError
from models_runner.web.access import get_finetuning, researchers_only
from models_runner.web.forms import FineTuningForm

RUNTIME = ("seconds", "peak_memory_bytes", "energy_joules", "best_step", "skipped_steps")


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def finetuning_list(request: HttpRequest) -> HttpResponse:
    form = FineTuningForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            base = catalog.ensure_system(values.pop("base"))
            job = start_finetuning(values.pop("name"), base, values.pop("dataset"), **values)
        except (FineTuningError, NotReadyError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"The fine-tuning {job} has been started.")
            return redirect(job)
    jobs = FineTuning.objects.select_related("base", "dataset").defer("log", "environment")
    return render(
        request, "models_runner/finetuning_list.html", {"form": form, "jobs": jobs}, status=400 if form.errors else 200
    )


@researchers_only
@require_safe
def finetuning_detail(request: HttpRequest, name: str) -> HttpResponse:
    """Show the page, or the part of it that htmx reloads while training runs."""
    job = get_finetuning(request, name)
    context: dict[str, object] = {
        "job": job,
        "curve": loss_curve(job.log, job.total_steps),
        "waits_for_worker": job.is_open and not workers_for("generation"),
        "runtime": {name: job.environment.get(name) for name in RUNTIME},
        "counts": {role: job.documents.filter(role=role).count() for role in ("train", "validation")},
    }
    part = request.headers.get("HX-Target") == "training"
    response = render(request, f"models_runner/{'_training' if part else 'finetuning'}.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@researchers_only
@require_POST
def finetuning_cancel(request: HttpRequest, name: str) -> HttpResponse:
    job = get_finetuning(request, name)
    cancel_finetuning(job)
    messages.info(request, "Cancelled. The checkpoints stay; you can resume at any time.")
    return redirect(job)


@researchers_only
@require_POST
def finetuning_resume(request: HttpRequest, name: str) -> HttpResponse:
    job = get_finetuning(request, name)
    resume_finetuning(job)
    messages.info(request, "Resumed: training continues from the last checkpoint.")
    return redirect(job)
