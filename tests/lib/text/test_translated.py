"""English texts that pages translate when they show them."""

import pytest
from django.utils import translation

from lib.text.translated import LONGEST, mark_of, translated, translated_list, translated_markdown, translated_whole


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("no votes yet", "还没有投票"),
        ("No votes yet.", "还没有投票。"),
        (
            "too few votes: only 12 of 400 random redraws of documents and annotators have votes enough to rate all systems",
            "票数太少：随机重抽文档和评价者 400 次，只有 12 次有足够的票给所有系统评分",
        ),
        # a reason within a sentence
        ("It is not known yet whether people agree: no votes yet.", "还不知道大家的看法是否一致：还没有投票。"),
        # a sentence put together from others, in the order of Chinese
        (
            "tiny is preferred in 58\xa0% of comparisons with huge (95\xa0%: 48 to 68\xa0%); good enough means surely at least "
            "45\xa0%. It is surely the better one.",
            "在与 huge 的比较中，tiny 有 58\xa0% 更受青睐（95% 区间：48 至 68\xa0%）；要算足够好，须确定不低于 45\xa0%。 可以确定它更好。",
        ),
        # lists, counted nouns, sides
        (
            "too few to say: 3 votes of at least 20, 1 document of at least 3",
            "太少，无法判断：只有 3 票，至少需要 20 票，只有 1 份文档，至少需要 3 份",
        ),
        ("a leads the compact systems and b leads the large systems", "a 领先于小型系统，b 领先于大型系统"),
        ("left, right, equally good and both bad", "左边、右边、同样好、都不好"),
        ("tiny: no value in ROUGE-1", "tiny：ROUGE-1 没有数值"),
        ("Both bad:", "都不好："),
        # a place in a file, and what the strict reader says
        (
            "m.json, record 2, field 'a': is not JSON: the key 'b' is there twice.",
            "m.json，第 2 条记录，字段 'a'：不是 JSON：键 'b' 出现了两次。",
        ),
        (
            "votes.jsonl, line 3: is not JSON: a value is missing at column 7.",
            "votes.jsonl，第 3 行：不是 JSON：第 7 列处，缺少一个值。",
        ),
        # a server's own words stay, and are said to be its own
        (
            "The endpoint refused the request: Error code: 404 - no model small. The endpoint serves tiny, large.",
            "端点拒绝了请求：错误代码 404，服务器原文：no model small.端点提供 tiny, large。",
        ),
        ("The endpoint did not answer: Connection error.", "端点没有回应：连接错误。"),
        (
            "The endpoint did not answer: Connection error. Is a server running at http://gpu:8000/v1/, and can the "
            "machine of the worker reach it?",
            "端点没有回应：连接错误。http://gpu:8000/v1/ 上有服务器在运行吗？后台进程所在的机器能访问它吗？",
        ),
        # what stands there is one message, though it has a semicolon
        (
            "marks.jsonl, line 3, field 'kind': has 120 characters; at most 100 are allowed.",
            "marks.jsonl，第 3 行，字段 'kind'：有 120 个字符；最多允许 100 个。",
        ),
        (
            "weekly sync.vtt: 5 of 5 turns have a start, from 0:01 to 1:03.",
            "weekly sync.vtt：5 段发言中有 5 段带起始时间，从 0:01 到 1:03。",
        ),
        ("Speakers and their turns: Dr. Amara (3), J. Li (2).", "发言人及其发言段数：Dr. Amara (3), J. Li (2)。"),
        (
            "What was typed is not JSON: a colon is missing at column 4.",
            "输入的内容不是 JSON：第 4 列处，缺少一个冒号。",
        ),
        (
            "3 annotators gave 180 judgements on 10 documents, each on a pair of summaries of the same document.",
            "3 位评价者对 10 份文档给出了 180 个判断，每个判断针对同一份文档的两份摘要。",
        ),
    ],
)
def test_a_text_is_found_by_the_words_around_its_values(english, chinese):
    assert translated(english).replace("。 ", "。") == chinese.replace("。 ", "。")


def test_a_text_that_django_has_too_is_shown_in_our_words():
    assert (translated("Summary"), translated("Summary:")) == ("摘要", "摘要：")


@pytest.mark.parametrize("name", ["large", "reference", "baseline", "Rank"])
def test_a_name_within_a_sentence_stays_though_it_is_a_word_of_ours(name):
    assert name in translated(
        f"{name} was trained on documents of 1 of its 9 summaries here: its rating and its metrics cannot be compared with the others'."
    )


@pytest.mark.parametrize("text", ["", "Quarterly review of the harbour", "we met at noon and left", "%(n)s", "a {b} c"])
def test_what_nobody_translated_stays(text):
    assert translated(text) == text


def test_english_stays_as_it_is():
    with translation.override("en"):
        assert translated("no votes yet") == "no votes yet"
        assert translated_list(["no votes yet", "one document"], "; ") == "no votes yet; one document"


def test_a_longer_sentence_goes_before_the_few_words_that_it_begins_with():
    text = "The top 3 depends on 29 votes of 2240: without them, tiny would replace large."
    assert translated(text) == "前 3 名取决于 2240 票中的 29 票：没有它们，tiny 就会取代 large。"


def test_both_systems_are_said_before_a_reason():
    reason = "no price on the system's record"
    assert translated(f"both: {reason}") == f"两者：{translated(reason)}"


def test_sentences_of_a_page_are_parted_as_the_language_does():
    assert mark_of(" ") == ""
    with translation.override("en"):
        assert mark_of(" ") == " "


def test_lists_are_parted_as_the_language_does():
    assert translated_list(["no votes yet", "one document"], "; ") == "还没有投票；只有一份文档"


def test_only_whole_texts_where_others_may_have_written():
    assert translated_whole("Which summary is better overall?") == "总体来说，哪份摘要更好？"
    assert (
        translated_whole("The margin is 3; expected a number above 0.") == "The margin is 3; expected a number above 0."
    )


def test_markdown_keeps_its_marks_and_code():
    card = "## Contents\n\n| table | rows |\n|---|---|\n| `votes` | 3 |\n\n```python\nvotes = 1  # no votes yet\n```\n- no votes yet"
    assert translated_markdown(card) == (
        "## 内容\n\n| 表 | 行数 |\n| --- | --- |\n| `votes` | 3 |\n\n```python\nvotes = 1  # no votes yet\n```\n- 还没有投票"
    )


def test_a_long_text_of_many_commas_takes_no_time():
    """Values are somebody's words at times: a text that nearly fits must not be tried in every way."""
    for mark in (", ", "; ", ": ", " and ", ". A"):
        text = f"a{mark}" * 1_000 + "b"
        assert translated(text) == text


@pytest.mark.parametrize("mark", [":", " :", ": ", ".", "; ", ", ", " and ", "a. A", "%(n)s ", " to "])
def test_marks_without_end_are_no_fault(mark):
    text = mark * (LONGEST // len(mark))
    assert translated(text).strip()
