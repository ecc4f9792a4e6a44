"""What counts as a verdict, and what never does."""

import math

import pytest

from judges.verdicts.chances import letter_chances
from judges.verdicts.combining import GivenVerdict, combined, flips
from judges.verdicts.reading import NOT_ONE, read_choice, read_score
from models_runner.adapters.protocol import WrittenToken, written_tokens

pytestmark = pytest.mark.once
LETTERS = ("A", "B", "C", "D")


def choice(text, letters=LETTERS, stop_reason="end"):
    return read_choice(text, letters, stop_reason=stop_reason, limit=64)


WELL_FORMED = {
    '{"verdict": "A"}': "A",
    '{"reason": "B is longer, A is true.", "verdict": "B"}': "B",
    '```json\n{"reason": "x", "verdict": "C"}\n```': "C",
    "D": "D",
    "**B**": "B",
    "[[A]]": "A",
    "Verdict: A": "A",
    "A is good.\nB is not.\nFinal verdict: B": "B",
    "两者相比，B 更准确。\n结论：B": "B",
    # The last one counts: a model may weigh both first.
    '{"verdict": "A"}\nOn reflection:\n{"verdict": "B"}': "B",
    'Verdict: A\nWait.\n{"verdict": "C"}': "C",
    # What follows a verdict without being one takes nothing back.
    '{"verdict": "A"} {"verdict": "INCORRECT"}': "A",
}
NEVER = [
    "", "I cannot compare these summaries.", "INCORRECT", "A is better than B.", "The answer is not B", "Summary A",
    '{"verdict": "Both"}', '{"verdict": ["A"]}', '{"winner": "A"}', '{"verdict": "E"}', '{"verdict": null}',
    '{"verdict": "A', "verdict A", "摘要A更好", "A or B", '{"reason": "the verdict is A"}', "1", "A/B", "{" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("text", WELL_FORMED)
def test_the_last_well_formed_verdict_counts(text):
    read = choice(text)
    assert (read.letter, read.problem) == (WELL_FORMED[text], "")
    assert text[read.position] == read.letter


@pytest.mark.parametrize("text", NEVER)
def test_nothing_else_is_a_verdict(text):
    read = choice(text)
    assert read.letter == ""
    assert read.problem


def test_a_letter_that_was_not_offered_is_none():
    assert choice("C", letters=("A", "B")).problem == NOT_ONE
    assert choice('{"verdict": "D"}', letters=("A", "B", "C")).problem == NOT_ONE


def test_an_endless_answer_is_none_even_if_it_began_well():
    read = choice('{"verdict": "A"} ' + "so " * 100, stop_reason="length")
    assert read.letter == ""
    assert read.problem == "The answer was cut off at the limit of 64 tokens."
    assert choice("", stop_reason="thinking").problem.startswith("The limit of tokens")


def test_the_reason_is_kept():
    assert choice('{"reason": " It names the date. ", "verdict": "A"}').reason == "It names the date."
    assert choice("It names the date.\nVerdict: A").reason == "It names the date."


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"score": 4}', 4), ('{"reason": "x", "score": 2.5}', 2.5), ('{"score": "3"}', 3), ("Score: 5", 5), ("1", 1),
        ('{"score": 3}\n{"score": 4}', 4),
        ('{"score": 6}', None), ('{"score": 0}', None), ('{"score": true}', None), ('{"score": NaN}', None),
        ('{"score": 1e999}', None), ("4/5", None), ("four", None), ('{"score": "A"}', None), ("", None),
        ('{"score": ' + "9" * 400 + "}", None),
    ],
)  # fmt: skip
def test_scores(text, score):
    read = read_score(text, (1, 5), stop_reason="end")
    assert read.score == score
    assert bool(read.problem) == (score is None)


def token(text, **chances):
    return WrittenToken(text, {name: math.log(chance) for name, chance in chances.items()})


def test_chances_are_those_of_the_place_where_the_verdict_stands():
    text = '{"reason": "A", "verdict": "B"}'
    tokens = [
        token('{"reason": "'), token("A", A=0.9, B=0.1), token('", "verdict": "'),
        token("B", A=0.2, B=0.6, C=0.1, x=0.1), token('"}'),
    ]  # fmt: skip
    chances = letter_chances(tokens, text, choice(text).position, ("A", "B", "C"))
    assert chances == pytest.approx({"A": 2 / 9, "B": 6 / 9, "C": 1 / 9})


def test_chances_are_unknown_where_the_engine_tells_too_little():
    assert letter_chances([], "A", 0, LETTERS) is None
    assert letter_chances([token("A", A=0.2, x=0.7)], "A", 0, LETTERS) is None
    assert letter_chances([token("B", B=1)], "A", 0, LETTERS) is None
    # One token may hold the quotation mark as well, and both forms of a letter count.
    assert letter_chances([token('"A', **{'"A': 0.5, " A": 0.25, "B": 0.25})], "A", 0, ("A", "B")) == pytest.approx(
        {"A": 0.75, "B": 0.25}
    )


@pytest.mark.parametrize("told", [None, {}, {"content": None}, {"content": [{"token": 1}]}, {"content": [3]}, "x"])
def test_other_forms_of_logprobs_tell_nothing(told):
    assert written_tokens(told) == ()


def given(*answers, chances=None):
    """In turn: sample 0 shown a first, shown b first, sample 1 …"""
    return [GivenVerdict("ab"[n % 2], n // 2, answer, chances) for n, answer in enumerate(answers)]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (["a", "a"], "a"), (["a", "b"], "tie"), (["a", "tie"], "tie"), (["both_bad", "both_bad"], "both_bad"),
        (["a", "none"], "none"), (["none", "none"], "none"), (["b"], "b"), ([], "none"),
        (["a", "a", "b", "b", "a", "a"], "a"), (["a", "a", "b", "b"], "tie"), (["a", "a", "none", "b"], "a"),
    ],
)  # fmt: skip
def test_two_orders_that_disagree_are_a_tie(answers, outcome):
    assert combined(given(*answers), conservative=True) == outcome


def test_the_mean_of_chances():
    verdicts = [
        GivenVerdict("a", 0, "a", {"a": 0.9, "b": 0.1}),
        GivenVerdict("b", 0, "b", {"a": 0.4, "b": 0.6}),
    ]
    assert combined(verdicts, conservative=False) == "a"
    assert combined(verdicts, conservative=True) == "tie"
    # Without chances a verdict is sure of itself: one against one is a tie.
    assert combined(given("a", "b"), conservative=False) == "tie"
    assert combined(given("a", "b", "a", "a"), conservative=False) == "a"


def test_flips_are_counted_where_both_orders_answered():
    assert flips(given("a", "a", "a", "b", "a", "none")) == (1, 2)
    assert flips(given("a")) == (0, 0)


ENDLESS = {
    "stars": "*" * 100_000,
    "blanks and a letter": " " * 99_999 + "x",
    "quotes": '"' * 100_000,
    "braces": "{" * 100_000,
    "objects in objects": '{"a":' * 20_000,
    "empty objects": "{}\n" * 33_000,
    "one letter in each line": "(A" * 50_000,
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_hundred_thousand_characters_without_a_verdict_are_read_and_hold_none(what):
    """What grows with the square of an answer's length would keep a worker for hours."""
    assert read_choice(ENDLESS[what], ("A", "B"), stop_reason="end").letter == ""


def test_the_last_verdict_of_very_many_counts():
    assert read_choice("A\n" * 50_000 + "B", ("A", "B"), stop_reason="end").letter == "B"
    assert read_choice('{"verdict": "A"}\n' * 6_000, ("A", "B"), stop_reason="end").letter == "A"
