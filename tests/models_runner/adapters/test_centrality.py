"""Centrality in long transcripts is what sumy computes, in bounded time and memory."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer

from models_runner.adapters import centrality, extractive
from models_runner.adapters.protocol import AdapterError

WORDS = [f"w{n}" for n in range(60)]


class Split:
    def to_words(self, sentence):
        return sentence.split()


def sentences(seed, count):
    dice = random.Random(seed)
    common = [1 / (n + 1) for n in range(len(WORDS))]
    drawn = (" ".join(dice.choices(WORDS, weights=common, k=dice.randint(1, 12))) for _ in range(count))
    return list(dict.fromkeys(drawn))


def by_sumy(method, texts):
    if method == "textrank":
        document = ObjectDocumentModel([Paragraph([Sentence(text, Split()) for text in texts])])
        return list(TextRankSummarizer().rate_sentences(document).values())
    sumy = LexRankSummarizer()
    of_sentence = [text.split() for text in texts]
    tf, idf = sumy._compute_tf(of_sentence), sumy._compute_idf(of_sentence)
    return sumy.power_method(sumy._create_matrix(of_sentence, sumy.threshold, tf, idf), sumy.epsilon)


@pytest.mark.parametrize("method", ["lexrank", "textrank"])
@pytest.mark.parametrize("seed", range(12))
def test_scores_are_those_of_sumy(method, seed):
    texts = sentences(seed, 5 + 5 * seed)
    scores = getattr(centrality, method)([text.split() for text in texts])
    assert np.allclose(scores, by_sumy(method, texts), atol=1e-10)


@pytest.mark.parametrize("method", ["lexrank", "textrank"])
def test_long_and_short_transcripts_are_summarized_alike(method, monkeypatch):
    texts = sentences(1, 80)
    expected = extractive.central_sentences(method, texts, 5, "en")
    monkeypatch.setattr(extractive, "MOST_FOR_SUMY", 10)
    assert extractive.central_sentences(method, texts, 5, "en") == expected


def test_sentences_that_share_every_word_have_equal_scores():
    alike = [["a", "b"], ["b", "a"], ["a", "b"]]
    for scores in (centrality.lexrank(alike), centrality.textrank(alike)):
        assert len(set(scores.round(12))) == 1


def test_sentences_whose_words_say_nothing_are_not_similar_even_to_themselves():
    """Each word is in all sentences but one, which gives it no weight; sumy divides by zero there."""
    assert list(centrality.lexrank([["a", "b"], ["b", "c"], ["a", "c"]])) == [1 / 3] * 3


def test_more_sentences_than_can_be_compared_are_refused_with_the_number(monkeypatch):
    monkeypatch.setattr(extractive, "MOST_FOR_SUMY", 5)
    monkeypatch.setattr(extractive, "MOST_SENTENCES", 20)
    with pytest.raises(
        AdapterError, match=r"has \d+ different sentences; lexrank compares .* at most 20. Use the method lead"
    ):
        extractive.central_sentences("lexrank", sentences(1, 40), 3, "en")


LONG = """
import random, resource, sys
sys.path.insert(0, {root!r})
from models_runner.adapters.extractive import central_sentences
dice = random.Random(1)
words = [f"word{{n}}" for n in range(8000)]
common = [1 / (n + 1) for n in range(len(words))]
texts = list(dict.fromkeys(" ".join(dice.choices(words, weights=common, k=dice.randint(6, 25))) for _ in range(8000)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(central_sentences({method!r}, texts, 3, "en")) == 3
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.once
@pytest.mark.parametrize("method", ["lexrank", "textrank"])
def test_eight_thousand_sentences_take_less_than_half_a_gigabyte(method):
    code = LONG.format(root=str(Path(extractive.__file__).parents[2]), method=method)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=250)
    assert int(done.stdout) < 500_000
