"""Find the next calls of a summary from the answers that are there, or the summary itself."""

import hashlib
import json
from dataclasses import dataclass, field

from models_runner.adapters.openai_api.batches import BatchWriter, read_shape
from models_runner.adapters.protocol import AdapterError, Prompt, SummaryRequest, SystemOutput, Written
from models_runner.models import BatchCall, Summary


@dataclass
class _Answers:
    """The answers to a summary's calls, read when its strategy asks for them.

    Attributes:
        unreadable: The call whose answer could not be read, or said that it broke off.
    """

    writer: BatchWriter
    calls: dict[str, BatchCall] = field(default_factory=dict)
    unreadable: BatchCall | None = None

    def answer_of(self, prompt: Prompt) -> Written | None:
        call = self.calls.get(prompt_key(prompt))
        if call is None:
            return None
        try:
            return self.writer.read(json.loads(call.answer), prompt, read_shape(call.batch.shape))
        except AdapterError:
            self.unreadable = call
            raise


def prompt_key(prompt: Prompt) -> str:
    return hashlib.sha256(f"{prompt.limit}\n{prompt.text}".encode("utf-8", "surrogatepass")).hexdigest()


def next_step(
    writer: BatchWriter, summary: Summary, request: SummaryRequest
) -> SystemOutput | list[Prompt] | Exception:
    """Return the calls to make next; the summary if there are none; or the fault of it.

    An answer that cannot be read is deleted, so that a later attempt asks for it again and for nothing else.
    """
    answered = summary.batch_calls.exclude(answer="").select_related("batch").order_by("pk")
    answers = _Answers(writer, {call.prompt_key: call for call in answered})
    try:
        return writer.adapter.resume(request, answers.answer_of)
    except Exception as error:
        if answers.unreadable is not None:
            answers.unreadable.delete()
        return error
