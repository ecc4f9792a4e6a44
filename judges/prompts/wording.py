"""The words around the texts of a question, in English and Chinese."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """One language's words; places in braces are filled in."""

    system: str
    pair: str
    single: str
    of_query: str
    reference: str
    summary: str
    label: str
    evidence: str
    no_evidence: str
    criterion: str
    ask_pair: str
    ask_score: str
    tie: str
    both_bad: str
    answer: str
    reason: str
    letters_or: str


ENGLISH = Wording(
    system="You judge summaries of meetings. You are careful, and you answer in the form that you are asked for.",
    pair="Above is the transcript of a meeting. Below are two summaries of it, A and B.",
    single="Above is the transcript of a meeting. Below is a summary of it.",
    of_query="The summaries were asked to answer: {query}",
    reference="A summary that a person wrote, for comparison:",
    summary="Summary:",
    label="Summary {letter}:",
    evidence="Turns of the transcript that may support it:",
    no_evidence="(none was found)",
    criterion="Criterion:",
    ask_pair=(
        "Which summary is better by this criterion alone? It means nothing which of them comes first, or which is "
        "longer. Choose A or B{others}."
    ),
    ask_score="Score the summary by this criterion alone, from {low} (worst) to {high} (best).",
    tie=", {letter} if they are equally good",
    both_bad=", {letter} if both are bad",
    answer="Answer with this JSON and nothing else: {form}",
    reason="one or two sentences",
    letters_or=" or ",
)
CHINESE = Wording(
    system="你负责评判会议摘要。请认真判断，并按要求的格式回答。",
    pair="以上是一次会议的记录。以下是它的两份摘要，A 和 B。",
    single="以上是一次会议的记录。以下是它的一份摘要。",
    of_query="这些摘要应当回答：{query}",
    reference="由人撰写的摘要，供参考：",
    summary="摘要：",
    label="摘要 {letter}：",
    evidence="会议记录中可能支持它的发言：",
    no_evidence="（没有找到）",
    criterion="评判标准：",
    ask_pair="仅按此标准，哪份摘要更好？先后顺序和长短都没有意义。选择 A 或 B{others}。",
    ask_score="仅按此标准给这份摘要打分，从 {low}（最差）到 {high}（最好）。",
    tie="，同样好则选 {letter}",
    both_bad="，都不好则选 {letter}",
    answer="只用以下 JSON 回答，不要写其他内容：{form}",
    reason="一两句话",
    letters_or=" 或 ",
)
WORDINGS = {"en": ENGLISH, "zh": CHINESE}
