"""The charts of a study, by name: each from the board, or from values computed beside it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db.models.functions import TruncDate
from django.http import QueryDict

from annotations.models import Judgement
from annotations.studies.progress import counted_by
from leaderboards.boards.costs import MEASURES
from leaderboards.boards.small_large import qualities_of
from leaderboards.data.filters import restriction
from leaderboards.presentation.charts.chart import Chart
from leaderboards.presentation.charts.differences import differences_chart
from leaderboards.presentation.charts.forest import forest_chart
from leaderboards.presentation.charts.pareto import Costs, pareto_chart
from leaderboards.presentation.charts.progress import progress_chart
from leaderboards.presentation.charts.scatter import Axis, scatter_chart
from leaderboards.presentation.charts.widths import widths_chart
from leaderboards.presentation.charts.win_matrix import win_matrix_chart
from leaderboards.presentation.enough import in_numbers
from leaderboards.snapshots.cache import cached_from_inputs, cached_value
from leaderboards.snapshots.query import BoardQuery
from models_runner.metrics.declared import direction_of, label_of, possible_board_values
from models_runner.metrics.protocol import Direction
from stats.ratings.win_rates import win_rates

Board = dict[str, Any]
RATING = Axis("rating", "Rating", "rating_lower", "rating_upper")


def pareto_lines(board: Board, data: Mapping[str, Any], quality: str, cost: str) -> list[dict[str, Any]]:
    """Return quality with its interval, and cost, of each system; undefined is None with a reason."""
    return [
        {name: line[name] for name in ("system", "regime", "size_class")}
        | _quality(line, data, quality)
        | {
            "cost": data["costs"][cost][line["system"]]["value"],
            "cost_reason": data["costs"][cost][line["system"]]["reason"],
        }
        for line in in_numbers(board)["systems"]
        if line["system"] in data["costs"][cost]
    ]


def _quality(line: Mapping[str, Any], data: Mapping[str, Any], quality: str) -> dict[str, Any]:
    if quality == "rating":
        return {
            "quality": line["rating"],
            "lower": line["rating_lower"],
            "upper": line["rating_upper"],
            "quality_reason": line["reasons"].get("rating", ""),
            "interval_reason": line["reasons"].get("rating_lower", ""),
        }
    not_scored = {"value": None, "lower": None, "upper": None, "reason": "not scored yet", "interval_reason": ""}
    metric = data["metrics"].get(quality, {}).get(line["system"], not_scored)
    return {
        "quality": metric["value"],
        "lower": metric["lower"],
        "upper": metric["upper"],
        "quality_reason": metric["reason"],
        "interval_reason": metric["interval_reason"],
    }


def qualities() -> dict[str, str]:
    """Return the labels of what systems can be compared by: the rating, and metrics of which one end is better."""
    return {"rating": "Rating"} | {name: label_of(name) for name in qualities_of(possible_board_values())}


def study_pareto_chart(board: Board, data: Mapping[str, Any], quality: str, cost: str) -> Chart:
    """Draw quality against cost. data: Of compute_small_large."""
    measure = next(measure for measure in MEASURES if measure.key == cost)
    lower = direction_of(quality) == Direction.LOWER
    lines = pareto_lines(board, data, quality, cost)
    return pareto_chart(lines, qualities()[quality], Costs(cost, measure.axis), lower_is_better=lower)


def _pareto(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    return study_pareto_chart(board, query.values("small-large"), asked_quality(options), asked_cost(options))


def asked_quality(options: QueryDict) -> str:
    """Return the measure that ?quality= names, or the rating."""
    quality = options.get("quality", "")
    return quality if quality in qualities() else "rating"


def asked_cost(options: QueryDict) -> str:
    """Return the measure that ?cost= names, or parameters."""
    cost = options.get("cost", "")
    return cost if cost in {measure.key for measure in MEASURES} else "parameters"


def _forest(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    return forest_chart(board)


def _win_matrix(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    rates, slugs = cached_from_inputs(
        query, board["fingerprint"], "win-rates", lambda m: (win_rates(m.arrays), list(m.slugs))
    )
    order = [line["system"] for line in board["systems"] if line["system"] in slugs]
    return win_matrix_chart(rates, slugs, order)


def _scatter(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    """Draw the rating against the metric that ?metric= names, or against ROUGE-L."""
    metric = options.get("metric", "")
    on_board = board["systems"][0] if board["systems"] else ()
    metric = metric if metric in qualities_of(possible_board_values()) and metric in on_board else "rougeL"
    return scatter_chart(board["systems"], Axis(metric, label_of(metric)), RATING)


def _progress(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    days = cached_value(query, board["fingerprint"], "votes-by-day", lambda: votes_by_day(query))
    return progress_chart(days)


def votes_by_day(query: BoardQuery) -> list[tuple[date, int]]:
    """Count the votes of each day in the site's time zone, in four queries."""
    study = query.criterion.study
    given = Judgement.objects.filter(restriction(query.filters, study), criterion=query.criterion)
    days = counted_by(TruncDate("created_at"), given, [study.pk])
    return sorted((day, votes) for day, votes in days.items() if votes)


def _widths(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    return widths_chart(query.values("planning"))


def _differences(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    return differences_chart(board)


CHARTS: dict[str, Callable[[BoardQuery, Board, QueryDict], Chart]] = {
    "forest": _forest,
    "win-matrix": _win_matrix,
    "differences": _differences,
    "scatter": _scatter,
    "progress": _progress,
    "pareto": _pareto,
    "widths": _widths,
}
# The parameters of an address that change a chart.
OPTIONS = ("metric", "quality", "cost")


def study_chart(name: str, query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    """Draw one of CHARTS. options: Parameters of an address, see OPTIONS."""
    return CHARTS[name](query, in_numbers(board), options)
