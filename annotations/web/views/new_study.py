"""The page of a new study: four steps, and beside them what the study would be."""

from dataclasses import dataclass
from itertools import chain
from typing import Any, cast
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.models import User
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotations.drafting.forecast import TooLargeError, simulate_study
from annotations.drafting.live import LiveDraft, SystemChoice, choose_systems, look_at
from annotations.drafting.plan import DraftProblem
from annotations.drafting.twins import twin_of
from annotations.studies.setup import NewStudy, StudySetupError, store_once
from annotations.web.access import refusals_by_dataset, study_creators_only
from annotations.web.forms.new_study import STEP_OF, STEPS, FormStep, StudyForm, free_slug
from models_runner.models import Dataset, System

# Their faults stand at the field: the list of systems is long, and the head of the step out of sight.
AT_FIELD = ("small_system", "large_system", "look_votes", "look_dates", "look_maximum")
PAGE, LIVE, EXACT = (f"annotations/{name}.html" for name in ("new_study", "_new_study_live", "_exact_forecast"))


@study_creators_only
@require_http_methods(["GET", "POST"])
def new_study(request: HttpRequest) -> HttpResponse:
    """Create a study; POST with `draft` does not open it, with `check` or `simulate` only looks at it.

    One that the same person has just made in another form is shown first; POST with `again` makes the second.
    """
    form, twin = StudyForm(request.POST or None, initial=_initial()), None
    looks = "check" in request.POST or "simulate" in request.POST
    if request.method == "POST" and looks:
        _keep_errors_before(form, request.POST.get("check", ""))
    elif request.method == "POST" and form.is_valid():
        wanted = form.wanted(created_by=cast(User, request.user), draft=_as_draft(request))
        try:
            if wanted is not None:
                twin = None if "again" in request.POST else twin_of(wanted)
                if twin is None:
                    return _to_study(request, wanted)
        except StudySetupError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    context = _context(request, form) | _exact(form, asked="simulate" in request.POST) | {"twin": twin}
    status = 409 if twin else 400 if form.errors and not looks else 200
    return render(request, PAGE, context | {"as_draft": _as_draft(request)}, status=status)


def _as_draft(request: HttpRequest) -> bool:
    return "draft" in request.POST or request.POST.get("again") == "draft"


def _to_study(request: HttpRequest, wanted: NewStudy) -> HttpResponse:
    """Store the study, once for each form, and lead to it. Raises StudySetupError."""
    study, is_new = store_once(wanted)
    if not is_new:
        messages.info(request, "This form had made its study before: here it is. For another one, begin a new study.")
    return redirect(study)


@study_creators_only
@require_POST
def live(request: HttpRequest) -> HttpResponse:
    """Answer with what the study would be, as far as it is filled in; with `simulate`, with its exact forecast."""
    form = StudyForm(request.POST)
    form.is_valid()
    if "simulate" in request.POST:
        return render(request, EXACT, _exact(form, asked=True))
    context = _context(request, form, left=_left(request))
    # The whole list only where another dataset makes it another one: it may have the focus.
    key = context["choice"].key
    relisted = request.POST.get("listed", key) != key
    return render(request, LIVE, context | {"swapped": True, "relisted": relisted})


def _left(request: HttpRequest) -> frozenset[str]:
    """Return the fields that the person has left or passed: only these are told to be wrong or empty."""
    return frozenset(request.POST.get("left", "").split())


def _initial() -> dict[str, Any]:
    """Give each form a key of its own; choose the dataset where there is one alone."""
    names = Dataset.objects.values_list("name", flat=True)[:2]
    return {"form_key": uuid4()} | ({"dataset": names[0]} if len(names) == 1 else {})


def _keep_errors_before(form: StudyForm, step: str) -> None:
    """Forget errors of steps that nobody has come to yet."""
    keys = [each.key for each in STEPS]
    passed = keys[: keys.index(step)] if step in keys else keys
    for name in [name for name in form.errors if STEP_OF.get(name) not in passed]:
        del form.errors[name]


@dataclass(frozen=True)
class ShownStep:
    """A step with its fields, and what is wrong in it.

    Attributes:
        advanced: Further fields, each with what is shown at it; None where nothing ever is.
        problems: Those shown at the head of the step.
        at_field: Those shown at a field, by its name.
    """

    step: FormStep
    fields: list[BoundField]
    advanced: list[tuple[BoundField, list[DraftProblem] | None]]
    problems: list[DraftProblem]
    at_field: dict[str, list[DraftProblem]]
    following: FormStep | None
    wrong: bool

    @property
    def has_errors(self) -> bool:
        return self.wrong or any(p.blocking for p in chain(self.problems, *self.at_field.values()))

    @property
    def folded_errors(self) -> bool:
        return any(field.errors for field, _ in self.advanced)


def _context(request: HttpRequest, form: StudyForm, *, left: frozenset[str] | None = None) -> dict[str, Any]:
    """Return what the page shows. left: Whose errors are told; None for all."""
    draft = _looked_at(form)
    told = set(form.errors) if left is None else set(form.errors) & left
    return {
        "form": form,
        "draft": draft,
        # Chosen pair by pair, the previews would tell who wrote which text.
        "pair_refusal": refusals_by_dataset(request).get(form.cleaned_data["dataset"].pk) if draft else None,
        "steps": [_shown(form, step, draft, told) for step in STEPS],
        "choice": _choice(form, draft),
        "slug": free_slug(form.cleaned_data["title"]) if form.is_bound and form.cleaned_data.get("title") else "",
    }


def _looked_at(form: StudyForm) -> LiveDraft | None:
    """Return None until there is a dataset to look at."""
    wanted = form.wanted() if form.is_bound else None
    if wanted is None:
        return None
    values = form.cleaned_data
    return look_at(wanted, form.assumptions(), values.get("annotators"), values.get("hourly_rate"))


def _shown(form: StudyForm, step: FormStep, draft: LiveDraft | None, told: set[str]) -> ShownStep:
    after = STEPS[STEPS.index(step) + 1 :]
    refused = set(form.errors)
    found = [p for p in (draft.plan.problems if draft else []) if STEP_OF.get(p.field) == step.key]
    problems = [p for p in found if p.field not in refused]
    at_field = {name: [p for p in problems if p.field == name] for name in AT_FIELD if name in step.all_fields}
    return ShownStep(
        step,
        [form[name] for name in step.fields],
        [(form[name], at_field.get(name)) for name in step.advanced],
        [p for p in problems if p.field not in AT_FIELD],
        at_field,
        after[0] if after else None,
        wrong=not told.isdisjoint(step.all_fields),
    )


def _choice(form: StudyForm, draft: LiveDraft | None) -> SystemChoice:
    chosen = form["systems"].value() or []
    return choose_systems(System.objects.order_by("slug"), chosen, draft)


def _exact(form: StudyForm, *, asked: bool) -> dict[str, Any]:
    draft, assumed = (_looked_at(form), form.assumptions()) if asked else (None, None)
    if draft is None or assumed is None or draft.design is None:
        return {"exact": None}
    if draft.forecast is not None and draft.forecast.reason:
        return {"exact": None, "refusal": draft.forecast.reason}
    try:
        return {"exact": simulate_study(draft.design, assumed), "assumed": assumed, "design": draft.design}
    except TooLargeError as error:
        return {"exact": None, "refusal": str(error)}
