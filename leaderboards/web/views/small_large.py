"""Views of small versus large (the verdict and the Pareto front) and of planning (the votes still needed)."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from annotations.models import Study
from leaderboards.boards.costs import MEASURES
from leaderboards.boards.stopping.anytime import stopping_bounds
from leaderboards.boards.stopping.planned import standing_of_looks
from leaderboards.exports import CONTENT_TYPES
from leaderboards.exports.lines import csv_lines, json_lines
from leaderboards.exports.looks import LOOK_TYPES, look_rows
from leaderboards.presentation.board_verdict import say_pair
from leaderboards.presentation.charts.pareto import MOST_SYSTEMS
from leaderboards.presentation.charts.shown import show_chart
from leaderboards.presentation.charts.widths import widths_chart
from leaderboards.presentation.looks import SaidLooks, looks_of
from leaderboards.presentation.needed import say_needed
from leaderboards.presentation.shown_systems import rows_of_systems
from leaderboards.presentation.study_charts import (
    asked_cost,
    asked_quality,
    pareto_lines,
    qualities,
    study_pareto_chart,
)
from leaderboards.presentation.verdict_text import facts
from leaderboards.web.requests import asked_for, page_context, results_data, results_page
from lib.json.errors import json_error
from models_runner.metrics.declared import help_of
from stats.uncertainty.sequences import LEAST_VOTES

Line = dict[str, Any]
# Of systems that are not in the figure; the page says how many more there are.
MOST_NAMED = 20
LOOK_FORMATS = ("csv", "jsonl")


@results_page
def small_versus_large(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the verdict and the Pareto chart.

    ?quality= and ?cost= choose the axes, ?small= and ?large= the two systems of the verdict.
    """
    query = asked_for(request, study)
    board, data = query.values("board"), query.values("small-large")
    quality, cost = asked_quality(request.GET), asked_cost(request.GET)
    lines = pareto_lines(board, data, quality, cost)
    small_ones, large_ones = (_of(board["systems"], data[side]) for side in ("small", "large"))
    not_shown = [line for line in lines if line["quality"] is None or line["cost"] is None]
    drawn_of = len(lines) - len(not_shown)
    small, large = _asked_pair(request.GET, small_ones, large_ones, board["verdict"])
    shown = {key: label for key, label in qualities().items() if key == "rating" or key in data["metrics"]}
    context = page_context(query) | {
        "quality": quality,
        "cost": cost,
        "qualities": shown,
        "explained": [(label, said) for key, label in shown.items() if (said := help_of(key))],
        "costs": MEASURES,
        "chart": show_chart(
            study_pareto_chart(board, data, quality, cost),
            study.slug,
            query.parameters,
            {"quality": quality, "cost": cost},
        ),
        "drawn_of": drawn_of if drawn_of > MOST_SYSTEMS else 0,
        "not_shown": not_shown[:MOST_NAMED],
        "more_not_shown": len(not_shown[MOST_NAMED:]),
        "many": data.get("many"),  # only where not all systems are compared
        "small": small,
        "large": large,
        "small_ones": small_ones,
        "large_ones": large_ones,
        "looks": _looks_at(study, small, large),
        **_verdict(small, large, board, data),
    }
    return render(request, "leaderboards/small_versus_large.html", context)


def _of(lines: Sequence[Line], systems: Sequence[str]) -> list[Line]:
    """Return the lines of these systems in the board's order, the best first."""
    return [line for line in lines if line["system"] in systems]


def _asked_pair(
    asked: QueryDict, small: Sequence[Line], large: Sequence[Line], verdict: Line
) -> tuple[Line | None, Line | None]:
    """Return the systems that are named, or those of the board's verdict, or the first; None where there is none."""
    return (
        _named(small, asked.get("small")) or _named(small, verdict["small"]) or _first(small, "compact"),
        _named(large, asked.get("large")) or _named(large, verdict["large"]) or _first(large, "large"),
    )


def _named(lines: Sequence[Line], system: str | None) -> Line | None:
    return next((line for line in lines if line["system"] == system), None)


def _first(lines: Sequence[Line], size_class: str) -> Line | None:
    return next((line for line in lines if line["size_class"] == size_class), lines[0] if lines else None)


def _looks_at(study: Study, small: Line | None, large: Line | None) -> SaidLooks | None:
    """Say how the study's planned looks stand, where they are about these two systems."""
    looks = looks_of(study)
    about = looks and (looks.small, looks.large)
    return looks if about == (small and small["system"], large and large["system"]) else None


def _verdict(small: Line | None, large: Line | None, board: Line, data: Line) -> dict[str, Any]:
    if small is None or large is None or small == large:
        return {}
    verdict, result = say_pair(board, data, small["system"], large["system"])
    return {"verdict": verdict, "facts": facts(result, data)}


@results_page
def planning(request: HttpRequest, study: Study) -> HttpResponse:
    """Show how many votes are needed; ?stopping=1 shows the stopping rule as well."""
    query = asked_for(request, study)
    board, data = query.values("board"), query.values("planning")
    thin = {line["system"] for line in board["systems"] if line["too_few"]}
    by_rule, shown = request.GET.get("stopping") == "1", rows_of_systems(board, request.GET.dict())
    neighbours = [row for row in data["neighbours"] if not {row["better"], row["worse"]} & thin]
    rows = [
        (
            neighbour,
            say_needed(neighbour),
            stopping_bounds(query.criterion, query.filters, neighbour["better"], neighbour["worse"])
            if by_rule
            else None,
        )
        for neighbour in shown.of(neighbours, itemgetter("better"))
    ]
    context = page_context(query) | {
        "data": data,
        "chart": show_chart(widths_chart(data), study.slug, query.parameters),
        "rows": rows,
        "shown": shown,
        "thin": thin,
        "stopping": by_rule,
        "least_votes": LEAST_VOTES,
        "looks": looks_of(study),
    }
    return render(request, "leaderboards/planning.html", context)


@results_data
def looks_file(request: HttpRequest, study: Study, file_format: str) -> HttpResponse:
    """Send the planned looks and what they found as CSV or JSON Lines."""
    if file_format not in LOOK_FORMATS:
        formats = ", ".join(LOOK_FORMATS)
        return json_error(404, "unknown_format", f"There is no format {file_format!r}. Expected: {formats}.")
    standing_of_looks(study)  # takes those that are due
    rows = list(look_rows(study))
    lines = csv_lines(rows, tuple(LOOK_TYPES)) if file_format == "csv" else json_lines(rows)
    return HttpResponse(
        "".join(lines),
        content_type=CONTENT_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{study.slug}-looks.{file_format}"'},
    )
