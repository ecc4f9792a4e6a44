"""Telling a text that goes round in circles, as small models write when they do not find an end."""

from collections import Counter

from lib.language import words

N = 4
LEAST_WORDS = 40
SHARE = 0.5


def goes_in_circles(text: str, language: str) -> bool:
    """Whether at least half of the text's four-word sequences are repeats of an earlier one; never below 40 words.

    The share of duplicate n-grams is the measure of Welleck et al. (2020, arXiv 1908.04319), there called seq-rep-4.
    """
    found = words(text, language)
    if len(found) < LEAST_WORDS:
        return False
    grams = [tuple(found[i : i + N]) for i in range(len(found) - N + 1)]
    return 1 - len(Counter(grams)) / len(grams) >= SHARE
