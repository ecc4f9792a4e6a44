"""A study's protocol: its text, what is on record, and how another file differs; and a new study from a file."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.models import Membership, Study
from annotations.studies.work_forecast import long_in_words
from annotations.web.access import LEAD, members_only, owners_only, role_of, study_creators_only
from lib.choices import refuse_choice
from lib.text.translated import translated
from protocol.file.problems import Problem, ProtocolError
from protocol.file.schema import Protocol
from protocol.file.writing import as_text
from protocol.running.plan import make_plan
from protocol.running.run import begin
from protocol.running.work import StepError, Work
from protocol.study.compare import Difference, differences
from protocol.study.export import protocol_of, protocol_text
from protocol.study.possible import NoProtocolError
from protocol.study.records import newest_record, put_on_record, standing_of
from protocol.study.remarks import remarks_on
from protocol.web.forms import AnalysisForm, ProtocolForm
from protocol.web.uploads import read_text, read_upload, refusals

SHOWN_PROBLEMS = 20
ACTIONS = ("plan", "create")


@members_only
@require_http_methods(["GET", "POST"])
def study_protocol(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the study's file; POST a file to see how it differs. Nothing of the upload is kept."""
    try:
        protocol = protocol_of(study)
    except NoProtocolError as error:
        return render(request, "protocol/none.html", {"study": study, "why": str(error)})
    form = _upload(request)
    problems, different = _compared(form, protocol) if request.method == "POST" else ([], None)
    context = {
        "study": study,
        "text": as_text(protocol, remarks_on(study, protocol)),
        "standing": standing_of(study, protocol),
        "newest": newest_record(study),
        "form": form,
        "analysis": protocol.analysis,
        "analysis_form": AnalysisForm(study=study, planned=protocol.analysis),
        "may_record": role_of(request.user, study) in (LEAD, Membership.Role.OWNER),
        "problems": problems[:SHOWN_PROBLEMS],
        "differences": different,
        "stops": sum(difference.stops for difference in different or ()),
    }
    return render(request, "protocol/study.html", context, status=400 if problems else 200)


def _upload(request: HttpRequest) -> ProtocolForm:
    return ProtocolForm(request.POST, request.FILES) if request.method == "POST" else ProtocolForm()


def _compared(form: ProtocolForm, study: Protocol) -> tuple[list[str], list[Difference] | None]:
    """Return what is wrong with an upload, or else how it differs from the study's protocol."""
    if not form.is_valid():
        return [str(error) for errors in form.errors.values() for error in errors], None
    try:
        return [], differences(read_text(_text_of(form)), study)
    except ProtocolError as error:
        return list(map(_said, error.problems)), None


def _said(problem: Problem) -> str:
    """Say in the language of the page what is wrong, and where."""
    values = {"line": problem.line, "where": problem.where, "message": translated(problem.message)}
    if problem.where:
        return _("Line %(line)s, %(where)s: %(message)s") % values
    return _("Line %(line)s: %(message)s") % values


def _text_of(form: ProtocolForm) -> str:
    file = form.cleaned_data["file"]
    return read_upload(file) if file else str(form.cleaned_data["text"])


@members_only
@require_GET
def protocol_file(request: HttpRequest, study: Study) -> HttpResponse:
    """Download the study's file."""
    try:
        text = protocol_text(study)
    except NoProtocolError as error:
        raise Http404(str(error)) from error
    return HttpResponse(
        text,
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{study.slug}.yaml"'},
    )


@owners_only
@require_POST
def record(request: HttpRequest, study: Study) -> HttpResponse:
    """Put the planned analysis on record, in the words that are posted."""
    try:
        protocol = protocol_of(study)
    except NoProtocolError as error:
        messages.error(request, str(error))
        return redirect("study-protocol", study.slug)
    form = AnalysisForm(request.POST, study=study, planned=protocol.analysis)
    if not form.is_valid():
        messages.error(request, "; ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("study-protocol", study.slug)
    words = {name: str(value).strip() for name, value in form.cleaned_data.items()}
    planned = protocol.model_copy(update={"analysis": protocol.analysis.model_copy(update=words)})
    before = newest_record(study)
    if put_on_record(study, planned, cast(User, request.user)) == before:
        messages.info(request, "Nothing changed: it is on record in these words.")
    else:
        messages.success(request, "The planned analysis is on record.")
    return redirect("study-protocol", study.slug)


# As the page of a new study.
@study_creators_only
@require_http_methods(["GET", "POST"])
def new_from_protocol(request: HttpRequest) -> HttpResponse:
    """Show what an uploaded protocol would do; POST do=create does it, as far as a browser may."""
    form = _upload(request)
    if request.method == "GET":
        return render(request, "protocol/new.html", {"form": form})
    do = request.POST.get("do", "plan")
    if do not in ACTIONS:
        return refuse_choice("do", do, ACTIONS)
    if not form.is_valid():
        return render(request, "protocol/new.html", {"form": form}, status=400)
    try:
        text = _text_of(form)
        work = Work(read_text(text), None, by=cast(User, request.user))
    except ProtocolError as error:
        shown = list(map(_said, error.problems))[:SHOWN_PROBLEMS]
        context = {"form": _with_text(form), "problems": shown}
        return render(request, "protocol/new.html", context, status=400)
    # What is refused is not even planned: a plan looks whether weights are on this machine.
    if refused := refusals(work.protocol):
        return render(request, "protocol/new.html", {"form": _with_text(form), "problems": refused}, status=400)
    wants = do == "create" and not _exists(work)
    if wants and (study := _created(request, work)) is not None:
        return redirect(study)
    return render(request, "protocol/plan.html", _plan_context(work, text))


def _exists(work: Work) -> bool:
    return Study.objects.filter(slug=work.protocol.study.slug).exists()


def _with_text(form: ProtocolForm) -> ProtocolForm:
    """Show the text of a refused upload, so that it can be corrected."""
    file = form.cleaned_data.get("file")
    if not file:
        return form
    file.seek(0)
    try:
        return ProtocolForm(initial={"text": read_upload(file)})
    except ProtocolError:
        return form


def _created(request: HttpRequest, work: Work) -> Study | None:
    """Create what can be created, all or nothing; None if a step stops."""
    try:
        with transaction.atomic():
            study = begin(work)
    except StepError as error:
        messages.error(request, str(error))
        return None
    messages.success(
        request, "The study was created, and its planned analysis is on record. Workers write what is missing."
    )
    return study


def _plan_context(work: Work, text: str) -> dict[str, object]:
    plan, exists = make_plan(work), _exists(work)
    return {
        "plan": plan,
        "protocol": work.protocol,
        "exists": exists,
        "may_create": not (plan.stops or plan.problem or exists),
        "form": ProtocolForm(initial={"text": text}),
        "calls": plan.total("calls"),
        "dollars": plan.total("dollars"),
        "hours": plan.total("hours"),
        "rating_time": "" if plan.people.hours is None else long_in_words(3600 * plan.people.hours),
    }
