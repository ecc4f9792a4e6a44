"""Statements written by hand: what every rated pair waits for. All else goes through querysets.

Django takes longer to build such a statement than the database takes to answer it. Each function takes values and
returns typed results; no other module uses a part of a statement, except for the condition of in_languages. Each
statement has a test that compares it with the queryset that it stands for (tests/annotations/rating/test_queries.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from annotations.models import Annotator, Assignment, Comparison, Side, Study
from annotations.models.evidence import is_current
from annotations.studies.languages import readable_codes
from lib.sql import Columns, Row, Statement, change, change_and_fetch, fetch, from_json

Spans = list[dict[str, Any]]

_ANNOTATOR = Columns(Annotator, "annotator")
_STUDY = Columns(Study, "study")
_ASSIGNMENT = Columns(Assignment, "assignment")


# ---- who asks

_ANNOTATOR_IN_STUDY = f"""SELECT {_ANNOTATOR.sql}, {_STUDY.sql} FROM annotations_annotator annotator
JOIN annotations_study study ON study.id = annotator.study_id WHERE annotator.id = %s AND study.public_id = %s"""  # noqa: S608  (no values)


def find_annotator(annotator_id: int, study_public_id: UUID) -> Annotator | None:
    """Return the annotator with their study, or None if the study has no such annotator."""
    for row in fetch(_ANNOTATOR_IN_STUDY, annotator_id, study_public_id):
        annotator = _ANNOTATOR.instance(row)
        annotator.study = _STUDY.instance(row[_ANNOTATOR.number :])
        return annotator
    return None


# ---- what can be given to them


def available_to(annotator: Annotator) -> QuerySet[Comparison]:
    """Comparisons with a free place, in languages they read, that they neither rated nor skipped nor hold."""
    had = annotator.assignments.had().filter(comparison=OuterRef("pk"))
    available = annotator.study.comparisons.for_rating().wanting().filter(~Exists(had))
    codes = readable_codes(annotator)
    return available if codes is None else available.filter(document__language__in=codes)


# The SQL twin of available_to, for the ids of the study and of the annotator. NOT IN hashes the subquery once, whatever
# number of rows the planner expects.
_AVAILABLE_TO = """annotations_comparison comparison
WHERE comparison.study_id = %s AND comparison.purpose = 'rating' AND comparison.taken < comparison.quota
AND comparison.id NOT IN (
    SELECT had.comparison_id FROM annotations_assignment had WHERE had.annotator_id = %s AND had.state <> 'expired'
)"""
# For who does not read all languages of the documents; {codes}: a mark for each language that they read.
_IN_LANGUAGES = """ AND EXISTS (
    SELECT 1 FROM models_runner_document written
    WHERE written.id = comparison.document_id AND written.language IN ({codes})
)"""
_AVAILABLE = "SELECT comparison.id, comparison.document_id, comparison.taken FROM {available}"
_IN_ORDER = "ORDER BY comparison.place, comparison.document_id, comparison.shuffle, comparison.id LIMIT %s"
_AVAILABLE_FROM = f"{_AVAILABLE} AND (comparison.place, comparison.document_id) >= (%s, %s) {_IN_ORDER}"
_AVAILABLE_BEFORE = f"{_AVAILABLE} AND (comparison.place, comparison.document_id) < (%s, %s) {_IN_ORDER}"
# No language: a list in SQL may not be empty.
_NONE = ["-"]


class DocumentPlace(NamedTuple):
    """Where a document stands in the study's random order of documents."""

    place: int
    document_id: int


class AvailableComparison(NamedTuple):
    """A comparison with a free place, and how many of its places are taken."""

    pk: int
    document_id: int
    taken: int


def _available_to(annotator: Annotator) -> tuple[str, list[object]]:
    """Return _AVAILABLE_TO for this annotator, and its values."""
    languages, codes = in_languages(annotator)
    return _AVAILABLE_TO + languages, [annotator.study_id, annotator.pk, *codes]


def in_languages(annotator: Annotator) -> tuple[str, list[str]]:
    """Return the condition that a comparison is in a language that the annotator reads, and its values.

    It is empty where they read all languages of the documents.
    """
    codes = readable_codes(annotator)
    if codes is None:
        return "", []
    codes = codes or _NONE
    return _IN_LANGUAGES.format(codes=", ".join(["%s"] * len(codes))), codes


def available_from(annotator: Annotator, start: DocumentPlace, most: int) -> list[AvailableComparison]:
    """Return up to `most` comparisons of available_to, in the study's order of documents, from this one on."""
    available, values = _available_to(annotator)
    rows = fetch(_AVAILABLE_FROM.format(available=available), *values, *start, most)
    return list(map(AvailableComparison._make, rows))


def available_before(annotator: Annotator, start: DocumentPlace, most: int) -> list[AvailableComparison]:
    """Return up to `most` comparisons of available_to, in the study's order of documents, from before this one."""
    available, values = _available_to(annotator)
    rows = fetch(_AVAILABLE_BEFORE.format(available=available), *values, *start, most)
    return list(map(AvailableComparison._make, rows))


def is_available(annotator: Annotator) -> bool:
    """Return whether available_to has any.

    An index finds the first in the order of documents; EXISTS may go through all that are taken, a million in large
    studies.
    """
    return bool(available_from(annotator, DocumentPlace(0, 0), 1))


# ---- what they hold

# One row at least: the document comes also where the annotator holds nothing.
_HELD = f"""SELECT {_ASSIGNMENT.sql}, last.place, last.document_id, {{people}} FROM (SELECT 1) always LEFT JOIN (
    SELECT given.place, given.document_id FROM annotations_assignment newest
    JOIN annotations_comparison given ON given.id = newest.comparison_id
    WHERE newest.annotator_id = %s ORDER BY newest.created_at DESC, newest.id DESC LIMIT 1
) last ON TRUE LEFT JOIN annotations_assignment assignment
    ON assignment.annotator_id = %s AND assignment.state = 'leased'
ORDER BY assignment.created_at, assignment.id"""  # noqa: S608  (no values)
_HELD_BY = _HELD.format(people="NULL")
_HELD_AND_PEOPLE = _HELD.format(
    people="""(SELECT COUNT(*) FROM (
        SELECT who.id FROM annotations_annotator who WHERE who.study_id = %s LIMIT %s
    ) known)"""
)
# Between two VACUUMs the index of leases keeps an entry of every pair that was ever held; the time leaves those of the
# last leases.
_NUMBER_HELD = """SELECT COUNT(*) FROM annotations_assignment theirs
JOIN annotations_comparison its ON its.id = theirs.comparison_id
WHERE theirs.state = 'leased' AND theirs.lease_until > %s AND its.study_id = %s"""
_RENEW_LEASE = "UPDATE annotations_assignment SET lease_until = %s WHERE id = %s AND state = 'leased'"


class HeldAndPeople(NamedTuple):
    """What an annotator holds, and who else may hold something.

    Attributes:
        mine: Oldest first.
        last: The document that they were given last.
        people: How many annotators the study has, counted no further than asked.
    """

    mine: list[Assignment]
    last: DocumentPlace | None
    people: int


def held_by(annotator: Annotator) -> tuple[list[Assignment], DocumentPlace | None]:
    """Return what the annotator holds, oldest first, and the document that they were given last."""
    return _held(annotator, fetch(_HELD_BY, annotator.pk, annotator.pk))


def held_and_people(annotator: Annotator, most: int) -> HeldAndPeople:
    """Return the same, and how many annotators the study has, counted up to `most`."""
    rows = fetch(_HELD_AND_PEOPLE, annotator.study_id, most, annotator.pk, annotator.pk)
    return HeldAndPeople(*_held(annotator, rows), rows[0][-1])


def number_held(study_id: int, now: datetime) -> int:
    """Return how many assignments all annotators of the study hold by a lease that has not run out."""
    return int(fetch(_NUMBER_HELD, now, study_id)[0][0])


def _held(annotator: Annotator, rows: list[Row]) -> tuple[list[Assignment], DocumentPlace | None]:
    held = [_ASSIGNMENT.instance(row) for row in rows if row[0] is not None]
    for assignment in held:
        assignment.annotator = annotator
    place, document = rows[0][-3:-1]
    return held, None if document is None else DocumentPlace(place, document)


def renew_lease(assignment_id: int, until: datetime) -> bool:
    """Extend the lease of an assignment; False if it is no longer held."""
    return bool(change(_RENEW_LEASE, until, assignment_id))


# ---- taking a place

_TAKE_PLACE = "UPDATE annotations_comparison SET taken = taken + 1 WHERE id = %s AND taken < quota"
_SYSTEMS_AND_EARLIER = """SELECT run_a.system_id, run_b.system_id,
    COALESCE(lead_a.lead, 0) - COALESCE(lead_b.lead, 0),
    earlier.id, earlier.annotator_id, earlier.state, earlier.slot, earlier.shown_left
FROM annotations_comparison comparison
JOIN models_runner_summary summary_a ON summary_a.id = comparison.summary_a_id
JOIN models_runner_run run_a ON run_a.id = summary_a.run_id
JOIN models_runner_summary summary_b ON summary_b.id = comparison.summary_b_id
JOIN models_runner_run run_b ON run_b.id = summary_b.run_id
LEFT JOIN annotations_sidelead lead_a ON lead_a.annotator_id = %s AND lead_a.system_id = run_a.system_id
LEFT JOIN annotations_sidelead lead_b ON lead_b.annotator_id = %s AND lead_b.system_id = run_b.system_id
LEFT JOIN annotations_assignment earlier ON earlier.comparison_id = comparison.id
WHERE comparison.id = %s"""
_NEW_ASSIGNMENT = Columns(Assignment, "annotations_assignment")
_ADD_ASSIGNMENT = f"""INSERT INTO annotations_assignment (
    comparison_id, annotator_id, token, state, slot, shown_left, lease_until, probability, drawn_from, created_at
) VALUES (%s, %s, %s, 'leased', %s, %s, %s, %s, %s, %s) RETURNING {_NEW_ASSIGNMENT.sql}"""  # noqa: S608  (no values)


class SystemsOfComparison(NamedTuple):
    """The systems of a comparison, and how one annotator saw them so far.

    Attributes:
        system_a: Id of the system of summary a.
        system_b: Id of the system of summary b.
        lead_of_a: How much more often the annotator was shown a's system left than right, less the same of b's.
    """

    system_a: int
    system_b: int
    lead_of_a: int

    def shown(self, left: str) -> tuple[int, int]:
        """Return the systems shown left and right."""
        return (self.system_a, self.system_b) if left == Side.A else (self.system_b, self.system_a)


class EarlierAssignment(NamedTuple):
    """What an assignment of a comparison tells the next one of the same comparison."""

    pk: int
    annotator_id: int
    state: str
    slot: int | None
    shown_left: str


class NewAssignment(NamedTuple):
    """What is stored of a comparison that somebody is given; see Assignment."""

    comparison_id: int
    slot: int
    shown_left: str
    lease_until: datetime
    probability: float | None = None
    drawn_from: int | None = None


def take_place(comparison_id: int) -> bool:
    """Count one more place as taken; False if none is free. Locks the comparison until the transaction ends."""
    return bool(change(_TAKE_PLACE, comparison_id))


def systems_and_earlier(
    annotator: Annotator, comparison_id: int
) -> tuple[SystemsOfComparison, list[EarlierAssignment]]:
    """Return the comparison's systems, as this annotator saw them, and every assignment of the comparison."""
    rows = fetch(_SYSTEMS_AND_EARLIER, annotator.pk, annotator.pk, comparison_id)
    n = len(SystemsOfComparison._fields)
    return SystemsOfComparison(*rows[0][:n]), [EarlierAssignment(*row[n:]) for row in rows if row[n] is not None]


def add_assignment(annotator: Annotator, given: NewAssignment, counted: Statement | None) -> Assignment:
    """Give the annotator a comparison; counted: what counts its sides."""
    comparison_id, *rest = given
    add = Statement(_ADD_ASSIGNMENT, (comparison_id, annotator.pk, uuid4(), *rest, timezone.now()))
    (row,) = fetch(add.sql, *add.values) if counted is None else change_and_fetch(counted, add)
    assignment = _NEW_ASSIGNMENT.instance(row)
    assignment.annotator = annotator
    return assignment


# ---- what the page shows

# {counts}: what _work_counts gives.
_TEXTS = """SELECT comparison.purpose, document.title, document.language, transcript.turns, query.text, (
    SELECT remark.text FROM annotations_remark remark
    WHERE remark.assignment_id = %s AND remark.kind = 'comment' ORDER BY remark.id DESC LIMIT 1
), summary_a.text, summary_b.text, evidence_a.signature, evidence_a.spans, evidence_b.signature, evidence_b.spans,
{counts}
FROM annotations_comparison comparison
JOIN models_runner_document document ON document.id = comparison.document_id
JOIN models_runner_summary summary_a ON summary_a.id = comparison.summary_a_id
JOIN models_runner_summary summary_b ON summary_b.id = comparison.summary_b_id
LEFT JOIN models_runner_transcript transcript ON transcript.document_id = document.id
LEFT JOIN models_runner_query query ON query.id = comparison.query_id
LEFT JOIN annotations_summaryevidence evidence_a ON evidence_a.summary_id = summary_a.id
LEFT JOIN annotations_summaryevidence evidence_b ON evidence_b.summary_id = summary_b.id
WHERE comparison.id = %s"""
_GIVEN = """(
    SELECT COUNT(*) FROM annotations_assignment given WHERE given.annotator_id = %s AND given.state = '{state}'
)"""
_GIVEN_BUT_TRAINING = """(
    SELECT COUNT(*) FROM annotations_assignment given
    JOIN annotations_comparison its ON its.id = given.comparison_id AND its.purpose <> 'training'
    WHERE given.annotator_id = %s AND given.state = '{state}'
)"""
_LEFT = "(SELECT COUNT(*) FROM (SELECT comparison.id FROM {available} LIMIT %s) available)"
_QUESTIONS = """SELECT criterion.key, criterion.question, criterion.help_text, given.outcome, given.strength
FROM annotations_criterion criterion
LEFT JOIN annotations_judgement given ON given.criterion_id = criterion.id AND given.assignment_id = %s
WHERE criterion.study_id = %s ORDER BY criterion.position"""


class WorkCounts(NamedTuple):
    """How many pairs an annotator has rated, holds, and could still be given; training apart, gold among them."""

    rated: int
    held: int
    left: int


@dataclass(frozen=True)
class PairTexts:
    """The texts of an assignment's comparison.

    Attributes:
        query: What the summaries answer; None where they are of the whole document.
        comment: The newest comment on the assignment, or "".
        texts: The summaries by canonical side.
        spans: Evidence found by the method of this release, by canonical side; a side without any is missing.
        counts: Of the assignment's annotator.
    """

    purpose: str
    title: str
    language: str
    turns: list[dict[str, Any]]
    query: str | None
    comment: str
    texts: dict[str, str]
    spans: dict[str, Spans]
    counts: WorkCounts


class AnsweredQuestion(NamedTuple):
    """A question of the study, and the answer to it in one assignment; outcome: None while unanswered."""

    key: str
    question: str
    help_text: str
    outcome: str | None
    strength: int | None


def pair_texts(assignment: Assignment, most: int) -> PairTexts:
    """Return the texts that the page shows; `most` is the number of pairs left up to which they are counted."""
    counts, values = _work_counts(assignment.annotator, most, more_are_left=assignment.many_left)
    ((purpose, title, language, turns, query, comment, text_a, text_b, *rest),) = fetch(
        _TEXTS.format(counts=counts), assignment.pk, *values, assignment.comparison_id
    )
    evidence, numbers = rest[:4], rest[4:]
    spans = {
        side: from_json(stored)
        for side, signature, stored in zip("ab", evidence[::2], evidence[1::2], strict=True)
        if signature is not None and is_current(signature)
    }
    texts = {"a": text_a, "b": text_b}
    return PairTexts(
        purpose, title, language, from_json(turns), query, comment or "", texts, spans, WorkCounts(*numbers)
    )


def count_work(annotator: Annotator, most: int) -> WorkCounts:
    """Count an annotator's pairs; those left only up to `most` + 1."""
    counts, values = _work_counts(annotator, most)
    return WorkCounts(*fetch(f"SELECT {counts}", *values)[0])


def _work_counts(annotator: Annotator, most: int, *, more_are_left: bool = False) -> tuple[str, Sequence[object]]:
    """The columns of WorkCounts, and their values.

    Every page has them, so those left are counted up to `most` + 1: the time must not grow with the study.
    more_are_left: it is known that more than `most` are left, so that they need not be counted.
    """
    # Gold pairs count as well, also those to come: a total that grew, or a number that stood still, would reveal them.
    given = _GIVEN_BUT_TRAINING if annotator.study.has_control_items else _GIVEN
    rated_and_held = f"{given.format(state='done')}, {given.format(state='leased')}"
    if more_are_left:
        return f"{rated_and_held}, {most + 1}", (annotator.pk, annotator.pk)
    available, values = _available_to(annotator)
    return f"{rated_and_held}, {_LEFT.format(available=available)}", (annotator.pk, annotator.pk, *values, most + 1)


def questions_of(assignment: Assignment) -> list[AnsweredQuestion]:
    """Return the study's questions in order, each with its answer in this assignment."""
    rows = fetch(_QUESTIONS, assignment.pk, assignment.annotator.study_id)
    return list(map(AnsweredQuestion._make, rows))
