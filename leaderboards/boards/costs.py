"""What a system costs: its size, and the time, money and memory that its summaries took."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import NamedTuple

from leaderboards.data.inputs import BoardInputs
from models_runner.models import Regime, Summary, System
from models_runner.systems.prices import cost_in_dollars as dollars

NO_SUMMARIES = "no summaries yet"


@dataclass(frozen=True)
class Measure:
    """A kind of cost, with its label in a form and its title on an axis."""

    key: str
    label: str
    axis: str


MEASURES = (
    Measure("parameters", "Parameters", "Parameters"),
    Measure("seconds", "Seconds a summary", "Seconds a summary"),
    Measure("price", "Price of a summary", "US dollars a summary"),
    Measure("memory", "Peak memory", "Peak memory"),
)


class Cost(NamedTuple):
    """A cost, None with a reason where it is unknown. The reason of 0 says why there is nothing to pay."""

    value: float | None
    reason: str


class _SummaryCost(NamedTuple):
    """What one summary took."""

    pk: int
    prompt_tokens: int | None
    output_tokens: int | None
    seconds: float | None
    peak_memory_bytes: int | None


def read_costs(inputs: BoardInputs, systems: Sequence[System] | None = None) -> dict[str, dict[str, Cost]]:
    """Read the costs by measure and system, of these systems or of all; one query, for what the summaries took."""
    systems = inputs.systems if systems is None else systems
    taken = _read_summary_costs(inputs, systems)
    return {
        "parameters": {system.slug: _parameters(system) for system in systems},
        "seconds": {s.slug: _mean([row.seconds for row in taken[s.slug]], why_not_timed(s)) for s in systems},
        "price": {system.slug: _price(system, taken[system.slug]) for system in systems},
        "memory": {system.slug: _memory(taken[system.slug]) for system in systems},
    }


def why_not_timed(system: System) -> str:
    return "written in a batch" if system.writes_in_batches else "time not measured"


def _read_summary_costs(inputs: BoardInputs, systems: Sequence[System]) -> dict[str, list[_SummaryCost]]:
    system_of = {summary.pk: summary.system for summary in inputs.summaries}
    rows = (
        Summary.objects.done()
        .filter(run__system__in=systems, run__dataset=inputs.study.dataset_id)
        .filter(run__instruction=inputs.study.instruction)
        .order_by()
        .values_list(*_SummaryCost._fields)
    )
    by_system: dict[str, list[_SummaryCost]] = defaultdict(list)
    for row in map(_SummaryCost._make, rows.iterator(chunk_size=5_000)):
        if row.pk in system_of:
            by_system[system_of[row.pk]].append(row)
    return by_system


def _parameters(system: System) -> Cost:
    if system.parameters is not None:
        return Cost(float(system.parameters), "")
    if system.regime == Regime.BASELINE:
        return Cost(0.0, "a baseline has no parameters")
    return Cost(None, "a person" if system.regime == Regime.HUMAN else "number of parameters not stated")


def _mean(values: Sequence[float | None], why_none: str) -> Cost:
    measured = [value for value in values if value is not None]
    if not measured:
        return Cost(None, why_none if values else NO_SUMMARIES)
    return Cost(fsum(measured) / len(measured), _how_many(len(measured), len(values)))


def _price(system: System, rows: Sequence[_SummaryCost]) -> Cost:
    if not system.price:
        return Cost(None, "no price on the system's record")
    in_batch = system.writes_in_batches
    prices = [
        dollars(system.price, row.prompt_tokens, row.output_tokens, row.seconds, in_batch=in_batch) for row in rows
    ]
    price = _mean(prices, "its tokens or its time, which the price needs, were not measured")
    return price._replace(reason="costs nothing") if price.value == 0 else price


def _memory(rows: Sequence[_SummaryCost]) -> Cost:
    """Return the most memory that any summary took: what a machine must have."""
    measured = [row.peak_memory_bytes for row in rows if row.peak_memory_bytes is not None]
    if not measured:
        return Cost(None, "peak memory not measured" if rows else NO_SUMMARIES)
    return Cost(float(max(measured)), _how_many(len(measured), len(rows)))


def _how_many(measured: int, summaries: int) -> str:
    return "" if measured == summaries else f"{measured:,} of {summaries:,} summaries"
