import math
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rouge_score import rouge_scorer
from rouge_score.rouge_scorer import RougeScorer

from lib.language import split_sentences, words
from lib.markup.plain import words_only
from models_runner.metrics import rouge as module
from models_runner.metrics.protocol import ScoringRequest
from models_runner.metrics.rouge import RougeMetric

TEXTS = [
    "Dr. Lee presented the budget for 2025. The team agreed to cut travelling costs by 3.5 percent.",
    "The budget was presented by Dr. Lee, and travel costs will be cut. Nobody objected! Next meeting: Friday.",
    "Maya ships the checkout on Friday.\nLeo is fixing the payment tests; he fixed two already.",
    "They discussed hiring. They discussed hiring again. The candidates' interviews were re-scheduled to Tuesday (3 p.m.).",
    "Café prices rose, naïve estimates failed, and the U.S. office closed. Why? Costs.",
    "No.",
]


def rouge(summary, *references, language="en", is_reference=False):
    request = ScoringRequest(summary, references, "", language, is_reference)
    return {value.name: value for value in RougeMetric().score([request])[0]}


def numbers(values):
    return {name: value.value for name, value in values.items()}


def test_numbers_worked_by_hand():
    # Summary: the cat sat on the mat (6 words, 5 pairs). Reference: the dog sat on a mat today (7 words, 6 pairs).
    # ROUGE-1: in common the (once), sat, on, mat = 4; P = 4/6, R = 4/7, F = 2*4/(6+7) = 8/13.
    # ROUGE-2: in common "sat on" = 1; P = 1/5, R = 1/6, F = 2*1/(5+6) = 2/11.
    # ROUGE-L: longest common subsequence the .. sat on .. mat = 4; F = 8/13. One sentence each: Lsum is the same.
    values = numbers(rouge("The cat sat on the mat.", "The dog sat on a mat today."))
    assert values == pytest.approx(
        {"rouge1": 8 / 13, "rouge2": 2 / 11, "rougeL": 8 / 13, "rougeLsum": 8 / 13}, abs=1e-12
    )


def test_lsum_takes_sentences_in_any_order():
    # The sentences change places: the longest common subsequence keeps one of them (3 of 6 words), Lsum both.
    values = numbers(rouge("Anna sings loudly. Bob plays chess.", "Bob plays chess. Anna sings loudly."))
    assert values["rougeL"] == pytest.approx(0.5)
    assert values["rougeLsum"] == pytest.approx(1.0)


def test_english_stems_match():
    assert rouge("meetings planned", "meeting plans")["rouge1"].value == 1.0


@pytest.mark.parametrize("summary", TEXTS)
@pytest.mark.parametrize("reference", TEXTS)
def test_english_equals_rouge_score_called_directly(summary, reference):
    flat = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True).score(reference, summary)
    lines = ["\n".join(split_sentences(text, "en")) for text in (reference, summary)]
    summary_level = RougeScorer(["rougeLsum"], use_stemmer=True).score(*lines)
    expected = {name: score.fmeasure for name, score in (flat | summary_level).items()}
    assert numbers(rouge(summary, reference)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("language", ["zh", "zh-CN", "zh_hans"])
def test_chinese_summary_identical_to_its_reference_scores_one(language):
    text = "团队决定周五发布。李雷在周三之前修复支付测试。"
    assert set(numbers(rouge(text, text, language=language)).values()) == {1.0}


def test_chinese_worked_by_hand():
    # 周五发布 against 周三发布: 3 of 4 characters (F = 3/4), of 3 pairs only 发布 (F = 1/3).
    values = numbers(rouge("周五发布。", "周三发布。", language="zh"))
    assert values == pytest.approx({"rouge1": 3 / 4, "rouge2": 1 / 3, "rougeL": 3 / 4, "rougeLsum": 3 / 4})


def test_german_umlauts_tell_words_apart():
    assert rouge("schön", "schon", language="de")["rouge1"].value == 0.0


def test_several_references_give_the_best_of_each_measure():
    near, far = "The cat sat on a mat.", "Rain fell."
    alone = numbers(rouge("The cat sat.", near))
    assert numbers(rouge("The cat sat.", far, near)) == numbers(rouge("The cat sat.", near, far)) == alone
    # Each measure has its own best: same words in another order, against fewer words in the same order.
    words_match, order_matches = "d c b a", "a b x y z"
    both = numbers(rouge("a b c d", words_match, order_matches))
    assert both["rouge1"] == numbers(rouge("a b c d", words_match))["rouge1"] == 1.0
    assert both["rouge2"] == numbers(rouge("a b c d", order_matches))["rouge2"] > 0


def test_empty_summary_scores_zero_and_says_so():
    values = rouge(" \n", "The cat sat.")
    assert {(value.value, value.reason) for value in values.values()} == {(0.0, "the summary is empty")}


@pytest.mark.parametrize("references", [(), ("",), (" \n", "")])
def test_without_reference_everything_is_undefined(references):
    values = rouge("The cat sat.", *references)
    assert list(values) == ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    assert {(v.value, v.reason) for v in values.values()} == {(None, "no reference for this document and instruction")}


def test_the_reference_is_not_compared_with_itself():
    values = rouge("The cat sat.", "The cat sat.", is_reference=True)
    assert {(v.value, v.reason) for v in values.values()} == {(None, "is the reference itself")}


def test_reference_in_a_script_the_language_does_not_have_is_undefined_not_zero():
    value = rouge("今天开会", "今天开会", language="en")["rouge1"]
    assert value.value is None
    assert value.reason == 'the reference has no word by the rules for language "en"'


def test_answers_keep_the_order_of_the_requests():
    requests = [ScoringRequest(text, [TEXTS[0]], "", "en") for text in TEXTS]
    together = RougeMetric().score(requests)
    assert together == [RougeMetric().score([request])[0] for request in requests]
    assert len({tuple(v.value for v in values) for values in together}) > 3


def test_signature_tells_the_tokenizers_apart():
    english, chinese = RougeMetric().signature("en"), RougeMetric().signature("zh")
    assert "|stemmer porter nltk " in english and english.endswith("|refs max|f1")
    assert "|stemmer none|tokenizer words 1 " in chinese
    assert RougeMetric().signature("zh-CN") == chinese and RougeMetric().signature("en-GB") == english


@given(st.text(min_size=1, max_size=80), st.sampled_from(["zh", "de", "th", "zz"]))
def test_a_text_with_a_word_matches_itself(text, language):
    left = words(words_only(text), language)
    if not left:
        return
    values = numbers(rouge(text, text, language=language))
    assert (
        math.isclose(values["rouge1"], 1) and math.isclose(values["rougeL"], 1) and math.isclose(values["rougeLsum"], 1)
    )
    # A single word has no pair: rouge-score answers 0 then.
    assert values["rouge2"] == pytest.approx(1.0 if len(left) > 1 else 0.0)


@given(st.lists(st.from_regex(r"[A-Za-z0-9]{1,12}[.,!?']?", fullmatch=True), min_size=2, max_size=30).map(" ".join))
@example("7. zero")
@example("7. zero one")
def test_english_text_matches_itself(text):
    # "7." at the beginning is the number of an item, and no word; a single word has no pair.
    pairs = 1.0 if len(words(words_only(text), "en")) > 1 else 0.0
    assert numbers(rouge(text, text)) == {"rouge1": 1.0, "rouge2": pairs, "rougeL": 1.0, "rougeLsum": 1.0}


def drawn(dice, count, each=15):
    words = [f"word{dice.randrange(400)}" for _ in range(count)]
    return " ".join(word + ("." if n % each == each - 1 else "") for n, word in enumerate(words))


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=12))
def test_the_length_of_a_common_subsequence_is_rouge_scores(a, b):
    table = rouge_scorer._lcs_table(a, b)
    assert module.common_subsequence_length(a, b) == table[-1][-1]


def test_long_texts_score_as_short_ones_do(monkeypatch):
    dice = random.Random(2)
    for language in ("en", "de"):
        summary, references = drawn(dice, 90), [drawn(dice, 80), drawn(dice, 120)]
        expected = module.best_f_measures(summary, references, language)
        with monkeypatch.context() as patched:
            patched.setattr(module, "MOST_PAIRS_IN_MEMORY", 0)
            scores = module.best_f_measures(summary, references, language)
        assert scores == expected | {"rougeLsum": None}


@pytest.mark.parametrize(
    ("limit", "undefined"),
    [
        ("MOST_PAIRS", {"rougeLsum"}),
        ("MOST_PAIRS_IN_MEMORY", {"rougeLsum"}),
        ("MOST_PAIRS_IN_BITS", {"rougeL", "rougeLsum"}),
    ],
)
def test_texts_that_are_too_long_have_a_reason_in_place_of_a_value(monkeypatch, limit, undefined):
    monkeypatch.setattr(module, limit, 50)
    monkeypatch.setattr(module, "MOST_PAIRS_IN_MEMORY", 50)
    dice = random.Random(3)
    (values,) = RougeMetric().score([ScoringRequest(drawn(dice, 40), (drawn(dice, 40),), "", "en")])
    assert {value.name for value in values if value.value is None} == undefined
    assert all(bool(value.reason) == (value.value is None) for value in values)
    assert all(
        "the texts are too long: ROUGE-L compares at most" in value.reason for value in values if value.value is None
    )


LONG = """
import random, resource, sys
sys.path.insert(0, {root!r})
from models_runner.metrics.rouge import best_f_measures
dice = random.Random(1)
texts = [" ".join(f"word{{dice.randrange(3000)}}" + "." * (n % 15 == 14) for n in range(20_000)) for _ in range(2)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
scores = best_f_measures(texts[0], [texts[1]], "en")
assert 0 < scores["rougeL"] < 1 and scores["rougeLsum"] is None, scores
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.once
def test_two_texts_of_20_000_words_take_less_than_half_a_gigabyte():
    code = LONG.format(root=str(Path(module.__file__).parents[2]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=250)
    assert int(done.stdout) < 500_000


def test_the_same_words_score_one_with_any_markup():
    written = "## Plan\n\n1. We **ship** on [Friday](https://example.org).\n2. Leo agrees.\n\n| who |\n|---|\n| Leo |"
    plain = "Plan\n\nWe ship on Friday.\nLeo agrees.\n\nwho\nLeo"
    assert set(numbers(rouge(written, plain)).values()) == set(numbers(rouge(plain, written)).values()) == {1.0}


def test_the_signature_says_that_markup_is_removed():
    assert "|markup removed 1 markdown-it-py " in RougeMetric().signature("en")
