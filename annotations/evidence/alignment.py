"""Finds the turns that may support each sentence of a summary; texts in, numbers out. docs/evidence.md has the method.

A passage is a few sentences of one turn. Its score combines the cosine similarity with the sentence, where there is an
encoder for the language, and the share of the sentence's words that it has, weighted by rarity. The score of a turn is
that of its best passage.
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

# Change one of these, or a rule below, and raise the number in annotations.models.evidence.METHOD.
MAX_TURNS = 3
COSINE_WEIGHT = 0.5
WORDS_WEIGHT = 0.5
# A turn below its threshold supports nothing.
THRESHOLD = 0.36
WORDS_ONLY_THRESHOLD = 0.36
PAIRS_ONLY_THRESHOLD = 0.1  # pairs of characters match less often, and hardly ever by chance
# A second or third turn that is much weaker than the best one is more likely noise than support.
SHARE_OF_BEST = 0.8

PASSAGE_SENTENCES = 3
# Transcribed speech may lack full stops; a longer sentence is cut.
SENTENCE_CHARACTERS = 400
# "Yeah, okay." supports nothing.
PASSAGE_TERMS = 2

# Written without spaces. A single character means little, so the terms are pairs of neighbours.
PAIRED_LANGUAGES = frozenset({"zh", "ja", "th", "lo", "km", "my"})

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]  # one row of length 1 for each text


@dataclass(frozen=True)
class Support:
    turn: int  # counted from 1
    score: float


@dataclass(frozen=True)
class Sentence:
    """The position of a sentence in its summary, and the turns that may support it, best first."""

    start: int
    end: int
    support: tuple[Support, ...]


@dataclass(frozen=True)
class Passage:
    turn: int
    text: str
    terms: frozenset[str]


class TranscriptIndex:
    """A transcript, prepared once for all its summaries.

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
        """Return every sentence of the summary that has a word, in order, with its support."""
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
        """Return the share of each sentence's words that each passage has, weighted by rarity; sentences × passages."""
        scores = np.zeros((len(sentences), len(self._passages)), dtype=np.float32)
        # A word that nobody says gets the highest rarity: it counts against every passage.
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
    """Yield start and end of each sentence in the text, in order."""
    end = 0
    for sentence in split_sentences(text, language):
        start = text.find(sentence, end)
        if start < 0:  # the splitter changed a character: this sentence is left out, the text stays whole
            continue
        end = start + len(sentence)
        yield start, end


def terms_of(text: str, language: str) -> frozenset[str]:
    """Return the distinct terms of a text: stemmed words in English, pairs of characters where words have no spaces."""
    tokens = tokenizer_for(language).tokenize(text)
    if language not in PAIRED_LANGUAGES:
        return frozenset(tokens)
    pairs = {first + second for first, second in pairwise(tokens) if len(first) == len(second) == 1}
    return frozenset(pairs | {token for token in tokens if len(token) > 1})


def rarities(turns: Sequence[Iterable[str]]) -> dict[str, float]:
    """Return the inverse document frequency of each term, with turns as documents; positive."""
    heard = Counter(term for turn in turns for term in turn)
    return {term: math.log(1 + (len(turns) - n + 0.5) / (n + 0.5)) for term, n in heard.items()}


def passages(number: int, turn: Mapping[str, str], language: str) -> Iterator[Passage]:
    """Yield every run of PASSAGE_SENTENCES sentences of a turn that has enough terms; a shorter turn as a whole.

    The speaker's name is among the terms, because a summary says who spoke.
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
