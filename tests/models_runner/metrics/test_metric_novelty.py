import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_runner.metrics.novelty import NoveltyMetric, fragments, read_transcript
from models_runner.metrics.protocol import ScoringRequest


def novelty(summary, transcript, language="en"):
    values = NoveltyMetric().score([ScoringRequest(summary, (), transcript, language)])[0]
    return {value.name: value for value in values}


def plain_fragments(summary, spoken):
    """The algorithm of Grusky et al. (2018), figure 3, as they print it; returns lengths."""
    found, i = [], 0
    while i < len(summary):
        best, j = 0, 0
        while j < len(spoken):
            if summary[i] == spoken[j]:
                a, b = i, j
                while a < len(summary) and b < len(spoken) and summary[a] == spoken[b]:
                    a, b = a + 1, b + 1
                best = max(best, a - i)
                j = b
            else:
                j += 1
        i += max(best, 1)
        if best:
            found.append(best)
    return found


def test_numbers_worked_by_hand():
    # Transcript: we ship on friday and we test on monday (9 words). Summary: we ship on monday not friday (6 words).
    # Fragments: "we ship on" (3), "monday" (1), "friday" (1): coverage 5/6, density (9 + 1 + 1)/6, compression 9/6.
    # New: of 6 words "not"; of 5 pairs "on monday" stands there, as do "we ship" and "ship on": 2 new; of 4 triples 3 new.
    values = novelty("We ship on Monday, not Friday.", "we ship on Friday and we test on Monday")
    assert {name: value.value for name, value in values.items()} == pytest.approx(
        {
            "coverage": 5 / 6,
            "density": 11 / 6,
            "compression_ratio": 9 / 6,
            "novel_1grams": 1 / 6,
            "novel_2grams": 2 / 5,
            "novel_3grams": 3 / 4,
            "repeated_3grams": 0,
        }
    )


def test_a_copied_text_is_one_fragment():
    values = novelty("We ship on Friday.", "Maya: We ship on Friday. Good.")
    assert values["coverage"].value == 1
    assert values["density"].value == 4
    assert values["novel_3grams"].value == 0


def test_repetition_is_the_share_of_triples_said_before():
    # a b c a b c: triples abc, bca, cab, abc; one of four repeats.
    assert novelty("a b c a b c", "x")["repeated_3grams"].value == pytest.approx(1 / 4)


def test_chinese_is_read_by_characters():
    values = novelty("周五发布", "我们周五测试和发布", "zh")
    assert values["coverage"].value == 1
    assert values["density"].value == 2  # two fragments of two: (4 + 4) / 4


def test_without_words_values_are_undefined():
    assert {value.value for value in novelty("", "We ship.").values()} == {None}
    assert novelty("We ship today.", "")["coverage"].reason == "the transcript has no words"
    assert novelty("Yes.", "We ship.")["novel_2grams"].reason == "the summary has fewer than 2 words"


@given(st.lists(st.sampled_from("abc"), max_size=14), st.lists(st.sampled_from("abc"), max_size=20))
def test_fragments_are_those_of_the_paper_where_they_are_longest(summary, spoken):
    lengths = fragments(summary, spoken, read_transcript(spoken).places)
    assert sum(lengths) == sum(plain_fragments(summary, spoken))
    # The printed algorithm jumps behind a match in the transcript and may miss a longer one that begins within it.
    assert lengths[:1] >= plain_fragments(summary, spoken)[:1]
