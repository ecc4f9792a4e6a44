"""Making a system in the browser: its form, trials before anything is stored, and duplicates."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from lib.choices import refuse_choice
from models_runner.adapters.registry import ADAPTERS
from models_runner.systems import catalog
from models_runner.web.access import get_trial, researchers_only
from models_runner.web.system_form import SystemForm, offered_adapters
from models_runner.web.trying import TrialForm, start_trial, trial_context

ACTIONS = ("create", "connection", "try")


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def new_system(request: HttpRequest) -> HttpResponse:
    """Show the form, or what to start from; POST do=create, do=connection or do=try."""
    adapter, start = _starting_point(request)
    if not adapter:
        return render(request, "models_runner/new_system.html", _starting_points())
    form = SystemForm(adapter, request.POST or None, start=start)
    trial_form = TrialForm(request.POST if request.POST.get("do") == "try" else None)
    trial, do = None, request.POST.get("do")
    if request.method == "POST" and do not in ACTIONS:
        return refuse_choice("do", do, ACTIONS)
    if request.method == "POST" and form.is_valid():
        if do == "create":
            if created := _create(request, form):
                return created
        else:
            trial = start_trial(request, form, trial_form)
    context = {
        "form": form,
        "groups": form.groups(),
        **trial_context(form, trial_form, trial),
    }
    is_part = request.headers.get("HX-Request") and request.POST.get("do") != "create"
    return render(request, "models_runner/_trial.html" if is_part else "models_runner/system_form.html", context)


def _starting_point(request: HttpRequest) -> tuple[str, dict[str, object]]:
    """Return the adapter, and the entry to start from under another name; ("", {}) where nothing was chosen."""
    if slug := request.GET.get("from", ""):
        system = catalog.find_system(slug)
        if system is None or system.adapter not in ADAPTERS:
            raise Http404(f"There is no system {slug!r}.")
        fields = {name: getattr(system, name) for name in catalog.FIELDS if name not in ("adapter", "base")}
        base = system.base.slug if system.base else ""
        return system.adapter, fields | {"slug": catalog.free_slug(slug), "base": base}
    adapter = request.GET.get("adapter", "")
    if adapter and adapter not in dict(offered_adapters()):
        raise Http404(f"There is no adapter {adapter!r}.")
    return adapter, {}


def _starting_points() -> dict[str, object]:
    systems = [
        catalog.unsaved_system(slug) for slug, entry in catalog.all_entries().items() if entry["adapter"] != "reference"
    ]
    smallest_first = sorted(systems, key=lambda system: (system.parameters is None, system.parameters or 0))
    return {"adapters": offered_adapters(), "systems": smallest_first}


def _create(request: HttpRequest, form: SystemForm) -> HttpResponse | None:
    slug, entry = form.entry()
    try:
        done = catalog.add_systems({slug: entry})
    except catalog.CatalogError as error:
        form.add_error("slug", str(error).removeprefix(f"{slug}: "))
        return None
    said = f"{slug} was created." if done.added else f"{slug} was there already, with the same record."
    messages.success(request, said)
    return redirect("system", slug)


@researchers_only
@require_safe
def trial_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a trial, or the part of the page that htmx asks for until it has ended."""
    part = "_trial.html" if request.headers.get("HX-Request") else "trial.html"
    context = {"trial": get_trial(request, pk), "worker_queue": "default"}
    return render(request, f"models_runner/{part}", context)
