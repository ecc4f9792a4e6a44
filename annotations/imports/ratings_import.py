"""Imports votes that were given elsewhere into a study: its judges, their places, their answers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max

from annotations.counts.pair_tallies import recount_pairs
from annotations.imports.placing import PlacedVotes, place_votes
from annotations.imports.problems import Problems
from annotations.imports.storing import StoredVotes, store_votes
from annotations.imports.vote_table import NONE, OUTCOMES, Rows, matches, positions
from annotations.models import Annotator, AuditEntry, Judgement, JudgeType, Study
from annotations.quality.exclusion import exclude_all
from annotations.studies import audit
from lib.names import AmbiguousNameError, ByName
from lib.sql import adding_many_rows
from models_runner.importing.records import DatasetImportError

AT_ONCE = 2_000
EXCLUDED_ELSEWHERE = "Excluded where these votes come from."
KINDS = (JudgeType.HUMAN.value, JudgeType.LLM.value)
ANSWER = np.dtype([(name, np.int64) for name in ("comparison", "annotator", "criterion", "outcome", "strength")])


@dataclass(frozen=True)
class RatingsImportResult:
    """How many votes an import added, how many were stored before, and how many judges gave the new ones."""

    added: int
    unchanged: int
    judges: int


def import_ratings(path: Path, study: Study, by: User | None = None) -> RatingsImportResult:
    """Import all votes of the file. Importing the same file again adds nothing.

    Their places come on top of the study's own votes per comparison. The file is read before anything is locked.

    Raises:
        DatasetImportError: Names the lines at fault; nothing has changed.
    """
    return store_placed(place_votes(path, study), study, by)


@transaction.atomic
def store_placed(placed: PlacedVotes, study: Study, by: User | None = None) -> RatingsImportResult:
    """Store the votes of a file that are not stored yet. Raises DatasetImportError."""
    locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if locked.simulated and locked.annotators.exists():
        raise DatasetImportError([f"The votes of study {study.slug} are simulated, so it takes no others."])
    _refuse_if_changed(placed, study)
    known_judges = _known_judges(study, placed)
    new = _not_stored(study, placed, known_judges)
    judges = _new_judges(study, placed, new, known_judges)
    if len(new):
        annotators = np.array([judge.pk if judge else NONE for judge in judges], np.int64)
        with adding_many_rows():
            store_votes(StoredVotes(study, placed.criteria, placed.places.pks, new, annotators[new["judge"]]))
        audit.record(study, by, AuditEntry.Action.IMPORT, placed.path.name, after=f"{len(new):,} votes")
        recount_pairs(study)
        _exclude(new, known_judges, judges, by)
    givers = {judge.pk for number in np.unique(new["judge"]) if (judge := judges[number])}
    return RatingsImportResult(len(new), len(placed.votes) - len(new), len(givers))


def _refuse_if_changed(placed: PlacedVotes, study: Study) -> None:
    """Raise DatasetImportError if a pair or question has gone since the file was read."""
    here = study.comparisons.for_rating().order_by("pk").values_list("pk", flat=True)
    pks = np.fromiter(here.iterator(AT_ONCE), np.int64)
    used = placed.places.pks[np.unique(placed.votes["comparison"])]
    questions = {criterion.pk for criterion in placed.criteria}
    if (positions(used, pks) == NONE).any() or questions != set(study.criteria.values_list("pk", flat=True)):
        raise DatasetImportError([f"Study {study.slug} changed while the file was read. Import it again."])


def _known_judges(study: Study, placed: PlacedVotes) -> list[Annotator | None]:
    """Return for each judge of the file who they are in the study, if it has them already."""
    annotators, problems = ByName((annotator.pseudonym, annotator) for annotator in study.annotators.all()), Problems()
    judges: list[Annotator | None] = []
    unclear: dict[int, AmbiguousNameError] = {}
    for number, name in enumerate(placed.judges):
        try:
            judges.append(annotators.find(name))
        except AmbiguousNameError as error:
            judges.append(None)
            unclear[number] = error
    votes = placed.votes
    if unclear:
        rows = votes[np.isin(votes["judge"], list(unclear))]
        placed.refuse(rows, problems, lambda vote, where: f"{where}, field 'judge': {unclear[int(vote['judge'])]}")
    _refuse_other_kinds(placed, votes, judges, problems)
    problems.raise_if_any()
    return judges


def _refuse_other_kinds(placed: PlacedVotes, votes: Rows, judges: list[Annotator | None], problems: Problems) -> None:
    """Refuse votes of a judge who is a person in one place and a model in the other."""
    kinds = np.array([KINDS.index(judge.judge_type) if judge else NONE for judge in judges], np.int64)[votes["judge"]]
    placed.refuse(
        votes[(kinds != NONE) & (kinds != votes["llm"])],
        problems,
        lambda vote, where: (
            f"{where}, field 'judge_type': {placed.judges[vote['judge']]!r} is {KINDS[1 - vote['llm']]!r} elsewhere."
        ),
    )


def _new_judges(
    study: Study, placed: PlacedVotes, new: Rows, known_judges: list[Annotator | None]
) -> list[Annotator | None]:
    """Add the judges whom the study does not have, numbered after its own; return all who gave a vote."""
    number = study.annotators.aggregate(last=Max("number"))["last"] or 0
    judges, problems = list(known_judges), Problems()
    added: dict[int, Annotator] = {}
    _, first = np.unique(new["judge"], return_index=True)
    for at in sorted(first.tolist()):
        judge = int(new["judge"][at])
        if judges[judge] is not None:
            continue
        person = placed.people[judge]
        if person not in added:
            number += 1
            about = {"study": study, "number": number, "imported": True}
            kind = KINDS[int(new["llm"][at])]
            added[person] = Annotator(pseudonym=placed.judges[judge], judge_type=kind, **about)
        judges[judge] = added[person]
    _refuse_other_kinds(placed, new, judges, problems)
    problems.raise_if_any()
    Annotator.objects.bulk_create(added.values(), batch_size=500)
    return judges


def _not_stored(study: Study, placed: PlacedVotes, known_judges: list[Annotator | None]) -> Rows:
    """Return the votes that are not stored yet."""
    votes = placed.votes
    annotators = np.array([judge.pk if judge else NONE for judge in known_judges], np.int64)[votes["judge"]]
    if not (annotators != NONE).any():
        return votes
    stored = _stored_answers(study)
    keys = (stored["comparison"], stored["annotator"], stored["criterion"])
    criteria = np.array([criterion.pk for criterion in placed.criteria], np.int64)[votes["criterion"]]
    at = matches((placed.places.pks[votes["comparison"]], annotators, criteria), keys)
    answered = at != NONE
    same = answered.copy()
    same[answered] = (stored["outcome"][at[answered]] == votes["outcome"][answered]) & (
        stored["strength"][at[answered]] == votes["strength"][answered]
    )
    raters = np.array([judge is not None and not judge.imported for judge in known_judges], np.bool_)[votes["judge"]]
    problems = Problems()
    placed.refuse(
        votes[raters & ~same],
        problems,
        lambda vote, where: (
            f"{where}, field 'judge': {placed.judges[vote['judge']]!r} rates in study {study.slug} itself. "
            "Give the judges of the file other names."
        ),
    )
    placed.refuse(
        votes[answered & ~same & ~raters],
        problems,
        lambda vote, where: f"{where}: {placed.judges[vote['judge']]!r} has another answer here already; it stays.",
    )
    problems.raise_if_any()
    return votes[~same]


def _stored_answers(study: Study) -> Rows:
    rows = Judgement.objects.held().filter(criterion__study=study).order_by()
    columns = rows.values_list(
        "assignment__comparison_id", "assignment__annotator_id", "criterion_id", "outcome", "strength"
    )
    code = {outcome: n for n, outcome in enumerate(OUTCOMES)}
    given = ((*keys, code[outcome], strength or NONE) for *keys, outcome, strength in columns.iterator(AT_ONCE))
    return np.fromiter(given, ANSWER)


def _exclude(new: Rows, known_judges: list[Annotator | None], judges: list[Annotator | None], by: User | None) -> None:
    """Exclude the new judges who are excluded where the votes come from, so that boards are the same."""
    numbers = np.unique(new["judge"][new["excluded"]])
    excluded = {judge.pk: judge for number in numbers if known_judges[number] is None and (judge := judges[number])}
    if excluded:
        exclude_all(excluded.values(), EXCLUDED_ELSEWHERE, by)
