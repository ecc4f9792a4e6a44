"""The page on which researchers choose which kinds of errors annotators are offered, and add their own."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.models import AuditEntry, Study
from annotations.studies import audit
from annotations.web.access import members_only
from marks.kinds.library import kind_help, kind_label
from marks.kinds.storing import KindError, NewKind, add_own_kinds, offer_only
from marks.marking.panel import offered_kinds
from marks.web.forms import NewKindForm


@members_only
@require_http_methods(["GET", "POST"])
def mark_kinds(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the kinds of a study; POST offer= for each that annotators are offered, or the fields of a new one."""
    offering = request.method == "POST" and "name" not in request.POST
    form = NewKindForm(request.POST if request.method == "POST" and not offering else None)
    before = [kind.name for kind in offered_kinds(study)]
    problem = ""
    try:
        if offering:
            offer_only(study, request.POST.getlist("offer"))
        elif form.is_valid():
            values = form.cleaned_data
            add_own_kinds(study, [NewKind(values["name"], values["about"], values["help_text"])])
    except KindError as error:
        problem = str(error)
    if request.method == "POST" and not problem and not form.errors:
        after = [kind.name for kind in offered_kinds(study)]
        _record(study, cast(User, request.user), before, after)
        messages.success(request, _("Saved."))
        return redirect("mark-kinds", study.slug)
    kinds = study.mark_kinds.order_by("position")
    rows = [(kind, kind_label(kind.name), kind_help(kind.name, kind.help_text)) for kind in kinds]
    context = {"study": study, "form": form, "rows": rows, "problem": problem}
    return render(request, "marks/kinds.html", context, status=400 if problem or form.errors else 200)


def _record(study: Study, by: User, before: list[str], after: list[str]) -> None:
    if before != after:
        said = (", ".join(names) for names in (before, after))
        audit.record(study, by, AuditEntry.Action.SETTING, "Kinds of errors", before=next(said), after=next(said))
