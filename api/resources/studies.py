"""Studies: creating them, opening and closing them, and their annotators."""

from collections.abc import Callable, Sequence
from datetime import datetime
from inspect import signature
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from ninja.responses import Status

from annotations.models import Annotator, PersonalQuestion, Study
from annotations.people.joining import join
from annotations.studies import settings as study_settings
from annotations.studies import setup
from annotations.studies.checks import stored_moments
from annotations.studies.personal_questions import as_line
from annotations.studies.progress import StudyCompletion, progress_by_study, rated_counts, study_progress
from api.gate.access import check_may_create_studies, get_managed_study, visible_studies
from api.gate.auth import ADMIN, READ, WRITE, user_of
from api.gate.errors import ApiError
from api.gate.idempotency import refuse_key_for_secret
from api.gate.paging import PageQuery, page_of_rows_at_once
from api.models.tokens import Scope
from api.resources.links import MADE_STUDY_LINKS
from api.schemas.studies import (
    AnnotatorIn,
    AnnotatorOut,
    AnnotatorPage,
    CriterionOut,
    NewAnnotatorOut,
    StatusIn,
    StudyIn,
    StudyOut,
    StudyPage,
    StudyProgress,
    StudyQuery,
)
from api.tokens import make_token
from lib.names import normal_form, spellings
from models_runner.datasets.lookup import find_dataset
from models_runner.systems import catalog

router = Router(tags=["studies"])
Part = TypeVar("Part")
NAMED_SYSTEMS = ("anchor", "small_system", "large_system")


@router.get("/studies", auth=READ, response={200: StudyPage})
def list_studies(request: HttpRequest, query: Query[StudyQuery]) -> Any:
    """List the studies you work on, oldest first; all studies if you are a lead or an administrator."""
    studies = visible_studies(user_of(request)).select_related("small_system", "large_system")
    studies = studies.prefetch_related("systems", "criteria", "consent_texts", "personal_questions")
    if query.status:
        studies = studies.filter(status=query.status)
    if query.dataset:
        studies = studies.filter(dataset__name=query.dataset)
    return page_of_rows_at_once(studies, query, "studies", _studies)


def _studies(studies: Sequence[Study]) -> list[StudyOut]:
    progress = progress_by_study(studies)
    return [_with_progress(study, progress[study.pk]) for study in studies]


def _study(study: Study) -> StudyOut:
    return _with_progress(study, study_progress(study))


COLUMNS = (
    *("slug", "title", "status", "instruction", "quota", "sampling", "guidelines", "seed", "annotator_title"),
    *("allow_tie", "allow_both_bad", "strength", "comments", "ask_marks", "summary_format", "opens_at", "closes_at"),
    *("look_votes", "look_dates", "look_maximum", "look_spending"),
    *("pair_named_at", "open_link", "gold_every", "repeat_every", "ask_guess", "completion_code", "completion_url"),
    *("simulated", "created_at"),
)


def _with_progress(study: Study, progress: StudyCompletion) -> StudyOut:
    return StudyOut(
        dataset=study.dataset.name,
        systems=sorted(system.slug for system in study.systems.all()),
        criteria=[CriterionOut(key=c.key, question=c.question, help_text=c.help_text) for c in study.criteria.all()],
        margin=study.noninferiority_margin,
        small_system=study.small_system.slug if study.small_system else None,
        large_system=study.large_system.slug if study.large_system else None,
        consent=next((text.text for text in study.consent_texts.all() if text.version == study.consent_version), ""),
        questions_before=_questions(study, PersonalQuestion.Moment.BEFORE),
        questions_after=_questions(study, PersonalQuestion.Moment.AFTER),
        progress=StudyProgress(comparisons=progress.comparisons, places=progress.places, rated=progress.rated),
        **{name: getattr(study, name) for name in COLUMNS},
    )


def _questions(study: Study, moment: str) -> list[str]:
    questions = [q for q in study.personal_questions.all() if q.moment == moment and q.retired_at is None]
    return [as_line(question) for question in sorted(questions, key=lambda q: (q.position, q.pk))]


@router.post("/studies", auth=WRITE, response={201: StudyOut}, openapi_extra=MADE_STUDY_LINKS)
def create_study(request: HttpRequest, body: StudyIn) -> Any:
    """Create a study and open it, unless `draft` is true."""
    check_may_create_studies(request)
    values = body.dict()
    systems = [_ensure_system(slug, f"systems[{n}]") for n, slug in enumerate(values.pop("systems"))]
    for name in NAMED_SYSTEMS:
        values[name] = _ensure_system(values[name], name) if values[name] else None
    for name in ("opens_at", "closes_at"):
        check_time_zone(values[name], name)
    values["look_dates"] = _look_dates(values["look_dates"] or ())
    study = setup.create_study(
        values.pop("slug"),
        find_dataset(values.pop("dataset")),
        systems,
        own_criteria=[setup.OwnCriterion(**criterion) for criterion in values.pop("own_criteria")],
        options=_taken(setup.RatingOptions, values),
        people=_taken(setup.PeopleOptions, values),
        scope=_taken(setup.StudyScope, values),
        created_by=user_of(request),
        **values,
    )
    return Status(201, _study(study))


def _taken(kind: Callable[..., Part], values: dict[str, Any]) -> Part:
    """Take the values of one of setup's dataclasses out of all of them."""
    return kind(**{name: values.pop(name) for name in signature(kind).parameters})


def _ensure_system(slug: str, field: str) -> Any:
    try:
        return catalog.ensure_system(slug)
    except catalog.UnknownSystemError as error:
        raise ApiError(422, "unknown_system", str(error), field=field) from error


@router.get("/studies/{slug:slug}", auth=READ, response={200: StudyOut})
def read_study(request: HttpRequest, slug: str) -> Any:
    """Read a study with its settings and progress."""
    return _study(get_managed_study(request, slug))


@router.post("/studies/{slug:slug}/status", auth=WRITE, response={200: StudyOut})
def change_status(request: HttpRequest, slug: str, body: StatusIn) -> Any:
    """Open, pause or close a study."""
    study = get_managed_study(request, slug)
    study_settings.change_status(study, body.change, user_of(request))
    return _study(study)


def _look_dates(moments: Sequence[datetime]) -> list[str]:
    for number, moment in enumerate(moments):
        check_time_zone(moment, f"look_dates[{number}]")
    return stored_moments(moments)


def check_time_zone(moment: datetime | None, field: str) -> None:
    if moment is not None and timezone.is_naive(moment):
        raise ApiError(422, "invalid", f"{field} has no time zone. Add Z or an offset.", field=field)


@router.get("/studies/{slug:slug}/annotators", auth=READ, response={200: AnnotatorPage})
def list_annotators(request: HttpRequest, slug: str, query: Query[PageQuery]) -> Any:
    """List the annotators of a study, by pseudonym."""
    return page_of_rows_at_once(get_managed_study(request, slug).annotators.all(), query, "annotators", _annotators)


def _annotators(annotators: Sequence[Annotator]) -> list[AnnotatorOut]:
    rated = rated_counts(annotators)
    return [_annotator(annotator, rated[annotator.pk]) for annotator in annotators]


def _annotator(annotator: Annotator, rated: int) -> AnnotatorOut:
    return AnnotatorOut(
        pseudonym=annotator.pseudonym,
        rated=rated,
        left=annotator.left_at is not None,
        excluded=annotator.excluded_at is not None,
    )


@router.post("/studies/{slug:slug}/annotators", auth=ADMIN, response={201: NewAnnotatorOut})
def add_annotator(request: HttpRequest, slug: str, body: AnnotatorIn) -> Any:
    """Add an annotator for a person of your own front end, and create a token that can only rate as this annotator."""
    study = get_managed_study(request, slug, owner=True)
    refuse_key_for_secret(request)
    check_time_zone(body.expires_at, "expires_at")
    name = normal_form(body.external_id)
    if not name:
        raise ApiError(422, "invalid", "external_id is blank. Expected what you call the person.", field="external_id")
    annotator = study.annotators.filter(external_id__in=spellings(body.external_id)).first()
    if annotator is None:
        annotator = join(study, external_id=name)
    name = f"{study.slug}: {annotator.pseudonym}"[:100]
    _, text = make_token(user_of(request), name, Scope.ANNOTATE, annotator=annotator, expires_at=body.expires_at)
    return Status(201, NewAnnotatorOut(pseudonym=annotator.pseudonym, token=text))
