"""Natural language inference: does a passage of the transcript entail the sentence, or contradict it?"""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from django.conf import settings

from models_runner.metrics import MARKUP_REMOVED, descriptions
from models_runner.metrics.facts.checkpoints import Checkpoint, find_checkpoint, load_model, load_tokenizer, loading
from models_runner.metrics.facts.support import FactModel, Pair, SupportMetric, Values, best_device
from models_runner.metrics.facts.texts import count_words, filled_passages
from models_runner.metrics.registry import MetricUnavailableError

WORDS = 100
# As SummaC cuts its inputs.
WINDOW = 500
EXAMPLE = "roberta-large-mnli"


class NliMetric(SupportMetric):
    """From -1 to 1: the highest chance that a passage entails the sentence, less the highest that one contradicts it.

    Any model of sequence classification whose labels name entailment and contradiction.

    Source:
        Laban et al. (2022), SummaC: re-visiting NLI-based models for inconsistency detection in summarization, TACL
        10, zero-shot: maximum over passages, mean over sentences. Passages are of some 100 words, theirs a sentence.
    """

    key = "nli"
    values = descriptions.NLI

    def __init__(self, model: str = "") -> None:
        self._name = model or settings.NLI_MODEL

    def _checkpoint(self) -> Checkpoint:
        return find_checkpoint(self.key, "NLI_MODEL", self._name, EXAMPLE)

    def signature(self, language: str) -> str:
        checkpoint = self._checkpoint()
        return (
            f"nli|summac zs|transformers {version('transformers')}|model {checkpoint.name}|weights {checkpoint.digest}"
            f"|{MARKUP_REMOVED}|sentences sentencex {version('sentencex')}|passages {WORDS} words|window {WINDOW}"
            f"|max e less max c, mean"
        )

    def load(self) -> FactModel:
        checkpoint = self._checkpoint()
        with loading(self.key, "NLI_MODEL", checkpoint.name):
            return NliModel(checkpoint)


class NliModel(FactModel):
    def __init__(self, checkpoint: Checkpoint) -> None:
        from transformers import AutoModelForSequenceClassification

        super().__init__(load_tokenizer(checkpoint.location))
        model = load_model(AutoModelForSequenceClassification, checkpoint.location)
        self._kinds = _kinds(model.config.id2label, checkpoint.name)
        self._model = model.eval().to(best_device())
        positions = getattr(model.config, "max_position_embeddings", None) or WINDOW
        self.limit = min(WINDOW, positions - 2, self.tokenizer.model_max_length)
        self.window = self.limit - self.tokenizer.num_special_tokens_to_add(pair=True)

    def passages(self, transcript: str, language: str) -> list[str]:
        return list(filled_passages(transcript, language, WORDS, lambda text: count_words(text, language)))

    def probabilities(self, pairs: Sequence[Pair]) -> Values:
        import torch

        inputs = self.pair_inputs(pairs).to(self._model.device)
        with torch.inference_mode():
            chances = self._model(**inputs).logits.float().softmax(dim=-1)
        found: Values = chances[:, self._kinds].cpu().numpy().astype(np.float64)
        return found

    def values(self, probabilities: Values) -> Values:
        best = probabilities.max(axis=0)
        difference: Values = best[:, 0] - best[:, 1]
        return difference


def _kinds(labels: dict[int, str], name: str) -> list[int]:
    """Return which outputs are entailment and contradiction. Raises MetricUnavailableError."""
    kinds = []
    for wanted in ("entail", "contra"):
        found = [int(i) for i, label in labels.items() if wanted in label.lower() and "not" not in label.lower()]
        if len(found) != 1:
            raise MetricUnavailableError(
                f'The model "{name}" does not say which of its labels is {wanted}…: {", ".join(labels.values())}. '
                "Write entailment, neutral and contradiction into id2label of its config.json."
            )
        kinds += found
    return kinds
