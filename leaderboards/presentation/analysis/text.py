"""Write an analysis for a terminal: plain words first, then the numbers."""

import textwrap
from collections.abc import Iterator

from leaderboards.boards.analysis.values import Values
from leaderboards.presentation.analysis.words import on_documents, on_draw
from leaderboards.presentation.needed import say_needed
from lib.numbers import UNDEFINED, format_count, format_fraction, format_percent, format_whole

WIDTH = 100


def as_text(analysis: Values) -> str:
    """Write all parts of what analysis.analyse computes, wrapped."""
    head = f"{analysis['study']}, {analysis['criterion']}: {analysis['question']}"
    counts = (
        f"{analysis['votes']:,} votes by {analysis['annotators']:,} annotators on {analysis['documents']:,} documents, "
        f"{len(analysis['systems']):,} systems."
    )
    parts = [
        ("People", _people(analysis)),
        ("Metrics", _metrics(analysis)),
        ("What the result depends on", _robustness(analysis["robustness"])),
        ("Small versus large", _noninferiority(analysis["noninferiority"])),
        ("Votes needed to tell neighbours apart", _votes_needed(analysis["votes_needed"])),
        ("Length", _length(analysis["length"])),
        ("Ratings helped by the metrics", _helped(analysis["helped"])),
        ("Combined index (descriptive only)", _index(analysis["index"])),
    ]
    lines = [head, counts]
    if analysis["too_few"] and analysis["votes"]:
        lines += ["", f"{analysis['too_few'].capitalize()}. --format json has the numbers there are."]
        parts = []
    for title, body in parts:
        lines += ["", title, "-" * len(title)]
        for line in body:
            lines += textwrap.wrap(line, WIDTH, subsequent_indent="    ") or [""]
    return "\n".join([*lines, "", f"Seed {analysis['seed']}, fingerprint {analysis['fingerprint']}"])


def write_estimate(estimate: Values, digits: int = 2, *, percent: bool = False) -> str:
    """Write a value with its interval, or a dash with the reason."""

    def number(value: float) -> str:
        return format_percent(value) if percent else format_fraction(value, digits)

    if estimate["value"] is None:
        return f"{UNDEFINED} ({estimate['reason']})"
    if estimate["lower"] is None:
        return f"{number(estimate['value'])} (no interval: {estimate['interval_reason']})"
    return f"{number(estimate['value'])} ({number(estimate['lower'])} to {number(estimate['upper'])})"


def _people(analysis: Values) -> Iterator[str]:
    agreement, sides = analysis["agreement"], analysis["side_bias"]
    yield f"Krippendorff's alpha: {write_estimate(agreement['alpha'])}, on {agreement['comparisons']:,} comparisons."
    if agreement["observed"] is not None:
        observed, expected = format_percent(agreement["observed"]), format_percent(agreement["expected"])
        yield f"Pairs of votes that agree: {observed}; by chance {expected}."
    left_wins = write_estimate(sides["left_wins"], percent=True)
    yield f"The left summary wins: {left_wins} of {sides['decisive_votes']:,} votes."


def _metrics(analysis: Values) -> Iterator[str]:
    for metric in analysis["metrics"]:
        if metric["reason"]:
            yield f"{metric['metric']}: {UNDEFINED} ({metric['reason']})"
            continue
        yield f"{metric['metric']}:"
        for level in ("system", "summary"):
            correlations = "; ".join(
                f"{name} {write_estimate(metric[level][name])}" for name in ("kendall", "spearman", "pearson")
            )
            yield f"  {level} level: {correlations}"
        yield f"  agrees with {write_estimate(metric['pairwise_accuracy'], percent=True)} of {metric['votes']:,} votes"
    tested = analysis["significance"]
    for metric in tested["metrics"]:
        told = [
            f"{row['system']} {row['difference']:+.3f} (p = {row['p_holm']:.3g})"
            for row in metric["systems"]
            if row["p_holm"] is not None
        ]
        if told:
            yield f"{metric['metric']}, difference to {tested['against']}, Holm-corrected: {'; '.join(told)}"


def _robustness(robustness: Values) -> Iterator[str]:
    if robustness["reason"]:
        yield f"{UNDEFINED} ({robustness['reason']})"
    for top in robustness["tops"]:
        name = "Rank 1" if top["k"] == 1 else f"The top {top['k']}"
        if top["not_told_from"]:
            others = ", ".join(top["not_told_from"])
            yield f"{name} ({', '.join(top['systems'])}) is open: not told apart from {others}."
        votes = top["votes"]
        if votes["count"] is None:
            yield f"{name} ({', '.join(top['systems'])}): {votes['reason']}."
        else:
            checked = "checked by a refit" if votes["verified"] else "NOT confirmed by a refit"
            yield (
                f"{name} ({', '.join(top['systems'])}) changes without {votes['count']:,} votes "
                f"({votes['share']:.1%}), {checked}: {votes['in']} for {votes['out']}. Votes: {', '.join(votes['ids'])}"
            )
        for unit in ("annotators", "documents"):
            if top[unit]["change"]:
                yield f"{name} changes without one of these {unit}: {', '.join(top[unit]['change'])}."
    for row in robustness["ranges"]:
        ranges = (f"without {which} {_range(row[key])}" for which, key in RANGES)
        yield f"{row['system']}: {format_whole(row['rating'])}; {'; '.join(ranges)}"


RANGES = (("one annotator", "without_an_annotator"), ("one document", "without_a_document"))


def _range(bounds: Values) -> str:
    if bounds["lower"] is None:
        return f"{UNDEFINED} ({bounds['reason']})"
    return f"{format_whole(bounds['lower'])} to {format_whole(bounds['upper'])}"


def _noninferiority(comparison: Values) -> Iterator[str]:
    if comparison["reason"]:
        yield f"{UNDEFINED} ({comparison['reason']})"
    for pair in comparison["pairs"]:
        yield (
            f"{pair['small']} against {pair['large']}: {pair['verdict']} at a margin of {comparison['margin']:g}; "
            f"chance to win, minus 1/2: {write_estimate(pair['difference'], 3)}{_at_once(pair['pairs'])}"
            f"{'; equivalent within the margin' if pair['equivalent'] else ''}"
        )


def _at_once(pairs: int) -> str:
    return f"; the interval holds for all {format_count(pairs)} pairs at once" if pairs > 1 else ""


def _votes_needed(needs: Values) -> Iterator[str]:
    if needs["reason"]:
        yield f"{UNDEFINED} ({needs['reason']})"
    for row in needs["neighbours"]:
        yield f"{row['better']} from {row['worse']} (gap {format_whole(row['gap'])}): {say_needed(row)}"


def _length(control: Values) -> Iterator[str]:
    effect = write_estimate(control["effect"], 0)
    yield f"Points gained by being longer by one standard deviation of relative length: {effect}"
    for row in control["systems"]:
        yield f"{row['system']}: {format_whole(row['plain'])}, at equal length {write_estimate(row['controlled'], 0)}"


def _helped(helped: Values) -> Iterator[str]:
    if helped["reason"]:
        yield f"{UNDEFINED} ({helped['reason']})"
    if documents := helped.get("documents"):
        yield from filter(None, (on_draw(documents), on_documents(documents)))
    if helped["reason"]:
        return
    yield (
        f"{helped['other_comparisons']:,} comparisons on {helped['other_documents']:,} documents without votes, "
        f"predicted from {', '.join(helped['metrics'])}; they count {format_fraction(helped['tuning'], 2)}."
    )
    for row in helped["systems"]:
        yield (
            f"{row['system']}: {write_estimate(row['helped'], 0)}; votes alone {write_estimate(row['human'], 0)}; "
            f"worth {format_whole(row['extra_votes'])} extra votes"
        )


def _index(index: Values) -> Iterator[str]:
    yield "Weights: " + ", ".join(f"{column} {weight:g}" for column, weight in index["weights"].items())
    for row in index["systems"]:
        value = f"{UNDEFINED} ({row['reason']})" if row["index"] is None else f"{row['index']:+.2f}"
        yield f"{row['system']}: {value}"
