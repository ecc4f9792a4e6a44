"""The share of a meeting's speakers whom a summary names.

Import heavy libraries within the methods: the site imports this module to read `values`.
"""

from collections.abc import Sequence

from models_runner.metrics.protocol import Direction, MetricValue, Need, ScoringRequest, ValueDescription
from punchweight_example import __version__

NAME = "speakers_named"


class SpeakersMetric:
    """A share in [0, 1], undefined for a transcript without speakers."""

    values = (
        ValueDescription(
            NAME,
            "Speakers named",
            "share",
            "Share of the speakers whom the summary names.",
            direction=Direction.HIGHER,
            lowest=0,
            highest=1,
            needs=(Need.TRANSCRIPT,),
            translations={"zh-hans": ("提到的发言人", "比例", "摘要中提到的发言人的比例。")},
        ),
    )

    def signature(self, language: str) -> str:
        """Whatever changes a number belongs in here: the site never compares values of different signatures."""
        return f"speakers|punchweight-example {__version__}|case ignored"

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        return [[self._score_one(request)] for request in requests]

    def _score_one(self, request: ScoringRequest) -> MetricValue:
        turns = (line.partition(": ") for line in request.transcript.splitlines())
        speakers = {speaker.casefold() for speaker, colon, _ in turns if colon}
        if not speakers:
            return MetricValue(NAME, None, "the transcript names no speaker")
        summary = request.summary.casefold()
        return MetricValue(NAME, sum(speaker in summary for speaker in speakers) / len(speakers))
