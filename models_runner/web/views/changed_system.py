"""Changing a stored system in the browser: its whole record at first, later what summaries do not depend on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from lib.text.translated import verbatim
from models_runner.datasets.changes import KeptError
from models_runner.models import System
from models_runner.systems import changes
from models_runner.web.access import get_system, researchers_only
from models_runner.web.changed_system_form import ChangedSystemForm


@researchers_only
@require_http_methods(["GET", "HEAD", "POST"])
def change_system(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the system's record as a form; POST stores what differs."""
    system = get_system(request, slug)
    if not changes.can_change(system):
        messages.info(request, f"{verbatim(slug)} is an entry of the catalogue. Duplicate it, and change the copy.")
        return redirect(system)
    form = ChangedSystemForm(system, request.POST or None)
    if request.method == "POST" and form.is_valid() and _change(request, system, form):
        return redirect(system)
    context = {"form": form, "system": system, "groups": form.groups()}
    return render(request, "models_runner/changed_system.html", context)


def _change(request: HttpRequest, system: System, form: ChangedSystemForm) -> bool:
    changed = form.changes()
    try:
        changes.change_system(system, changed, seen=form.record)
    except changes.ChangedMeanwhileError as error:
        form.refuse_once(error.fields)
    except KeptError as error:
        form.add_error(None, str(error))
    else:
        name = verbatim(system.slug)
        messages.success(request, f"{name} is changed." if changed else f"{name} stays as it was.")
        return True
    return False
