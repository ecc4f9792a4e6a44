"""Changing a stored system in the browser: its whole record at first, later what summaries do not depend on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from lib.choices import refuse_choice
from lib.text.translated import verbatim
from models_runner.datasets.changes import KeptError
from models_runner.models import System
from models_runner.systems import changes
from models_runner.web.access import get_system, researchers_only
from models_runner.web.changed_system_form import ChangedSystemForm
from models_runner.web.trying import TrialForm, start_trial, trial_context

ACTIONS = ("save", "connection", "try")


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def change_system(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the system's record as a form; POST do=save stores what differs, do=connection or do=try tries it."""
    system = get_system(request, slug)
    if not changes.can_change(system):
        messages.info(request, f"{verbatim(slug)} is an entry of the catalogue. Duplicate it, and change the copy.")
        return redirect(system)
    do = request.POST.get("do", "save")
    if do not in ACTIONS:
        return refuse_choice("do", do, ACTIONS)
    form = ChangedSystemForm(system, request.POST or None)
    trial_form = TrialForm(request.POST if do == "try" else None)
    trial = None
    if request.method == "POST" and form.is_valid():
        if do == "save" and _change(request, system, form):
            return redirect(system)
        trial = start_trial(request, form, trial_form) if do != "save" else None
    context = {"form": form, "system": system, "groups": form.groups(), **trial_context(form, trial_form, trial)}
    is_part = request.headers.get("HX-Request") and do != "save"
    return render(request, "models_runner/_trial.html" if is_part else "models_runner/changed_system.html", context)


def _change(request: HttpRequest, system: System, form: ChangedSystemForm) -> bool:
    changed = form.changes()
    try:
        changes.change_system(system, changed, seen=form.record)
    except changes.ChangedMeanwhileError:
        form.add_error(None, "Somebody else changed this system at this moment. Save again.")
    except KeptError as error:
        form.add_error(None, str(error))
    else:
        name = verbatim(system.slug)
        messages.success(request, f"{name} is changed." if changed else f"{name} stays as it was.")
        return True
    return False
