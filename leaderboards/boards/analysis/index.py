"""The combined index: one number from several columns, with weights that the reader chooses. Descriptive only."""

from collections.abc import Iterable, Mapping

import numpy as np

from leaderboards.boards.analysis.inputs import LENGTH, AnalysisData
from leaderboards.boards.analysis.values import Values, number, points
from models_runner.metrics.declared import board_values, direction_of, possible_board_values
from models_runner.metrics.protocol import Direction
from stats.metrics.combined import combined_index

RATING = "rating"
SHORTNESS = "shortness"
USUAL_WEIGHTS = {RATING: 1.0, "rougeL": 0.5, "bertscore_f1": 0.5}
LARGEST_WEIGHT = 1000.0


def columns_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that an index can be made of, given the names of metrics' values."""
    return (RATING, *(name for name in names if direction_of(name) != Direction.NONE), SHORTNESS)


COLUMNS = columns_of(board_values())


def possible_columns() -> tuple[str, ...]:
    """Return every column that an index may have, in order."""
    return columns_of(possible_board_values())


class InvalidWeightsError(ValueError):
    """Weights that make no index; the message says why."""


def usual_weights(values: Values) -> dict[str, float]:
    """Weigh votes and metrics half each, of the columns that have values."""
    filled = {column for column, of_systems in values["columns"].items() if any(v is not None for v in of_systems)}
    return {column: weight for column, weight in USUAL_WEIGHTS.items() if column in filled} or {RATING: 1.0}


def read_weights(asked: Mapping[str, str]) -> dict[str, float] | None:
    """Read weights by column from a query string, such as "w_rating=1"; None where it has none of them.

    Raises:
        InvalidWeightsError: Not a number from 0 to 1000, or all zero.
    """
    columns = possible_columns()
    named = {column: asked[f"w_{column}"].strip() for column in columns if asked.get(f"w_{column}", "").strip()}
    if not named and not any(f"w_{column}" in asked for column in columns):
        return None
    weights = {column: _weight(column, text) for column, text in named.items()}
    if not any(weights.values()):
        raise InvalidWeightsError("All weights are 0. Give at least one column a weight above 0.")
    return {column: weight for column, weight in weights.items() if weight}


def _weight(column: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = np.nan
    if not 0 <= weight <= LARGEST_WEIGHT:
        raise InvalidWeightsError(
            f"The weight of {column} is {text!r}. Expected a number from 0 to {LARGEST_WEIGHT:g}."
        )
    return weight


def index_columns(data: AnalysisData) -> Values:
    """Values that an index is made of, by system; None where there is none."""
    inputs, rated = data.inputs, data.rated
    columns: dict[str, list[float | None]] = {RATING: [None] * len(inputs.slugs)}
    if rated is not None:
        for i, system in enumerate(rated.systems.tolist()):
            columns[RATING][system] = points(rated.strengths[i])
    for column in columns_of(inputs.metric_names)[1:]:
        values = data.by_document(LENGTH if column == SHORTNESS else column)
        counts = (~np.isnan(values)).sum(axis=1)
        sums = np.nansum(values, axis=1)
        columns[column] = [number(sums[i] / counts[i]) if counts[i] else None for i in range(len(counts))]
    return {"systems": inputs.slugs, "columns": columns}


def weighted_index(values: Values, weights: Mapping[str, float]) -> Values:
    """Compute the index from what index_columns returns; highest first, undefined last."""
    used = [column for column in possible_columns() if weights.get(column)]
    systems: list[str] = values["systems"]
    by_column, nothing = values["columns"], [None] * len(systems)
    table = np.array(
        [[np.nan if v is None else v for v in by_column.get(column, nothing)] for column in used], dtype=np.float64
    ).T.reshape(len(systems), len(used))
    higher = np.array([column != SHORTNESS and direction_of(column) != Direction.LOWER for column in used])
    index = combined_index(table, np.array([weights[column] for column in used]), higher)
    rows: list[Values] = [
        {"system": slug, "index": number(index[i]), "reason": _why_none(table[i], used)}
        for i, slug in enumerate(systems)
    ]
    rows.sort(key=lambda row: (row["index"] is None, -(row["index"] or 0), row["system"]))
    return {"weights": {column: float(weights[column]) for column in used}, "systems": rows, "descriptive": True}


def _why_none(row: np.ndarray[tuple[int], np.dtype[np.float64]], used: list[str]) -> str:
    missing = [column for column, value in zip(used, row, strict=True) if np.isnan(value)]
    return f"no value in {', '.join(missing)}" if missing else ""
