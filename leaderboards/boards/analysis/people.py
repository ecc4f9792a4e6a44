"""Can people be trusted: how far they agree, and whether a side of the screen wins."""

from leaderboards.boards.analysis.inputs import Inputs
from leaderboards.boards.analysis.values import Values, figure
from stats.raters.agreement import Agreement, krippendorff_alpha
from stats.raters.side_bias import SideBias, is_biased, side_bias
from stats.uncertainty.proportions import Proportion
from stats.votes.arrays import shown_choice


def people(inputs: Inputs) -> Values:
    return {"agreement": agreement(inputs), "side_bias": sides(inputs)}


def agreement(inputs: Inputs) -> Values:
    votes = inputs.votes
    found: Agreement = krippendorff_alpha(
        inputs.details.comparison, votes.annotator, votes.outcome, document=votes.document, seed=inputs.seed
    )
    return {
        "alpha": figure(
            found.alpha, found.lower, found.upper, reason=found.reason, interval_reason=found.interval_reason
        ),
        "observed": found.observed,
        "expected": found.expected,
        "comparisons": found.n_items,
        "documents": found.n_documents,
        "votes": found.n_votes,
        "votes_alone": found.n_alone,
        "method": found.method,
        "resamples": found.resamples,
    }


def sides(inputs: Inputs) -> Values:
    """Votes that came in as a file may not say which side was which: those are left out, and counted."""
    known = inputs.details.side_known
    votes = inputs.votes
    shown = shown_choice(votes.outcome[known], inputs.details.a_is_left[known])
    found: SideBias = side_bias(shown, votes.annotator[known])
    return {
        "left_wins": _share(found.overall),
        "biased": is_biased(found.overall),
        "decisive_votes": found.overall.n,
        "undecided_votes": found.left_out,
        "side_unknown": int((~known).sum()),
        "annotators": [
            {"annotator": inputs.material.annotators[person], "votes": share.n, "left_wins": _share(share)}
            for person, share in found.by_annotator.items()
        ],
        "method": found.overall.method,
    }


def _share(share: Proportion) -> Values:
    return figure(share.value, share.lower, share.upper, reason=share.reason, interval_reason=share.reason)
