"""Draw the comparisons of a directed study before its first vote, each with a known chance that is stored."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from annotations.models import AuditEntry, Comparison, Sampling, Study
from annotations.studies import audit
from annotations.studies.checks import StudySetupError
from annotations.studies.settings import is_rated
from stats.judges.arrays import Items
from stats.judges.directing import directed

AT_ONCE = 500
# What a vote on a pair of which nothing is known may be: as unsure as can be.
UNKNOWN = 0.25


@dataclass(frozen=True)
class DirectedDraw:
    """How many documents and comparisons were drawn, of how many."""

    documents: int
    comparisons: int
    of_documents: int
    of_comparisons: int


@transaction.atomic
def direct_study(
    study: Study,
    unsure: Mapping[int, float],
    *,
    documents: int,
    pairs: int | None = None,
    seed: int = 0,
    by: User | None = None,
) -> DirectedDraw:
    """Draw documents, and pairs of each, more often where `unsure` is larger; people are asked about these alone.

    A second call draws again. Half of each draw is even, whatever `unsure` says, so that every pair has a chance.

    Args:
        study: Nobody has been given a pair of it yet.
        unsure: By comparison, from 0 up; those that are not in it are as unsure as can be.
        documents: How many are drawn.
        pairs: How many of each document; all of them if None.
        seed: Of the draw.
        by: Who asked for it.
    Raises:
        StudySetupError: Somebody was given a pair, there is nothing to draw from, or there are fewer documents.
    """
    before = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if is_rated(before):
        raise StudySetupError("Pairs can no longer be drawn: annotators have already been given some.", "sampling")
    rows = list(study.comparisons.for_rating().order_by("document", "pk").select_for_update())
    items = _items(rows)
    there = len(np.unique(items.document))
    _check_numbers(documents, there, pairs)
    score = np.array([unsure.get(row.pk, UNKNOWN) for row in rows], dtype=np.float64)
    drawn = directed(items, score, documents, np.random.default_rng(seed), pairs=pairs)
    chosen = set(drawn.item.tolist())
    # All chances add up to the number of pairs that are asked: this is the chance of one of these.
    _ask_about(rows, chosen, (drawn.every / drawn.every.sum()).tolist(), before.quota)
    _note(
        study, before, f"{documents:,} of {there:,} documents, {len(chosen):,} of {len(rows):,} pairs, seed {seed}", by
    )
    return DirectedDraw(documents, len(chosen), there, len(rows))


def _check_numbers(documents: int, there: int, pairs: int | None) -> None:
    """Raise StudySetupError if so many documents, or pairs of each, cannot be drawn."""
    if not 1 <= documents <= there:
        raise StudySetupError(
            f"{documents:,} documents are to be drawn; expected 1 to {there:,}, which the study has.", "documents"
        )
    if pairs is not None and pairs < 1:
        raise StudySetupError(f"{pairs:,} pairs of each document are to be drawn; expected 1 or more.", "pairs")


def _ask_about(rows: list[Comparison], chosen: set[int], chances: list[float], quota: int) -> None:
    """Store the chances; `quota` people are asked about each pair whose place was chosen, and nobody about others."""
    for i, (row, chance) in enumerate(zip(rows, chances, strict=True)):
        row.chance, row.quota = chance, row.imported + (quota if i in chosen else 0)
    Comparison.objects.bulk_update(rows, ["chance", "quota"], batch_size=AT_ONCE)


def _items(rows: list[Comparison]) -> Items:
    summaries = np.array([[row.summary_a_id, row.summary_b_id] for row in rows], dtype=np.int64).reshape(len(rows), 2)
    return Items(summaries[:, 0], summaries[:, 1], np.array([row.document_id for row in rows], dtype=np.int64))


def _note(study: Study, before: Study, after: str, by: User | None) -> None:
    Study.objects.filter(pk=study.pk).update(sampling=Sampling.DIRECTED)
    shown = before.get_sampling_display()
    audit.record(study, by, AuditEntry.Action.SETTING, "sampling", before=shown, after=f"directed: {after}")
    study.refresh_from_db(fields=["sampling"])


def is_drawn(study: Study) -> bool:
    """Tell whether the comparisons of a directed study have been drawn."""
    return study.sampling == Sampling.DIRECTED and study.comparisons.exclude(chance=None).exists()


def drawn_of(study: Study) -> DirectedDraw:
    """Say how much of a directed study people are asked about."""
    every = study.comparisons.for_rating()
    asked = every.filter(quota__gt=F("imported"))
    documents = (rows.order_by().values("document").distinct().count() for rows in (asked, every))
    return DirectedDraw(next(documents), asked.count(), next(documents), every.count())
