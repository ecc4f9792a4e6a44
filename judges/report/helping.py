"""What people's votes are worth when a judge's verdicts help them, and whether these say the same of all documents."""

from typing import Any

import numpy as np

from judges.report.arrays import JudgedStudy
from stats.judges.arrays import Items, PeopleVotes, answers
from stats.judges.helped import helped_ratings
from stats.metrics.likeness import LEAST_DOCUMENTS, LEVEL, likeness
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays, renumbered
from stats.votes.parts import parts_of

NO_VOTES = "no person voted on a pair that the judge was asked about"
ONE_DOCUMENT = "all votes are about one document"
NOT_CONNECTED = "the votes do not connect all systems"
UNLIKE = (
    "documents with votes differ from the others, more than by a random choice, in what the judge says of them: "
    "verdicts on the others do not help"
)


def effective_votes(study: JudgedStudy) -> dict[str, Any]:
    """Return how many votes of people alone would tell as much as theirs with the judge's verdicts, and of how many.

    It is the mean over the systems of helped_ratings, from the pairs that the judge was asked about; those of documents
    without votes only if what the judge says of these is like what it says of the others. None with a reason where
    there is none.
    """
    asked = np.array([pair in study.judged.documents for pair in study.pairs], dtype=np.bool_)
    votes = study.votes.take(asked[study.votes.item])
    reason = _why_not(study, votes)
    effective = None
    if not reason:
        voted = np.isin(study.items.document, study.items.document[votes.item])
        share = answers(study.verdicts, len(study.items), study.rule).share
        reason = verdicts_unlike(study.items, share, voted, asked, seed=study.seed)
        arrays, item, items, told = _told(study, votes, asked & voted if reason else asked, share)
        if len(parts_of(arrays)) > 1:
            reason = NOT_CONNECTED
        else:
            helped = helped_ratings(arrays, item, items, told - 0.5, seed=study.seed)
            effective = float(helped.effective.mean())
    return {"effective_votes": effective, "effective_votes_reason": reason, "votes": len(votes)}


def verdicts_unlike(items: Items, share: FloatArray, voted: BoolArray, chosen: BoolArray, *, seed: int) -> str:
    """Say whether a judge says other things of documents with votes than of those without; "" if it does not.

    Compared are, by document, the mean share of each system and the share of pairs with a verdict.

    Args:
        items: All pairs.
        share: The judge's share of a by item, NaN without a verdict.
        voted: Whether each item's document has votes.
        chosen: Items that count.
        seed: Of the random choices.
    """
    document = renumbered(items.document[chosen])
    of_document = np.zeros(int(document.max(initial=-1)) + 1, dtype=bool)
    of_document[document] = voted[chosen]
    if min(of_document.sum(), (~of_document).sum()) < LEAST_DOCUMENTS:
        return ""
    a, b, said = items.system_a[chosen], items.system_b[chosen], share[chosen]
    known = ~np.isnan(said)
    columns = [_means(document, known.astype(np.float64), len(of_document))]
    for system in np.unique(np.concatenate([a, b])).tolist():
        mine = known & ((a == system) | (b == system))
        of_system = np.where(a == system, said, 1 - said)[mine]
        columns.append(_means(document[mine], of_system, len(of_document)))
    return UNLIKE if likeness(np.column_stack(columns), of_document, seed=seed).smallest <= LEVEL else ""


def _means(document: IntArray, values: FloatArray, n: int) -> FloatArray:
    counts = np.bincount(document, minlength=n)
    return np.where(counts > 0, np.bincount(document, values, n) / np.maximum(counts, 1), np.nan)


def _told(
    study: JudgedStudy, votes: PeopleVotes, chosen: BoolArray, share: FloatArray
) -> tuple[VoteArrays, IntArray, Items, FloatArray]:
    """Return the votes, the item of each, these items, and the judge's share of each, shape (n_items, 1)."""
    every = study.items
    systems = np.unique(np.concatenate([every.system_a[votes.item], every.system_b[votes.item]]))
    chosen = chosen & np.isin(every.system_a, systems) & np.isin(every.system_b, systems)
    a, b = (np.searchsorted(systems, side[chosen]) for side in (every.system_a, every.system_b))
    with_votes = np.unique(every.document[votes.item])
    others = np.setdiff1d(every.document[chosen], with_votes)
    order = np.concatenate([with_votes, others])
    number = np.zeros(int(order.max()) + 1, dtype=np.int64)
    number[order] = np.arange(len(order))
    items = Items(a, b, number[every.document[chosen]])
    item = (np.cumsum(chosen) - 1)[votes.item]
    arrays = VoteArrays(
        system_a=items.system_a[item],
        system_b=items.system_b[item],
        outcome=votes.outcome,
        document=items.document[item],
        annotator=renumbered(votes.annotator),
        n_systems=len(systems),
    )
    return arrays, item, items, share[chosen][:, np.newaxis]


def _why_not(study: JudgedStudy, votes: PeopleVotes) -> str:
    if not len(votes):
        return NO_VOTES
    return ONE_DOCUMENT if len(np.unique(study.items.document[votes.item])) < 2 else ""
