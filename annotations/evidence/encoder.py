"""Computes sentence vectors with the bundled MiniLM encoder, which reads English."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version

import numpy as np

from annotations.evidence.alignment import Vectors
from annotations.models.evidence import METHOD
from lib.language import RULES_VERSION, normalise_language
from models_runner.metrics.bertscore import Encoder, bundled_encoder, weights_hash

# The length that all-MiniLM-L6-v2 was trained on; tokens beyond it are cut off.
TOKENS = 256
BATCH = 64


class SentenceEncoder:
    """Averages the last layer over the tokens and normalises to length 1, as these weights were trained."""

    def __init__(self, encoder: Encoder) -> None:
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        folder = encoder.weights.parent
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModel.from_pretrained(folder).eval()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each text, in order. Texts of similar length share a batch, to save padding."""
        vectors = np.zeros((len(texts), self._model.config.hidden_size), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for first in range(0, len(texts), BATCH):
            batch = by_length[first : first + BATCH]
            vectors[batch] = self._encode_batch([texts[index] for index in batch])
        return vectors

    def _encode_batch(self, texts: list[str]) -> Vectors:
        import torch

        tokens = self._tokenizer(texts, padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")
        with torch.inference_mode():
            states = self._model(**tokens).last_hidden_state
        mask = tokens["attention_mask"].unsqueeze(-1)
        means = (states * mask).sum(1) / mask.sum(1)
        rows: Vectors = torch.nn.functional.normalize(means, dim=1).numpy()
        return rows


@cache
def _load() -> SentenceEncoder:
    return SentenceEncoder(bundled_encoder())


def encoder_for(language: str) -> SentenceEncoder | None:
    """Return this process's encoder, loaded on first use; None for a language that it does not read.

    Raises:
        MetricUnavailableError: The weights are not installed.
    """
    return _load() if normalise_language(language) == "en" else None


def signature(language: str) -> str:
    """Return what evidence in this language depends on: the method, its versions and its weights."""
    libraries = f"sentences sentencex {version('sentencex')}|words rules {RULES_VERSION}"
    if normalise_language(language) != "en":
        return f"{METHOD}|words only|{libraries}|regex {version('regex')}"
    encoder = bundled_encoder()
    model = f"model {encoder.name}|weights {weights_hash(encoder.weights)}|transformers {version('transformers')}"
    return f"{METHOD}|cosine and words|{libraries}|rouge-score {version('rouge-score')}|{model}"
