"""The adapter over any text engine: it builds prompts, handles long inputs, and batches the calls of many summaries."""

from collections.abc import Callable, Sequence

from models_runner.adapters.longinput.calls import AnsweredCall, Call, Made, Strategy, Task
from models_runner.adapters.longinput.strategies import check_long_input, strategy_for
from models_runner.adapters.prompts import output_tokens, transcript_lines, user_prompt
from models_runner.adapters.protocol import (
    CallRecord,
    Prompt,
    SummaryRequest,
    SystemOutput,
    SystemSpec,
    TextEngine,
    Written,
)
from models_runner.adapters.texts.answers import settled_answer


class LanguageModelAdapter:
    """Writes summaries with a text engine.

    Raises:
        AdapterError: The system's long_input record is wrong.
    """

    def __init__(self, spec: SystemSpec, engine: TextEngine) -> None:
        check_long_input(spec.long_input)
        self.spec, self.engine = spec, engine
        self.name, self.revision, self.batch_size = engine.name, engine.revision, engine.batch_size

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        return run_strategies(
            [strategy_for(self.spec.long_input, self._task(request)) for request in requests], self.engine
        )

    def _task(self, request: SummaryRequest) -> Task:
        limit = output_tokens(self.spec, request.kind)

        def prompt(text: str, *, instruction: str = request.instruction, limit: int = limit) -> Prompt:
            return user_prompt(self.spec, instruction, text, limit)

        engine = self.engine
        return Task(transcript_lines(request), engine.window, limit, engine.count, engine.needs, prompt)

    def resume(
        self, request: SummaryRequest, answer_of: Callable[[Prompt], Written | None]
    ) -> SystemOutput | list[Prompt]:
        """Return the summary if all its calls have answers, or else the next calls that lack one.

        A strategy asks the same calls for the same answers, so it is simply begun anew each time.

        Args:
            request: What the summary is made from.
            answer_of: Returns the engine's answer to a call; None if it was not asked yet.
        """
        strategy = strategy_for(self.spec.long_input, self._task(request))
        calls = next(strategy)
        while True:
            answers = {call.prompt: answer_of(call.prompt) for call in calls}
            if unasked := [prompt for prompt, answer in answers.items() if answer is None]:
                return unasked
            settled = [answer for call in calls if (answer := answers[call.prompt])]
            try:
                calls = strategy.send([settled_answer(written, _exact_count(self.engine)) for written in settled])
            except StopIteration as end:
                return _output(end.value)

    def environment(self) -> dict[str, object]:
        return self.engine.environment() | {"long_input": dict(self.spec.long_input) or {"strategy": "truncate"}}


def run_strategies(strategies: Sequence[Strategy], engine: TextEngine) -> list[SystemOutput]:
    """Run strategies side by side, sending the calls that are open at the same time to the engine together."""
    summaries: dict[int, Made] = {}
    waiting = {index: next(strategy) for index, strategy in enumerate(strategies)}
    while waiting:
        asked = [call.prompt for calls in waiting.values() for call in calls]
        answers = iter(settled_answers(engine, asked))
        still: dict[int, list[Call]] = {}
        for index, calls in waiting.items():
            try:
                still[index] = strategies[index].send([next(answers) for _ in calls])
            except StopIteration as end:
                summaries[index] = end.value
        waiting = still
    return [_output(summaries[index]) for index in range(len(strategies))]


def settled_answers(engine: TextEngine, prompts: Sequence[Prompt]) -> list[Written]:
    """Return an engine's answers, thoughts apart. Raises AdapterError."""
    return [settled_answer(written, _exact_count(engine)) for written in engine.write(prompts)]


def settled_outcomes(engine: TextEngine, prompts: Sequence[Prompt]) -> list[Written | Exception]:
    """Return an answer for each prompt, thoughts apart, or its fault.

    Raises:
        AdapterError: Of an engine that does not tell the faults of prompts apart, if any failed.
    """
    write_each = getattr(engine, "write_each", None)
    outcomes: Sequence[Written | Exception] = write_each(prompts) if write_each else engine.write(prompts)
    return [
        settled_answer(outcome, _exact_count(engine)) if isinstance(outcome, Written) else outcome
        for outcome in outcomes
    ]


def _exact_count(engine: TextEngine) -> Callable[[str], int] | None:
    return engine.count if getattr(engine, "counts_exactly", True) else None


def _output(made: Made) -> SystemOutput:
    written = [call.written for call in made.calls]
    return SystemOutput(
        text=made.text,
        stop_reason=made.stop_reason,
        prompt_tokens=_sum([text.prompt_tokens for text in written]),
        output_tokens=_sum([text.output_tokens for text in written]),
        dropped_tokens=made.dropped_tokens,
        seconds=_total([text.seconds for text in written]),
        peak_memory_bytes=max((text.peak_memory_bytes for text in written if text.peak_memory_bytes), default=None),
        chapters=made.chapters,
        calls=[_record(call) for call in made.calls],
        thoughts="\n\n".join(text.thoughts for text in written if text.thoughts),
        thinking_tokens=_sum([text.thinking_tokens for text in written if text.thoughts or text.thinking_tokens]),
        control_tokens=tuple(dict.fromkeys(token for text in written for token in text.control_tokens)),
    )


def _total(seconds: Sequence[float | None]) -> float | None:
    measured = [value for value in seconds if value is not None]
    return sum(measured) if len(measured) == len(seconds) else None


def _sum(counts: Sequence[int | None]) -> int | None:
    reported = [count for count in counts if count is not None]
    return sum(reported) if reported and len(reported) == len(counts) else None


def _record(call: AnsweredCall) -> CallRecord:
    written: Written = call.written
    return CallRecord(
        step=call.step,
        prompt=written.prompt,
        output=written.text,
        stop_reason=written.stop_reason,
        prompt_tokens=written.prompt_tokens,
        output_tokens=written.output_tokens,
        seconds=written.seconds,
        cached_tokens=written.cached_tokens,
        thoughts=written.thoughts,
        thinking_tokens=written.thinking_tokens,
    )
