"""The votes and hours that a protocol's study asks of people."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb

from annotations.models import Study
from annotations.studies.work_forecast import StudyWork, study_work, usual_pace
from models_runner.models import Dataset, InstructionKind, Query
from protocol.file.schema import Protocol

UNKNOWN = "the documents are not here yet, and were not read"


@dataclass(frozen=True)
class PeopleNeed:
    """What people are asked for; None with a reason where nobody can say.

    Attributes:
        pairs: Pairs of summaries.
        ratings: Pairs times annotators for each.
        votes: Ratings times questions.
        pair_votes: Ratings of the two systems in question against each other; None if they are not named.
        seconds: Of a rating.
        measured: How many rated pairs the pace rests on; 0 if it is assumed.
    """

    pairs: int | None
    ratings: int | None
    votes: int | None
    pair_votes: int | None
    seconds: float
    measured: int
    reason: str = ""

    @property
    def hours(self) -> float | None:
        return None if self.ratings is None else self.ratings * self.seconds / 3600


def people_need(protocol: Protocol, documents: Mapping[str, int | None]) -> PeopleNeed:
    """Return what the study asks for when every summary is written."""
    part = protocol.study
    study = Study.objects.filter(slug=part.slug).first()
    seconds, measured = usual_pace(study)
    units = _units(protocol, documents[part.dataset])
    if units is None:
        return PeopleNeed(None, None, None, None, seconds, measured, UNKNOWN)
    each = _pairs_each(protocol)
    work = StudyWork(units * each, units * each * part.quota, units * each * part.quota, seconds, measured)
    if study is not None and (there := study_work(study)).comparisons >= work.comparisons:
        work = there
    named = protocol.analysis.small_system and protocol.analysis.large_system
    return PeopleNeed(
        pairs=work.comparisons,
        ratings=work.ratings,
        votes=work.ratings * len(part.criteria),
        pair_votes=units * part.quota if named and part.pairs.per_document is None else None,
        seconds=seconds,
        measured=measured,
    )


def _units(protocol: Protocol, documents: int | None) -> int | None:
    """Return how many documents, or queries on them, are compared."""
    part = protocol.study
    dataset = Dataset.objects.filter(name=part.dataset).first()
    if part.instruction == InstructionKind.QUERY:
        if dataset is None:
            return None
        return Query.objects.filter(document__dataset=dataset).count()
    if part.documents.chosen:
        return len(part.documents.chosen)
    if part.documents.sample is not None:
        return part.documents.sample
    if part.documents.split:
        return None if dataset is None else dataset.documents.filter(split=part.documents.split).count()
    return documents


def _pairs_each(protocol: Protocol) -> int:
    part = protocol.study
    every = comb(len(part.systems), 2)
    if part.pairs.anchor:
        return len(part.systems) - 1
    return min(every, part.pairs.per_document or every)
