"""What the page on trust says of metrics and marks: a sentence, and a line for each metric."""

from typing import Any

from leaderboards.presentation.analysis.words import label_of_column
from lib.numbers import format_count

Values = dict[str, Any]
BEING_COMPUTED = "This is being computed: look again in a moment."
NO_METRIC = "No metric that calls one summary better than another has been computed for the summaries that were read."
NONE_SEES = (
    "No metric certainly sees what people mark: none finds marked sentences better than chance, and none goes with few "
    "errors within documents."
)


def marks_seen_context(values: Values | None) -> dict[str, Any]:
    """Return the sentence and the lines; no lines where there is too little to say."""
    if values is None:
        return {"sentence": BEING_COMPUTED, "rows": [], "values": {}}
    told = [metric for metric in values["metrics"] if not metric["reason"]]
    rows = [] if values["too_few"] else [_shown(metric) for metric in told]
    return {"sentence": say_marks_seen(values), "rows": rows, "values": values}


def _shown(metric: Values) -> Values:
    """Name the metric, and leave out figures of sentences of which too few are marked."""
    found = metric["sentences"]
    if found:
        figures = {name: found[name] for name in ("auc", "precision")}
        shown = {name: figure | {"value": None} if figure["reason"] else figure for name, figure in figures.items()}
        found = found | shown
    return metric | {"label": label_of_column(metric["metric"]), "sentences": found}


def say_marks_seen(values: Values) -> str:
    """Say which metrics find marked sentences, and which go with few errors within documents."""
    if values["too_few"]:
        return f"It is not known yet whether the metrics see what people mark: {values['too_few']}."
    told = [metric for metric in values["metrics"] if not metric["reason"]]
    if not told:
        return NO_METRIC
    finding = [metric for metric in told if _finds(metric)]
    going = [metric for metric in told if (metric["summary"]["kendall"]["lower"] or 0) > 0]
    if not finding and not going:
        return NONE_SEES
    first = _finding(finding) if finding else "No metric certainly finds marked sentences."
    return f"{first} {_going(going)}" if going else first


def _finds(metric: Values) -> bool:
    auc = (metric["sentences"] or {}).get("auc")
    return bool(auc and not auc["reason"] and auc["lower"] is not None and auc["lower"] > 0.5)


def _finding(metrics: list[Values]) -> str:
    best = label_of_column(max(metrics, key=lambda metric: metric["sentences"]["auc"]["value"])["metric"])
    if len(metrics) == 1:
        return f"Marked sentences look worse than others to {best}."
    more = format_count(len(metrics) - 1)
    return f"Marked sentences look worse than others to {best}, and to {more} more of the metrics."


def _going(metrics: list[Values]) -> str:
    best = label_of_column(max(metrics, key=lambda metric: metric["summary"]["kendall"]["value"])["metric"])
    if len(metrics) == 1:
        return f"Within documents, fewer errors go with {best}."
    more = format_count(len(metrics) - 1)
    return f"Within documents, fewer errors go with {best}, and with {more} more of the metrics."
