"""Pages of systems: the catalogue and one system's record."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from lib.serving.once import leads_on
from lib.text.translated import verbatim
from models_runner.datasets.changes import KeptError
from models_runner.models import Run, System
from models_runner.runs import overview
from models_runner.systems import catalog, listing
from models_runner.systems.changes import can_change, delete_unused_system
from models_runner.systems.readiness import silent_endpoints, system_needs
from models_runner.web.access import get_system, researchers_only
from models_runner.web.blinding import refusals, texts_are_shown
from models_runner.web.forms import SystemFilterForm


@researchers_only
@require_safe
def system_list(request: HttpRequest) -> HttpResponse:
    form = SystemFilterForm(request.GET)
    form.is_valid()
    rows = listing.listed_systems()
    shown = [row for row in rows if listing.SystemFilters(**form.cleaned_data).take(row)]
    context = {
        "form": form,
        "groups": listing.by_regime(shown),
        "total": len(rows),
        "shown": len(shown),
        "ready": sum(row.is_ready for row in rows),
    }
    return render(request, "models_runner/system_list.html", context)


@researchers_only
@require_safe
def system_detail(request: HttpRequest, slug: str) -> HttpResponse:
    system = get_system(request, slug)
    # Look runs up by slug: a system of the catalogue that is not stored yet has no id.
    closed = refusals(request)
    runs = Run.objects.filter(system__slug=system.slug).select_related("system", "dataset").defer("environment")
    samples = overview.sample_summaries(system, without=closed)
    texts_are_shown(request, {sample.run.dataset_id for sample in samples})
    context = {
        "system": system,
        "needs": system_needs(system),
        "can_change": can_change(system),
        "silent_run": runs.exclude(finished_at=None).order_by("-pk").first() if silent_endpoints([system]) else None,
        "long_input": overview.long_input_words(system.long_input),
        "children": System.objects.filter(base__slug=system.slug).order_by("slug"),
        "run_rows": overview.run_rows(runs),
        "samples": samples,
        "refusal": next(iter(closed.values()), None),
    }
    return render(request, "models_runner/system.html", context)


@leads_on("systems")
@researchers_only
@require_POST
def system_delete(request: HttpRequest, slug: str) -> HttpResponse:
    system = get_system(request, slug)
    if not system.pk:
        messages.info(request, f"{verbatim(system.slug)} is not stored: the catalogue lists it.")
        return redirect(system)
    try:
        delete_unused_system(system)
    except KeptError as error:
        messages.error(request, str(error))
        return redirect(system)
    if system.slug in catalog.entries():
        messages.success(request, f"The system {verbatim(system.slug)} is deleted; the catalogue still lists it.")
    else:
        messages.success(request, f"The system {verbatim(system.slug)} is deleted.")
    return redirect("systems")
