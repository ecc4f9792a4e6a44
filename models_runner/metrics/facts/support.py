"""What metrics of factual consistency share: passages against sentences, the best passage of each, their mean."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_runner.metrics import undefined_values
from models_runner.metrics.facts.texts import summary_sentences
from models_runner.metrics.protocol import SENTENCE, MetricValue, ScoredSpan, ScoringRequest, ValueDescription, names_of

Values = NDArray[np.float64]
Pair = tuple[str, str]  # passage, sentence

BATCH = 16
NO_TRANSCRIPT = "the transcript has no words"
NO_SENTENCE = "the summary has no sentence with a word"


class FactModel(ABC):
    """A model with its tokenizer in memory.

    Attributes:
        tokenizer: Its tokenizer.
        limit: The most tokens of a pair, special tokens included.
        window: The most tokens of passage and sentence together, special tokens not included.
    """

    limit: int
    window: int

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        # Each sentence stands beside every passage.
        self._counted = lru_cache(maxsize=8_192)(
            lambda text: len(tokenizer.encode(text, add_special_tokens=False, verbose=False))
        )

    @abstractmethod
    def passages(self, transcript: str, language: str) -> list[str]:
        """Cut a transcript into what the model reads at once."""

    @abstractmethod
    def probabilities(self, pairs: Sequence[Pair]) -> Values:
        """Return what the model says of each pair, shape (pairs, kinds), for a batch of them."""

    def length(self, text: str) -> int:
        """Return the tokens of a text, special tokens not included."""
        return self._counted(text)

    def pair_inputs(self, pairs: Sequence[Pair]) -> Any:
        """Return passages and sentences as the two texts that an encoder was trained on, for a batch of them."""
        passages, sentences = zip(*pairs, strict=True)
        return self.tokenizer(
            list(passages),
            list(sentences),
            truncation=self.truncation(sentences),
            max_length=self.limit,
            padding=True,
            return_tensors="pt",
        )

    def truncation(self, sentences: Sequence[str]) -> str:
        """Return what of a pair is cut: the passage, unless a sentence alone is longer than the window."""
        return "only_first" if all(self.length(sentence) < self.window for sentence in sentences) else "longest_first"

    def values(self, probabilities: Values) -> Values:
        """Return the value of each sentence of probabilities of shape (passages, sentences, kinds): of the best one."""
        best: Values = probabilities[:, :, 0].max(axis=0)
        return best


class SupportMetric(ABC):
    """A metric whose value is the mean over the summary's sentences of how far the transcript supports each."""

    key: str
    values: tuple[ValueDescription, ...]

    @abstractmethod
    def load(self) -> FactModel:
        """Load the model. Raises MetricUnavailableError."""

    @abstractmethod
    def signature(self, language: str) -> str: ...

    @cached_property
    def _model(self) -> FactModel:
        return self.load()

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        read: dict[tuple[str, str], list[str]] = {}
        rows = []
        for request in requests:
            key = (request.transcript, request.language)
            if key not in read:
                read[key] = self._model.passages(*key)
            rows.append(self._score_one(request, read[key]))
        return rows

    def _score_one(self, request: ScoringRequest, passages: Sequence[str]) -> list[MetricValue]:
        sentences = summary_sentences(request.summary, request.language)
        if not passages or not sentences:
            return undefined_values(names_of(self.values), NO_SENTENCE if passages else NO_TRANSCRIPT)
        pairs = [(passage, sentence.text) for passage in passages for sentence in sentences]
        probabilities = probabilities_of(self._model, pairs).reshape(len(passages), len(sentences), -1)
        values = self._model.values(probabilities)
        spans = tuple(
            ScoredSpan(sentence.start, sentence.end, float(value), SENTENCE)
            for sentence, value in zip(sentences, values, strict=True)
        )
        (name,) = names_of(self.values)
        return [MetricValue(name, float(values.mean()), self._cut(pairs), spans)]

    def _cut(self, pairs: Sequence[Pair]) -> str:
        model = self._model
        cut = sum(model.length(passage) + model.length(sentence) > model.window for passage, sentence in pairs)
        return f"{cut:,} of {len(pairs):,} pairs of passage and sentence cut at {model.window:,} tokens" if cut else ""


def probabilities_of(model: FactModel, pairs: Sequence[Pair]) -> Values:
    """Ask the model in batches of pairs of like length."""
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1]))
    parts = [
        model.probabilities([pairs[i] for i in order[start : start + BATCH]]) for start in range(0, len(order), BATCH)
    ]
    sorted_values = np.concatenate(parts)
    values = np.empty_like(sorted_values)
    values[order] = sorted_values
    return values


def best_device() -> Any:
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
