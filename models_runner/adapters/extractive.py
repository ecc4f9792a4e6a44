"""Extractive baselines: they copy the transcript's first sentences (lead) or most central ones (LexRank, TextRank)."""

import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from lib.language import split_sentences, words
from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemOutput, SystemSpec

METHODS = ("lead", "lexrank", "textrank")
# sumy compares all pairs of sentences one by one; from here on models_runner.adapters.centrality does, in blocks.
MOST_FOR_SUMY = 1_000
# A transcript of some 300,000 words. LexRank keeps a bit for each pair: 50 MB here.
MOST_SENTENCES = 20_000


class ExtractiveAdapter:
    """Copies sentences of the transcript.

    Engine settings: `method` (lead, lexrank or textrank) and `sentences` (3), a number or a number by instruction kind.

    Raises:
        AdapterError: The method is not known.
    """

    name = "extractive"
    batch_size = 4

    def __init__(self, spec: SystemSpec) -> None:
        self.method = str(spec.engine.get("method", "lead"))
        if self.method not in METHODS:
            raise AdapterError(f"engine.method is {self.method!r}; expected one of {', '.join(METHODS)}.")
        self.sentences = spec.engine.get("sentences", 3)
        self.revision = "" if self.method == "lead" else version("sumy")

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        return [self._output(request) for request in requests]

    def _output(self, request: SummaryRequest) -> SystemOutput:
        started = time.perf_counter()
        turns = [split_sentences(turn["content"], request.language) for turn in request.turns]
        count = self._count(request.kind)
        sentences = [sentence for turn in turns for sentence in turn]
        lead = self.method == "lead"
        chosen = sentences[:count] if lead else central_sentences(self.method, sentences, count, request.language)
        joint = "" if request.language.startswith(("zh", "ja")) else " "
        text = joint.join(chosen)
        return SystemOutput(text, "end" if text else "empty", None, None, 0, time.perf_counter() - started)

    def _count(self, kind: str) -> int:
        if isinstance(self.sentences, Mapping):
            return int(self.sentences.get(kind, self.sentences.get("medium", 3)))
        return int(str(self.sentences))

    def environment(self) -> dict[str, object]:
        return {"adapter": self.name, "sumy": version("sumy"), "sentencex": version("sentencex")}


class _Words:
    """Gives sumy our own tokenizer, so that it never asks for data from the network."""

    def __init__(self, language: str) -> None:
        self.language = language

    def to_words(self, sentence: str) -> list[str]:
        return words(sentence, self.language)


def central_sentences(method: str, sentences: Sequence[str], count: int, language: str) -> list[str]:
    """Return the `count` most central sentences in the order of the text; equal sentences count once.

    Source:
        LexRank: Erkan & Radev (2004). TextRank: Mihalcea & Tarau (2004). Both are computed by sumy.
    """
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.summarizers.text_rank import TextRankSummarizer

    tokenizer = _Words(language)
    unique = [s for s in dict.fromkeys(sentences) if tokenizer.to_words(s)]
    if len(unique) <= count:
        return unique
    if len(unique) > MOST_FOR_SUMY:
        return _central_of_many(method, unique, count, tokenizer)
    summarizer = LexRankSummarizer() if method == "lexrank" else TextRankSummarizer()
    document = ObjectDocumentModel([Paragraph([Sentence(s, tokenizer) for s in unique])])
    return [str(sentence) for sentence in summarizer(document, count)]


def _central_of_many(method: str, sentences: Sequence[str], count: int, tokenizer: _Words) -> list[str]:
    import numpy as np

    from models_runner.adapters import centrality

    if len(sentences) > MOST_SENTENCES:
        raise AdapterError(
            f"The transcript has {len(sentences):,} different sentences; {method} compares each with each other one, "
            f"which is done for at most {MOST_SENTENCES:,}. Use the method lead, or split the transcript."
        )
    score = centrality.lexrank if method == "lexrank" else centrality.textrank
    scores = score([tokenizer.to_words(sentence) for sentence in sentences])
    best = np.sort(np.argsort(-scores, kind="stable")[:count])
    return [sentences[i] for i in best]
