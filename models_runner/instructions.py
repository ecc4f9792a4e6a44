"""What a system is asked for, by kind and language; three lengths as in Tiny Titans (arXiv 2402.00841)."""

from models_runner.language import normalise_language

WHOLE_MEETING = {
    "en": {
        "long": "Write a long and detailed summary of the meeting above.",
        "medium": "Write a summary of medium length of the meeting above.",
        "short": "Write a very short summary of the meeting above.",
    },
    "zh": {
        "long": "请为以上会议写一份详细的长摘要。",
        "medium": "请为以上会议写一份中等长度的摘要。",
        "short": "请为以上会议写一份非常简短的摘要。",
    },
}
ANSWER_QUERY = {
    "en": "From the meeting above, answer the following: {query}",
    "zh": "请根据以上会议内容回答：{query}",
}


def instruction_text(kind: str, language: str, query: str = "") -> str:
    """One sentence in the document's language where we have it, else in English; kind "query" asks the query itself."""
    code = normalise_language(language)
    if kind == "query":
        return ANSWER_QUERY.get(code, ANSWER_QUERY["en"]).format(query=query)
    return WHOLE_MEETING.get(code, WHOLE_MEETING["en"])[kind]
