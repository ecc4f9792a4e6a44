"""Compute all analyses of one criterion as values for JSON: what the trust pages and the command show."""

from collections.abc import Mapping

from leaderboards.boards.analysis.helped import helped_ratings
from leaderboards.boards.analysis.index import index_columns, usual_weights, weighted_index
from leaderboards.boards.analysis.inputs import RESAMPLES, AnalysisData, read_analysis_data
from leaderboards.boards.analysis.length import length_control
from leaderboards.boards.analysis.metrics import metric_agreement, resamples_for, significance
from leaderboards.boards.analysis.people import rater_trust
from leaderboards.boards.analysis.robustness import TOPS, UNITS_TRIED, VOTES_LISTED, robustness
from leaderboards.boards.analysis.small_large import margin_of, noninferiority, votes_needed
from leaderboards.boards.analysis.values import Values
from leaderboards.data.inputs import BoardInputs
from stats.votes.least import too_few

Weights = Mapping[str, float]


def analyse(
    inputs: BoardInputs,
    seed: int = 0,
    *,
    margin: float | None = None,
    against: str | None = None,
    weights: Weights | None = None,
) -> Values:
    """Compute every analysis.

    Args:
        margin: Of non-inferiority, as a chance to win; the study's own if left out.
        against: The system whose metrics the others' are tested against.
        weights: Of the combined index, by column.
    """
    data = read_analysis_data(inputs, seed)
    columns = index_columns(data)
    return {
        **_about(data),
        **_trust(data, margin=margin, against=against),
        "helped": helped_ratings(data),
        "index": weighted_index(columns, weights or usual_weights(columns)),
    }


def compute_trust(inputs: BoardInputs, seed: int = 0) -> Values:
    """Compute what the trust page shows."""
    data = read_analysis_data(inputs, seed)
    return {**_about(data), **_trust(data, margin=None, against=None)}


def compute_people(inputs: BoardInputs, seed: int = 0) -> Values:
    """Compute what the decision report says of people: agreement and sides, the quick part of trust."""
    data = read_analysis_data(inputs, seed)
    return {**_about(data), **rater_trust(data)}


def compute_combined(inputs: BoardInputs, seed: int = 0) -> Values:
    """Compute what the page on votes and metrics together shows; a page makes the index from `columns` itself."""
    data = read_analysis_data(inputs, seed)
    return {**_about(data), "helped": helped_ratings(data), "columns": index_columns(data)}


def _about(data: AnalysisData) -> Values:
    inputs = data.inputs
    return {
        "study": inputs.study.slug,
        "criterion": inputs.criterion.key,
        "question": inputs.criterion.question,
        "votes": len(data.votes),
        "documents": len(inputs.documents),
        "annotators": len(inputs.annotators),
        "too_few": too_few(len(data.votes), len(inputs.annotators), len(inputs.documents)),
        "systems": inputs.slugs,
        "fingerprint": inputs.fingerprint,
        "seed": data.seed,
        "resamples": RESAMPLES,
        "limits": {
            "metric_resamples": resamples_for(data),
            "units_left_out_in_turn": UNITS_TRIED,
            "votes_listed": VOTES_LISTED,
            "tops": list(TOPS),
        },
    }


def _trust(data: AnalysisData, *, margin: float | None, against: str | None) -> Values:
    return {
        **rater_trust(data),
        "metrics": metric_agreement(data),
        "significance": significance(data, against),
        "robustness": robustness(data),
        "noninferiority": noninferiority(data, margin or margin_of(data.inputs.study)),
        "votes_needed": votes_needed(data),
        "length": length_control(data),
    }
