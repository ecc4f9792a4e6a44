"""Count what batches cost towards an endpoint's dollars of a day (ENDPOINT_LIMITS), the one limit that holds for them.

The most that a batch may cost is promised before anything of it is handed over, under its token, so that a worker that
is killed promises nothing twice. Once its answers are there, they tell what it cost.
"""

import json
from collections.abc import Iterable

from models_runner.adapters.openai_api.answers import tokens_told
from models_runner.adapters.openai_api.batches import BatchWriter
from models_runner.adapters.protocol import Prompt
from models_runner.models import ProviderBatch
from models_runner.runs.asking.limits import dollars_a_day, most_dollars, note_dollars, promise_dollars
from models_runner.systems.prices import cost_in_dollars

# Of a day's dollars, the most for one batch: two of them, or one and all else, have room in a day.
PART_OF_A_DAY = 0.5


class Budget:
    """What calls to a system's endpoint may cost in a batch.

    Attributes:
        most: For one batch; infinite where nobody limits money.
    """

    def __init__(self, writer: BatchWriter) -> None:
        self._engine = writer.engine
        limit = dollars_a_day(self._engine.host)
        self.is_limited = limit is not None
        self.most = float("inf") if limit is None else limit * PART_OF_A_DAY

    def of(self, prompts: Iterable[Prompt]) -> float:
        """Return what these calls cost at most, in US dollars; 0 where nobody limits money. Raises AdapterError."""
        if not self.is_limited:
            return 0.0
        wishes = (self._engine.wish(prompt) for prompt in prompts)
        return sum(most_dollars(self._engine.host, wish, in_batch=True) for wish in wishes)


def promise(batch: ProviderBatch, writer: BatchWriter, prompts: Iterable[Prompt]) -> None:
    """Count the most that the batch may cost from now on.

    Raises:
        NotYetError: The day's money is spent, or promised to others.
        AdapterError: The system has no price, or one call costs more than a day's money.
    """
    budget = Budget(writer)
    if budget.is_limited:
        promise_dollars(writer.engine.host, _name(batch), budget.of(prompts))


def settle_cost(batch: ProviderBatch, writer: BatchWriter) -> None:
    """Count what the answers that came say they cost, in place of what was promised."""
    if not Budget(writer).is_limited:
        return
    dollars = 0.0
    for answer in batch.calls.exclude(answer="").values_list("answer", flat=True).iterator():
        read, written = tokens_told(json.loads(answer))
        cost = cost_in_dollars(writer.engine.spec.price, read, written, None, in_batch=True)
        if cost is None:
            return  # what was promised stays counted
        dollars += cost
    note_dollars(writer.engine.host, _name(batch), dollars)


def take_back(batch: ProviderBatch, writer: BatchWriter) -> None:
    """Count nothing for a batch of which the provider has written nothing."""
    note_dollars(writer.engine.host, _name(batch), 0.0)


def _name(batch: ProviderBatch) -> str:
    return f"batch {batch.token}"
