"""Boards: human votes joined with automatic metrics, one line a system."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from leaderboards.equal_length import at_equal_length
from leaderboards.material import METRIC_NAMES, Material, ScoreRow, SummaryRow
from leaderboards.stats.ratings import Ratings, rate
from leaderboards.version import CODE_VERSION
from leaderboards.votes import counted
from models_runner.models import Regime, Summary, System

RESAMPLES = 1000

Board = dict[str, Any]
# A value, None where undefined, and the reason for that or a remark on the value.
Figure = tuple[float | None, str]


def make_board(material: Material, seed: int) -> Board:
    """The board as JSON-able values; undefined is None, with the reason under the system's "reasons"."""
    filters = material.filters
    ratings = rate(material.arrays, seed=seed, resamples=RESAMPLES, names=material.slugs, ties=filters.tie_rule)
    metrics = _Metrics(material)
    lines = [_line(system, i, ratings, metrics) for i, system in enumerate(material.systems)]
    equal_length = _put_equal_length(lines, material) if filters.control == "length" else None
    lines.sort(key=lambda line: (line["rating"] is None, -(line["rating"] or 0), line["system"]))
    return {
        "study": material.study.slug,
        "title": material.study.title,
        "dataset": material.study.dataset.name,
        "instruction": material.study.instruction,
        "criterion": material.criterion.key,
        "question": material.criterion.question,
        "votes": ratings.n_votes,
        "votes_left_out": len(material.votes) - ratings.n_votes,
        "documents": ratings.n_documents,
        "annotators": ratings.n_annotators,
        "fingerprint": material.fingerprint,
        "seed": seed,
        "resamples": ratings.resamples,
        "code_version": CODE_VERSION,
        "method": ratings.method,
        "warnings": [*_leaks(lines), *_llm_judges(material), *ratings.warnings],
        "filters": filters.asked,
        **_votes_left_out(material),
        "weights": _weights(material),
        "equal_length": equal_length,
        "signatures": sorted({score.signature for score in material.scores}),
        "systems": lines,
    }


def _votes_left_out(material: Material) -> dict[str, int]:
    """votes_unfiltered: without any filter. flagged_votes: on summaries that give their author away, counted or not."""
    votes, filters, study = material.votes, material.filters, material.study
    n = counted(material.criterion).count() if filters.restricts else len(votes)
    if filters.flagged == "out":
        flagged = counted(material.criterion, replace(filters, flagged="in")).count() - len(votes)
    else:
        named = list(study.giveaway_checks.filter(flagged=True).order_by().values_list("summary_id", flat=True))
        flagged = int((np.isin(votes.summary_a, named) | np.isin(votes.summary_b, named)).sum()) if named else 0
    return {"votes_filtered": len(votes), "votes_unfiltered": n, "flagged_votes": flagged}


def _weights(material: Material) -> Board | None:
    """drawn: votes with a known chance of their draw. effective_votes: (sum w)^2 / sum w^2 (Kish 1965)."""
    weights = material.weights
    if weights is None:
        return None
    drawn = int((~np.isnan(material.votes.chance[material.counts])).sum())
    effective = float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else None
    return {"drawn": drawn, "effective_votes": effective}


def _put_equal_length(lines: Sequence[Board], material: Material) -> Board:
    """Adds what the ratings would be at equal length to the lines, which are in the order of the systems."""
    found = at_equal_length(material)
    for i, line in enumerate(lines):
        for field in ("rating", "lower", "upper"):
            line[f"equal_length_{field}"] = _defined(getattr(found, field)[i])
            if found.reason[i]:
                line["reasons"][f"equal_length_{field}"] = found.reason[i]
    names = ("effect", "effect_lower", "effect_upper", "deviation", "votes")
    return {name: getattr(found, name) for name in names}


def _llm_judges(material: Material) -> list[str]:
    n = material.votes.by_llm
    return [f"{n} of {len(material.votes)} votes were given by language models, not by people."] if n else []


def _leaks(lines: Sequence[Board]) -> list[str]:
    return [
        f"{line['system']} was trained on documents of {line['leaked']} of its {line['summaries']} summaries here: its "
        "rating and its metrics cannot be compared with the others'."
        for line in lines
        if line["leaked"]
    ]


def _line(system: System, i: int, ratings: Ratings, metrics: "_Metrics") -> Board:
    figures: dict[str, Figure] = {
        "rating": (_defined(ratings.rating[i]), ratings.reason[i]),
        "rating_lower": (_defined(ratings.lower[i]), ratings.interval_reason[i]),
        "rating_upper": (_defined(ratings.upper[i]), ratings.interval_reason[i]),
        "rank": (_defined(ratings.rank[i]), ratings.interval_reason[i]),
        "votes": (int(ratings.votes[i]), ""),
        "win_rate": (_defined(ratings.win_rate[i]), "" if ratings.votes[i] else ratings.reason[i]),
        "both_bad_rate": (_defined(ratings.both_bad_rate[i]), "" if ratings.votes[i] else ratings.reason[i]),
        **{name: metrics.mean_score(system.slug, name) for name in METRIC_NAMES},
        "seconds": metrics.mean_seconds(system.slug),
        "parameters": (system.parameters, _why_no_parameters(system)),
    }
    line: Board = {
        "system": system.slug,
        "name": system.name,
        "regime": system.regime,
        "size_class": system.size_class,
        **{field: value for field, (value, _) in figures.items()},
        **metrics.flags(system.slug),
        "reasons": {field: reason for field, (_, reason) in figures.items() if reason},
    }
    if line["rank"] is not None:
        line["rank"] = int(line["rank"])
    return line


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _why_no_parameters(system: System) -> str:
    if system.parameters is not None:
        return ""
    return (
        "has no parameters" if system.regime in (Regime.BASELINE, Regime.HUMAN) else "number of parameters not stated"
    )


def _mean(values: Sequence[float]) -> float:
    # fsum: the same mean in whatever order the database gives the rows.
    return math.fsum(values) / len(values)


class _Metrics:
    """Means over a system's summaries. The full set is every document (or query) that any of the systems summarized."""

    def __init__(self, material: Material) -> None:
        self.units = len({(s.document, s.query) for s in material.summaries})
        self.summaries: dict[str, list[SummaryRow]] = defaultdict(list)
        self.scores: dict[tuple[str, str], list[ScoreRow]] = defaultdict(list)
        system_of = {}
        for summary in material.summaries:
            self.summaries[summary.system].append(summary)
            system_of[summary.pk] = summary.system
        for score in material.scores:
            self.scores[(system_of[score.summary], score.name)].append(score)

    def mean_score(self, system: str, name: str) -> Figure:
        scores = self.scores[(system, name)]
        values = [score.value for score in scores if score.value is not None]
        if not values:
            return None, self._why_no_score(system, scores)
        remarks = []
        if len(values) < self.units:
            missing = _commonest(score.reason for score in scores if score.value is None)
            remarks.append(self._part(len(values)) + (f" ({missing})" if missing else ""))
        if noted := [score.reason for score in scores if score.value is not None and score.reason]:
            remarks.append(f"{len(noted)} of {len(values)} values with a remark, such as: {_commonest(noted)}")
        return _mean(values), "; ".join(remarks)

    def _why_no_score(self, system: str, scores: Sequence[ScoreRow]) -> str:
        if not self.summaries[system]:
            return "no summaries yet"
        return _commonest(score.reason for score in scores) or "not scored yet"

    def _part(self, n: int) -> str:
        return f"{n} of {self.units} summaries"

    def mean_seconds(self, system: str) -> Figure:
        times = [s.seconds for s in self.summaries[system] if s.seconds is not None]
        if not times:
            return None, "time not measured" if self.summaries[system] else "no summaries yet"
        return _mean(times), "" if len(times) == self.units else self._part(len(times))

    def flags(self, system: str) -> dict[str, int]:
        """What was cut off or empty: counts of summaries, and the tokens dropped from all inputs together."""
        summaries = self.summaries[system]
        return {
            "summaries": len(summaries),
            "cut_inputs": sum(s.dropped_tokens > 0 for s in summaries),
            "dropped_tokens": sum(s.dropped_tokens for s in summaries),
            "cut_outputs": sum(s.stop_reason == Summary.StopReason.LENGTH for s in summaries),
            "empty_outputs": sum(s.stop_reason == Summary.StopReason.EMPTY for s in summaries),
            "leaked": sum(s.leaked for s in summaries),
        }


def _commonest(reasons: Iterable[str]) -> str:
    """The most frequent of some texts, the first in the alphabet among equals; "" of none."""
    counts = Counter(reason for reason in reasons if reason)
    return min(counts, key=lambda reason: (-counts[reason], reason), default="")
