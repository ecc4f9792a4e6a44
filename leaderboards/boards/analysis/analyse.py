"""All analyses of one criterion, as JSON-able values: what the trust pages and the command show."""

from collections.abc import Mapping

from leaderboards.boards.analysis.helped import helped
from leaderboards.boards.analysis.index import index, index_columns, usual_weights
from leaderboards.boards.analysis.inputs import RESAMPLES, Inputs, read_inputs
from leaderboards.boards.analysis.length import length_control
from leaderboards.boards.analysis.metrics import metric_agreement, resamples_for, significance
from leaderboards.boards.analysis.people import people
from leaderboards.boards.analysis.robustness import TOPS, UNITS_TRIED, VOTES_LISTED, robustness
from leaderboards.boards.analysis.small_large import margin_of, noninferiority, votes_needed
from leaderboards.boards.analysis.values import Values
from leaderboards.data.inputs import Material

Weights = Mapping[str, float]


def analyse(
    material: Material,
    seed: int = 0,
    *,
    margin: float | None = None,
    against: str | None = None,
    weights: Weights | None = None,
) -> Values:
    """Every analysis.

    margin: as a chance to win, the study's own if left out. against: the system on whose metrics the others' are
    tested.
    """
    inputs = read_inputs(material, seed)
    columns = index_columns(inputs)
    return {
        **_about(inputs),
        **_trust(inputs, margin=margin, against=against),
        "helped": helped(inputs),
        "index": index(columns, weights or usual_weights(columns)),
    }


def compute_trust(material: Material, seed: int = 0) -> Values:
    """What the trust page shows."""
    inputs = read_inputs(material, seed)
    return {**_about(inputs), **_trust(inputs, margin=None, against=None)}


def compute_combined(material: Material, seed: int = 0) -> Values:
    """What the page of human votes and metrics together shows; an index is made from `columns` at once."""
    inputs = read_inputs(material, seed)
    return {**_about(inputs), "helped": helped(inputs), "columns": index_columns(inputs)}


def _about(inputs: Inputs) -> Values:
    material = inputs.material
    return {
        "study": material.study.slug,
        "criterion": material.criterion.key,
        "question": material.criterion.question,
        "votes": len(inputs.votes),
        "documents": len(material.documents),
        "annotators": len(material.annotators),
        "systems": material.slugs,
        "fingerprint": material.fingerprint,
        "seed": inputs.seed,
        "resamples": RESAMPLES,
        "limits": {
            "metric_resamples": resamples_for(inputs),
            "units_left_out_in_turn": UNITS_TRIED,
            "votes_listed": VOTES_LISTED,
            "tops": list(TOPS),
        },
    }


def _trust(inputs: Inputs, *, margin: float | None, against: str | None) -> Values:
    return {
        **people(inputs),
        "metrics": metric_agreement(inputs),
        "significance": significance(inputs, against),
        "robustness": robustness(inputs),
        "noninferiority": noninferiority(inputs, margin or margin_of(inputs.material.study)),
        "votes_needed": votes_needed(inputs),
        "length": length_control(inputs),
    }
