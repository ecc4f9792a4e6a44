"""Measure length, compression and novelty of a summary, which need no reference."""

from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise

from lib.language import RULES_VERSION, split_sentences, words
from models_runner.metrics import MARKUP_REMOVED, descriptions, without_markup
from models_runner.metrics.protocol import MetricValue, ScoringRequest


class LengthMetric:
    """Words and sentences of the summary, transcript words per summary word, and share of novel word pairs.

    Values: `words` and `sentences` are counts; `compression` is a ratio above 0, undefined without words in either
    text; `novel_bigrams` is a share in [0, 1], undefined for fewer than two words or an empty transcript. Markup of the
    summary is left out.

    Source:
        Compression: Grusky et al. (2018, arXiv 1804.11283). Novel n-grams: See et al. (2017, arXiv 1704.04368).
    """

    key = "length"
    values = descriptions.LENGTH

    def signature(self, language: str) -> str:
        words_and_sentences = (
            f"words {RULES_VERSION} regex {version('regex')}|sentences sentencex {version('sentencex')}"
        )
        return f"length|{words_and_sentences}|{MARKUP_REMOVED}|novel bigrams distinct"

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        return [self._score_one(request) for request in without_markup(requests)]

    def _score_one(self, request: ScoringRequest) -> list[MetricValue]:
        summary = words(request.summary, request.language)
        transcript = words(request.transcript, request.language)
        sentences = split_sentences(request.summary, request.language)
        # A sentence without words, such as a line of dashes, does not count.
        sentence_count = sum(1 for sentence in sentences if words(sentence, request.language))
        return [
            MetricValue("words", float(len(summary))),
            MetricValue("sentences", float(sentence_count)),
            compression(summary, transcript),
            novel_bigrams(summary, transcript),
        ]


def compression(summary: Sequence[str], transcript: Sequence[str]) -> MetricValue:
    """Divide the transcript's words by the summary's; 10 means that the summary has a tenth of the length."""
    if not transcript:
        return MetricValue("compression", None, "the transcript has no words")
    if not summary:
        return MetricValue("compression", None, "the summary has no words")
    return MetricValue("compression", len(transcript) / len(summary))


def novel_bigrams(summary: Sequence[str], transcript: Sequence[str]) -> MetricValue:
    """Return the share of the summary's distinct bigrams that do not occur in the transcript.

    0 means that all are copied, 1 that all are new. Bigrams cross the ends of sentences and turns, in both texts.
    """
    if not transcript:
        return MetricValue("novel_bigrams", None, "the transcript has no words")
    bigrams = set(pairwise(summary))
    if not bigrams:
        return MetricValue("novel_bigrams", None, "the summary has fewer than two words")
    return MetricValue("novel_bigrams", len(bigrams - set(pairwise(transcript))) / len(bigrams))
