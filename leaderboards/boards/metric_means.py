"""Automatic metrics on a board: means over a system's summaries, with remarks on what is missing."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter

from leaderboards.data.inputs import BoardInputs, ScoreRow, SummaryRow
from models_runner.models import Summary

# A value, None where undefined, with the reason for that or a remark on the value.
ValueWithReason = tuple[float | None, str]


def _mean(values: Sequence[float]) -> float:
    # fsum: the same mean in whatever order the database gives the rows.
    return math.fsum(values) / len(values)


class MetricMeans:
    """Means over a system's summaries. A full set is one of every document or query that any system summarized."""

    def __init__(self, inputs: BoardInputs) -> None:
        self.names = inputs.metric_names
        self.units = len({(s.document, s.query) for s in inputs.summaries})
        self._in_batches = {system.slug for system in inputs.systems if system.writes_in_batches}
        self.summaries: dict[str, list[SummaryRow]] = defaultdict(list)
        self.scores: dict[tuple[str, str], list[ScoreRow]] = defaultdict(list)
        system_of = {}
        for summary in inputs.summaries:
            self.summaries[summary.system].append(summary)
            system_of[summary.pk] = summary.system
        for score in inputs.scores:
            self.scores[(system_of[score.summary], score.name)].append(score)

    def mean_score(self, system: str, name: str) -> ValueWithReason:
        scores = self.scores[(system, name)]
        values = [score.value for score in scores if score.value is not None]
        if not values:
            return None, self._why_no_score(system, scores)
        remarks = []
        if len(values) < self.units:
            missing = _commonest(score.reason for score in scores if score.value is None)
            remarks.append(self._part(len(values)) + (f" ({missing})" if missing else ""))
        if noted := [score.reason for score in scores if score.value is not None and score.reason]:
            remarks.append(f"{len(noted):,} of {len(values):,} values with a remark, such as: {_commonest(noted)}")
        return _mean(values), "; ".join(remarks)

    def _why_no_score(self, system: str, scores: Sequence[ScoreRow]) -> str:
        if not self.summaries[system]:
            return "no summaries yet"
        return _commonest(score.reason for score in scores) or "not scored yet"

    def _part(self, n: int) -> str:
        return f"{n:,} of {self.units:,} summaries"

    def mean_seconds(self, system: str) -> ValueWithReason:
        times = [s.seconds for s in self.summaries[system] if s.seconds is not None]
        if not times:
            untimed = "written in a batch" if system in self._in_batches else "time not measured"
            return None, untimed if self.summaries[system] else "no summaries yet"
        return _mean(times), "" if len(times) == self.units else self._part(len(times))

    def flags(self, system: str) -> dict[str, int]:
        """Count the summaries that were cut off or empty, and the tokens dropped from all their inputs."""
        summaries = self.summaries[system]
        dropped = [s.dropped_tokens for s in summaries if s.dropped_tokens]
        reasons = Counter(map(attrgetter("stop_reason"), summaries))
        return {
            "summaries": len(summaries),
            "cut_inputs": len(dropped),
            "dropped_tokens": sum(dropped),
            "cut_outputs": reasons[Summary.StopReason.LENGTH],
            "empty_outputs": sum(reasons[reason] for reason in Summary.WITHOUT_TEXT),
            "leaked": sum(map(attrgetter("leaked"), summaries)),
        }


def _commonest(reasons: Iterable[str]) -> str:
    """Return the most frequent text, the first in the alphabet among equals; "" of none."""
    counts = Counter(reason for reason in reasons if reason)
    return min(counts, key=lambda reason: (-counts[reason], reason), default="")
