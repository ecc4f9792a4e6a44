"""Compute a board: human votes joined with automatic metrics, one line for each system."""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from leaderboards.boards.differences import board_differences
from leaderboards.boards.helped.ratings import help_ratings
from leaderboards.boards.length_controlled import EqualLength, at_equal_length
from leaderboards.boards.metric_means import MetricMeans, ValueWithReason
from leaderboards.boards.neighbours import neighbour_gaps
from leaderboards.boards.rated import rate_board
from leaderboards.boards.style_controlled import EqualStyle, at_equal_style
from leaderboards.boards.verdict import board_verdict
from leaderboards.boards.version import CODE_VERSION
from leaderboards.data.filters import Filters
from leaderboards.data.inputs import BoardInputs, collection_paused
from leaderboards.data.judge_votes import read_judge_votes
from leaderboards.data.votes import filtered_votes
from models_runner.models import Regime, System
from stats.ratings.ratings import Ratings
from stats.votes.arrays import FloatArray
from stats.votes.least import LEAST_ANNOTATORS, SystemCounts, count_by_system, too_few
from stats.votes.weights import effective_votes

Board = dict[str, Any]


@collection_paused()
def make_board(inputs: BoardInputs, seed: int) -> Board:
    """Compute a board as values for JSON; undefined is None, with the reason under the system's "reasons"."""
    filters = inputs.filters
    helped = help_ratings(inputs, rate_board(inputs, seed), seed)
    ratings = helped.ratings
    metrics = MetricMeans(inputs)
    counts = count_by_system(inputs.arrays)
    enough = replace(counts, annotators=_asked_for(inputs, counts.annotators))
    lines = [_line(system, i, ratings, metrics, counts, enough) for i, system in enumerate(inputs.systems)]
    equal_length = _add_equal_length(lines, inputs) if filters.control == "length" else None
    equal_style = _add_equal_style(lines, inputs) if filters.control == "style" else None
    lines.sort(key=lambda line: (line["rating"] is None, line["part"] or 0, -(line["rating"] or 0), line["system"]))
    return {
        **_about(inputs, ratings),
        "verdict": board_verdict(inputs, lines, ratings, seed),
        "fingerprint": inputs.fingerprint,
        "seed": seed,
        "resamples": ratings.resamples,
        "code_version": CODE_VERSION,
        "method": ratings.method,
        **({"helped": helped.about} if helped.about else {}),
        "warnings": [*_helped(helped.about), *_warnings(inputs, lines, ratings)],
        "interval_warnings": list(ratings.warnings),
        "parts": parts_by_name(lines),
        "tie_parameter": [_defined(value) for value in ratings.tie_parameter],
        "wins": _wins(lines, inputs),
        # How far more votes would go is not known where a judge helps them.
        "neighbours": [] if helped.about else neighbour_gaps(ratings, inputs.slugs),
        "differences": board_differences(ratings, lines, inputs.slugs),
        "filters": filters.asked,
        **_votes_left_out(inputs),
        "flagged_annotators": inputs.flagged_annotators,
        "weights": _weights(inputs),
        "equal_length": equal_length,
        "equal_style": equal_style,
        "signatures": sorted({score.signature for score in inputs.scores}),
        "systems": lines,
    }


def _helped(about: Board) -> list[str]:
    """Say that a judge's verdicts help, or why they do not."""
    if not about:
        return []
    name, reason = about["judge"], about["reason"]
    if reason:
        return [f"Judge {name} does not help these votes, so the ratings are of people alone: {reason}."]
    doubt = about["doubt"]
    return [
        *([f"Documents without votes may be unlike those with votes: {doubt}."] if doubt else []),
        f"Verdicts of judge {name}, a language model, move these ratings of people's votes; where they make an "
        "interval no narrower, it is that of people alone.",
    ]


def _anchored(inputs: BoardInputs, ratings: Ratings) -> list[str]:
    """Say what ratings by an anchor mean, or why there are none."""
    name, slugs = inputs.filters.anchor, inputs.slugs
    if not name:
        return []
    if name not in slugs:
        return [f"{name} is not on this board, so it fixes no rating: the mean is 1000."]
    if not ratings.votes[slugs.index(name)]:
        return []
    return [
        f"The rating of {name} is fixed at 1000. Intervals of the others are those of their distances to it, and its "
        "own has no width. Ranks do not depend on it; ratings at equal length or style keep a mean of 1000."
    ]


def _about(inputs: BoardInputs, ratings: Ratings) -> Board:
    """Say what the board is of, and from how many votes."""
    judge, helped = inputs.filters.judge, inputs.filters.helped
    whose = f" (judge {judge})" if judge else f" (people helped by judge {helped})" if helped else ""
    return {
        "study": inputs.study.slug,
        "title": inputs.study.title + whose,
        "dataset": inputs.study.dataset.name,
        "instruction": inputs.study.instruction,
        "criterion": inputs.criterion.key,
        "question": inputs.criterion.question,
        "votes": ratings.n_votes,
        "votes_left_out": len(inputs.votes) - len(inputs.arrays),
        "ties_dropped": len(inputs.arrays) - ratings.n_votes,
        "documents": ratings.n_documents,
        "annotators": ratings.n_annotators,
        "too_few": too_few(ratings.n_votes, int(_asked_for(inputs, ratings.n_annotators)), ratings.n_documents),
        **({"source": inputs.filters.source} if whose else {}),
    }


def _asked_for(inputs: BoardInputs, annotators: Any) -> Any:
    """Return numbers of annotators as they count towards enough; of a judge there is one, and nobody asks for more."""
    return np.maximum(annotators, LEAST_ANNOTATORS) if inputs.filters.judge else annotators


def parts_by_name(lines: Sequence[Board]) -> list[list[str]]:
    """Name the systems of each part that votes connect, in the order of the lines.

    Systems without votes are in no part.
    """
    numbers = sorted({line["part"] for line in lines if line["part"] is not None})
    return [[line["system"] for line in lines if line["part"] == number] for number in numbers]


def _warnings(inputs: BoardInputs, lines: Sequence[Board], ratings: Ratings) -> list[str]:
    return [
        *_anchored(inputs, ratings),
        *_disconnected(lines),
        *_leaks(lines),
        *_of_votes(inputs),
        *ratings.warnings,
    ]


def _disconnected(lines: Sequence[Board]) -> list[str]:
    parts = parts_by_name(lines)
    if len(parts) < 2:
        return []
    groups = " | ".join("{" + ", ".join(sorted(part)) + "}" for part in parts)
    return [
        f"the votes do not connect all systems: {groups}. Each part has a scale of its own with the mean 1000: ratings "
        "and ranks say nothing across parts."
    ]


def _wins(lines: Sequence[Board], inputs: BoardInputs) -> Board:
    """Count votes and wins, row against column in the order of the lines; a tie or both bad is half a win."""
    number = {slug: i for i, slug in enumerate(inputs.slugs)}
    order = [number[line["system"]] for line in lines]
    wins = replace(inputs.arrays, weight=None).wins()[np.ix_(order, order)]
    return {
        "systems": [line["system"] for line in lines],
        "wins": wins.tolist(),
        "votes": (wins + wins.T).astype(int).tolist(),
    }


def _votes_left_out(inputs: BoardInputs) -> dict[str, int]:
    """Count the votes without filters, and those on summaries that name their system, counted or not."""
    votes, filters, study = inputs.votes, inputs.filters, inputs.study
    if filters.judge:
        every = read_judge_votes(inputs.criterion, Filters(source=filters.source)) if filters.asked else votes
        return {"votes_filtered": len(votes), "votes_unfiltered": len(every), "flagged_votes": 0}
    n = filtered_votes(inputs.criterion).count() if filters.restricts else len(votes)
    if filters.flagged == "out":
        flagged = filtered_votes(inputs.criterion, replace(filters, flagged="in")).count() - len(votes)
    else:
        flagged_summaries = list(
            study.giveaway_checks.filter(flagged=True).order_by().values_list("summary_id", flat=True)
        )
        on_flagged = [np.isin(side, flagged_summaries) for side in (votes.summary_a, votes.summary_b)]
        flagged = int((on_flagged[0] | on_flagged[1]).sum()) if flagged_summaries else 0
    return {"votes_filtered": len(votes), "votes_unfiltered": n, "flagged_votes": flagged}


def _of_votes(inputs: BoardInputs) -> list[str]:
    return [*_llm_judges(inputs), *_not_searched(inputs)]


def _not_searched(inputs: BoardInputs) -> list[str]:
    """Warn that votes which the filter leaves out may count, because a worker has yet to look for them."""
    if not inputs.not_searched:
        return []
    return [
        f"{inputs.not_searched:,} summaries were not searched for names of models yet, so votes on them count here "
        "whatever they say. A worker searches them."
    ]


def _weights(inputs: BoardInputs) -> Board | None:
    """Say by what the votes weigh, and what they are worth together."""
    weights = inputs.weights
    if weights is None:
        return None
    if inputs.filters.weights == "reliability":
        return {"annotators": _annotator_weights(inputs, weights), "effective_votes": effective_votes(weights)}
    drawn = int((~np.isnan(inputs.votes.chance[inputs.counts])).sum())
    about = {"drawn": drawn, "effective_votes": effective_votes(weights)}
    return about | ({"directed": True} if inputs.is_directed else {})


def _annotator_weights(inputs: BoardInputs, weights: FloatArray) -> dict[str, float]:
    """Give the mean weight of each annotator's votes, by pseudonym."""
    annotator = inputs.arrays.annotator
    means = np.bincount(annotator, weights) / np.maximum(np.bincount(annotator), 1)
    return dict(zip(inputs.annotators, means.tolist(), strict=True))


def _add_equal_length(lines: Sequence[Board], inputs: BoardInputs) -> Board:
    """Add the ratings at equal length to the lines, which are in the order of the systems."""
    equal_length = at_equal_length(inputs)
    _add_controlled(lines, "equal_length", equal_length)
    names = ("effect", "effect_lower", "effect_upper", "effect_reason", "deviation", "votes")
    return {name: getattr(equal_length, name) for name in names}


def _add_equal_style(lines: Sequence[Board], inputs: BoardInputs) -> Board:
    """Add the ratings at equal style to the lines, which are in the order of the systems."""
    equal_style = at_equal_style(inputs)
    _add_controlled(lines, "equal_style", equal_style)
    return {"effects": [asdict(effect) for effect in equal_style.effects], "votes": equal_style.votes}


def _add_controlled(lines: Sequence[Board], name: str, controlled: EqualLength | EqualStyle) -> None:
    for i, line in enumerate(lines):
        for field in ("rating", "lower", "upper"):
            line[f"{name}_{field}"] = _defined(getattr(controlled, field)[i])
            if controlled.reason[i]:
                line["reasons"][f"{name}_{field}"] = controlled.reason[i]


def _llm_judges(inputs: BoardInputs) -> list[str]:
    if name := inputs.filters.judge:
        return [f"These are the verdicts of judge {name}, a language model. No person's vote is among them."]
    n = inputs.votes.by_llm
    return [f"{n:,} of {len(inputs.votes):,} votes were given by language models, not by people."] if n else []


def _leaks(lines: Sequence[Board]) -> list[str]:
    return [
        f"{line['system']} was trained on documents of {line['leaked']:,} of its {line['summaries']:,} summaries here: "
        "its rating and its metrics cannot be compared with the others'."
        for line in lines
        if line["leaked"]
    ]


def _line(
    system: System, i: int, ratings: Ratings, metrics: MetricMeans, counts: SystemCounts, enough: SystemCounts
) -> Board:
    values = _line_values(system, i, ratings, metrics)
    line: Board = {
        "system": system.slug,
        "name": system.name,
        "regime": system.regime,
        "size_class": system.size_class,
        **{field: value for field, (value, _) in values.items()},
        **metrics.flags(system.slug),
        "reasons": {field: reason for field, (_, reason) in values.items() if reason},
    }
    for field in ("rank", "rank_best", "rank_worst"):
        line[field] = None if line[field] is None else int(line[field])
    line["part"] = int(ratings.part[i]) if ratings.part[i] >= 0 else None
    line |= {"annotators": int(counts.annotators[i]), "documents": int(counts.documents[i])}
    return line | {"too_few": enough.too_few(i)}


def _line_values(system: System, i: int, ratings: Ratings, metrics: MetricMeans) -> dict[str, ValueWithReason]:
    why_no_share = "" if ratings.votes[i] else ratings.reason[i]
    return {
        "rating": (_defined(ratings.rating[i]), ratings.reason[i]),
        "rating_lower": (_defined(ratings.lower[i]), ratings.interval_reason[i]),
        "rating_upper": (_defined(ratings.upper[i]), ratings.interval_reason[i]),
        "rank": (_defined(ratings.rank[i]), ratings.rank_reason[i]),
        "rank_best": (_defined(ratings.best_rank[i]), ratings.open_ranks_reason[i]),
        "rank_worst": (_defined(ratings.worst_rank[i]), ratings.open_ranks_reason[i]),
        "all_lower": (_defined(ratings.all_lower[i]), ratings.all_reason[i]),
        "all_upper": (_defined(ratings.all_upper[i]), ratings.all_reason[i]),
        "iid_lower": (_defined(ratings.iid_lower[i]), ratings.iid_reason[i]),
        "iid_upper": (_defined(ratings.iid_upper[i]), ratings.iid_reason[i]),
        "votes": (int(ratings.votes[i]), ""),
        "win_rate": (_defined(ratings.win_rate[i]), why_no_share),
        "both_bad_rate": (_defined(ratings.both_bad_rate[i]), why_no_share),
        **{name: metrics.mean_score(system.slug, name) for name in metrics.names},
        "seconds": metrics.mean_seconds(system.slug),
        "parameters": (system.parameters, _why_no_parameters(system)),
    }


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _why_no_parameters(system: System) -> str:
    if system.parameters is not None:
        return ""
    return (
        "has no parameters" if system.regime in (Regime.BASELINE, Regime.HUMAN) else "number of parameters not stated"
    )
