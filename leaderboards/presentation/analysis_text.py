"""An analysis to read in a terminal: plain words first, numbers behind them."""

import textwrap
from collections.abc import Iterator

from leaderboards.boards.analysis.values import Values

WIDTH = 100
UNDEFINED = "—"


def as_text(analysis: Values) -> str:
    head = f"{analysis['study']}, {analysis['criterion']}: {analysis['question']}"
    counts = (
        f"{analysis['votes']} votes by {analysis['annotators']} annotators on {analysis['documents']} documents, "
        f"{len(analysis['systems'])} systems."
    )
    parts = [
        ("People", _people(analysis)),
        ("Metrics", _metrics(analysis)),
        ("How much the result hangs on", _robustness(analysis["robustness"])),
        ("Small against large", _noninferiority(analysis["noninferiority"])),
        ("Votes that would tell neighbours apart", _votes_needed(analysis["votes_needed"])),
        ("Length", _length(analysis["length"])),
        ("Ratings helped by the metrics", _helped(analysis["helped"])),
        ("Combined index (describes, does not measure)", _index(analysis["index"])),
    ]
    lines = [head, counts]
    for title, body in parts:
        lines += ["", title, "-" * len(title)]
        for line in body:
            lines += textwrap.wrap(line, WIDTH, subsequent_indent="    ") or [""]
    return "\n".join([*lines, "", f"Seed {analysis['seed']}, fingerprint {analysis['fingerprint']}"])


def write(figure: Values, digits: int = 2, *, percent: bool = False) -> str:
    """A value with its interval, or a dash with the reason."""

    def one(value: float) -> str:
        return f"{value:.0%}" if percent else f"{value:.{digits}f}"

    if figure["value"] is None:
        return f"{UNDEFINED} ({figure['reason']})"
    if figure["lower"] is None:
        return f"{one(figure['value'])} (no interval: {figure['interval_reason']})"
    return f"{one(figure['value'])} ({one(figure['lower'])} to {one(figure['upper'])})"


def _people(analysis: Values) -> Iterator[str]:
    agreement, sides = analysis["agreement"], analysis["side_bias"]
    yield f"Krippendorff's alpha: {write(agreement['alpha'])}, on {agreement['comparisons']} comparisons."
    if agreement["observed"] is not None:
        yield f"Pairs of votes that agree: {agreement['observed']:.0%}; by chance {agreement['expected']:.0%}."
    yield f"The left summary wins: {write(sides['left_wins'], percent=True)} of {sides['decisive_votes']} votes."


def _metrics(analysis: Values) -> Iterator[str]:
    for metric in analysis["metrics"]:
        if metric["reason"]:
            yield f"{metric['metric']}: {UNDEFINED} ({metric['reason']})"
            continue
        yield f"{metric['metric']}:"
        for level in ("system", "summary"):
            found = "; ".join(f"{name} {write(metric[level][name])}" for name in ("kendall", "spearman", "pearson"))
            yield f"  {level} level: {found}"
        yield f"  agrees with {write(metric['pairwise_accuracy'], percent=True)} of {metric['votes']} votes"
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
        votes = top["votes"]
        if votes["count"] is None:
            yield f"{name} ({', '.join(top['systems'])}): {votes['reason']}."
        else:
            checked = "checked by a refit" if votes["verified"] else "NOT confirmed by a refit"
            yield (
                f"{name} ({', '.join(top['systems'])}) changes without {votes['count']} votes ({votes['share']:.1%}), "
                f"{checked}: {votes['in']} for {votes['out']}. Votes: {', '.join(votes['ids'])}"
            )
        for unit in ("annotators", "documents"):
            if top[unit]["change"]:
                yield f"{name} changes without one of these {unit}: {', '.join(top[unit]['change'])}."
    for row in robustness["ranges"]:
        ranges = (f"without {which} {_range(row[key])}" for which, key in RANGES)
        yield f"{row['system']}: {row['rating']:.0f}; {'; '.join(ranges)}"


RANGES = (("one annotator", "without_an_annotator"), ("one document", "without_a_document"))


def _range(found: Values) -> str:
    if found["lower"] is None:
        return f"{UNDEFINED} ({found['reason']})"
    return f"{found['lower']:.0f} to {found['upper']:.0f}"


def _noninferiority(found: Values) -> Iterator[str]:
    if found["reason"]:
        yield f"{UNDEFINED} ({found['reason']})"
    for pair in found["pairs"]:
        yield (
            f"{pair['small']} against {pair['large']}: {pair['verdict']} at a margin of {found['margin']:g}; "
            f"chance to win, minus 1/2: {write(pair['difference'], 3)}"
        )


def _votes_needed(found: Values) -> Iterator[str]:
    if found["reason"]:
        yield f"{UNDEFINED} ({found['reason']})"
    for row in found["neighbours"]:
        needed = f"{UNDEFINED} ({row['reason']})" if row["reason"] else f"{row['votes_needed']:,.0f} votes in all"
        yield f"{row['better']} from {row['worse']} (gap {row['gap']:.0f}): {needed}"


def _length(found: Values) -> Iterator[str]:
    yield f"Points gained by one standard deviation of relative length: {write(found['effect'], 0)}"
    for row in found["systems"]:
        yield f"{row['system']}: {row['plain']:.0f}, at equal length {write(row['controlled'], 0)}"


def _helped(found: Values) -> Iterator[str]:
    if found["reason"]:
        yield f"{UNDEFINED} ({found['reason']})"
        return
    yield (
        f"{found['other_comparisons']} comparisons on {found['other_documents']} documents without votes, predicted "
        f"from {', '.join(found['metrics'])}; they count {found['tuning']:.2f}."
    )
    for row in found["systems"]:
        yield (
            f"{row['system']}: {write(row['helped'], 0)}; votes alone {write(row['human'], 0)}; "
            f"worth {row['extra_votes']:.0f} extra votes"
        )


def _index(found: Values) -> Iterator[str]:
    yield "Weights: " + ", ".join(f"{column} {weight:g}" for column, weight in found["weights"].items())
    for row in found["systems"]:
        value = f"{UNDEFINED} ({row['reason']})" if row["index"] is None else f"{row['index']:+.2f}"
        yield f"{row['system']}: {value}"
