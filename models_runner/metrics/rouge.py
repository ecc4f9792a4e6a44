"""Compute ROUGE-1, -2, -L and -Lsum as rouge-score does, using a tokenizer that fits the language.

Tokens and F-measures are rouge-score's own. What it computes between them is computed here, because there each text is
read again for each other one it is compared with, and a table of numbers is filled for each two sentences.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import pairwise
from typing import Any, Protocol

from rouge_score import tokenize as default_rules
from rouge_score.scoring import fmeasure as rouge_f_measure

from lib.language import RULES_VERSION, normalise_language, split_sentences, words
from models_runner.metrics import (
    MARKUP_REMOVED,
    descriptions,
    undefined_values,
    why_incomparable,
    without_markup,
    written_references,
)
from models_runner.metrics.protocol import MetricValue, ScoringRequest, names_of

FLAT_NAMES = ("rouge1", "rouge2", "rougeL")
SUMMARY_LEVEL_NAME = "rougeLsum"
# Of two sentences.
MOST_PAIRS_IN_MEMORY = 4_000_000
# Of all pairs of sentences together.
MOST_PAIRS = 50_000_000
# For the length of a common subsequence, where a pair takes a bit of a step.
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
        # Loads scipy.stats too, which takes a second; pages that only split texts never get here.
        from nltk.stem.porter import PorterStemmer

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


@dataclass(frozen=True)
class ReadText:
    """A text as ROUGE reads it, once however many others it is compared with.

    Attributes:
        words: Of the whole text.
        grams: How often each word, and each pair of neighbours, occurs.
        sentences: The words of each sentence; only Lsum reads sentences apart.
    """

    words: list[str]
    grams: tuple[Counter[str], Counter[tuple[str, str]]]
    sentences: list[list[str]]


class TextReader:
    """Reads each text once in each language, and keeps what it read."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], ReadText] = {}

    def read(self, text: str, language: str) -> ReadText:
        key = (text, language)
        if key not in self._read:
            tokenize = tokenizer_for(language).tokenize
            of_text = tokenize(text)
            grams = (Counter(of_text), Counter(pairwise(of_text)))
            self._read[key] = ReadText(of_text, grams, [tokenize(line) for line in split_sentences(text, language)])
        return self._read[key]


class RougeMetric:
    """F-measures in [0, 1]; with several references, the highest F of each measure.

    An empty summary scores 0, because it contains nothing of the reference. A reference without words leaves ROUGE
    undefined.

    Source:
        Lin (2004), "ROUGE: A Package for Automatic Evaluation of Summaries"; the numbers are those of rouge-score.
    """

    key = "rouge"
    values = descriptions.ROUGE
    names = names_of(values)

    def signature(self, language: str) -> str:
        if normalise_language(language) == "en":
            tokens = f"stemmer porter nltk {version('nltk')}|tokenizer default"
        else:
            tokens = f"stemmer none|tokenizer words {RULES_VERSION} regex {version('regex')}"
        sentences = f"sentences sentencex {version('sentencex')}"
        return f"rouge|rouge-score {version('rouge-score')}|{MARKUP_REMOVED}|{tokens}|{sentences}|refs max|f1"

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        reader = TextReader()
        return [self._score_one(request, reader) for request in without_markup(requests)]

    def _score_one(self, request: ScoringRequest, reader: TextReader) -> list[MetricValue]:
        if reason := why_incomparable(request):
            return undefined_values(self.names, reason)
        language = normalise_language(request.language)
        references = [text for text in written_references(request) if reader.read(text, language).words]
        if not references:
            return undefined_values(self.names, f'the reference has no word by the rules for language "{language}"')
        remark = ""
        if not request.summary.strip():
            remark = "the summary is empty"
        elif not reader.read(request.summary, language).words:
            remark = f'the summary has no word by the rules for language "{language}"'
        scores = best_f_measures(request.summary, references, language, reader)
        return [MetricValue(name, scores[name], TOO_LONG if scores[name] is None else remark) for name in self.names]


def best_f_measures(
    summary: str, references: Sequence[str], language: str, reader: TextReader | None = None
) -> dict[str, float | None]:
    """Return the highest F over the references, for each measure separately; None where the texts are too long."""
    reader = reader or TextReader()
    read = reader.read(summary, language)
    each = [_f_measures(read, reader.read(reference, language)) for reference in references]
    best = {name: _highest([scores[name] for scores in each]) for name in FLAT_NAMES}
    too_long = any(_is_too_long(read.sentences, reader.read(text, language).sentences) for text in references)
    by_sentence = None if too_long else max(_summary_level(read, reader.read(text, language)) for text in references)
    return best | {SUMMARY_LEVEL_NAME: by_sentence}


def _f_measures(summary: ReadText, reference: ReadText) -> dict[str, float | None]:
    """Compute what rouge-score does for two texts, without Lsum."""
    grams: Iterable[tuple[str, Counter[Any], Counter[Any]]] = zip(
        FLAT_NAMES[:2], summary.grams, reference.grams, strict=True
    )
    scores: dict[str, float | None] = {
        name: _f_measure(_shared(of_summary, of_reference), of_summary.total(), of_reference.total())
        for name, of_summary, of_reference in grams
    }
    lengths = len(summary.words), len(reference.words)
    if lengths[0] * lengths[1] > MOST_PAIRS_IN_BITS:
        return scores | {"rougeL": None}
    common = common_subsequence_length(*sorted((summary.words, reference.words), key=len))
    return scores | {"rougeL": _f_measure(common, *lengths)}


def _shared(a: Counter[Any], b: Counter[Any]) -> int:
    fewer, more = sorted((a, b), key=len)
    return sum(min(count, more[gram]) for gram, count in fewer.items() if gram in more)


def _f_measure(common: int, of_summary: int, of_reference: int) -> float:
    return float(rouge_f_measure(common / max(of_summary, 1), common / max(of_reference, 1)))


def _summary_level(summary: ReadText, reference: ReadText) -> float:
    """Compute Lsum as rouge-score does: the words of each sentence of the reference that some sentence covers."""
    totals = [sum(map(len, read.sentences)) for read in (summary, reference)]
    left = [Counter(word for sentence in read.sentences for word in sentence) for read in (summary, reference)]
    hits = 0
    sentences = [(sentence, set(sentence)) for sentence in summary.sentences]
    for of_reference in reference.sentences:
        places = word_places(of_reference)
        covered: set[int] = set()
        for sentence, distinct in sentences:
            if not distinct.isdisjoint(places):
                covered |= common_subsequence(of_reference, sentence, places)
        for place in sorted(covered):
            word = of_reference[place]
            if left[0][word] > 0 and left[1][word] > 0:
                hits += 1
                left[0][word] -= 1
                left[1][word] -= 1
    return _f_measure(hits, *totals)


def _highest(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


def _is_too_long(summary: Sequence[Sequence[str]], reference: Sequence[Sequence[str]]) -> bool:
    """Tell whether Lsum, which compares each sentence with each, would take too long or too much memory."""
    counts = [[len(sentence) for sentence in sentences] for sentences in (summary, reference)]
    return (
        sum(counts[0]) * sum(counts[1]) > MOST_PAIRS or _longest(counts[0]) * _longest(counts[1]) > MOST_PAIRS_IN_MEMORY
    )


def _longest(lengths: Iterable[int]) -> int:
    return max(lengths, default=0)


def word_places(sentence: Sequence[str]) -> dict[str, int]:
    """Return where each word stands: a bit of one whole number for each place."""
    places: dict[str, int] = {}
    for place, word in enumerate(sentence):
        places[word] = places.get(word, 0) | 1 << place
    return places


def _next_row(row: int, matches: int, every: int) -> int:
    matches &= row
    return ((row + matches) | (row - matches)) & every


def common_subsequence_length(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of two lists of words, in memory for one row of the table.

    Source:
        Hyyrö (2004), "Bit-parallel LCS-length computation revisited": a bit of one whole number for each word of a.
    """
    places = word_places(a)
    every = (1 << len(a)) - 1
    row = every
    for word in b:
        if word in places:
            row = _next_row(row, places[word], every)
    return len(a) - row.bit_count()


def common_subsequence(a: Sequence[str], b: Sequence[str], places: Mapping[str, int]) -> set[int]:
    """Return the places in a of that longest common subsequence which rouge-score finds.

    There may be several of one length; it goes back through the table from the ends, to the left in b only where that
    is longer. A row of the table is one whole number: its zeros among the first i bits are the length for a[:i].

    places: Of word_places(a).
    """
    every = (1 << len(a)) - 1
    rows = [every]
    for word in b:
        rows.append(_next_row(rows[-1], places[word], every) if word in places else rows[-1])
    found = set()
    i, j = len(a), len(b)
    while i and j:
        if a[i - 1] == b[j - 1]:
            found.add(i - 1)
            i -= 1
            j -= 1
        elif _length_at(rows[j - 1], i) > _length_at(rows[j], i - 1):
            j -= 1
        else:
            i -= 1
    return found


def _length_at(row: int, i: int) -> int:
    return i - (row & ((1 << i) - 1)).bit_count()
