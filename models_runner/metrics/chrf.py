"""Compute chrF and BLEU of single summaries with sacrebleu, which has a signature for both."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from lib.language import normalise_language
from models_runner.metrics import (
    MARKUP_REMOVED,
    descriptions,
    undefined_values,
    why_incomparable,
    without_markup,
    written_references,
)
from models_runner.metrics.protocol import MetricValue, ScoringRequest, names_of

# How BLEU cuts texts; its other tokenizers for these languages need dictionaries. "13a" knows spaces alone.
TOKENIZERS = {"zh": "zh", "ja": "char", "th": "char", "lo": "char", "km": "char", "my": "char", "ko": "char"}


class ChrfMetric:
    """chrF and BLEU from 0 to 100, sacrebleu's numbers for one summary; an empty summary scores 0.

    chrF takes the reference that is most like the summary; BLEU counts an n-gram as often as one of them has it.
    BLEU of a single text is a weak measure: counts of n-grams without a match are smoothed (exp).

    Source:
        Popović (2015), chrF: character n-gram F-score for automatic MT evaluation; Papineni et al. (2002), BLEU; Post
        (2018), A call for clarity in reporting BLEU scores (sacrebleu).
    """

    key = "chrf"
    values = descriptions.CHRF
    names = names_of(values)

    def signature(self, language: str) -> str:
        tokenizer = _tokenizer(language)
        return (
            f"chrf|sacrebleu {version('sacrebleu')}|{MARKUP_REMOVED}|chrF nc:6 nw:0 space:no eff:yes case:mixed"
            f"|BLEU tok:{tokenizer} smooth:exp eff:yes case:mixed"
        )

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        return [self._score_one(request) for request in without_markup(requests)]

    def _score_one(self, request: ScoringRequest) -> list[MetricValue]:
        if reason := why_incomparable(request):
            return undefined_values(self.names, reason)
        remark = "" if request.summary.strip() else "the summary is empty"
        references = written_references(request)
        scorers = _scorers(_tokenizer(request.language))
        return [
            # A sum of logarithms can be slightly above 100.
            MetricValue(name, min(float(scorer.sentence_score(request.summary, references).score), 100.0), remark)
            for name, scorer in zip(self.names, scorers, strict=True)
        ]


def _tokenizer(language: str) -> str:
    return TOKENIZERS.get(normalise_language(language), "13a")


@cache
def _scorers(tokenizer: str) -> tuple[Any, Any]:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(), BLEU(tokenize=tokenizer, effective_order=True)
