"""Putting votes that were given elsewhere into a study: its judges, their places, their answers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from annotations.counts.pair_tallies import recount_pairs
from annotations.imports.ratings_file import GivenVote, read_votes
from annotations.models import (
    Annotator,
    Assignment,
    AuditEntry,
    Comparison,
    Criterion,
    Judgement,
    JudgementRevision,
    Outcome,
    Side,
    Study,
)
from annotations.studies import audit
from models_runner.importing.records import DatasetImportError

BATCH = 500
SWAPPED = {Outcome.A: Outcome.B, Outcome.B: Outcome.A}
OTHER_SIDE = {Side.A.value: Side.B.value, Side.B.value: Side.A.value, "": ""}


@dataclass(frozen=True)
class Imported:
    added: int
    unchanged: int
    judges: int


@dataclass(frozen=True)
class _Placed:
    """A line with what it is about here; outcome and shown_left in the comparison's own order."""

    vote: GivenVote
    comparison: Comparison
    criterion: Criterion
    outcome: str
    shown_left: str


def import_ratings(path: Path, study: Study, by: User | None = None) -> Imported:
    """All votes of the file. Raises DatasetImportError, which names the lines at fault; then nothing has changed.

    Their places come on top of the study's own votes per comparison. The same file twice adds nothing.
    """
    votes = read_votes(path)
    with transaction.atomic():
        Study.objects.select_for_update().get(pk=study.pk)
        placed = _place(study, votes)
        judges = _judges(study, placed)
        new = _unknown(study, placed, judges)
        assignments = _assignments(study, new, judges)
        _answers(new, judges, assignments)
        if new:
            audit.record(study, by, AuditEntry.Action.IMPORT, path.name, after=f"{len(new)} votes")
            recount_pairs(study)
    return Imported(len(new), len(votes) - len(new), len({one.vote.judge for one in new}))


def _place(study: Study, votes: Sequence[GivenVote]) -> list[_Placed]:
    criteria = {criterion.key: criterion for criterion in study.criteria.all()}
    if not criteria:
        raise DatasetImportError([f"Study {study.slug} asks no question."])
    comparisons = _comparisons(study)
    placed, problems = [], []
    for vote in votes:
        criterion = criteria.get(vote.criterion or next(iter(criteria)))
        comparison = comparisons.get((vote.document, vote.query, frozenset((vote.model_a, vote.model_b))))
        if criterion is None:
            known = ", ".join(criteria)
            problems.append(f"{vote.where}, field 'criterion': is {vote.criterion!r}; the study asks {known}.")
        elif comparison is None:
            problems.append(f"{vote.where}, {_why_not_compared(study, vote)}")
        else:
            placed.append(_in_own_order(vote, comparison, criterion))
    if problems:
        raise DatasetImportError(problems)
    return placed


def _comparisons(study: Study) -> dict[tuple[str, str, frozenset[str]], Comparison]:
    rows = (
        study.comparisons.for_rating()
        .select_related("document", "query", "summary_a__run__system", "summary_b__run__system")
        .defer("summary_a__text", "summary_b__text")
    )
    return {
        (
            one.document.external_id,
            one.query.text if one.query else "",
            frozenset((one.summary_a.run.system.slug, one.summary_b.run.system.slug)),
        ): one
        for one in rows
    }


def _why_not_compared(study: Study, vote: GivenVote) -> str:
    systems = set(study.systems.values_list("slug", flat=True))
    for name, slug in (("model_a", vote.model_a), ("model_b", vote.model_b)):
        if slug not in systems:
            return f"field {name!r}: {slug!r} is no system of study {study.slug}. It has {', '.join(sorted(systems))}."
    documents = study.dataset.documents.filter(external_id=vote.document)
    if not documents.exists():
        return f"field 'document_id': dataset {study.dataset.name} has no document {vote.document!r}."
    if vote.query and not documents.filter(queries__text=vote.query).exists():
        return f"field 'query': document {vote.document!r} has no query {vote.query!r}."
    return (
        f"field 'document_id': study {study.slug} does not compare {vote.model_a} and {vote.model_b} on "
        f"{vote.document!r}. Import the summaries of both first (import_summaries)."
    )


def _in_own_order(vote: GivenVote, comparison: Comparison, criterion: Criterion) -> _Placed:
    if comparison.summary_a.run.system.slug == vote.model_a:
        return _Placed(vote, comparison, criterion, vote.outcome, vote.shown_left)
    return _Placed(vote, comparison, criterion, SWAPPED.get(vote.outcome, vote.outcome), OTHER_SIDE[vote.shown_left])


def _judges(study: Study, placed: Iterable[_Placed]) -> dict[str, Annotator]:
    """The file's judges by name; new ones are numbered after those the study has."""
    known = {one.pseudonym: one for one in study.annotators.all()}
    number = study.annotators.aggregate(last=Max("number"))["last"] or 0
    problems = []
    for one in placed:
        vote, judge = one.vote, known.get(one.vote.judge)
        if judge is None:
            number += 1
            known[vote.judge] = Annotator(
                study=study, number=number, pseudonym=vote.judge, judge_type=vote.judge_type, imported=True
            )
        elif not judge.imported:
            problems.append(
                f"{vote.where}, field 'judge': {vote.judge!r} rates in study {study.slug} itself. "
                "Give the judges of the file other names."
            )
        elif judge.judge_type != vote.judge_type:
            problems.append(f"{vote.where}, field 'judge_type': {vote.judge!r} is {judge.judge_type!r} elsewhere.")
    if problems:
        raise DatasetImportError(problems)
    Annotator.objects.bulk_create([one for one in known.values() if one.pk is None], batch_size=BATCH)
    return known


def _unknown(study: Study, placed: Sequence[_Placed], judges: dict[str, Annotator]) -> list[_Placed]:
    """Those that are not stored yet."""
    rows = Judgement.objects.filter(criterion__study=study, assignment__annotator__imported=True)
    stored = {
        (comparison, annotator, criterion): (outcome, strength)
        for comparison, annotator, criterion, outcome, strength in rows.values_list(
            "assignment__comparison_id", "assignment__annotator_id", "criterion_id", "outcome", "strength"
        )
    }
    new, problems = [], []
    for one in placed:
        known = stored.get((one.comparison.pk, judges[one.vote.judge].pk, one.criterion.pk))
        if known is None:
            new.append(one)
        elif known != (one.outcome, one.vote.strength):
            problems.append(f"{one.vote.where}: {one.vote.judge!r} has another answer here already; it stays.")
    if problems:
        raise DatasetImportError(problems)
    return new


def _assignments(
    study: Study, new: Sequence[_Placed], judges: dict[str, Annotator]
) -> dict[tuple[int, int], Assignment]:
    """The assignment of every comparison and judge, with a place of its own on top of the study's."""
    held: dict[int, set[int]] = defaultdict(set)
    found: dict[tuple[int, int], Assignment] = {}
    rows = Assignment.objects.held().filter(comparison__study=study)
    for assignment in rows.select_related("annotator"):
        held[assignment.comparison_id].add(assignment.slot or 0)
        if assignment.annotator.imported:
            found[assignment.comparison_id, assignment.annotator_id] = assignment
    added: dict[int, list[Assignment]] = defaultdict(list)
    for one in new:
        key = (one.comparison.pk, judges[one.vote.judge].pk)
        if key not in found:
            found[key] = _assignment(one, judges[one.vote.judge], held[one.comparison.pk])
            added[one.comparison.pk].append(found[key])
    for pk, made in added.items():
        # Counters first: the database refuses a place beyond the quota.
        more = len(made)
        Comparison.objects.filter(pk=pk).update(
            quota=F("quota") + more, taken=F("taken") + more, imported=F("imported") + more
        )
    Assignment.objects.bulk_create([one for made in added.values() for one in made], batch_size=BATCH)
    return found


def _assignment(one: _Placed, judge: Annotator, held: set[int]) -> Assignment:
    slot = next(number for number in range(len(held) + 1) if number not in held)
    held.add(slot)
    return Assignment(
        comparison=one.comparison,
        annotator=judge,
        slot=slot,
        shown_left=one.shown_left,
        state=Assignment.State.DONE,
        completed_at=one.vote.given_at or timezone.now(),
        probability=one.vote.probability,
        drawn_from=one.vote.drawn_from,
    )


def _answers(
    new: Sequence[_Placed], judges: dict[str, Annotator], assignments: dict[tuple[int, int], Assignment]
) -> None:
    taken = _taken_ids([one.vote.id for one in new if one.vote.id])
    judgements, revisions = [], []
    for one in new:
        answer = {
            "assignment": assignments[one.comparison.pk, judges[one.vote.judge].pk],
            "criterion": one.criterion,
            "outcome": one.outcome,
            "strength": one.vote.strength,
            "lead_time_ms": one.vote.lead_time_ms,
            "active_ms": one.vote.active_ms,
        }
        public_id = one.vote.id if one.vote.id and one.vote.id not in taken else uuid4()
        judgements.append(Judgement(public_id=public_id, **answer))
        revisions.append(JudgementRevision(client_key=uuid4(), **answer))
    Judgement.objects.bulk_create(judgements, batch_size=BATCH)
    JudgementRevision.objects.bulk_create(revisions, batch_size=BATCH)
    _keep_times(new, judgements)


def _taken_ids(ids: Sequence[UUID]) -> set[UUID]:
    """Ids that votes here have already: a copy of a study in one database gets new ones."""
    taken: set[UUID] = set()
    for begin in range(0, len(ids), BATCH):
        known = Judgement.objects.filter(public_id__in=ids[begin : begin + BATCH])
        taken.update(known.values_list("public_id", flat=True))
    return taken


def _keep_times(new: Sequence[_Placed], judgements: Sequence[Judgement]) -> None:
    """When the votes were given, where the file says so; creating a row sets the present."""
    timed = []
    for one, judgement in zip(new, judgements, strict=True):
        if one.vote.given_at:
            judgement.created_at = judgement.updated_at = one.vote.given_at
            timed.append(judgement)
    Judgement.objects.bulk_update(timed, ["created_at", "updated_at"], batch_size=BATCH)
