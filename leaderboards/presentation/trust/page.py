"""Put the page on trust together: sentences, plots, and rows of systems on which enough was said."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from leaderboards.presentation.analysis import words as analysis_words
from leaderboards.presentation.analysis.scatter import MOST_NUMBERED, scatter_plot
from leaderboards.presentation.needed import say_needed
from leaderboards.presentation.shown_systems import ALL_ROWS, RowsOfSystems

Values = dict[str, Any]
# Of systems without numbers; the page says how many more there are.
MOST_NAMED = 20
_system = itemgetter("system")


def thin_systems(board: Values) -> dict[str, str]:
    """Return what there is too little of, by system, of those that a board gives no numbers of."""
    return {line["system"]: line["too_few"] for line in board["systems"] if line["too_few"]}


def trust_context(
    analysis: Values, thin: Mapping[str, str], shown: RowsOfSystems = ALL_ROWS, *, named: bool = True
) -> dict[str, Any]:
    """Return what the page shows of an analysis.

    Args:
        thin: Of thin_systems.
        shown: Which rows of the tables.
        named: Whether annotators and documents are named; pages that are shared say how many they are.
    """
    ranges = [row for row in analysis["robustness"]["ranges"] if row["system"] not in thin]
    numbers = {row["system"]: i for i, row in enumerate(ranges, start=1)}
    pairs = analysis["votes_needed"]["neighbours"]
    neighbours = [pair for pair in pairs if not {pair["better"], pair["worse"]} & thin.keys()]
    return {
        "analysis": analysis,
        "shown": shown,
        "thin": list(thin.items())[:MOST_NAMED],
        "more_thin": max(0, len(thin) - MOST_NAMED),
        "words": {
            "agreement": analysis_words.on_agreement(analysis["agreement"]),
            "sides": analysis_words.on_sides(analysis["side_bias"]),
            "metrics": analysis_words.on_metrics(analysis["metrics"]),
            "length": analysis_words.on_length(analysis["length"]),
        },
        "tops": [_top(top, analysis["votes"], thin, named=named) for top in analysis["robustness"]["tops"]],
        "ranges": shown.of(ranges, _system),
        "lengths": shown.of((row for row in analysis["length"]["systems"] if row["system"] not in thin), _system),
        "neighbours": [(pair, say_needed(pair)) for pair in shown.of(neighbours, itemgetter("better"))],
        "legend": numbers if len(numbers) <= MOST_NUMBERED else {},
        **_of_metrics(analysis, thin, numbers, shown),
    }


def _of_metrics(
    analysis: Values, thin: Mapping[str, str], numbers: dict[str, int], shown: RowsOfSystems
) -> dict[str, Any]:
    """Return each metric with its name for people: its figures, its plot, and the tests of its systems."""
    metrics = [_without(metric, thin) for metric in analysis["metrics"]]
    plots = [(scatter_plot(metric, numbers), metric) for metric in metrics]
    tested = [
        metric | {"systems": shown.of(metric["systems"], _system)} for metric in analysis["significance"]["metrics"]
    ]
    return {
        "metrics": [(metric, _label(metric)) for metric in metrics],
        "plots": [(plot, _label(metric)) for plot, metric in plots if plot is not None],
        "tested": [(metric, _label(metric)) for metric in tested],
    }


def _label(metric: Values) -> str:
    return analysis_words.label_of_column(metric["metric"])


def _without(metric: Values, thin: Mapping[str, str]) -> Values:
    """Leave the points of thin systems out of a metric's plot."""
    points = [point for point in metric.get("points", []) if point["system"] not in thin]
    return metric | {"points": points}


def _top(top: Values, votes: int, thin: Mapping[str, str], *, named: bool) -> tuple[Values, str, str, str]:
    """Say whether a top is told from the others and what decides it, or that too little was said of a system in it."""
    if lacking := [f"{system}: {thin[system]}" for system in top["systems"] if system in thin]:
        return top | {"votes": {"count": None}}, f"{analysis_words.name_top(top)}: {'; '.join(lacking)}.", "", ""
    told, units = analysis_words.on_told(top), analysis_words.on_units(top, named=named)
    return top, told, analysis_words.on_votes(top, votes), units
