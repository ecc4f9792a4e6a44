"""Summaries made of the beginning of the longest turns."""

import time
from collections.abc import Sequence

from models_runner.adapters.protocol import AdapterError, SummaryRequest, SystemOutput, SystemSpec
from punchweight_example import __version__


class LongestTurnsAdapter:
    """Copies the beginning of the longest turns. Engine settings: `turns` (2) and `words` (12) of each."""

    name = "longest-turns"
    revision = __version__
    batch_size = 8

    def __init__(self, spec: SystemSpec) -> None:
        """Load a system once for each process of a worker; an AdapterError's words are shown to researchers."""
        self.turns, self.words = _number(spec, "turns", 2), _number(spec, "words", 12)

    def summarize(self, requests: Sequence[SummaryRequest]) -> list[SystemOutput]:
        return [self._summarize_one(request) for request in requests]

    def _summarize_one(self, request: SummaryRequest) -> SystemOutput:
        started = time.perf_counter()
        longest = sorted(request.turns, key=lambda turn: -len(turn["content"]))[: self.turns]
        text = " ".join(
            f"{turn['speaker']} said: {' '.join(turn['content'].split()[: self.words])}." for turn in longest
        )
        return SystemOutput(
            text=text,
            stop_reason="end" if text else "empty",
            prompt_tokens=None,
            output_tokens=None,
            dropped_tokens=0,
            seconds=time.perf_counter() - started,
        )

    def environment(self) -> dict[str, object]:
        """What makes the output repeatable; it is kept with each run."""
        return {"adapter": self.name, "punchweight-example": __version__}


def _number(spec: SystemSpec, name: str, usual: int) -> int:
    number = spec.engine.get(name, usual)
    if not isinstance(number, int) or number < 1:
        raise AdapterError(f"engine.{name} is {number!r}; expected a whole number above 0.")
    return number
