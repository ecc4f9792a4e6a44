from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.blindness.identity_leaks import IdentityFlag, find_giveaways
from annotations.blindness.terms import CAPITALISED, IN_CONTEXT, NAMES, PHRASES

TRANSCRIPT = "Ana: We agreed on the remote control. Ben: The battery lasts a week."


def terms(summary, transcript=TRANSCRIPT, names=()):
    return [flag.term for flag in find_giveaways(summary, transcript, names)]


@pytest.mark.parametrize(
    ("summary", "term"),
    [
        ("As ChatGPT, I summarise the meeting.", "ChatGPT"),
        ("as chat gpt I summarise", "ChatGPT"),
        ("Written by GPT-4o.", "GPT"),
        ("Written by gpt4.", "GPT"),
        ("OpenAI's policy applies.", "OpenAI"),
        ("I'm Claude 3.5 Sonnet.", "Claude"),
        ("Anthropic made me.", "Anthropic"),
        ("Gemini 1.5 here.", "Gemini"),
        ("Google trained this.", "Google"),
        ("I am Bard.", "Bard"),
        ("Google Bard says:", "Bard"),
        ("PaLM 2 was used.", "PaLM"),
        ("by Gemma-2b", "Gemma"),
        ("gemma-3 output", "Gemma"),
        ("Llama 2 summary:", "LLaMA"),
        ("LLaMA summary:", "LLaMA"),
        ("llama-2-7b-chat:", "LLaMA"),
        ("Meta AI wrote this.", "Meta AI"),
        ("Mistral AI wrote this.", "Mistral"),
        ("mistral-7b:", "Mistral"),
        ("Mixtral-8x7B:", "Mixtral"),
        ("FLAN was tuned", "FLAN"),
        ("flan-t5-large:", "FLAN"),
        ("T5-base output", "T5"),
        ("the T5 model", "T5"),
        ("TinyLlama-1.1B", "TinyLlama"),
        ("LiteLlama says", "LiteLlama"),
        ("SmolLM2-135M", "SmolLM"),
        ("SmolLM3-3B", "SmolLM"),
        ("Qwen3-0.6B", "Qwen"),
        ("gemma-3n-E2B", "Gemma"),
        ("Google DeepMind", "DeepMind"),
        ("LFM2-1.2B output", "LFM"),
        ("made by Liquid AI", "Liquid AI"),
        ("granite-4.0-h-tiny", "Granite"),
        ("Granite 4.0 Micro", "Granite"),
        ("I am Granite.", "Granite"),
        ("developed by IBM", "IBM"),
        ("Phi-4-mini", "Phi"),
        ("Ministral 3", "Ministral"),
        ("ministral-8b", "Ministral"),
        ("gpt-oss-20b", "GPT"),
        ("Llama-3.3-70B-Instruct", "LLaMA"),
        ("long-t5 or LongT5-TGlobal", "LongT5"),
        ("LED-large-16384", "LED"),
        ("led by DialogLED", "DialogLED"),
        ("BART-large-CNN wrote", "BART"),
        ("bart-large-xsum-samsum", "BART"),
        ("the BART model", "BART"),
        ("by PRIMERA", "PRIMERA"),
        ("pegasus-x-large", "PEGASUS-X"),
        ("Pegasus-large", "PEGASUS"),
        ("from AllenAI", "AllenAI"),
        ("the Allen Institute", "Allen Institute"),
        ("我是千问", "千问"),
        ("on Hugging Face", "Hugging Face"),
        ("on huggingface", "Hugging Face"),
        ("Qwen2.5-7B", "Qwen"),
        ("Alibaba Cloud", "Alibaba"),
        ("DeepSeek-R1", "DeepSeek"),
        ("Phi-3 mini", "Phi"),
        ("phi-2", "Phi"),
        ("Microsoft trained me.", "Microsoft"),
        ("a model by Cohere", "Cohere"),
        ("Command R+ wrote", "Command R"),
        ("command-r-plus", "Command R"),
        ("Cohere's Command", "Command"),
        ("I'm Grok, by xAI", "Grok"),
        ("made by xAI", "xAI"),
        ("As an AI language model, I cannot", "as an AI"),
        ("as an AI, I cannot", "as an AI"),
        ("As an artificial intelligence system I", "as an AI"),
        ("As a large language model I cannot", "as a language model"),
        ("I am an AI.", "I am an AI"),
        ("I’m just an AI assistant and", "I am an AI"),
        ("I am a large language model", "I am a language model"),
        ("作为一个人工智能，我无法", "作为人工智能"),
        ("作为AI助手，我", "作为人工智能"),
        ("作为大语言模型，我", "作为人工智能"),
        ("作為一個人工智慧語言模型", "作为人工智能"),
        ("我是一个人工智能助手", "我是人工智能"),
        ("我是AI，", "我是人工智能"),
        ("由文心一言生成", "文心一言"),
        ("我是通义千问。", "通义千问"),
        ("我是豆包", "豆包"),
        ("由阿里巴巴训练", "阿里巴巴"),
        ("我是ChatGPT，由OpenAI训练", "OpenAI"),
    ],
)
def test_a_name_or_a_confession_is_found(summary, term):
    assert term in terms(summary)


@pytest.mark.parametrize(
    "summary",
    [
        "The case is made of metal and the meta-analysis is due.",
        "The meta data and Meta's stock were discussed.",
        "Ana quoted the bard. The Bard of Avon was a poet.",
        "The angle phi is 3 degrees; Phi is the golden ratio.",
        "She is in command; Command and control was the topic. Press Command R to reload.",
        "The plan must cohere. Cohere as a team, he said.",
        "Grok the idea first; few grok it.",
        "They will google it and googled before.",
        "Ana shares it in Google Docs, and Ben in Microsoft Teams.",
        "A llama and two llamas were seen.",
        "Palm trees in Palm Springs; the palm of a hand.",
        "He ordered a flan. The mistral blew.",
        "The bus stops at terminal T5 and T50.",
        "The anthropic principle.",
        "XAI stands for explainable AI.",
        "an open AI system, deep seek noises, a hugging face",
        "Jean-Claude joined late.",
        "He said he works as an AI researcher; I am an AI researcher, she said.",
        "It serves as an aid. I am an airline pilot.",
        "作为AI产品经理，她介绍了人工智能。作为人工智能领域的专家",
        "上千问题得到了解决，豆包好吃。",
        "The LED model lasts longer; LED lamps, and Maya led the team.",
        "Bart takes the BART to work. Pegasus flew over granite rocks; granite 4 tons.",
        "A liquid, AI and mini trials. Primera reunión.",
        "The Egyptian gptx and regptation are no words.",
        "",
    ],
)
def test_ordinary_words_are_left_alone(summary):
    assert terms(summary) == []


@pytest.mark.parametrize(
    ("summary", "transcript"),
    [
        ("Google presented Gemini.", "Ana: google has a thing called gemini"),
        ("They compared ChatGPT and OpenAI.", "Ben: we tried chat GPT by open ai"),
        ("Claude will call the vendor.", "Claude: I will call them."),
        ("They use Llama 2.", "Ana: our llama runs well"),
        ("PaLM was cited.", "the Palm paper"),
        ("谷歌的产品", "我们讨论了谷歌"),
        ("GPT-4 was mentioned.", "we use GPT-3.5 daily"),
        ("He said: as an AI assistant it fails.", "it says as an AI all the time"),
    ],
)
def test_what_the_meeting_said_gives_nothing_away(summary, transcript):
    assert terms(summary, transcript) == []


def test_only_the_name_that_was_said_is_excused():
    assert terms("Google presented; Claude wrote this.", "Ana: I work at Google") == ["Claude"]


def test_part_of_a_word_in_the_transcript_excuses_nothing():
    assert terms("Written by Gemma.", "Ana: the gemmation of yeast") == ["Gemma"]


def test_flags_say_where():
    summary = "Sure! Here is ChatGPT's summary by GPT-4o."
    flags = find_giveaways(summary, TRANSCRIPT)
    assert flags == [IdentityFlag(14, 21, "ChatGPT"), IdentityFlag(35, 41, "GPT")]
    assert [summary[flag.start : flag.end] for flag in flags] == ["ChatGPT", "GPT-4o"]


@pytest.mark.parametrize(
    "written", ["ＣｈａｔＧＰＴ", "Chat\u200bGPT", "C\u00adhatGPT", "Chatgpt", "CHATGPT", "Chát\u0301GPT"]
)
def test_disguised_spellings_are_found_where_they_stand(written):
    summary = f"ﬁrst, {written} wrote"  # the ligature is one character before and two after folding
    (flag,) = find_giveaways(summary, TRANSCRIPT)
    assert summary[flag.start : flag.end] == written


def test_of_overlapping_names_the_longest_is_reported():
    assert terms("by flan-t5-large") == ["FLAN"]
    assert terms("as an AI language model made with TinyLlama") == ["as an AI", "TinyLlama"]


@pytest.mark.parametrize(
    ("name", "summary", "found"),
    [
        ("aurora-large", "Aurora wrote this.", True),
        ("Aurora Large", "by aurora_large", True),
        ("LexRank", "the lexrank summary", True),
        ("Zed", "I am Zed.", True),
        ("Zed", "from a to zed", False),
        ("lead-3", "the lead-3 baseline", True),
        ("lead-3", "Ana will lead 3 teams; the lead is long.", False),
        ("tiny-large-base", "a tiny and large base", False),
        ("SmolLM2 135M Instruct", "it costs 135M; instruct the team", False),
        ("北斗", "由北斗生成", True),
        ("large", "a large table", False),
        ("", "nothing", False),
        ("--", "a -- b", False),
    ],
)
def test_names_of_the_systems_of_the_study(name, summary, found):
    assert bool(terms(summary, names=[name])) is found


def test_a_system_that_shares_its_name_with_the_topic_is_excused():
    assert terms("The Aurora project is late.", "Ana: project aurora", ["aurora-base"]) == []


@pytest.mark.parametrize("table", [NAMES, CAPITALISED, IN_CONTEXT, PHRASES])
def test_the_tables_hold_pairs_of_texts(table):
    assert all(len(entry) == 2 and all(isinstance(text, str) and text for text in entry) for entry in table)


@settings(max_examples=40)
@given(st.text(max_size=80), st.text(max_size=80))
def test_flags_lie_in_the_text_in_order_and_apart(before, after):
    summary = f"{before} ChatGPT {after}"
    flags = find_giveaways(summary, TRANSCRIPT)
    assert any(flag.start <= summary.index(" ChatGPT ") + 1 < flag.end for flag in flags)
    assert all(0 <= flag.start < flag.end <= len(summary) for flag in flags)
    assert all(first.end <= second.start for first, second in pairwise(flags))


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_a_summary_that_repeats_the_transcript_is_never_flagged(text):
    transcript = f"ChatGPT, Google, as an AI language model {text}"
    assert terms("Google and ChatGPT", transcript) == []


# ---- markup


@pytest.mark.parametrize(
    ("summary", "found"),
    [
        ("**GP**T wrote it.", "GP**T"),
        ("Q**w**en", "Q**w**en"),
        ("by *Mis*tral", "Mis*tral"),
        ("by Chat`GPT`", "Chat`GPT"),
        ("G&#80;T-4", "G&#80;T-4"),
        ("Open~~A~~I", "Open~~A~~I"),
        ("![Cla](x)ude", "Cla](x)ude"),
        ("by [Deep](https://example.org)Seek", "Deep](https://example.org)Seek"),
        ("| made by |\n|---|\n| Chat**GPT** |", "Chat**GPT"),
    ],
)
def test_a_name_with_markup_in_it_is_found(summary, found):
    (flag,) = find_giveaways(summary, TRANSCRIPT)
    assert summary[flag.start : flag.end] == found


def test_a_name_in_the_address_of_a_link_is_found():
    assert terms("See [here](https://openai.com/x).") == ["OpenAI"]


def test_a_name_is_told_once_whether_or_not_markup_stands_beside_it():
    assert terms("**ChatGPT** wrote *this*.") == ["ChatGPT"]
