"""Can people be trusted: how far they agree, and whether a side of the screen wins."""

from leaderboards.boards.analysis.inputs import AnalysisData
from leaderboards.boards.analysis.values import Values, estimate
from stats.raters.agreement import Agreement, krippendorff_alpha
from stats.raters.arrays import shown_choice
from stats.raters.side_bias import SideBias, is_biased, side_bias
from stats.uncertainty.proportions import Proportion


def rater_trust(data: AnalysisData) -> Values:
    return {"agreement": agreement(data), "side_bias": sides(data)}


def agreement(data: AnalysisData) -> Values:
    votes = data.votes
    found: Agreement = krippendorff_alpha(
        data.details.comparison, votes.annotator, votes.outcome, document=votes.document, seed=data.seed
    )
    return {
        "alpha": estimate(
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


def sides(data: AnalysisData) -> Values:
    """Votes that came in as a file may not say which side was which: those are left out, and counted."""
    known = data.details.side_known
    votes = data.votes
    shown = shown_choice(votes.outcome[known], data.details.a_is_left[known])
    found: SideBias = side_bias(shown, votes.annotator[known])
    return {
        "left_wins": _share(found.overall),
        "biased": is_biased(found.overall),
        "decisive_votes": found.overall.n,
        "undecided_votes": found.left_out,
        "side_unknown": int((~known).sum()),
        "annotators": [
            {"annotator": data.inputs.annotators[person], "votes": share.n, "left_wins": _share(share)}
            for person, share in found.by_annotator.items()
        ],
        "method": found.overall.method,
    }


def _share(share: Proportion) -> Values:
    return estimate(share.value, share.lower, share.upper, reason=share.reason, interval_reason=share.reason)
