import pytest

from models_runner.metrics.length import LengthMetric
from models_runner.metrics.protocol import ScoringRequest


def length(summary, transcript, language="en"):
    return {v.name: v for v in LengthMetric().score([ScoringRequest(summary, [], transcript, language)])[0]}


def numbers(values):
    return {name: value.value for name, value in values.items()}


def test_numbers_worked_by_hand():
    # Transcript: 12 words. Summary: 6 words in 2 sentences, so 12/6 = 2. Its pairs: "we ship", "ship on", "on friday",
    # "friday leo", "leo agrees"; the transcript has the first three: 2 of 5 are new.
    values = length("We ship on Friday. Leo agrees.", "Maya: we ship on Friday.\nNora: good, then we keep it so.")
    assert numbers(values) == pytest.approx({"words": 6, "sentences": 2, "compression": 2.0, "novel_bigrams": 0.4})


def test_a_repeated_pair_counts_once():
    # Pairs of "new plan new plan old": "new plan", "plan new", "plan old"; the transcript has "plan old".
    assert length("new plan new plan old", "the plan old")["novel_bigrams"].value == pytest.approx(2 / 3)


def test_chinese_words_are_characters():
    values = length("周五发布。测试好了。", "李雷:周五发布,测试好了吗?", language="zh")
    # 8 characters, transcript 11; pairs 7, all in the transcript.
    assert numbers(values) == pytest.approx({"words": 8, "sentences": 2, "compression": 11 / 8, "novel_bigrams": 0.0})


def test_empty_summary_has_no_compression():
    values = length("", "We ship on Friday.")
    assert numbers(values) == {"words": 0, "sentences": 0, "compression": None, "novel_bigrams": None}
    assert values["compression"].reason == "the summary has no words"
    assert values["novel_bigrams"].reason == "the summary has fewer than two words"


def test_one_word_has_no_pairs():
    assert length("Friday", "We ship on Friday.")["novel_bigrams"].value is None


def test_transcript_without_words_leaves_nothing_to_compare_with():
    values = length("We ship.", "…")
    assert values["compression"].reason == values["novel_bigrams"].reason == "the transcript has no words"


def test_a_line_without_words_is_no_sentence():
    assert length("Decisions\n---\nWe ship.", "We ship.")["sentences"].value == 2


def test_the_reference_has_a_length_too():
    request = ScoringRequest("We ship.", ["We ship."], "We ship it.", "en", is_reference=True)
    assert [v.value for v in LengthMetric().score([request])[0]] == [2, 1, 1.5, 0]


def test_signature_names_the_rules():
    assert LengthMetric().signature("en").startswith("length|words 1 ")


def test_markup_is_no_length():
    written = "## Plan\n\n1. We **ship** on [Friday](https://example.org).\n2. Leo agrees.\n\n| who |\n|---|\n| Leo |"
    plain = "Plan\n\nWe ship on Friday.\nLeo agrees.\n\nwho\nLeo"
    assert numbers(length(written, "We ship.")) == numbers(length(plain, "We ship."))
    assert numbers(length(written, "We ship."))["words"] == 9


def test_the_signature_says_that_markup_is_removed():
    assert "|markup removed 1 markdown-it-py " in LengthMetric().signature("en")
