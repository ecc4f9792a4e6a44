"""Read votes as rows of numbers, each with its pair: keys of the database, not yet names."""

import numpy as np
from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.functions import Coalesce

from annotations.models import Criterion, Judgement, Study
from annotations.quality.vote_columns import OUTCOME_CODES
from leaderboards.data.columns import Column, Columns, ColumnType, RowFormatError, read_columns
from leaderboards.data.filters import Filters, restriction
from models_runner.models import Summary
from stats.votes.arrays import IntArray

COMPARISON: Column = (ColumnType.INTEGER, "assignment__comparison_id")


def read_vote_rows(criterion: Criterion, filters: Filters) -> Columns:
    """Read the votes that the filters let in, in no order."""
    held = Judgement.objects.held().by_included()
    rows = held.filter(restriction(filters, criterion.study), criterion=criterion)
    said: dict[str, Column] = (
        {"strength": (ColumnType.INTEGER, Coalesce("strength", Value(0)))} if filters.strength else {}
    )
    return with_pairs(criterion.study, vote_columns(rows, comparison=COMPARISON, **said))


def vote_columns(rows: QuerySet[Judgement], **more: Column) -> Columns:
    """Read judgements; answers to gold and training pairs among them have no row in with_pairs.

    Asking the database for the purpose of each vote's pair takes longer than reading the pairs once.
    """
    codes = Case(*(When(outcome=outcome, then=Value(code.value)) for outcome, code in OUTCOME_CODES.items()))
    chance = Coalesce(F("assignment__probability") * F("assignment__drawn_from"), Value(-1.0))
    columns = read_columns(
        rows,
        public_id=(ColumnType.UUID, "public_id"),
        outcome=(ColumnType.INTEGER, codes),
        annotator=(ColumnType.INTEGER, "assignment__annotator_id"),
        chance=(ColumnType.FLOAT, chance),
        **more,
    )
    columns["chance"][columns["chance"] < 0] = np.nan
    return columns


def with_pairs(study: Study, votes: Columns) -> Columns:
    """Return the votes on pairs for rating, with document, summaries and systems in place of the comparison."""
    pairs = _pair_columns(study)
    pair_of_vote = positions(pairs.pop("comparison"), votes.pop("comparison"))
    for_rating = pair_of_vote >= 0
    if not for_rating.all():
        votes = {name: column[for_rating] for name, column in votes.items()}
        pair_of_vote = pair_of_vote[for_rating]
    pairs = {name: column[pair_of_vote] for name, column in pairs.items()}
    systems = _system_of_each(study, np.concatenate([pairs["summary_a"], pairs["summary_b"]]))
    return {**votes, **pairs, "system_a": systems[: len(pair_of_vote)], "system_b": systems[len(pair_of_vote) :]}


def _pair_columns(study: Study) -> Columns:
    """Read the comparisons for rating."""
    columns = {"comparison": "pk", "document": "document_id", "summary_a": "summary_a_id", "summary_b": "summary_b_id"}
    return read_columns(
        study.comparisons.for_rating(), **{name: (ColumnType.INTEGER, field) for name, field in columns.items()}
    )


def _system_of_each(study: Study, summaries: IntArray) -> IntArray:
    """Return the system of each of these summaries. Joined here: in the database it takes twice the time."""
    rows = Summary.objects.filter(run__dataset=study.dataset_id)
    of_dataset = read_columns(rows, summary=(ColumnType.INTEGER, "pk"), system=(ColumnType.INTEGER, "run__system_id"))
    found = positions(of_dataset["summary"], summaries)
    if (found < 0).any():
        raise RowFormatError(f"Comparisons of the study {study.slug} have summaries of another dataset's runs.")
    return of_dataset["system"][found]


def positions(keys: IntArray, wanted: IntArray) -> IntArray:
    """Return the index of each wanted key among the keys; -1 where it is not there."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    first, span = int(keys.min()), int(keys.max() - keys.min()) + 1
    if span <= 4 * len(keys):
        # A lookup table by key: sorting takes ten times as long.
        table = np.full(span + 1, -1, dtype=np.int64)
        table[keys - first] = np.arange(len(keys))
        return table[np.where((wanted >= first) & (wanted < first + span), wanted - first, span)]
    order = np.argsort(keys)
    nearest = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    return np.where(keys[nearest] == wanted, nearest, -1)
