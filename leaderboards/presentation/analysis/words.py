"""Say the analyses in plain sentences: what a reader should take from the numbers."""

from leaderboards.boards.analysis.values import Values
from lib.numbers import count_of, format_count, format_fraction, format_percent
from models_runner.metrics.declared import label_of
from stats.uncertainty.differences import Told

# Columns of the combined index that are of no metric.
LABELS = {"rating": "Rating by people", "shortness": "Few words"}
# Krippendorff (2004), Reliability in content analysis: below 0.667 not even tentative conclusions, from 0.8 firm ones.
TENTATIVE, FIRM = 0.667, 0.8


def label_of_column(name: str) -> str:
    """Return the label of a metric's value, or of another column of the combined index."""
    return LABELS.get(name) or label_of(name)


def on_agreement(agreement: Values) -> str:
    """Say how far people agree."""
    alpha = agreement["alpha"]
    if alpha["value"] is None:
        return f"It is not known yet whether people agree: {alpha['reason']}."
    if alpha["lower"] is None:
        return f"It is not known yet whether people agree. There is no interval: {alpha['interval_reason']}."
    if alpha["lower"] <= 0:
        return "People may agree no more than by chance: single votes say little, only many together do."
    if alpha["value"] >= FIRM:
        return "People agree well."
    if alpha["value"] >= TENTATIVE:
        return "People mostly agree."
    return (
        "People agree more than by chance, but often differ. That is usual for preferences between good summaries: "
        "it takes many votes, but does not make them wrong."
    )


def on_sides(side_bias: Values) -> str:
    """Say whether people prefer a side of the screen."""
    share = side_bias["left_wins"]
    if side_bias["biased"] is None:
        return f"It is not known whether people prefer one side of the screen: {share['reason']}."
    if not side_bias["biased"]:
        return "People show no preference for a side of the screen."
    side = "left" if share["value"] > 0.5 else "right"
    return (
        f"The {side} summary wins more often than by chance. Sides are shuffled, so this favours no system, but some "
        "people may have clicked without reading."
    )


def on_metrics(metrics: list[Values]) -> str:
    """Say which metrics put the systems in the order of the votes."""
    scored = [metric for metric in metrics if not metric["reason"]]
    correlated = [metric for metric in scored if metric["system"]["kendall"]["value"] is not None]
    if not scored:
        return "The summaries are not scored yet."
    if not correlated:
        return f"It is not known how far metrics and people agree: {scored[0]['system']['kendall']['reason']}."
    sure = [metric for metric in correlated if (metric["system"]["kendall"]["lower"] or 0) > 0]
    if sure:
        return (
            f"{_listed(sure)} rank{'s' if len(sure) == 1 else ''} the systems much as people do. That holds for these "
            "systems and documents; it does not make a metric a substitute for people."
        )
    against = [metric for metric in correlated if (metric["system"]["kendall"]["upper"] or 0) < 0]
    if against:
        return (
            f"No metric certainly ranks the systems as people do. {_listed(against)} rank"
            f"{'s' if len(against) == 1 else ''} them against people: what is better by it, people call worse."
        )
    return (
        f"No metric certainly ranks the systems as people do: with {correlated[0]['systems']:,} systems, chance alone "
        "could give correlations like these."
    )


def _listed(metrics: list[Values]) -> str:
    names = [label_of_column(metric["metric"]) for metric in metrics]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


MOST_NAMES = 10


def on_told(top: Values) -> str:
    """Say, by the rule of the whole board, from whom the votes do not tell the first place or the top three."""
    if top["told"] == Told.DIFFER:
        return f"{name_top(top)} differs from all below it."
    others, more = ", ".join(top["not_told_from"][:MOST_NAMES]), len(top["not_told_from"]) - MOST_NAMES
    if more > 0:
        if top["k"] == 1:
            return f"First place is open: the votes do not tell it from {more:,} more than these systems: {others}."
        k = top["k"]
        return f"The top {k} is open: the votes do not tell all of it from {more:,} more than these systems: {others}."
    if top["k"] == 1:
        return f"First place is open: the votes do not tell it from {others}."
    return f"The top {top['k']} is open: the votes do not tell all of it from {others}."


def on_votes(top: Values, n_votes: int) -> str:
    """Say how few votes decide the first place or the top three."""
    place = name_top(top)
    votes = top["votes"]
    if votes["count"] is None:
        if top["told"] != Told.DIFFER:
            return f"{place} does not hang on few votes: {votes['reason']}."
        if top["k"] == 1:
            return f"First place is firm: {votes['reason']}."
        return f"The top {top['k']} is firm: {votes['reason']}."
    if not votes["verified"]:
        return f"{place}: a set of {votes['count']:,} votes seemed to change it, and a refit did not confirm that."
    if votes["count"] == 1:
        return f"{place} depends on one vote of {n_votes:,}: without it, {votes['in']} would replace {votes['out']}."
    return (
        f"{place} depends on {votes['count']:,} votes of {n_votes:,}: without them, {votes['in']} would replace "
        f"{votes['out']}."
    )


def on_units(top: Values, *, named: bool = True) -> str:
    """Say which single annotators or documents decide the first place or the top three.

    named: Name them, or say how many they are.
    """
    people, documents = top["annotators"]["change"], top["documents"]["change"]
    if not people and not documents:
        if top["k"] == 1:
            return "No single annotator and no single document decides first place."
        return f"No single annotator and no single document decides the top {top['k']}."
    return (_named_units if named else _counted_units)(name_top(top), people, documents)


def _named_units(top: str, people: list[str], documents: list[str]) -> str:
    of_people, of_documents = ", ".join(people), ", ".join(documents)
    if people and documents:
        return (
            f"{top} would change without one of these annotators: {of_people}; or without one of these documents: "
            f"{of_documents}."
        )
    if people:
        return f"{top} would change without one of these annotators: {of_people}."
    return f"{top} would change without one of these documents: {of_documents}."


def _counted_units(top: str, people: list[str], documents: list[str]) -> str:
    of_people, of_documents = count_of(len(people), "annotator"), count_of(len(documents), "document")
    if people and documents:
        return f"{top} would change without one of {of_people}; or without one of {of_documents}."
    return f"{top} would change without one of {of_people if people else of_documents}."


def name_top(top: Values) -> str:
    """Name the first place, or the top of so many."""
    return "First place" if top["k"] == 1 else f"The top {top['k']}"


def on_length(control: Values) -> str:
    """Say whether length wins votes."""
    effect = control["effect"]
    if effect["value"] is None:
        return f"The effect of length is not known: {effect['reason']}."
    if effect["lower"] is None or effect["lower"] <= 0 <= effect["upper"]:
        return "Length alone does not clearly win or lose votes."
    return "Longer summaries win more votes." if effect["value"] > 0 else "Shorter summaries win more votes."


def on_help(helped: Values) -> str:
    """Say what the metrics add to the votes."""
    if helped["reason"]:
        return f"The metrics cannot help the votes here: {helped['reason']}."
    extra = [row["extra_votes"] or 0 for row in helped["systems"]]
    most = max(extra)
    if most < 0.01 * helped["votes"]:
        return "The metrics add almost nothing to the votes, so these ratings are those of the votes."
    return (
        f"The metrics are worth up to {format_count(most)} votes on top of the {helped['votes']:,} there are: they "
        f"predict votes on {helped['other_documents']:,} documents without votes, corrected by their errors on the "
        "documents with votes."
    )


def on_documents(documents: Values) -> str:
    """Say whether documents with votes are like those without, which helped ratings rest on."""
    voted, unvoted = documents["voted"], documents["unvoted"]
    if documents["doubt"]:
        return f"Do not rely on ratings helped by metrics here: {documents['doubt']}."
    if documents["reason"]:
        return f"Whether documents with votes are like the others was not tested: {documents['reason']}."
    p = format_fraction(documents["p"], 3)
    if documents["refused"]:
        return (
            f"Documents with votes ({voted:,}) are not like those without ({unvoted:,}): by chance metrics would "
            f"differ as much in {p} of random choices at most."
        )
    return (
        f"Documents with votes ({voted:,}) are like those without ({unvoted:,}) in all that the metrics measure: "
        f"p = {p}. What no metric measures may still differ; only a random draw excludes that."
    )


def on_draw(documents: Values) -> str:
    """Say how documents came to have votes."""
    if documents["rule"] == "chosen":
        return (
            "The documents of this study were chosen. Within these, votes go to one after another in random order, so "
            "only chosen ones without votes are used."
        )
    if documents["rule"] == "drawn":
        share = format_percent(documents["chance"])
        return f"Documents come to have votes in a random order drawn by the study's seed; {share} have some so far."
    return ""
