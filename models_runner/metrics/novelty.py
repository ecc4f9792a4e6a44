"""Measure how much of a summary is copied from the transcript, how much is new, and how much it repeats itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from lib.language import RULES_VERSION, words
from models_runner.metrics import MARKUP_REMOVED, descriptions, without_markup
from models_runner.metrics.length import compression
from models_runner.metrics.protocol import MetricValue, ScoringRequest

NO_TRANSCRIPT = "the transcript has no words"
NO_SUMMARY = "the summary has no words"
NOVEL = {1: "novel_1grams", 2: "novel_2grams", 3: "novel_3grams"}
REPEATED = 3


@dataclass(frozen=True)
class TranscriptWords:
    """A transcript's words, the places of each, and its distinct n-grams."""

    words: list[str]
    places: Mapping[str, Sequence[int]]
    grams: Mapping[int, frozenset[tuple[str, ...]]]


class NoveltyMetric:
    """Coverage, density, compression, novel n-grams and repeated word triples; words are those of lib/language.py.

    Undefined without words in either text, and for n-grams in a summary of fewer words.

    Source:
        Coverage, density and compression: Grusky et al. (2018, arXiv 1804.11283), with their greedy fragments. Novel
        n-grams: See et al. (2017, arXiv 1704.04368). Repetition: Welleck et al. (2020, arXiv 1908.04319), seq-rep-n.
    """

    key = "novelty"
    values = descriptions.NOVELTY

    def signature(self, language: str) -> str:
        return (
            f"novelty|words {RULES_VERSION} regex {version('regex')}|{MARKUP_REMOVED}|fragments greedy longest"
            f"|novel n-grams distinct|repeated triples"
        )

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        read: dict[tuple[str, str], TranscriptWords] = {}
        rows = []
        for request in without_markup(requests):
            key = (request.transcript, request.language)
            transcript = read[key] = read.get(key) or read_transcript(words(*key))
            rows.append(_values(words(request.summary, request.language), transcript))
        return rows


def read_transcript(spoken: list[str]) -> TranscriptWords:
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(spoken):
        places[word].append(place)
    return TranscriptWords(spoken, places, {n: frozenset(_grams(spoken, n)) for n in NOVEL})


def _values(summary: list[str], transcript: TranscriptWords) -> list[MetricValue]:
    reason = NO_TRANSCRIPT if not transcript.words else NO_SUMMARY if not summary else ""
    if reason:
        copied = [MetricValue("coverage", None, reason), MetricValue("density", None, reason)]
    else:
        lengths = fragments(summary, transcript.words, transcript.places)
        copied = [
            MetricValue("coverage", sum(lengths) / len(summary)),
            MetricValue("density", sum(length**2 for length in lengths) / len(summary)),
        ]
    ratio = compression(summary, transcript.words)
    return [
        *copied,
        MetricValue("compression_ratio", ratio.value, ratio.reason),
        *(_novel(summary, transcript, n) for n in NOVEL),
        _repeated(summary),
    ]


def fragments(summary: Sequence[str], spoken: Sequence[str], places: Mapping[str, Sequence[int]]) -> list[int]:
    """Return the lengths of the stretches that a summary shares with a transcript, each as long as can be.

    From left to right: at each word the longest stretch that the transcript has anywhere, then on behind it.
    """
    lengths = []
    at = 0
    while at < len(summary):
        longest = 0
        for start in places.get(summary[at], ()):
            # A stretch that does not agree in its last word is not longer than what was found.
            end = start + longest
            if longest and (at + longest >= len(summary) or end >= len(spoken) or spoken[end] != summary[at + longest]):
                continue
            length = 0
            while (
                at + length < len(summary)
                and start + length < len(spoken)
                and summary[at + length] == spoken[start + length]
            ):
                length += 1
            longest = max(longest, length)
        if longest:
            lengths.append(longest)
        at += max(longest, 1)
    return lengths


def _grams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return list(zip(*(tokens[i:] for i in range(n)), strict=False))


def _novel(summary: Sequence[str], transcript: TranscriptWords, n: int) -> MetricValue:
    """Return the share of the summary's distinct n-grams that the transcript never has."""
    name = NOVEL[n]
    if not transcript.words:
        return MetricValue(name, None, NO_TRANSCRIPT)
    grams = set(_grams(summary, n))
    if not grams:
        return MetricValue(name, None, NO_SUMMARY if not summary else f"the summary has fewer than {n:,} words")
    return MetricValue(name, len(grams - transcript.grams[n]) / len(grams))


def _repeated(summary: Sequence[str]) -> MetricValue:
    """Return the share of the summary's word triples that repeat an earlier one."""
    grams = _grams(summary, REPEATED)
    if not grams:
        reason = NO_SUMMARY if not summary else f"the summary has fewer than {REPEATED} words"
        return MetricValue("repeated_3grams", None, reason)
    return MetricValue("repeated_3grams", 1 - len(set(grams)) / len(grams))
