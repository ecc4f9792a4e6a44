"""Names and numbers: the hand-made set, single readings, and places in texts with markup."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_runner.metrics.entities import EntitiesMetric
from models_runner.metrics.entities.chinese import value_of
from models_runner.metrics.entities.finding import number_mentions, read_transcript
from models_runner.metrics.protocol import ScoringRequest

SET = [json.loads(line) for line in Path(__file__).with_name("entities.jsonl").read_text(encoding="utf-8").splitlines()]


def scored(summary, transcript, language="en"):
    values = EntitiesMetric().score([ScoringRequest(summary, (), transcript, language)])[0]
    return {value.name: value for value in values}


def told(values, summary, value):
    spans = sorted((span for one in values.values() for span in one.spans), key=lambda span: span.start)
    return [summary[span.start : span.end] for span in spans if span.value == value]


@pytest.mark.parametrize("sentence", SET, ids=[f"{row['language']}-{n}" for n, row in enumerate(SET, 1)])
def test_the_hand_made_set(sentence):
    summary = sentence["summary"]
    values = scored(summary, sentence["transcript"], sentence["language"])
    assert sorted(told(values, summary, 1)) == sorted(sentence["has"])
    assert sorted(told(values, summary, 0)) == sorted(sentence["lacks"])
    assert values["unsupported"].value == len(sentence["lacks"])


def test_the_set_has_sixty_sentences_in_two_languages():
    assert [row["language"] for row in SET] == ["en"] * 30 + ["zh"] * 30


def test_precision_is_the_share_that_the_transcript_has():
    values = scored("Maya and Rajesh met; it took 2 or 3 days.", "Maya: It took two days with Leo.")
    assert values["entity_precision"].value == 0.5  # Maya, not Rajesh
    assert values["number_precision"].value == 0.5  # 2, not 3
    assert values["unsupported"].value == 2


def test_a_summary_without_names_and_numbers_has_no_precision():
    values = scored("they agreed.", "Maya: Fine.")
    assert (values["entity_precision"].value, values["entity_precision"].reason) == (None, "the summary has no name")
    assert (values["number_precision"].value, values["number_precision"].reason) == (None, "the summary has no number")
    assert values["unsupported"].value == 0


def test_without_a_transcript_all_is_undefined():
    assert {value.reason for value in scored("Maya met 3 people.", " ").values()} == {"the transcript has no words"}


def test_a_language_without_rules_has_numbers_in_digits_alone():
    values = scored("Maja traf 3 Leute am Freitag.", "Maja: Es waren 4.", "de")
    assert values["entity_precision"].reason == "there are no rules for names in this language"
    assert values["number_precision"].value == 0
    assert "rules 1 digits|" in EntitiesMetric().signature("de")


def test_places_are_those_of_the_text_as_written():
    summary = "# Plan\n\n- **Rajesh Kumar** ships [48 units](https://example.org/9) on `Friday`\n"
    values = scored(summary, "Maya: We ship on Friday.")
    assert told(values, summary, 0) == ["Rajesh Kumar", "48"]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("forty-eight", "48"),
        ("one hundred and twenty thousand", "120000"),
        ("a hundred and five", "105"),
        ("two point five five million", "2550000"),
        ("three hundred thousand and six", "300006"),
        ("twelve and a half", "12.5"),
        ("twelve Euro fifty", "12.5"),
        ("nineteen eighty-four", "1984"),
        ("two thousand and nine", "2009"),
        ("three dozen", "36"),
        ("$3m", "3000000"),
        ("1,234.5", "1234.5"),
        ("3k", "3000"),
        ("the 21st", "21"),
    ],
)
def test_english_numbers(words, value):
    assert value in read_transcript(f"it was {words} then", "en").readings


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        *(("四十八", 48), ("十二", 12), ("二十", 20), ("一百零五", 105), ("三千零二十", 3020), ("一万二", 12_000)),
        *(("三百五", 350), ("两亿三千万", 230_000_000), ("二〇二五", 2025), ("三点一四", 3.14), ("十万", 100_000)),
        ("一点二亿", 120_000_000),
    ],
)
def test_chinese_numerals(numeral, value):
    assert value_of(numeral) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    ["the G20 and 4x4 cars", "no one came", "We may go.", "the second one", "a couple of ideas", "in the first place"],
)
def test_what_is_no_number_is_not_claimed(text):
    assert [mention for mention in number_mentions(text, "en") if mention.claimed] == []


@given(st.integers(min_value=2, max_value=999_999))
def test_a_number_supports_itself_with_and_without_commas(number):
    assert scored(f"It cost {number:,} in all.", f"A: It cost {number}.")["number_precision"].value == 1


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(["en", "zh", "de"]))
def test_any_text_has_values_and_places_within_it(summary, transcript, language):
    for value in scored(summary, transcript, language).values():
        assert all(0 <= span.start < span.end <= len(summary) for span in value.spans)
        assert value.value is None or value.value >= 0
