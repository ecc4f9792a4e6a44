"""Lengths, compression and novelty: what a summary's size and wording say without any reference."""

from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise

from lib.language import RULES_VERSION, split_sentences, words
from models_runner.metrics.protocol import MetricValue, ScoringRequest


class LengthMetric:
    """words and sentences of the summary; transcript words per summary word; share of new word pairs.

    The same pair of neighbouring words counts once, however often the summary repeats it.
    """

    key = "length"
    names: tuple[str, ...] = ("words", "sentences", "compression", "novel_bigrams")

    def signature(self, language: str) -> str:
        sentences = f"sentences sentencex {version('sentencex')}"
        return f"length|words {RULES_VERSION} regex {version('regex')}|{sentences}|novel bigrams distinct"

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        return [self._score_one(request) for request in requests]

    def _score_one(self, request: ScoringRequest) -> list[MetricValue]:
        summary = words(request.summary, request.language)
        transcript = words(request.transcript, request.language)
        sentences = split_sentences(request.summary, request.language)
        # A line of dashes is no sentence.
        sentence_count = sum(1 for sentence in sentences if words(sentence, request.language))
        return [
            MetricValue("words", float(len(summary))),
            MetricValue("sentences", float(sentence_count)),
            compression(summary, transcript),
            novel_bigrams(summary, transcript),
        ]


def compression(summary: Sequence[str], transcript: Sequence[str]) -> MetricValue:
    """Transcript words for each word of the summary; 10 means a tenth of the length."""
    if not transcript:
        return MetricValue("compression", None, "the transcript has no words")
    if not summary:
        return MetricValue("compression", None, "the summary has no words")
    return MetricValue("compression", len(transcript) / len(summary))


def novel_bigrams(summary: Sequence[str], transcript: Sequence[str]) -> MetricValue:
    """Share of the summary's distinct pairs of neighbouring words that the transcript never has.

    0 is all copied, 1 all new. Pairs reach across the ends of sentences and turns, in both texts.
    """
    if not transcript:
        return MetricValue("novel_bigrams", None, "the transcript has no words")
    bigrams = set(pairwise(summary))
    if not bigrams:
        return MetricValue("novel_bigrams", None, "the summary has fewer than two words")
    return MetricValue("novel_bigrams", len(bigrams - set(pairwise(transcript))) / len(bigrams))
