import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_runner.adapters.longinput.truncate import truncate_turns


def by_words(text):
    return len(text.split())


def merging(text):
    """A tokenizer that merges across joints: the count of a text differs from the sum over its parts."""
    return (len(text) + 2) // 3


LINES = ["A: one two three", "B: four five", "A: six"]  # 4, 3 and 2 words


def test_what_fits_is_kept_whole():
    kept = truncate_turns(LINES, 9, by_words)
    assert (kept.text, kept.dropped_tokens) == ("\n".join(LINES), 0)


@pytest.mark.parametrize(
    ("keep", "text", "dropped"),
    [
        ("head", "A: one two three\nB: four five", 2),
        ("tail", "B: four five\nA: six", 4),
        ("middle", "A: one two three\nA: six", 3),
    ],
)
def test_whole_turns_are_kept_from_the_chosen_end(keep, text, dropped):
    kept = truncate_turns(LINES, 8 if keep == "middle" else 7, by_words, keep)
    assert (kept.text, kept.dropped_tokens) == (text, dropped)


def test_a_first_turn_that_is_too_long_is_cut_at_a_word():
    kept = truncate_turns(["A: one two three four"], 3, by_words)
    assert (kept.text, kept.dropped_tokens) == ("A: one two", 2)


def test_text_without_spaces_is_cut_at_a_character():
    assert truncate_turns(["会议讨论了新产品的发布计划"], 2, merging).text == "会议讨论了新"


def test_no_budget_keeps_nothing():
    kept = truncate_turns(LINES, 0, by_words)
    assert (kept.text, kept.dropped_tokens) == ("", 9)


def test_an_unknown_way_is_an_error():
    with pytest.raises(ValueError, match="expected head, tail or middle"):
        truncate_turns(LINES, 3, by_words, "best")


lines = st.lists(st.text("ab \u4f1a", max_size=30), max_size=25)


@given(lines, st.integers(0, 60), st.sampled_from(["head", "tail", "middle"]), st.sampled_from([by_words, merging]))
def test_never_over_the_budget_and_every_token_accounted_for(lines, budget, keep, count):
    kept = truncate_turns(lines, budget, count, keep)
    assert count(kept.text) <= budget
    assert kept.dropped_tokens + count(kept.text) == count("\n".join(lines))


@given(st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=30), st.integers(1, 30))
def test_the_head_is_the_longest_that_fits(words, budget):
    kept = truncate_turns(words, budget, by_words)
    assert by_words(kept.text) == min(budget, len(words))


def test_few_calls_of_the_tokenizer():
    calls = []

    def counting(text):
        calls.append(text)
        return by_words(text)

    truncate_turns(["A: some words of a turn"] * 4000, 1000, counting)
    assert len(calls) < 20
