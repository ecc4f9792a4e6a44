"""Build training examples: exactly the prompt that a system would read, and the reference as its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models_runner.adapters.hf import TransformersEngine
from models_runner.adapters.longinput.calls import Task
from models_runner.adapters.longinput.fit import fit_lines
from models_runner.adapters.prompts import transcript_lines, user_prompt
from models_runner.adapters.protocol import Prompt, SummaryRequest, SystemSpec

IGNORED = -100  # torch's cross entropy leaves this label out


@dataclass(frozen=True)
class TrainingPair:
    """A request, and the reference that answers it."""

    request: SummaryRequest
    target: str


def training_examples(
    engine: TransformersEngine, spec: SystemSpec, pairs: Sequence[TrainingPair], max_tokens: int
) -> list[dict[str, list[int]]]:
    """Return input_ids, attention_mask and labels of each pair; the loss counts only the reference's tokens.

    Args:
        engine: The loaded model.
        spec: The system; its long_input (`keep`) says how a transcript that does not fit is cut, in whole turns.
        pairs: What the model is to learn.
        max_tokens: The most tokens of prompt and target together in a decoder, of the prompt in an encoder.
    Raises:
        AdapterError: Nothing of a transcript fits.
    """
    return [_example(engine, spec, pair, max_tokens) for pair in pairs]


def _example(engine: TransformersEngine, spec: SystemSpec, pair: TrainingPair, max_tokens: int) -> dict[str, list[int]]:
    target = engine.answer_ids(pair.target)
    request = pair.request

    def prompt(text: str) -> Prompt:
        return user_prompt(spec, request.instruction, text, len(target))

    task = Task(transcript_lines(request), max_tokens, len(target), engine.count, engine.needs, prompt)
    kept = fit_lines(task, task.lines, prompt, str(_keep(spec.long_input)))
    read = engine.prompt_ids(prompt(kept.text))
    if engine.seq2seq:
        ids, labels = read, target
    else:
        ids, labels = read + target, [IGNORED] * len(read) + target
    return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels}


def _keep(long_input: Mapping[str, Any]) -> str:
    return str(long_input.get("keep", "head"))
