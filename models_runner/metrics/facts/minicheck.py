"""MiniCheck: a FLAN-T5 or an encoder that tells whether a passage supports a sentence."""

from abc import abstractmethod
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from django.conf import settings

from models_runner.metrics import MARKUP_REMOVED, descriptions
from models_runner.metrics.facts.checkpoints import Checkpoint, find_checkpoint, load_model, load_tokenizer, loading
from models_runner.metrics.facts.support import FactModel, Pair, SupportMetric, Values, best_device
from models_runner.metrics.facts.texts import count_words, filled_passages
from models_runner.metrics.registry import MetricUnavailableError

# Words of a passage for FLAN-T5, tokens for encoders; and the longest input, as the authors set them.
WORDS, TOKENS = 500, 400
LONGEST = 2_048
EXAMPLE = "lytang/MiniCheck-Flan-T5-Large"


class MiniCheckMetric(SupportMetric):
    """From 0 to 1: how surely the best passage of the transcript supports a sentence, mean over sentences.

    Source:
        Tang et al. (2024), MiniCheck: efficient fact-checking of LLMs on grounding documents, EMNLP. Sentences are
        sentencex's, theirs are nltk's.
    """

    key = "minicheck"
    values = descriptions.MINICHECK

    def __init__(self, model: str = "") -> None:
        self._name = model or settings.MINICHECK_MODEL

    def _checkpoint(self) -> Checkpoint:
        return find_checkpoint(self.key, "MINICHECK_MODEL", self._name, EXAMPLE)

    def signature(self, language: str) -> str:
        checkpoint = self._checkpoint()
        return (
            f"minicheck|transformers {version('transformers')}|model {checkpoint.name}|weights {checkpoint.digest}"
            f"|{MARKUP_REMOVED}|sentences sentencex {version('sentencex')}|passages {WORDS} words or {TOKENS} tokens"
            f"|max, mean"
        )

    def load(self) -> FactModel:
        from transformers import AutoConfig

        checkpoint = self._checkpoint()
        with loading(self.key, "MINICHECK_MODEL", checkpoint.name):
            config: Any = AutoConfig.from_pretrained(checkpoint.location)
            return T5Check(checkpoint) if config.is_encoder_decoder else EncoderCheck(checkpoint)


class _Check(FactModel):
    """What both forms share: passage, end of sequence and sentence are one text."""

    before = ""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(load_tokenizer(checkpoint.location))
        self._model = self._loaded(checkpoint).eval().to(best_device())
        self.limit = min(LONGEST, self._longest())
        # The prefix, the separator and the end count as well.
        self.window = self.limit - len(self.tokenizer.encode(f"{self.before}{self.tokenizer.eos_token}"))

    @abstractmethod
    def _loaded(self, checkpoint: Checkpoint) -> Any:
        """Load the model of this form. Raises MetricUnavailableError."""

    def _longest(self) -> int:
        return LONGEST

    def _inputs(self, pairs: Sequence[Pair]) -> Any:
        texts = [f"{self.before}{passage}{self.tokenizer.eos_token}{sentence}" for passage, sentence in pairs]
        inputs = self.tokenizer(texts, truncation=True, max_length=self.limit, padding=True, return_tensors="pt")
        return inputs.to(self._model.device)


class T5Check(_Check):
    """The form of FLAN-T5: of the first token written, "1" against "0"."""

    before = "predict: "

    def _loaded(self, checkpoint: Checkpoint) -> Any:
        from transformers import AutoModelForSeq2SeqLM

        return load_model(AutoModelForSeq2SeqLM, checkpoint.location)

    def passages(self, transcript: str, language: str) -> list[str]:
        return list(filled_passages(transcript, language, WORDS, lambda text: count_words(text, language)))

    def _answers(self) -> list[int]:
        """Return the tokens of yes and no: those of "1" and of "0", whose first token is a mere blank in FLAN-T5."""
        ones, zeros = (self.tokenizer.encode(answer, add_special_tokens=False) for answer in ("1", "0"))
        if not ones or not zeros or ones[0] == zeros[0]:
            raise MetricUnavailableError(f"The tokenizer of {self.tokenizer.name_or_path} cannot tell 1 from 0.")
        return [ones[0], zeros[0]]

    def probabilities(self, pairs: Sequence[Pair]) -> Values:
        import torch

        inputs = self._inputs(pairs)
        begin = torch.full((len(pairs), 1), self._model.config.decoder_start_token_id, device=self._model.device)
        with torch.inference_mode():
            logits = self._model(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], decoder_input_ids=begin
            ).logits[:, 0, self._answers()]
        found: Values = logits.float().softmax(dim=-1).cpu().numpy().astype(np.float64)
        return found


class EncoderCheck(_Check):
    """The form of RoBERTa and DeBERTa: two labels, the second one is support."""

    def _loaded(self, checkpoint: Checkpoint) -> Any:
        from transformers import AutoModelForSequenceClassification

        model = load_model(AutoModelForSequenceClassification, checkpoint.location)
        if model.config.num_labels != 2:
            raise MetricUnavailableError(
                f'The model "{checkpoint.name}" has {model.config.num_labels} labels; MiniCheck has two.'
            )
        return model

    def _longest(self) -> int:
        config = self._model.config
        positions = getattr(config, "max_position_embeddings", None) or LONGEST
        if config.model_type in ("roberta", "xlm-roberta", "camembert"):
            positions -= config.pad_token_id + 1
        return int(min(positions, self.tokenizer.model_max_length))

    def passages(self, transcript: str, language: str) -> list[str]:
        return list(filled_passages(transcript, language, TOKENS, self.length))

    def probabilities(self, pairs: Sequence[Pair]) -> Values:
        import torch

        with torch.inference_mode():
            logits = self._model(**self._inputs(pairs)).logits
        found: Values = logits.float().softmax(dim=-1)[:, [1, 0]].cpu().numpy().astype(np.float64)
        return found
