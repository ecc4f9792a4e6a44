"""Compute ROUGE-1, -2, -L and -Lsum with rouge-score, using a tokenizer that fits the language."""

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Protocol

from nltk.stem.porter import PorterStemmer
from rouge_score import tokenize as default_rules
from rouge_score.rouge_scorer import RougeScorer

from lib.language import RULES_VERSION, normalise_language, split_sentences, words
from models_runner.metrics import MARKUP_REMOVED, undefined_values, why_incomparable, without_markup, written_references
from models_runner.metrics.protocol import MetricValue, ScoringRequest

FLAT_NAMES = ("rouge1", "rouge2", "rougeL")
SUMMARY_LEVEL_NAME = "rougeLsum"


class Tokenizer(Protocol):
    def tokenize(self, text: str) -> list[str]: ...


class EnglishTokenizer:
    """rouge-score's default tokenizer with a cached Porter stemmer; stemming would otherwise take half the time."""

    def __init__(self) -> None:
        self.stem = lru_cache(maxsize=50_000)(PorterStemmer().stem)

    def tokenize(self, text: str) -> list[str]:
        # rouge-score calls only stem() of its second argument.
        return default_rules.tokenize(text, self)


class WordsTokenizer:
    """Our own tokenizer for languages other than English: rouge-score's drops all letters outside a-z."""

    def __init__(self, language: str) -> None:
        self._language = language

    def tokenize(self, text: str) -> list[str]:
        return words(text, self._language)


@cache
def tokenizer_for(language: str) -> Tokenizer:
    """Return the tokenizer of a language, given as normalise_language returns it."""
    return EnglishTokenizer() if language == "en" else WordsTokenizer(language)


@cache
def scorer_for(language: str, names: tuple[str, ...]) -> RougeScorer:
    # We pass each sentence as a line, because rouge-score's own splitting needs nltk's data.
    return RougeScorer(list(names), split_summaries=False, tokenizer=tokenizer_for(language))


class RougeMetric:
    """F-measures in [0, 1]; with several references, the highest F of each measure.

    An empty summary scores 0, because it contains nothing of the reference. A reference without words leaves ROUGE
    undefined.

    Source:
        Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries"; computed by rouge-score.
    """

    key = "rouge"
    names: tuple[str, ...] = (*FLAT_NAMES, SUMMARY_LEVEL_NAME)

    def signature(self, language: str) -> str:
        if normalise_language(language) == "en":
            tokens = f"stemmer porter nltk {version('nltk')}|tokenizer default"
        else:
            tokens = f"stemmer none|tokenizer words {RULES_VERSION} regex {version('regex')}"
        sentences = f"sentences sentencex {version('sentencex')}"
        return f"rouge|rouge-score {version('rouge-score')}|{MARKUP_REMOVED}|{tokens}|{sentences}|refs max|f1"

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        return [self._score_one(request) for request in without_markup(requests)]

    def _score_one(self, request: ScoringRequest) -> list[MetricValue]:
        if reason := why_incomparable(request):
            return undefined_values(self.names, reason)
        language = normalise_language(request.language)
        tokenizer = tokenizer_for(language)
        references = [text for text in written_references(request) if tokenizer.tokenize(text)]
        if not references:
            return undefined_values(self.names, f'the reference has no word by the rules for language "{language}"')
        remark = ""
        if not request.summary.strip():
            remark = "the summary is empty"
        elif not tokenizer.tokenize(request.summary):
            remark = f'the summary has no word by the rules for language "{language}"'
        scores = best_f_measures(request.summary, references, language)
        return [MetricValue(name, scores[name], remark) for name in self.names]


def best_f_measures(summary: str, references: Sequence[str], language: str) -> dict[str, float]:
    """Return the highest F over the references, for each measure separately.

    Only Lsum reads sentences as lines; the other measures read the texts unchanged.
    """

    def as_lines(text: str) -> str:
        return "\n".join(split_sentences(text, language))

    scores = scorer_for(language, FLAT_NAMES).score_multi(references, summary)
    scores |= scorer_for(language, (SUMMARY_LEVEL_NAME,)).score_multi(
        [as_lines(reference) for reference in references], as_lines(summary)
    )
    return {name: float(score.fmeasure) for name, score in scores.items()}
