"""Imports votes that were given elsewhere into a study: its judges, their places, their answers."""

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
from annotations.imports.places import NoPlaceError, Places
from annotations.imports.ratings_file import GivenVote, read_given_votes
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
from annotations.quality.exclusion import exclude_all
from annotations.studies import audit
from lib.names import AmbiguousNameError, ByName, normal_form
from models_runner.importing.records import DatasetImportError

BATCH = 500
EXCLUDED_ELSEWHERE = "Excluded where these votes come from."
SWAPPED = {Outcome.A: Outcome.B, Outcome.B: Outcome.A}
OTHER_SIDE = {Side.A.value: Side.B.value, Side.B.value: Side.A.value, "": ""}


@dataclass(frozen=True)
class RatingsImportResult:
    """How many votes an import added, how many were stored before, and how many judges gave the new ones."""

    added: int
    unchanged: int
    judges: int


@dataclass(frozen=True)
class _Placed:
    """A vote with its comparison and question here; outcome and shown_left are in the comparison's own order."""

    vote: GivenVote
    comparison: Comparison
    criterion: Criterion
    outcome: str
    shown_left: str


def import_ratings(path: Path, study: Study, by: User | None = None) -> RatingsImportResult:
    """Import all votes of the file. Importing the same file again adds nothing.

    Their places come on top of the study's own votes per comparison.

    Raises:
        DatasetImportError: Names the lines at fault; nothing has changed.
    """
    votes = read_given_votes(path)
    with transaction.atomic():
        locked = Study.objects.select_for_update().get(pk=study.pk)
        if locked.simulated and locked.annotators.exists():
            raise DatasetImportError([f"The votes of study {study.slug} are simulated, so it takes no others."])
        placed = _place(study, votes)
        known = _known_judges(study, placed)
        new = _not_stored(study, placed, known)
        judges = _new_judges(study, new, known)
        assignments = _assignments(study, new, judges)
        _store_answers(new, judges, assignments)
        if new:
            audit.record(study, by, AuditEntry.Action.IMPORT, path.name, after=f"{len(new)} votes")
            recount_pairs(study)
            _exclude(new, known, judges, by)
    return RatingsImportResult(len(new), len(votes) - len(new), len({judges[row.vote.judge].pk for row in new}))


def _place(study: Study, votes: Sequence[GivenVote]) -> list[_Placed]:
    criteria = {criterion.key: criterion for criterion in study.criteria.all()}
    if not criteria:
        raise DatasetImportError([f"Study {study.slug} asks no question."])
    places = Places(study)
    first: dict[tuple[object, ...], _Placed] = {}
    placed, problems = [], []
    for vote in votes:
        criterion = criteria.get(vote.criterion or next(iter(criteria)))
        if criterion is None:
            asked = ", ".join(criteria)
            problems.append(f"{vote.where}, field 'criterion': is {vote.criterion!r}; the study asks {asked}.")
            continue
        try:
            comparison = places.find(vote)
        except NoPlaceError as error:
            problems.append(f"{vote.where}, {error}")
            continue
        one = _in_own_order(vote, comparison, criterion)
        earlier = first.setdefault((comparison.pk, normal_form(vote.judge), criterion.pk), one)
        if earlier is not one:
            problems.append(_answered_twice(earlier, one))
        placed.append(one)
    if problems:
        raise DatasetImportError(problems)
    return placed


def _answered_twice(earlier: _Placed, later: _Placed) -> str:
    """Say that a judge answers a comparison twice in the file, and whether the answers differ."""
    where, before = later.vote.where, earlier.vote.where
    if later.outcome == earlier.outcome:
        return f"{where}: the same answer of the same judge is in {before} already."
    return (
        f"{where}: judge {later.vote.judge!r} answers {_in_words(later)} here, and {_in_words(earlier)} on the same "
        f"pair in {before}. Keep one of both lines."
    )


def _in_words(placed: _Placed) -> str:
    """Return the answer as a file has it, whichever of the two its line calls a."""
    systems = (placed.comparison.summary_a.run.system.slug, placed.comparison.summary_b.run.system.slug)
    return f"for {systems['ab'.index(placed.outcome)]}" if placed.outcome in ("a", "b") else f"'{placed.outcome}'"


def _in_own_order(vote: GivenVote, comparison: Comparison, criterion: Criterion) -> _Placed:
    if comparison.summary_a.run.system.slug == vote.model_a:
        return _Placed(vote, comparison, criterion, vote.outcome, vote.shown_left)
    return _Placed(vote, comparison, criterion, SWAPPED.get(vote.outcome, vote.outcome), OTHER_SIDE[vote.shown_left])


def _known_judges(study: Study, placed: Iterable[_Placed]) -> dict[str, Annotator]:
    """Return the file's judges whom the study has already, by their names in the file."""
    annotators = ByName((annotator.pseudonym, annotator) for annotator in study.annotators.all())
    judges, problems = {}, []
    for vote in (placed_vote.vote for placed_vote in placed):
        try:
            judge = annotators.find(vote.judge)
        except AmbiguousNameError as error:
            problems.append(f"{vote.where}, field 'judge': {error}")
            continue
        if judge is not None:
            judges[vote.judge] = judge
            if judge.judge_type != vote.judge_type:
                problems.append(f"{vote.where}, field 'judge_type': {vote.judge!r} is {judge.judge_type!r} elsewhere.")
    if problems:
        raise DatasetImportError(problems)
    return judges


def _new_judges(study: Study, new: Iterable[_Placed], known: dict[str, Annotator]) -> dict[str, Annotator]:
    """Add the judges whom the study does not have, numbered after its own; return all by their names in the file."""
    number = study.annotators.aggregate(last=Max("number"))["last"] or 0
    judges, added, problems = dict(known), ByName[Annotator](()), []
    for vote in (placed_vote.vote for placed_vote in new):
        judge = judges.get(vote.judge) or added.find(vote.judge)
        if judge is None:
            number += 1
            judge = Annotator(
                study=study, number=number, pseudonym=vote.judge, judge_type=vote.judge_type, imported=True
            )
            added.add(vote.judge, judge)
        elif judge.judge_type != vote.judge_type:
            problems.append(f"{vote.where}, field 'judge_type': {vote.judge!r} is {judge.judge_type!r} elsewhere.")
        judges[vote.judge] = judge
    if problems:
        raise DatasetImportError(problems)
    Annotator.objects.bulk_create(added.things(), batch_size=BATCH)
    return judges


def _not_stored(study: Study, placed: Sequence[_Placed], known: dict[str, Annotator]) -> list[_Placed]:
    """Return the votes that are not stored yet."""
    annotators = {judge.pk for judge in known.values()}
    rows = Judgement.objects.held().filter(criterion__study=study, assignment__annotator__in=annotators)
    stored = {
        (comparison, annotator, criterion): (outcome, strength)
        for comparison, annotator, criterion, outcome, strength in rows.values_list(
            "assignment__comparison_id", "assignment__annotator_id", "criterion_id", "outcome", "strength"
        )
    }
    new, problems = [], []
    for placed_vote in placed:
        vote, judge = placed_vote.vote, known.get(placed_vote.vote.judge)
        answer = stored.get((placed_vote.comparison.pk, judge.pk, placed_vote.criterion.pk)) if judge else None
        if answer == (placed_vote.outcome, vote.strength):
            continue
        if judge is not None and not judge.imported:
            problems.append(
                f"{vote.where}, field 'judge': {vote.judge!r} rates in study {study.slug} itself. "
                "Give the judges of the file other names."
            )
        elif answer is not None:
            problems.append(f"{vote.where}: {vote.judge!r} has another answer here already; it stays.")
        else:
            new.append(placed_vote)
    if problems:
        raise DatasetImportError(problems)
    return new


def _exclude(
    new: Sequence[_Placed], known: dict[str, Annotator], judges: dict[str, Annotator], by: User | None
) -> None:
    """Exclude the new judges who are excluded where the votes come from, so that boards are the same."""
    names = {placed_vote.vote.judge for placed_vote in new if placed_vote.vote.excluded} - known.keys()
    if names:
        exclude_all({judges[name].pk: judges[name] for name in names}.values(), EXCLUDED_ELSEWHERE, by)


def _assignments(
    study: Study, new: Sequence[_Placed], judges: dict[str, Annotator]
) -> dict[tuple[int, int], Assignment]:
    """Return the assignment of every comparison and judge; new ones get a place on top of the study's own."""
    held: dict[int, set[int]] = defaultdict(set)
    assignments: dict[tuple[int, int], Assignment] = {}
    rows = Assignment.objects.held().filter(comparison__study=study)
    for assignment in rows.select_related("annotator"):
        held[assignment.comparison_id].add(assignment.slot or 0)
        if assignment.annotator.imported:
            assignments[assignment.comparison_id, assignment.annotator_id] = assignment
    added: dict[int, list[Assignment]] = defaultdict(list)
    for placed_vote in new:
        key = (placed_vote.comparison.pk, judges[placed_vote.vote.judge].pk)
        if key not in assignments:
            assignments[key] = _assignment(placed_vote, judges[placed_vote.vote.judge], held[placed_vote.comparison.pk])
            added[placed_vote.comparison.pk].append(assignments[key])
    for pk, made in added.items():
        # Counters first: the database refuses a place beyond the quota.
        more = len(made)
        Comparison.objects.filter(pk=pk).update(
            quota=F("quota") + more, taken=F("taken") + more, imported=F("imported") + more
        )
    Assignment.objects.bulk_create([assignment for made in added.values() for assignment in made], batch_size=BATCH)
    return assignments


def _assignment(placed_vote: _Placed, judge: Annotator, held: set[int]) -> Assignment:
    slot = next(number for number in range(len(held) + 1) if number not in held)
    held.add(slot)
    return Assignment(
        comparison=placed_vote.comparison,
        annotator=judge,
        slot=slot,
        shown_left=placed_vote.shown_left,
        state=Assignment.State.DONE,
        completed_at=placed_vote.vote.given_at or timezone.now(),
        probability=placed_vote.vote.probability,
        drawn_from=placed_vote.vote.drawn_from,
    )


def _store_answers(
    new: Sequence[_Placed], judges: dict[str, Annotator], assignments: dict[tuple[int, int], Assignment]
) -> None:
    taken = _taken_ids([placed_vote.vote.id for placed_vote in new if placed_vote.vote.id])
    judgements, revisions = [], []
    for placed_vote in new:
        answer = {
            "assignment": assignments[placed_vote.comparison.pk, judges[placed_vote.vote.judge].pk],
            "criterion": placed_vote.criterion,
            "outcome": placed_vote.outcome,
            "strength": placed_vote.vote.strength,
            "lead_time_ms": placed_vote.vote.lead_time_ms,
            "active_ms": placed_vote.vote.active_ms,
        }
        public_id = placed_vote.vote.id if placed_vote.vote.id and placed_vote.vote.id not in taken else uuid4()
        judgements.append(Judgement(public_id=public_id, **answer))
        revisions.append(JudgementRevision(client_key=uuid4(), **answer))
    Judgement.objects.bulk_create(judgements, batch_size=BATCH)
    JudgementRevision.objects.bulk_create(revisions, batch_size=BATCH)
    _keep_times(new, judgements)


def _taken_ids(ids: Sequence[UUID]) -> set[UUID]:
    """Return the ids that stored votes have already: a copy of a study in the same database gets new ones."""
    taken: set[UUID] = set()
    for begin in range(0, len(ids), BATCH):
        stored = Judgement.objects.filter(public_id__in=ids[begin : begin + BATCH])
        taken.update(stored.values_list("public_id", flat=True))
    return taken


def _keep_times(new: Sequence[_Placed], judgements: Sequence[Judgement]) -> None:
    """Set when the votes were given, if the file says so; creating the rows has set the present."""
    timed = []
    for placed_vote, judgement in zip(new, judgements, strict=True):
        if placed_vote.vote.given_at:
            judgement.created_at = judgement.updated_at = placed_vote.vote.given_at
            timed.append(judgement)
    Judgement.objects.bulk_update(timed, ["created_at", "updated_at"], batch_size=BATCH)
