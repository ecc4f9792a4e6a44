"""Compute ROUGE-1, -2, -L and -Lsum with rouge-score, using a tokenizer that fits the language."""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Protocol

from nltk.stem.porter import PorterStemmer
from rouge_score import tokenize as default_rules
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.scoring import fmeasure as rouge_f_measure

from lib.language import RULES_VERSION, normalise_language, split_sentences, words
from models_runner.metrics import undefined_values, why_incomparable, written_references
from models_runner.metrics.protocol import MetricValue, ScoringRequest

FLAT_NAMES = ("rouge1", "rouge2", "rougeL")
SUMMARY_LEVEL_NAME = "rougeLsum"
# rouge-score keeps a number for each pair of words: some 150 MB here, and 15 GB for two texts of 20,000 words.
MOST_PAIRS_IN_MEMORY = 4_000_000
# Of all pairs of sentences together, of which it keeps one at a time: some ten seconds.
MOST_PAIRS = 50_000_000
# For the length of a common subsequence alone, which takes a bit for each pair: 250 MB at most.
MOST_PAIRS_IN_BITS = 2_000_000_000
TOO_LONG = (
    f"the texts are too long: ROUGE-L compares at most {MOST_PAIRS_IN_BITS:,} pairs of words, ROUGE-Lsum "
    f"{MOST_PAIRS:,}, and {MOST_PAIRS_IN_MEMORY:,} of two sentences"
)


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
        return f"rouge|rouge-score {version('rouge-score')}|{tokens}|{sentences}|refs max|f1"

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        return [self._score_one(request) for request in requests]

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
        return [MetricValue(name, scores[name], TOO_LONG if scores[name] is None else remark) for name in self.names]


def best_f_measures(summary: str, references: Sequence[str], language: str) -> dict[str, float | None]:
    """Return the highest F over the references, for each measure separately; None where the texts are too long.

    Only Lsum reads sentences as lines; the other measures read the texts unchanged.
    """
    if all(len(summary) * len(reference) <= MOST_PAIRS_IN_MEMORY for reference in references):  # a word has a letter
        flat = _rouge_scores(FLAT_NAMES, summary, references, language)
    else:
        each = [_flat_scores(summary, reference, language) for reference in references]
        flat = {name: _highest([scores[name] for scores in each]) for name in FLAT_NAMES}
    lines, *reference_lines = (split_sentences(text, language) for text in (summary, *references))
    if any(_is_too_long(lines, of_reference, language) for of_reference in reference_lines):
        return flat | {SUMMARY_LEVEL_NAME: None}
    as_lines = ["\n".join(of_reference) for of_reference in reference_lines]
    return flat | _rouge_scores((SUMMARY_LEVEL_NAME,), "\n".join(lines), as_lines, language)


def _rouge_scores(
    names: tuple[str, ...], summary: str, references: Sequence[str], language: str
) -> dict[str, float | None]:
    scores = scorer_for(language, names).score_multi(references, summary)
    return {name: float(scores[name].fmeasure) for name in names}


def _flat_scores(summary: str, reference: str, language: str) -> dict[str, float | None]:
    words_of_both = [tokenizer_for(language).tokenize(text) for text in (reference, summary)]
    pairs = len(words_of_both[0]) * len(words_of_both[1])
    if pairs <= MOST_PAIRS_IN_MEMORY:
        return _rouge_scores(FLAT_NAMES, summary, [reference], language)
    f_measure = None
    if pairs <= MOST_PAIRS_IN_BITS:
        common = common_subsequence_length(*sorted(words_of_both, key=len))
        f_measure = rouge_f_measure(common / len(words_of_both[1]), common / len(words_of_both[0]))
    return _rouge_scores(("rouge1", "rouge2"), summary, [reference], language) | {"rougeL": f_measure}


def _highest(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


def _is_too_long(summary: Sequence[str], reference: Sequence[str], language: str) -> bool:
    """Tell whether Lsum, which compares each sentence with each, would take too long or too much memory."""
    longest, together = (
        [function(map(len, sentences)) for sentences in (summary, reference)] for function in (_longest, sum)
    )
    if longest[0] * longest[1] <= MOST_PAIRS_IN_MEMORY and together[0] * together[1] <= MOST_PAIRS:
        return False  # a word has a letter
    counts = [[len(tokenizer_for(language).tokenize(one)) for one in sentences] for sentences in (summary, reference)]
    return (
        sum(counts[0]) * sum(counts[1]) > MOST_PAIRS or _longest(counts[0]) * _longest(counts[1]) > MOST_PAIRS_IN_MEMORY
    )


def _longest(lengths: Iterable[int]) -> int:
    return max(lengths, default=0)


def common_subsequence_length(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of two lists of words, in memory for one row of the table.

    Source:
        Hyyrö (2004), "Bit-parallel LCS-length computation revisited": a bit of one whole number for each word of a.
    """
    places: dict[str, int] = {}
    for place, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << place
    every = (1 << len(a)) - 1
    row = every
    for word in b:
        matches = row & places.get(word, 0)
        row = ((row + matches) | (row - matches)) & every
    return len(a) - row.bit_count()
