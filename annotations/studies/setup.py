"""Making a study: its questions, documents, pairs and settings, all checked before anything is stored."""

import random
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from annotations.counts.pair_tallies import recount_pairs
from annotations.models import (
    AuditEntry,
    Criterion,
    Membership,
    Sampling,
    Study,
    SummaryFormat,
    Wanted,
    WhichDocuments,
    WhichPairs,
)
from annotations.studies import audit
from annotations.studies.criteria import LIBRARY
from annotations.studies.pair_generation import build_comparisons
from lib.lines import text_lines
from lib.names import AmbiguousNameError, ByName
from models_runner.datasets.lookup import stored_split
from models_runner.models import Dataset, Document, System
from stats.decisions.sampling import EPSILON


class StudySetupError(ValueError):
    """The settings make no study; the message names the setting that is wrong."""


KEY = re.compile(r"[A-Za-z0-9_-]{1,50}")
LONGEST_QUESTION = 200
# The form for a new study has this address.
RESERVED = "new"
LARGEST = 2_147_483_647  # the largest integer a column holds on every database
# To be preferred in 45 of 100 comparisons instead of 50 is still good enough.
MARGIN = 0.05


@dataclass(frozen=True)
class OwnCriterion:
    """A question that is not in the library."""

    key: str
    question: str
    help_text: str = ""


def own_criteria(text: str) -> list[OwnCriterion]:
    """Parse questions, one per line: short name | question | help. The help is optional and may contain |."""
    lines = [[part.strip() for part in line.split("|", 2)] for line in text_lines(text) if line.strip()]
    return [OwnCriterion(*parts, *[""] * (2 - len(parts))) for parts in lines]


@dataclass(frozen=True)
class RatingOptions:
    """How annotators see the summaries, what they may answer and are asked besides; see the fields of Study."""

    allow_tie: bool = True
    allow_both_bad: bool = True
    strength: str = Wanted.OFF
    comments: str = Wanted.OPTIONAL
    break_minutes: int = 0
    summary_format: str = SummaryFormat.RENDERED


@dataclass(frozen=True)
class StudyScope:
    """Which documents and which pairs of systems a study compares.

    Attributes:
        split: Split of the dataset; "" for all.
        sample: How many documents to draw by the seed; None for all. Not together with chosen.
        chosen: External ids of documents; empty for all.
        seed: Draws documents and pairs.
        anchor: Compare this system with each other one only. Not together with pairs_per_document.
        pairs_per_document: How many pairs of each document to draw; None for all.
    """

    split: str = ""
    sample: int | None = None
    chosen: Sequence[str] = ()
    seed: int = 0
    anchor: System | None = None
    pairs_per_document: int | None = None


@transaction.atomic
def create_study(
    slug: str,
    dataset: Dataset,
    systems: Sequence[System],
    *,
    instruction: str = "medium",
    criteria: Sequence[str] = ("overall",),
    own_criteria: Sequence[OwnCriterion] = (),
    quota: int = 3,
    title: str = "",
    guidelines: str = "",
    options: RatingOptions | None = None,
    scope: StudyScope | None = None,
    created_by: User | None = None,
    draft: bool = False,
    sampling: str = Sampling.EVEN,
    epsilon: float = EPSILON,
    margin: float | None = MARGIN,
    simulated: bool = False,
) -> Study:
    """Create a study over these systems' summaries, open unless it is a draft.

    Args:
        margin: See Study.noninferiority_margin; None for no verdict on small versus large.
        simulated: A program draws its votes; the study is closed, so that no person's vote comes in between.
    Raises:
        StudySetupError: The settings make no study.
    """
    options, scope = options or RatingOptions(), scope or StudyScope()
    scope = replace(scope, split=stored_split(dataset, scope.split))
    _check_setup(slug, systems, quota, options)
    _check_sizes(quota, options, scope)
    check_sampling(sampling, epsilon)
    _check_margin(margin)
    _check_criteria(criteria, own_criteria)
    _check_scope(scope, systems)
    study = Study.objects.create(
        slug=slug,
        title=title or slug,
        dataset=dataset,
        instruction=instruction,
        quota=quota,
        guidelines=guidelines,
        created_by=created_by,
        status=_first_status(draft=draft, simulated=simulated),
        simulated=simulated,
        sampling=sampling,
        epsilon=epsilon,
        noninferiority_margin=margin,
        **_pair_settings(scope),
        **asdict(options),
    )
    study.systems.set(systems)
    _choose_documents(study, scope)
    questions = [OwnCriterion(key, *LIBRARY[key]) for key in criteria if key in LIBRARY]
    _begin(study, [*questions, *own_criteria])
    return study


def _first_status(*, draft: bool, simulated: bool) -> Study.Status:
    if simulated:
        return Study.Status.CLOSED
    return Study.Status.DRAFT if draft else Study.Status.OPEN


def _pair_settings(scope: StudyScope) -> dict[str, Any]:
    return {
        "seed": scope.seed,
        "which_pairs": _which_pairs(scope),
        "anchor": scope.anchor,
        "pairs_per_document": scope.pairs_per_document,
    }


def _begin(study: Study, questions: Sequence[OwnCriterion]) -> None:
    """Store the questions and the first owner, and create the comparisons."""
    Criterion.objects.bulk_create(
        Criterion(study=study, position=position, **asdict(question)) for position, question in enumerate(questions)
    )
    if study.created_by is not None:
        Membership.objects.create(study=study, user=study.created_by, role=Membership.Role.OWNER)
    audit.record(study, study.created_by, AuditEntry.Action.CREATED, after=study.status)
    build_comparisons(study)
    recount_pairs(study)


def _check_setup(slug: str, systems: Sequence[System], quota: int, options: RatingOptions) -> None:
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise StudySetupError(
            f"{slug!r} is not a valid name for a study. Use letters, digits, - and _ only."
        ) from error
    if slug == RESERVED:
        raise StudySetupError(f"A study cannot be named {slug!r}: that address belongs to another page.")
    if Study.objects.filter(slug=slug).exists():
        raise StudySetupError(f"A study named {slug!r} exists. Choose another name.")
    if len({s.pk for s in systems}) != len(systems):
        raise StudySetupError("A system is named twice. Name each system once.")
    if len(systems) < 2:
        raise StudySetupError(f"A study compares at least 2 systems; {len(systems)} given.")
    if quota < 1:
        raise StudySetupError(f"The quota is {quota}; at least 1 annotator must rate each comparison.")
    if options.break_minutes < 0:
        raise StudySetupError(f"A break after {options.break_minutes} minutes is not possible; expected 0 or more.")
    if options.summary_format not in SummaryFormat.values:
        raise StudySetupError(
            f"{options.summary_format!r} is not a way to show summaries. Known: {', '.join(SummaryFormat.values)}."
        )


def _check_sizes(quota: int, options: RatingOptions, scope: StudyScope) -> None:
    numbers = {
        "seed": scope.seed,
        "quota": quota,
        "number of pairs of each document": scope.pairs_per_document,
        "number of minutes before a break": options.break_minutes,
    }
    for name, number in numbers.items():
        if number is not None and not 0 <= number <= LARGEST:
            raise StudySetupError(f"The {name} is {number}; expected 0 to {LARGEST}.")


def check_sampling(sampling: str, epsilon: float) -> None:
    if sampling not in Sampling.values:
        raise StudySetupError(f"{sampling!r} is not a way to choose pairs. Known: {', '.join(Sampling.values)}.")
    if not 0 < epsilon <= 1:
        raise StudySetupError(f"The share drawn evenly is {epsilon:g}; expected more than 0 and at most 1.")


def _check_margin(margin: float | None) -> None:
    if margin is not None and not 0 < margin < 0.5:
        raise StudySetupError(
            f"The margin is {100 * margin:g} points of win probability; expected more than 0 and less than 50."
        )


def _check_criteria(chosen: Sequence[str], own: Sequence[OwnCriterion]) -> None:
    if unknown := [key for key in chosen if key not in LIBRARY]:
        raise StudySetupError(f"Unknown criterion {unknown[0]!r}. Known: {', '.join(LIBRARY)}.")
    for criterion in own:
        if not (KEY.fullmatch(criterion.key) and 0 < len(criterion.question) <= LONGEST_QUESTION):
            raise StudySetupError(
                f"{criterion.key!r} is not a question: expected a short name of letters, digits, - and _, "
                f"then the question, of at most {LONGEST_QUESTION} characters."
            )
    keys = [*chosen, *(criterion.key for criterion in own)]
    if not keys or len(set(keys)) != len(keys):
        raise StudySetupError("Name at least one criterion, and each one once.")


def _check_scope(scope: StudyScope, systems: Sequence[System]) -> None:
    if scope.chosen and scope.sample is not None:
        raise StudySetupError("Choose documents or draw a sample of them, not both.")
    if scope.anchor is not None and scope.pairs_per_document is not None:
        raise StudySetupError("Compare with an anchor or draw pairs of each document, not both.")
    if scope.anchor is not None and scope.anchor not in systems:
        raise StudySetupError(f"The anchor {scope.anchor.slug} is not one of the study's systems. Add it to them.")
    if scope.pairs_per_document is not None and scope.pairs_per_document < 1:
        raise StudySetupError(f"{scope.pairs_per_document} pairs of each document make no study; expected 1 or more.")


def _which_pairs(scope: StudyScope) -> str:
    if scope.anchor is not None:
        return WhichPairs.ANCHOR
    return WhichPairs.SAMPLE if scope.pairs_per_document is not None else WhichPairs.ALL


def _choose_documents(study: Study, scope: StudyScope) -> None:
    """Store the documents of a sample, a choice or a split; without these, documents imported later are added."""
    documents = study.dataset.documents.order_by("position", "pk")
    if scope.split:
        documents = documents.filter(split=scope.split)
        if not documents.exists():
            raise StudySetupError(f"Dataset {study.dataset.name} has no documents in split {scope.split!r}.")
    if scope.chosen:
        chosen = _named(study.dataset, scope)
        which = WhichDocuments.CHOSEN
    elif scope.sample is not None:
        chosen = _drawn(list(documents), scope)
        which = WhichDocuments.SAMPLE
    elif scope.split:
        chosen, which = list(documents), WhichDocuments.CHOSEN
    else:
        return
    Study.objects.filter(pk=study.pk).update(which_documents=which)
    study.which_documents = which
    study.documents.set(chosen)


def _named(dataset: Dataset, scope: StudyScope) -> list[Document]:
    documents = dataset.documents.filter(split=scope.split) if scope.split else dataset.documents.all()
    by_id = ByName((document.external_id, document) for document in documents)
    within = f" in split {scope.split!r}" if scope.split else ""
    named: dict[int, Document] = {}
    for name in scope.chosen:
        try:
            document = by_id.find(name)
        except AmbiguousNameError as error:
            raise StudySetupError(f"Dataset {dataset.name}: {error}") from error
        if document is None:
            raise StudySetupError(f"Dataset {dataset.name} has no document {name!r}{within}.")
        named[document.pk] = document
    return list(named.values())


def _drawn(documents: Sequence[Document], scope: StudyScope) -> list[Document]:
    size = scope.sample or 0
    if not 1 <= size <= len(documents):
        raise StudySetupError(f"A sample of {size} documents cannot be drawn from {len(documents)}.")
    return random.Random(f"documents:{scope.seed}").sample(documents, size)  # noqa: S311  (reproducible, no secret)
