"""The analyses in plain sentences: what a reader should take from the numbers below them."""

from leaderboards.boards.analysis.values import Values
from lib.numbers import format_whole

LABELS = {
    "rating": "Rating by people",
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "rougeLsum": "ROUGE-Lsum",
    "bertscore_f1": "BERTScore",
    "words": "Words",
    "shortness": "Few words",
}
# Krippendorff (2004), Reliability in content analysis: below 0.667 not even tentative conclusions, from 0.8 firm ones.
TENTATIVE, FIRM = 0.667, 0.8


def on_agreement(found: Values) -> str:
    alpha = found["alpha"]
    if alpha["value"] is None:
        return f"Whether people agree cannot be told yet: {alpha['reason']}."
    if alpha["lower"] is None:
        return f"People agree to some degree, but not how surely can be told: {alpha['interval_reason']}."
    if alpha["lower"] <= 0:
        return "People may agree no more than chance would make them: single answers say little, only many together do."
    if alpha["value"] >= FIRM:
        return "People agree well."
    if alpha["value"] >= TENTATIVE:
        return "People agree for the most part."
    return (
        "People agree more than by chance, and often differ. That is usual for preferences between good summaries: "
        "it makes many votes necessary, and does not make them wrong."
    )


def on_sides(found: Values) -> str:
    share = found["left_wins"]
    if found["biased"] is None:
        return f"Whether one side of the screen is preferred cannot be told: {share['reason']}."
    if not found["biased"]:
        return "No preference for a side of the screen shows."
    side = "left" if share["value"] > 0.5 else "right"
    return (
        f"The {side} summary wins more often than chance allows. Sides are shuffled, so this favours no system, but "
        "some people may have clicked without reading."
    )


def on_metrics(metrics: list[Values]) -> str:
    scored = [metric for metric in metrics if not metric["reason"]]
    known = [metric for metric in scored if metric["system"]["kendall"]["value"] is not None]
    if not scored:
        return "The summaries are not scored yet."
    if not known:
        return f"How far metrics and people agree cannot be told: {scored[0]['system']['kendall']['reason']}."
    sure = [metric for metric in known if (metric["system"]["kendall"]["lower"] or 0) > 0]
    if sure:
        return (
            f"{_listed(sure)} put{'s' if len(sure) == 1 else ''} the systems in an order like the people's. That holds "
            "for these systems and documents; it does not make a metric a substitute for people."
        )
    return (
        f"No metric is sure to put the systems in the people's order: with {known[0]['systems']} systems, chance alone "
        "could give correlations like these."
    )


def _listed(metrics: list[Values]) -> str:
    names = [LABELS[metric["metric"]] for metric in metrics]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def on_votes(top: Values, n_votes: int) -> str:
    name = _top(top)
    votes = top["votes"]
    if votes["count"] is None:
        return f"{name} is firm: {votes['reason']}."
    if not votes["verified"]:
        return f"{name}: a set of {votes['count']} votes seemed to change it, and a refit did not confirm that."
    few = "one vote" if votes["count"] == 1 else f"{votes['count']} votes"
    return f"{name} hangs on {few} of {n_votes}: without them {votes['in']} would take the place of {votes['out']}."


def on_units(top: Values) -> str:
    people, documents = top["annotators"]["change"], top["documents"]["change"]
    if not people and not documents:
        return f"No single annotator and no single document decides {_in_sentence(top)}."
    parts = []
    if people:
        parts.append(f"one of these annotators: {', '.join(people)}")
    if documents:
        parts.append(f"one of these documents: {', '.join(documents)}")
    return f"{_top(top)} would be another without {'; or without '.join(parts)}."


def _top(top: Values) -> str:
    return "First place" if top["k"] == 1 else f"The top {top['k']}"


def _in_sentence(top: Values) -> str:
    name = _top(top)
    return name[0].lower() + name[1:]


def on_length(found: Values) -> str:
    effect = found["effect"]
    if effect["value"] is None:
        return f"What length does cannot be told: {effect['reason']}."
    if effect["lower"] is None or effect["lower"] <= 0 <= effect["upper"]:
        return "Length as such does not clearly win or lose votes."
    return "Longer summaries win more votes." if effect["value"] > 0 else "Shorter summaries win more votes."


def on_help(found: Values) -> str:
    if found["reason"]:
        return f"The metrics cannot help the votes here: {found['reason']}."
    extra = [row["extra_votes"] or 0 for row in found["systems"]]
    most = max(extra)
    if most < 0.01 * found["votes"]:
        return "The metrics add next to nothing to what people said, so these ratings are the people's."
    return (
        f"The metrics are worth up to {format_whole(most)} votes more than the {found['votes']} there are: what they "
        f"say about {found['other_documents']} documents nobody judged, corrected by how they erred on those that "
        "people did."
    )
