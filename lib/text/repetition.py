"""Detect texts that repeat themselves, which small models write when they do not stop."""

from collections import Counter

from lib.language import words

N = 4
LEAST_WORDS = 40
SHARE = 0.5


def goes_in_circles(text: str, language: str) -> bool:
    """Tell whether at least half of a text's four-word sequences repeat an earlier one; False below 40 words.

    Source:
        The share of duplicate n-grams is seq-rep-4 of Welleck et al. (2020, arXiv 1908.04319).
    """
    tokens = words(text, language)
    if len(tokens) < LEAST_WORDS:
        return False
    grams = [tuple(tokens[i : i + N]) for i in range(len(tokens) - N + 1)]
    return 1 - len(Counter(grams)) / len(grams) >= SHARE
