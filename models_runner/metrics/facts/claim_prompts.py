"""What the metric claims asks, in English and Chinese: which claims a sentence makes, and whether a claim holds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

# Part of the signature: other words, other forms or other limits are other values.
PROMPTS_VERSION = 1
MOST_CLAIMS, LONGEST_CLAIM = 12, 500
SUPPORTED, NOT_SUPPORTED = "supported", "not supported"
OPEN, CLOSE = "<<<", ">>>"


@dataclass(frozen=True)
class ModelQuestion:
    """A question to a language model.

    Attributes:
        text: The words.
        plain: Where in them the words of documents stand, as (begin, end) in characters.
        system: The system's message.
        schema: The JSON schema of an answer, as text.
    """

    text: str
    plain: tuple[tuple[int, int], ...]
    system: str
    schema: str


@dataclass(frozen=True)
class Words:
    """One language's words."""

    system: str
    summary: str
    sentence: str
    ask_claims: str
    passages: str
    claim: str
    ask_verdict: str


ENGLISH = Words(
    system="You check summaries of meetings. You are careful, and you answer in the form that you are asked for.",
    summary="Here is a summary of a meeting:",
    sentence="Here is one sentence of it:",
    ask_claims=(
        "Which claims does this sentence make about the meeting? Write each as one short sentence that can be checked "
        "by itself: one fact each, names in place of pronouns, nothing added, nothing left out. If it makes none, as "
        'a heading, the list is empty. Answer with this JSON and nothing else: {"claims": ["...", "..."]}'
    ),
    passages="Here are passages of the transcript of a meeting:",
    claim="Here is a claim about the meeting:",
    ask_verdict=(
        "Do the passages support the claim? It is supported only if they say all of it: also who, when, how much, and "
        "what was decided in the end. Answer with this JSON and nothing else: "
        '{"verdict": "supported"} or {"verdict": "not supported"}'
    ),
)
CHINESE = Words(
    system="你负责核对会议摘要。请认真核对，并按要求的格式回答。",
    summary="以下是一份会议摘要：",
    sentence="以下是其中一句：",
    ask_claims=(
        "这句话对会议作了哪些陈述？请把每条写成可以单独核对的短句：每条一个事实，用名字代替代词，不增加，不遗漏。"
        '如果没有陈述（例如标题），列表为空。只用以下 JSON 回答，不要写其他内容：{"claims": ["...", "..."]}'
    ),
    passages="以下是会议记录的片段：",
    claim="以下是关于会议的一条陈述：",
    ask_verdict=(
        "这些片段是否支持这条陈述？只有片段说明了全部内容（包括谁、何时、多少、最终决定了什么）才算支持。"
        '只用以下 JSON 回答，不要写其他内容：{"verdict": "supported"}（支持）或 {"verdict": "not supported"}（不支持）'
    ),
)


def claims_question(sentence: str, summary: str, language: str) -> ModelQuestion:
    """Ask which claims a sentence of a summary makes; language: en or zh, of the words."""
    words = _words(language)
    items = {"type": "string", "minLength": 1, "maxLength": LONGEST_CLAIM}
    return _question(
        words,
        [(words.summary, summary), (words.sentence, sentence)],
        words.ask_claims,
        {"claims": {"type": "array", "items": items, "maxItems": MOST_CLAIMS}},
    )


def verdict_question(claim: str, passages: Sequence[str], language: str) -> ModelQuestion:
    """Ask whether passages of a transcript support a claim."""
    words = _words(language)
    return _question(
        words,
        [(words.passages, "\n\n".join(passages)), (words.claim, claim)],
        words.ask_verdict,
        {"verdict": {"type": "string", "enum": [SUPPORTED, NOT_SUPPORTED]}},
    )


def _words(language: str) -> Words:
    return CHINESE if language == "zh" else ENGLISH


def _question(
    words: Words, quoted: Sequence[tuple[str, str]], ask: str, properties: dict[str, object]
) -> ModelQuestion:
    text, plain = "", []
    for before, quote in quoted:
        text += f"{before}\n{OPEN}\n"
        plain.append((len(text), len(text) + len(quote)))
        text += f"{quote}\n{CLOSE}\n\n"
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return ModelQuestion(text + ask, tuple(plain), words.system, json.dumps(schema))
