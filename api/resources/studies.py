"""Studies: creating them, opening and closing them, and their annotators."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from ninja.responses import Status

from annotations.models import Annotator, Study
from annotations.people.joining import join
from annotations.studies import settings as study_settings
from annotations.studies import setup
from annotations.studies.progress import StudyCompletion, progress_by_study, rated_counts, study_progress
from api.gate.access import check_may_create_studies, get_managed_study, visible_studies
from api.gate.auth import ADMIN, READ, WRITE, user_of
from api.gate.errors import ApiError
from api.gate.idempotency import refuse_key_for_secret
from api.gate.paging import PageQuery, page_of_rows_at_once
from api.models.tokens import Scope
from api.resources.links import MADE_STUDY_LINKS
from api.schemas.common import ERRORS
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


@router.get("/studies", auth=READ, response={200: StudyPage, **ERRORS})
def list_studies(request: HttpRequest, query: Query[StudyQuery]) -> Any:
    """List the studies you work on, oldest first; all studies if you are a lead or an administrator."""
    studies = visible_studies(user_of(request)).prefetch_related("systems", "criteria")
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


def _with_progress(study: Study, progress: StudyCompletion) -> StudyOut:
    columns = ("slug", "title", "status", "instruction", "quota", "sampling", "guidelines", "seed")
    facts = ("simulated", "created_at")
    questions = ("allow_tie", "allow_both_bad", "strength", "comments", "summary_format", "opens_at", "closes_at")
    return StudyOut(
        dataset=study.dataset.name,
        systems=sorted(system.slug for system in study.systems.all()),
        criteria=[CriterionOut(key=c.key, question=c.question, help_text=c.help_text) for c in study.criteria.all()],
        progress=StudyProgress(comparisons=progress.comparisons, places=progress.places, rated=progress.rated),
        **{name: getattr(study, name) for name in (*columns, *questions, *facts)},
    )


@router.post("/studies", auth=WRITE, response={201: StudyOut, **ERRORS}, openapi_extra=MADE_STUDY_LINKS)
def create_study(request: HttpRequest, body: StudyIn) -> Any:
    """Create a study and open it, unless `draft` is true."""
    check_may_create_studies(request)
    values = body.dict()
    options = setup.RatingOptions(**{field.name: values.pop(field.name) for field in fields(setup.RatingOptions)})
    scope = {field.name: values.pop(field.name) for field in fields(setup.StudyScope)}
    scope["anchor"] = _ensure_system(scope["anchor"], "anchor") if scope["anchor"] else None
    systems = [_ensure_system(slug, f"systems[{n}]") for n, slug in enumerate(values.pop("systems"))]
    own_criteria = [setup.OwnCriterion(**criterion) for criterion in values.pop("own_criteria")]
    study = setup.create_study(
        values.pop("slug"),
        find_dataset(values.pop("dataset")),
        systems,
        own_criteria=own_criteria,
        options=options,
        scope=setup.StudyScope(**scope),
        created_by=user_of(request),
        **values,
    )
    return Status(201, _study(study))


def _ensure_system(slug: str, field: str) -> Any:
    try:
        return catalog.ensure_system(slug)
    except catalog.UnknownSystemError as error:
        raise ApiError(422, "unknown_system", str(error), field=field) from error


@router.get("/studies/{slug:slug}", auth=READ, response={200: StudyOut, **ERRORS})
def read_study(request: HttpRequest, slug: str) -> Any:
    """Read a study with its settings and progress."""
    return _study(get_managed_study(request, slug))


@router.post("/studies/{slug:slug}/status", auth=WRITE, response={200: StudyOut, **ERRORS})
def change_status(request: HttpRequest, slug: str, body: StatusIn) -> Any:
    """Open, pause or close a study."""
    study = get_managed_study(request, slug)
    study_settings.change_status(study, body.change, user_of(request))
    return _study(study)


@router.get("/studies/{slug:slug}/annotators", auth=READ, response={200: AnnotatorPage, **ERRORS})
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


@router.post("/studies/{slug:slug}/annotators", auth=ADMIN, response={201: NewAnnotatorOut, **ERRORS})
def add_annotator(request: HttpRequest, slug: str, body: AnnotatorIn) -> Any:
    """Add an annotator for a person of your own front end, and create a token that can only rate as this annotator."""
    study = get_managed_study(request, slug, owner=True)
    refuse_key_for_secret(request)
    if body.expires_at is not None and timezone.is_naive(body.expires_at):
        raise ApiError(422, "invalid", "expires_at has no time zone. Add Z or an offset.", field="expires_at")
    name = normal_form(body.external_id)
    if not name:
        raise ApiError(422, "invalid", "external_id is blank. Expected what you call the person.", field="external_id")
    annotator = study.annotators.filter(external_id__in=spellings(body.external_id)).first()
    if annotator is None:
        annotator = join(study, external_id=name)
    name = f"{study.slug}: {annotator.pseudonym}"[:100]
    _, text = make_token(user_of(request), name, Scope.ANNOTATE, annotator=annotator, expires_at=body.expires_at)
    return Status(201, NewAnnotatorOut(pseudonym=annotator.pseudonym, token=text))
