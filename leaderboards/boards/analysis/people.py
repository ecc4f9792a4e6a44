"""Whether people agree, and whether they prefer a side of the screen."""

from leaderboards.boards.analysis.inputs import AnalysisData
from leaderboards.boards.analysis.values import Values, estimate
from stats.raters.agreement import Agreement, krippendorff_alpha
from stats.raters.side_bias import SideBias, is_biased, side_bias
from stats.uncertainty.proportions import Proportion
from stats.votes.arrays import ARBITRARY_LABELS, shown_choice


def rater_trust(data: AnalysisData) -> Values:
    """Analyse agreement and side bias."""
    return {"agreement": agreement(data), "side_bias": sides(data)}


def agreement(data: AnalysisData) -> Values:
    """Compute Krippendorff's alpha with its interval."""
    votes = data.votes
    alpha: Agreement = krippendorff_alpha(
        data.details.comparison,
        votes.annotator,
        votes.outcome,
        document=votes.document,
        exchangeable=ARBITRARY_LABELS,
        seed=data.seed,
    )
    return {
        "alpha": estimate(
            alpha.alpha, alpha.lower, alpha.upper, reason=alpha.reason, interval_reason=alpha.interval_reason
        ),
        "observed": alpha.observed,
        "expected": alpha.expected,
        "comparisons": alpha.n_items,
        "documents": alpha.n_documents,
        "votes": alpha.n_votes,
        "votes_alone": alpha.n_alone,
        "method": alpha.method,
        "resamples": alpha.resamples,
    }


def sides(data: AnalysisData) -> Values:
    """Compute how often the left summary wins.

    Imported votes may not say which side was which: those are left out, and counted.
    """
    side_known = data.details.side_known
    votes = data.votes
    shown = shown_choice(votes.outcome[side_known], data.details.a_is_left[side_known])
    bias: SideBias = side_bias(shown, votes.annotator[side_known])
    return {
        "left_wins": _share(bias.overall),
        "biased": is_biased(bias.overall),
        "decisive_votes": bias.overall.n,
        "undecided_votes": bias.left_out,
        "side_unknown": int((~side_known).sum()),
        "annotators": [
            {"annotator": data.inputs.annotators[person], "votes": share.n, "left_wins": _share(share)}
            for person, share in bias.by_annotator.items()
        ],
        "method": bias.overall.method,
    }


def _share(share: Proportion) -> Values:
    return estimate(share.value, share.lower, share.upper, reason=share.reason, interval_reason=share.reason)
