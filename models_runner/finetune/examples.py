"""Training examples: the very prompt a system would read, and the reference as its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models_runner.adapters.hf import TransformersEngine
from models_runner.adapters.longinput.calls import Task
from models_runner.adapters.longinput.fit import fit_lines
from models_runner.adapters.prompts import transcript_lines, user_text
from models_runner.adapters.protocol import Prompt, SummaryRequest, SystemSpec

IGNORED = -100  # torch's cross entropy leaves this label out


@dataclass(frozen=True)
class TrainingPair:
    """What is asked, and the reference that answers it."""

    request: SummaryRequest
    target: str


def training_examples(
    engine: TransformersEngine, spec: SystemSpec, pairs: Sequence[TrainingPair], max_tokens: int
) -> list[dict[str, list[int]]]:
    """input_ids, attention_mask and labels of each pair; the loss counts the reference's tokens only.

    max_tokens: of prompt and target together in a decoder, of the prompt in an encoder. A transcript that does not fit
    is cut as the system's long_input says (`keep`), in whole turns. Raises AdapterError where nothing of it fits.
    """
    return [_example(engine, spec, pair, max_tokens) for pair in pairs]


def _example(engine: TransformersEngine, spec: SystemSpec, pair: TrainingPair, max_tokens: int) -> dict[str, list[int]]:
    target = engine.answer_ids(pair.target)
    request = pair.request

    def prompt(text: str) -> Prompt:
        return Prompt(user_text(spec, request.instruction, text), len(target))

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
