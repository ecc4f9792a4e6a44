"""Sentences and turns: what supports what, by words alone, with vectors given by hand, and with the real encoder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.evidence import alignment
from annotations.evidence.alignment import TranscriptIndex, passages, sentence_spans, terms_of

MEETING = [
    {"speaker": "Maya", "content": "Good morning, let's start. Tomasz, what did you find yesterday?"},
    {
        "speaker": "Tomasz",
        "content": "If someone taps Pay twice we send two requests, so eleven customers were charged double.",
    },
    {"speaker": "Priya", "content": "Support has refunded nine of them. I will do the other two this morning."},
    {"speaker": "Dele", "content": "The postcode lookup took four seconds. With the cache it is one point three."},
    {"speaker": "Maya", "content": "Okay. And who brings cake for the birthday on Thursday?"},
    {"speaker": "Dele", "content": "I can bake a chocolate one."},
]
CANTEEN = [
    {"speaker": "方老师", "content": "今天三件事：剩饭、排队、过敏登记。"},
    {"speaker": "秦师傅", "content": "就星期三剩得最多，八十六公斤，差不多全是清蒸鱼。"},
    {"speaker": "沈女士", "content": "因为刺多呀！我儿子说，吃一口要吐半天。"},
]


def turns_of(sentences):
    return [[support.turn for support in sentence.support] for sentence in sentences]


def supported(summary, turns=MEETING, language="en", encode=None):
    return turns_of(TranscriptIndex(turns, language, encode).support(summary))


# ---- by words alone


def test_a_sentence_finds_the_turn_that_has_its_words():
    summary = "The postcode lookup took four seconds. Eleven customers were charged double."
    assert supported(summary) == [[4], [2]]


def test_an_invented_sentence_finds_no_turn():
    assert supported("The vessel sank near Lisbon harbour.") == [[]]


def test_words_are_compared_by_their_stems():
    assert supported("Dele bakes chocolate.")[0][0] == 6


def test_the_speaker_counts_among_the_words_of_the_turn():
    same = [{"speaker": name, "content": "We postpone the launch again."} for name in ("Ann", "Bob", "Cy")]
    assert supported("Bob postpones the launch.", same)[0][0] == 2


def test_a_rare_word_weighs_more_than_common_ones():
    turns = [{"speaker": "", "content": f"We talked about the plan number {n} today."} for n in range(20)]
    turns.append({"speaker": "", "content": "The sauna is broken."})
    scores = TranscriptIndex(turns, "en", None)._words([terms_of("the sauna", "en")])[0]
    assert scores[20] == 1
    assert max(scores[:20]) < 0.1


def test_at_most_three_turns_best_first_and_equals_in_order():
    turns = [{"speaker": "", "content": "The sauna is broken."} for _ in range(5)]
    turns.append({"speaker": "", "content": "Nobody asked about lunch today."})
    assert supported("The sauna is broken.", turns) == [[1, 2, 3]]


def test_a_much_weaker_turn_is_left_out(monkeypatch):
    turns = [
        {"speaker": "", "content": "The red sauna is broken."},
        {"speaker": "", "content": "The red sauna is open."},
    ]
    assert supported("The red sauna is broken.", turns) == [[1]]
    monkeypatch.setattr(alignment, "SHARE_OF_BEST", 0)
    assert supported("The red sauna is broken.", turns) == [[1, 2]]


def test_every_sentence_is_measured_by_itself():
    """What else a summary says, or who wrote it, changes nothing: both sides of a pair are treated alike."""
    one, other = "The postcode lookup took four seconds.", "Dele will bake a chocolate cake."
    alone = supported(one) + supported(other)
    assert supported(f"{one} {other}") == alone
    assert supported(f"{other}\n{one}") == alone[::-1]


def test_chinese_is_compared_by_pairs_of_characters():
    assert supported("星期三剩得最多的是清蒸鱼。他们买了新公共汽车。", CANTEEN, "zh-CN") == [[2], []]
    assert terms_of("清蒸鱼GPU", "zh") == {"清蒸", "蒸鱼", "gpu"}


def test_texts_without_a_word_have_no_sentence():
    transcript = TranscriptIndex(MEETING, "en", None)
    assert transcript.support("") == transcript.support(" \n…\n---") == []


@pytest.mark.parametrize("turns", [[], [{"speaker": "Maya", "content": ""}, {"speaker": "", "content": "Okay."}]])
def test_a_transcript_that_says_nothing_supports_nothing(turns):
    assert supported("The sauna is broken.", turns) == [[]]


# ---- passages and spans


def test_a_long_turn_is_read_in_passages():
    content = " ".join(f"Point number {word} was discussed." for word in ("alpha", "beta", "gamma", "delta", "omega"))
    found = list(passages(7, {"speaker": "Maya", "content": content}, "en"))
    assert [p.text.split()[2] for p in found] == ["alpha", "beta", "gamma"]
    assert {p.turn for p in found} == {7}
    assert all("maya" in p.terms for p in found)


def test_speech_without_a_full_stop_is_cut():
    found = list(passages(1, {"speaker": "", "content": "so we went on and on " * 100}, "en"))
    assert len(found) > 1
    assert max(len(p.text) for p in found) <= alignment.PASSAGE_SENTENCES * (alignment.SENTENCE_CHARACTERS + 1)


@given(
    st.text(alphabet=st.sampled_from("ab A1.!?。，你好🙂\n\r\t é\u0301<&"), max_size=60), st.sampled_from(["en", "zh"])
)
def test_spans_lie_in_the_text_in_order_and_apart(text, language):
    end = 0
    for start, stop in sentence_spans(text, language):
        assert end <= start < stop <= len(text)
        assert text[start:stop] == text[start:stop].strip()
        end = stop


def test_equal_sentences_have_spans_of_their_own():
    text = "It rained. It rained."
    assert [text[start:end] for start, end in sentence_spans(text, "en")] == ["It rained."] * 2
    assert len(set(sentence_spans(text, "en"))) == 2


# ---- with vectors


def by_first_letter(texts):
    """Vectors in which texts are equal whose first letters are."""
    vectors = np.zeros((len(texts), 128), dtype=np.float32)
    for row, text in zip(vectors, texts, strict=True):
        row[ord(text[0].lower()) % 128] = 1
    return vectors


def test_vectors_find_a_turn_that_shares_no_word():
    turns = [
        {"speaker": "", "content": "Quarterly numbers look fine."},
        {"speaker": "", "content": "Zebras graze outside."},
    ]
    assert supported("Zoo animals eat.", turns) == [[]]
    assert supported("Zoo animals eat.", turns, encode=by_first_letter) == [[2]]


def test_the_transcript_is_encoded_once_for_all_summaries():
    calls = []

    def counted(texts):
        calls.append(len(texts))
        return by_first_letter(texts)

    transcript = TranscriptIndex(MEETING, "en", counted)
    for summary in ("One sentence.", "Two. Sentences here."):
        transcript.support(summary)
    assert calls == [6, 1, 2]


@pytest.mark.weights
def test_the_real_encoder_finds_a_paraphrase_and_no_invention():
    from annotations.evidence.encoder import encoder_for

    summary = "Some clients had to pay two times. The address search is slow. The ship sank near Lisbon last winter."
    paraphrase, slow, invented = supported(summary, encode=encoder_for("en-GB"))
    assert paraphrase[0] == 2
    assert slow[0] == 4
    assert invented == []


@pytest.mark.weights
def test_vectors_have_length_one_and_do_not_depend_on_their_batch():
    from annotations.evidence.encoder import encoder_for

    encode = encoder_for("en")
    texts = ["Ship it.", "The lookup of postcodes takes much too long on a phone. " * 60, "We ship on Friday."]
    together = encode(texts)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert np.stack([encode([text])[0] for text in texts]) == pytest.approx(together, abs=1e-5)
    assert together[0] @ together[2] > together[0] @ together[1] + 0.2
