"""Store votes of a file: places on top of the study's own, answers, and their history."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, F, Max
from django.utils import timezone

from annotations.imports.vote_table import NONE, OUTCOMES, SIDES, Numbers, Rows, matches, positions, repeated
from annotations.models import Assignment, Comparison, Criterion, Judgement, JudgementRevision, Study
from lib.sql import insert_many, moments, next_keys, random_uuids, stored_uuids, uuid_digits

AT_ONCE = 5_000
PLACE = np.dtype([(name, np.int64) for name in ("comparison", "annotator", "pk")])
GIVEN = ("assignment_id", "criterion_id", "outcome", "strength", "lead_time_ms", "active_ms")


@dataclass(frozen=True)
class StoredVotes:
    """Votes to store. comparisons: The keys by their numbers; annotators: the key of each vote's judge."""

    study: Study
    criteria: list[Criterion]
    comparisons: Numbers
    votes: Rows
    annotators: Numbers


def store_votes(new: StoredVotes) -> None:
    """Store the votes, which must be new. The study must be locked."""
    now = timezone.now()
    now_us = int(now.timestamp()) * 1_000_000 + now.microsecond
    assignments = _assignments(new, now_us)
    stored_ids = _stored_ids(new.votes)
    keys, others = random_uuids(len(new.votes)), random_uuids(len(new.votes))
    for begin in range(0, len(new.votes), AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        public_ids = _public_ids(new.votes[some], uuid_digits(others[some]), stored_ids)
        answers = _answers(new, new.votes[some], assignments[some])
        _insert_answers(answers, public_ids, uuid_digits(keys[some]), _given(new.votes[some], now_us), now_us)


def _assignments(new: StoredVotes, now_us: int) -> Numbers:
    """Return the keys of the votes' assignments; new ones get a place on top of the study's own."""
    comparisons = new.comparisons[new.votes["comparison"]]
    held = _held_by_imported(new.study)
    at = matches((comparisons, new.annotators), (held["comparison"], held["annotator"]))
    keys = np.where(at != NONE, held["pk"][at], NONE) if len(held) else at
    open_votes = np.flatnonzero(keys == NONE)
    later, first = repeated((comparisons[open_votes], new.annotators[open_votes]), new.votes["row"][open_votes])
    alone = np.ones(len(open_votes), np.bool_)
    alone[later] = False
    begun = open_votes[alone]
    order = _by_comparison(comparisons[begun])
    begun = begun[order]
    keys[begun] = next_keys(Assignment, len(begun))
    _raise_quotas(comparisons[begun])
    slots, tokens = _slots(new.study, comparisons[begun]), random_uuids(len(begun))
    for begin in range(0, len(begun), AT_ONCE):
        some = begun[begin : begin + AT_ONCE]
        columns = (keys[some], comparisons[some], new.annotators[some], slots[begin : begin + AT_ONCE])
        _insert_assignments(new.votes[some], columns, uuid_digits(tokens[begin : begin + AT_ONCE]), now_us)
    keys[open_votes[later]] = keys[open_votes[first]]
    return keys


def _held_by_imported(study: Study) -> Rows:
    rows = Assignment.objects.held().filter(comparison__study=study, annotator__imported=True).order_by()
    return np.fromiter(rows.values_list("comparison_id", "annotator_id", "pk").iterator(AT_ONCE), PLACE)


def _by_comparison(comparisons: Numbers) -> Numbers:
    """Return the order in which comparisons come as they first appear, each with all its votes."""
    _, first, which = np.unique(comparisons, return_index=True, return_inverse=True)
    return np.argsort(first[which], kind="stable")


def _raise_quotas(comparisons: Numbers) -> None:
    """Add a place for each of these; before the assignments: the database refuses a place beyond the quota."""
    pks, counts = np.unique(comparisons, return_counts=True)
    for count in np.unique(counts).tolist():
        same = pks[counts == count].tolist()
        for begin in range(0, len(same), AT_ONCE):
            Comparison.objects.filter(pk__in=same[begin : begin + AT_ONCE]).update(
                quota=F("quota") + count, taken=F("taken") + count, imported=F("imported") + count
            )


def _slots(study: Study, comparisons: Numbers) -> Numbers:
    """Return the lowest free place for each; votes on one comparison stand one after the other."""
    rows = Assignment.objects.held().filter(comparison__study=study).order_by("comparison")
    held = np.fromiter(
        rows.values("comparison_id")
        .annotate(n=Count("pk"), last=Max("slot"))
        .values_list("comparison_id", "n", "last"),
        np.dtype([("comparison", np.int64), ("n", np.int64), ("last", np.int64)]),
    )
    begins = np.r_[True, comparisons[1:] != comparisons[:-1]]
    slots = np.arange(len(comparisons)) - np.maximum.accumulate(np.where(begins, np.arange(len(comparisons)), 0))
    at = positions(comparisons, held["comparison"])
    if len(held):
        slots += np.where(at != NONE, held["n"][at], 0)
        gaps = held["comparison"][held["n"] != held["last"] + 1]
        _fill_gaps(slots, comparisons, gaps)
    return slots


def _fill_gaps(slots: Numbers, comparisons: Numbers, gaps: Numbers) -> None:
    """Number anew where a place below the highest one was given back."""
    wanted = gaps[np.isin(gaps, comparisons)].tolist()
    taken: defaultdict[int, set[int]] = defaultdict(set)
    for begin in range(0, len(wanted), AT_ONCE):
        rows = Assignment.objects.held().filter(comparison__in=wanted[begin : begin + AT_ONCE])
        for comparison, slot in rows.values_list("comparison_id", "slot"):
            taken[comparison].add(slot or 0)
    for at in np.flatnonzero(np.isin(comparisons, wanted)).tolist():
        here = taken[int(comparisons[at])]
        slots[at] = next(number for number in range(len(here) + 1) if number not in here)
        here.add(int(slots[at]))


def _insert_assignments(votes: Rows, columns: tuple[Numbers, ...], tokens: list[str], now_us: int) -> None:
    names = ("id", "comparison_id", "annotator_id", "slot", "shown_left", "completed_at", "probability", "drawn_from")
    rows = zip(
        *(column.tolist() for column in columns),
        [SIDES[side] for side in votes["side"].tolist()],
        _given(votes, now_us),
        _optional(votes, "probability"),
        _optional(votes, "drawn_from"),
        tokens,
        strict=True,
    )
    fixed = (Assignment.State.DONE.value, *moments([now_us]))
    insert_many(Assignment, (*names, "token", "state", "created_at"), ((*row, *fixed) for row in rows))


def _given(votes: Rows, now_us: int) -> list[str]:
    return moments(np.where(votes["given_us"] == NONE, now_us, votes["given_us"]))


def _optional(votes: Rows, name: str) -> list[int | float | None]:
    return [None if value == NONE else value for value in votes[name].tolist()]


def _answers(new: StoredVotes, votes: Rows, assignments: Numbers) -> list[tuple[object, ...]]:
    criteria = [criterion.pk for criterion in new.criteria]
    return list(
        zip(
            assignments.tolist(),
            [criteria[number] for number in votes["criterion"].tolist()],
            [OUTCOMES[code] for code in votes["outcome"].tolist()],
            *(_optional(votes, name) for name in ("strength", "lead_ms", "active_ms")),
            strict=True,
        )
    )


def _public_ids(votes: Rows, others: list[str], stored: set[int]) -> list[str]:
    """Return the ids of the lines; another one where a line has none, or a vote here has it."""
    return [
        other if number is None or number in stored else f"{number:032x}"
        for number, other in zip(_ids(votes), others, strict=True)
    ]


def _insert_answers(
    answers: list[tuple[object, ...]], public_ids: list[str], keys: list[str], given: list[str], now_us: int
) -> None:
    columns = (*GIVEN, "public_id", "created_at", "updated_at")
    told = zip(answers, public_ids, given, given, strict=True)
    insert_many(Judgement, columns, ((*answer, *rest) for answer, *rest in told))
    (now,) = moments([now_us])
    history = ((*answer, key, now) for answer, key in zip(answers, keys, strict=True))
    insert_many(JudgementRevision, (*GIVEN, "client_key", "created_at"), history)


def _ids(votes: Rows) -> Iterator[int | None]:
    columns = (votes[name].tolist() for name in ("has_id", "id_high", "id_low"))
    return ((high << 64 | low) if has_id else None for has_id, high, low in zip(*columns, strict=True))


def _stored_ids(votes: Rows) -> set[int]:
    """Return the ids that stored votes have already: a copy of a study in the same database gets new ones."""
    stored: set[int] = set()
    for begin in range(0, len(votes), AT_ONCE):
        ids = [f"{number:032x}" for number in _ids(votes[begin : begin + AT_ONCE]) if number is not None]
        stored.update(key.int for key in stored_uuids(Judgement, "public_id", ids))
    return stored
