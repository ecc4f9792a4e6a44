"""The charts of a study: each from the board, or from what is computed beside it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import QueryDict

from leaderboards.boards.costs import MEASURES
from leaderboards.boards.small_large import METRICS
from leaderboards.data.votes import filtered_votes
from leaderboards.presentation.charts.chart import Chart
from leaderboards.presentation.charts.forest import forest_chart
from leaderboards.presentation.charts.pareto import Costs, pareto_chart
from leaderboards.presentation.charts.progress import progress_chart
from leaderboards.presentation.charts.scatter import Axis, scatter_chart
from leaderboards.presentation.charts.widths import widths_chart
from leaderboards.presentation.charts.win_matrix import win_matrix_chart
from leaderboards.snapshots.cache import cached_from_inputs, cached_value
from leaderboards.snapshots.query import BoardQuery
from stats.ratings.win_rates import win_rates

Board = dict[str, Any]
QUALITIES = {"rating": "Rating", **METRICS}
RATING = Axis("rating", "Rating", "rating_lower", "rating_upper")


def pareto_lines(board: Board, data: Mapping[str, Any], quality: str, cost: str) -> list[dict[str, Any]]:
    """Of each system: quality with its interval, and cost; None with a reason where undefined."""
    return [
        {name: line[name] for name in ("system", "regime", "size_class")}
        | _quality(line, data, quality)
        | {
            "cost": data["costs"][cost][line["system"]]["value"],
            "cost_reason": data["costs"][cost][line["system"]]["reason"],
        }
        for line in board["systems"]
        if line["system"] in data["costs"][cost]
    ]


def _quality(line: Mapping[str, Any], data: Mapping[str, Any], quality: str) -> dict[str, Any]:
    if quality == "rating":
        found = {"quality": line["rating"], "lower": line["rating_lower"], "upper": line["rating_upper"]}
        reasons = line["reasons"]
        return found | {
            "quality_reason": reasons.get("rating", ""),
            "interval_reason": reasons.get("rating_lower", ""),
        }
    nothing = {"value": None, "lower": None, "upper": None, "reason": "not scored yet", "interval_reason": ""}
    metric = data["metrics"].get(quality, {}).get(line["system"], nothing)
    return {
        "quality": metric["value"],
        "lower": metric["lower"],
        "upper": metric["upper"],
        "quality_reason": metric["reason"],
        "interval_reason": metric["interval_reason"],
    }


def study_pareto_chart(board: Board, data: Mapping[str, Any], quality: str, cost: str) -> Chart:
    measure = next(measure for measure in MEASURES if measure.key == cost)
    return pareto_chart(pareto_lines(board, data, quality, cost), QUALITIES[quality], Costs(cost, measure.axis))


def _pareto(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    return study_pareto_chart(board, query.values("small-large"), asked_quality(options), asked_cost(options))


def asked_quality(options: QueryDict) -> str:
    """?quality=; the rating where there is no such measure."""
    quality = options.get("quality", "")
    return quality if quality in QUALITIES else "rating"


def asked_cost(options: QueryDict) -> str:
    """?cost=; parameters where there is no such measure."""
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
    """?metric=: the rating against that metric, ROUGE-L where there is no such one."""
    metric = options.get("metric", "")
    metric = metric if metric in METRICS else "rougeL"
    return scatter_chart(board["systems"], Axis(metric, METRICS[metric]), RATING)


def _progress(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    days = cached_value(query, board["fingerprint"], "votes-by-day", lambda: votes_by_day(query))
    return progress_chart(days)


def votes_by_day(query: BoardQuery) -> list[tuple[date, int]]:
    """In the site's time zone; one query."""
    days = filtered_votes(query.criterion, query.filters).order_by().annotate(day=TruncDate("created_at"))
    return list(days.values("day").annotate(votes=Count("pk")).order_by("day").values_list("day", "votes"))


def _widths(query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    return widths_chart(query.values("planning"))


CHARTS: dict[str, Callable[[BoardQuery, Board, QueryDict], Chart]] = {
    "forest": _forest,
    "win-matrix": _win_matrix,
    "scatter": _scatter,
    "progress": _progress,
    "pareto": _pareto,
    "widths": _widths,
}
# What of an address changes what a chart shows.
OPTIONS = ("metric", "quality", "cost")


def study_chart(name: str, query: BoardQuery, board: Board, options: QueryDict) -> Chart:
    return CHARTS[name](query, board, options)
