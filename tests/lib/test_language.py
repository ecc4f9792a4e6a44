import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.language import normalise_language, split_sentences, words


@pytest.mark.parametrize(
    ("code", "language"),
    [("en", "en"), ("zh-CN", "zh"), ("zh_hans", "zh"), (" ZH-Hant-TW ", "zh"), ("cmn", "zh"), ("eng", "en"), ("", "")],
)
def test_language_code_is_reduced_to_its_language(code, language):
    assert normalise_language(code) == language


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        (
            "Dr. Lee met the U.S. team at 3.5 percent. It rained! Why?",
            "en",
            ["Dr. Lee met the U.S. team at 3.5 percent.", "It rained!", "Why?"],
        ),
        ("今天开会。预算通过了!明天呢?", "zh-CN", ["今天开会。", "预算通过了!", "明天呢?"]),
        (
            "Das ist z. B. ein Test. Dr. Müller kam am 3. Mai. Gut.",
            "de",
            ["Das ist z. B. ein Test.", "Dr. Müller kam am 3. Mai.", "Gut."],
        ),
        ("สวัสดีครับ\nวันนี้อากาศดี", "th", ["สวัสดีครับ", "วันนี้อากาศดี"]),
        ("- ship on Friday\n\n- fix the tests\r\n", "en", ["- ship on Friday", "- fix the tests"]),
        (" \n ", "en", []),
        ("", "en", []),
    ],
)
def test_sentences_by_language(text, language, sentences):
    assert split_sentences(text, language) == sentences


@pytest.mark.parametrize("unknown", ["", "zz", "x-klingon"])
def test_unknown_language_is_split_like_english(unknown):
    text = "Dr. Lee came. He left."
    assert split_sentences(text, unknown) == split_sentences(text, "en") == ["Dr. Lee came.", "He left."]


@pytest.mark.parametrize(
    ("text", "language", "tokens"),
    [
        (
            "The Budget (2025) rose 3.5%, twice_over!",
            "en",
            ["the", "budget", "2025", "rose", "3", "5", "twice", "over"],
        ),
        ("讨论2025年预算，OK？", "zh", ["讨", "论", "2025", "年", "预", "算", "ok"]),
        ("コーヒー飲む", "ja", ["コ", "ー", "ヒ", "ー", "飲", "む"]),
        ("Größere Übung", "de", ["größere", "übung"]),
        ("น้ำดี", "th", ["น้", "ำ", "ดี"]),  # the tone mark stays with its consonant
        ("हिन्दी में", "hi", ["हिन्दी", "में"]),  # vowel signs do not break a word
        ("회의는 내일", "ko", ["회의는", "내일"]),
        ("IŞIK", "tr", ["ışık"]),
        ("🙂 — …", "en", []),
    ],
)
def test_words_by_script(text, language, tokens):
    assert words(text, language) == tokens


def test_composed_and_decomposed_accents_are_one_word():
    assert words("Caf\u00e9", "fr") == words("Cafe\u0301", "fr") == ["caf\u00e9"]


@given(st.text(), st.sampled_from(["en", "zh", "th", "tr", "", "zz"]))
def test_words_of_any_text_are_not_empty_and_hold_no_space(text, language):
    assert all(word and not any(c.isspace() for c in word) for word in words(text, language))


@given(st.text(), st.sampled_from(["en", "zh", "de", "zz"]))
def test_splitting_into_sentences_loses_nothing_but_space(text, language):
    assert "".join("".join(split_sentences(text, language)).split()) == "".join(text.split())
