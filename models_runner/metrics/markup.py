"""Count the markup of a summary: how much of an answer's form goes with votes on it."""

from collections.abc import Sequence

from lib.markup.counts import RULES, count_markup
from models_runner.metrics import descriptions
from models_runner.metrics.protocol import MetricValue, ScoringRequest, names_of


class MarkupMetric:
    """Headers, list items and stretches of bold text of the summary as written; counts, 0 where there are none.

    Source:
        The counts of LMSYS (2024), "Does style matter? Disentangling style and substance in Chatbot Arena".
    """

    key = "markup"
    values = descriptions.MARKUP
    names = names_of(values)

    def signature(self, language: str) -> str:
        return f"markup|counts {RULES}|headers h1 to h6|list items ordered and unordered|bold ** and __"

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        return [self._score_one(request.summary) for request in requests]

    def _score_one(self, summary: str) -> list[MetricValue]:
        counts = count_markup(summary)
        by_kind = zip(self.names, (counts.headers, counts.lists, counts.bold), strict=True)
        return [MetricValue(name, float(sum(numbers.values()))) for name, numbers in by_kind]
