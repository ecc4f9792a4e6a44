"""Tables of a judge's page: its figures by part, and the win rates of systems."""

from collections.abc import Iterable, Mapping
from typing import Any

# Names of the figures of a report, in the order of the page; differences are not shares.
AGREEMENT = {
    "agreement": "Votes of people that agree with it",
    "human_agreement": "Votes of people that agree with each other",
    "accuracy_where_people_agree": "Right where all people agree",
}
BIASES = {
    "first_position_share": "Verdicts for the summary shown first",
    "flip_rate": "Answers that change with the order",
    "length_bias": "Share of the longer summary, beyond what people give it",
    "ece": "Distance of its chances from what people say",
}
CONSISTENCY = {"consistency": "Samples of one question that say the same"}
FAMILY = {"family_bias": "Share of its own family, beyond what people give it"}
# Figures that are 0, and not one half, where there is no bias.
FROM_ZERO = ("length_bias", "family_bias")
PARTS = (
    ("agreement", "Against people", AGREEMENT),
    ("biases", "Biases", BIASES),
    ("consistency", "Consistency", CONSISTENCY),
    ("family", "Its own family", FAMILY),
)
# Of a judge of a dataset, where nobody voted.
ALONE = (
    ("biases", "Biases", {name: BIASES[name] for name in ("first_position_share", "flip_rate")}),
    ("consistency", "Consistency", CONSISTENCY),
)
Part = tuple[str, str, Mapping[str, str]]
Row = tuple[str, Any, bool]


def figure_parts(report: Mapping[str, Any], parts: Iterable[Part]) -> list[tuple[str, str, list[Row]]]:
    """Return each part's key, title and rows: label, figure, and whether it is a difference."""
    return [
        (key, title, [(label, report[name], name in FROM_ZERO) for name, label in names.items()])
        for key, title, names in parts
    ]


def win_rate_table(report: Mapping[str, Any], title: str, columns: Mapping[str, str]) -> dict[str, Any]:
    """Return what the table of win rates shows; columns: labels by name."""
    rows = [row | {"shown": [(label, row[name]) for name, label in columns.items()]} for row in report["win_rates"]]
    return {"win_rate_title": title, "win_rate_columns": list(columns.values()), "win_rates": rows}
