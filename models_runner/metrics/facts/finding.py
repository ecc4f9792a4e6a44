"""Find the passages of a transcript that share most with a claim, by their words alone."""

import math
from collections import Counter
from functools import cached_property
from itertools import pairwise

from lib.language import words
from models_runner.metrics.facts.texts import count_words, filled_passages

WORDS, BEST, STEM = 100, 8, 5


class Passages:
    """The passages of a transcript. False if it has none."""

    def __init__(self, transcript: str, language: str) -> None:
        self._language = language
        self._texts = list(filled_passages(transcript, language, WORDS, lambda text: count_words(text, language)))

    def __len__(self) -> int:
        return len(self._texts)

    def best(self, claim: str) -> list[str]:
        """Return the passages that share most with the claim, rare words first, in the order of the transcript."""
        wanted = _terms(claim, self._language)
        shared = [sum(self._weights[term] for term in wanted & terms) for terms in self._terms]
        best = sorted(range(len(self)), key=lambda i: -shared[i])[:BEST]
        return [self._texts[i] for i in sorted(best)]

    @cached_property
    def _terms(self) -> list[set[str]]:
        return [_terms(text, self._language) for text in self._texts]

    @cached_property
    def _weights(self) -> dict[str, float]:
        having = Counter(term for terms in self._terms for term in terms)
        return {term: math.log(1 + len(self) / count) for term, count in having.items()}


def _terms(text: str, language: str) -> set[str]:
    """Return the beginnings of a text's words, so that endings count little, and pairs of them."""
    stems = [word[:STEM] for word in words(text, language)]
    return {*stems, *(f"{first} {second}" for first, second in pairwise(stems))}
