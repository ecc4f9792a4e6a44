"""The turns that may support each sentence of a summary: texts in, numbers out. docs/evidence.md gives the method.

A passage is a few sentences of one turn. It scores by the cosine of its vector with the sentence's, where there is an
encoder for the language, and by the share of the sentence's words that it has, rare words counting more. A turn scores
as its best passage.
"""

import math
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lib.language import normalise_language, split_sentences
from models_runner.metrics.rouge import tokenizer_for

# A change of these, or of the rules below, raises annotations.models.evidence.METHOD.
MAX_TURNS = 3
COSINE_WEIGHT = 0.5
WORDS_WEIGHT = 0.5
# A turn below its threshold supports nothing.
THRESHOLD = 0.36
WORDS_ONLY_THRESHOLD = 0.36
PAIRS_ONLY_THRESHOLD = 0.1  # pairs of characters agree less often, and by chance hardly ever
# A second or third turn that is much weaker than the best one says more of the method than of the meeting.
SHARE_OF_BEST = 0.8

PASSAGE_SENTENCES = 3
# Speech may come without a full stop: what is longer than this is cut.
SENTENCE_CHARACTERS = 400
# "Yeah, okay." supports nothing.
PASSAGE_TERMS = 2

# Written without spaces: a single character says little, so pairs of neighbours are the terms.
PAIRED_LANGUAGES = frozenset({"zh", "ja", "th", "lo", "km", "my"})

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]  # one row of length 1 a text


@dataclass(frozen=True)
class Support:
    turn: int  # counted from 1
    score: float


@dataclass(frozen=True)
class Sentence:
    """Where a sentence stands in its summary, and the turns that may support it, best first; none: none was found."""

    start: int
    end: int
    support: tuple[Support, ...]


@dataclass(frozen=True)
class Passage:
    turn: int
    text: str
    terms: frozenset[str]


class TranscriptIndex:
    """A transcript made ready once for all its summaries.

    Args:
        turns: In order, each with "speaker" and "content".
        encode: Vectors for texts of this language; None: words alone decide.
    """

    def __init__(self, turns: Sequence[Mapping[str, str]], language: str, encode: Encode | None) -> None:
        self._language = normalise_language(language)
        self._encode = encode
        words_only = PAIRS_ONLY_THRESHOLD if self._language in PAIRED_LANGUAGES else WORDS_ONLY_THRESHOLD
        self._threshold = THRESHOLD if encode else words_only
        spoken = [terms_of(f"{turn['speaker']} {turn['content']}", self._language) for turn in turns]
        self._rarity = rarities(spoken)
        self._passages = [p for number, turn in enumerate(turns, 1) for p in passages(number, turn, self._language)]
        self._vectors = encode([passage.text for passage in self._passages]) if encode else None

    def support(self, summary: str) -> list[Sentence]:
        """Every sentence of the summary that has a word, in order."""
        spans = [
            (start, end, terms)
            for start, end in sentence_spans(summary, self._language)
            if (terms := terms_of(summary[start:end], self._language))
        ]
        if not spans or not self._passages:
            return [Sentence(start, end, ()) for start, end, _ in spans]
        scores = self._words([terms for _, _, terms in spans])
        if self._encode is not None and self._vectors is not None:
            cosines = self._encode([summary[start:end] for start, end, _ in spans]) @ self._vectors.T
            scores = COSINE_WEIGHT * cosines + WORDS_WEIGHT * scores
        return [Sentence(start, end, self._best(row)) for (start, end, _), row in zip(spans, scores, strict=True)]

    def _words(self, sentences: Sequence[frozenset[str]]) -> Vectors:
        """The share of each sentence's words that each passage has, by rarity; sentences × passages."""
        scores = np.zeros((len(sentences), len(self._passages)), dtype=np.float32)
        # A word that nobody says is as rare as can be: it counts against every passage.
        unheard = max(self._rarity.values(), default=1.0)
        for i, terms in enumerate(sentences):
            weights = {term: self._rarity.get(term, unheard) for term in terms}
            total = sum(weights.values())
            for j, passage in enumerate(self._passages):
                scores[i, j] = sum(weights[term] for term in terms & passage.terms) / total
        return scores

    def _best(self, scores: NDArray[np.float32]) -> tuple[Support, ...]:
        by_turn: dict[int, float] = {}
        for passage, score in zip(self._passages, scores.tolist(), strict=True):
            by_turn[passage.turn] = max(score, by_turn.get(passage.turn, score))
        ranked = sorted(by_turn.items(), key=lambda item: (-item[1], item[0]))[:MAX_TURNS]
        least = max(self._threshold, SHARE_OF_BEST * ranked[0][1])
        return tuple(Support(turn, round(score, 4)) for turn, score in ranked if score >= least)


def sentence_spans(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence in the text, in order."""
    end = 0
    for sentence in split_sentences(text, language):
        start = text.find(sentence, end)
        if start < 0:  # the splitter changed a character: the text stays whole, this sentence is none
            continue
        end = start + len(sentence)
        yield start, end


def terms_of(text: str, language: str) -> frozenset[str]:
    """The distinct terms of a text: stemmed words in English, pairs of characters where words have no spaces."""
    tokens = tokenizer_for(language).tokenize(text)
    if language not in PAIRED_LANGUAGES:
        return frozenset(tokens)
    pairs = {one + other for one, other in pairwise(tokens) if len(one) == len(other) == 1}
    return frozenset(pairs | {token for token in tokens if len(token) > 1})


def rarities(turns: Sequence[Iterable[str]]) -> dict[str, float]:
    """Inverse document frequency of each term, a turn being a document; positive."""
    heard = Counter(term for turn in turns for term in turn)
    return {term: math.log(1 + (len(turns) - n + 0.5) / (n + 0.5)) for term, n in heard.items()}


def passages(number: int, turn: Mapping[str, str], language: str) -> Iterator[Passage]:
    """Every run of PASSAGE_SENTENCES sentences of a turn, the whole turn if it has no more; those that say something.

    The speaker's name is among the terms: a summary tells who said it.
    """
    pieces = [
        piece
        for sentence in split_sentences(turn["content"], language)
        for piece in textwrap.wrap(sentence, SENTENCE_CHARACTERS, break_on_hyphens=False)
    ]
    speaker = terms_of(turn["speaker"], language)
    joint = "" if language in PAIRED_LANGUAGES else " "
    for first in range(max(1, len(pieces) - PASSAGE_SENTENCES + 1)):
        text = joint.join(pieces[first : first + PASSAGE_SENTENCES])
        terms = terms_of(text, language)
        if len(terms) >= PASSAGE_TERMS:
            yield Passage(number, text, terms | speaker)
