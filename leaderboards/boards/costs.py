"""What a system costs: its size, and what its summaries took."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import NamedTuple

from leaderboards.data.inputs import Material
from models_runner.models import Regime, Summary, System
from models_runner.systems.prices import cost_in_dollars as dollars

NO_SUMMARIES = "no summaries yet"


@dataclass(frozen=True)
class Measure:
    """unit: how a tick of the axis is written, in d3's language; see charts/pareto.py."""

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
    """None with a reason where unknown; 0 where there is nothing to pay, and then the reason says why."""

    value: float | None
    reason: str


class _Taken(NamedTuple):
    pk: int
    prompt_tokens: int | None
    output_tokens: int | None
    seconds: float | None
    peak_memory_bytes: int | None


def read_costs(material: Material) -> dict[str, dict[str, Cost]]:
    """By measure and system; one query, for the summaries of the material."""
    taken = _taken(material)
    return {
        "parameters": {system.slug: _parameters(system) for system in material.systems},
        "seconds": {
            s.slug: _mean([row.seconds for row in taken[s.slug]], "time not measured") for s in material.systems
        },
        "price": {system.slug: _price(system, taken[system.slug]) for system in material.systems},
        "memory": {system.slug: _memory(taken[system.slug]) for system in material.systems},
    }


def _taken(material: Material) -> dict[str, list[_Taken]]:
    system_of = {summary.pk: summary.system for summary in material.summaries}
    rows = (
        Summary.objects.done()
        .filter(run__system__in=material.systems, run__dataset=material.study.dataset_id)
        .filter(run__instruction=material.study.instruction)
        .order_by()
        .values_list(*_Taken._fields)
    )
    result: dict[str, list[_Taken]] = defaultdict(list)
    for row in map(_Taken._make, rows.iterator(chunk_size=5_000)):
        if row.pk in system_of:
            result[system_of[row.pk]].append(row)
    return result


def _parameters(system: System) -> Cost:
    if system.parameters is not None:
        return Cost(float(system.parameters), "")
    if system.regime == Regime.BASELINE:
        return Cost(0.0, "a baseline has no parameters")
    return Cost(None, "a person" if system.regime == Regime.HUMAN else "number of parameters not stated")


def _mean(values: Sequence[float | None], why_none: str) -> Cost:
    known = [value for value in values if value is not None]
    if not known:
        return Cost(None, why_none if values else NO_SUMMARIES)
    return Cost(fsum(known) / len(known), "" if len(known) == len(values) else _part(len(known), values))


def _price(system: System, rows: Sequence[_Taken]) -> Cost:
    if not system.price:
        return Cost(None, "no price on the system's record")
    prices = [dollars(system.price, row.prompt_tokens, row.output_tokens, row.seconds) for row in rows]
    found = _mean(prices, "its tokens or its time, which the price needs, were not measured")
    return found._replace(reason="costs nothing") if found.value == 0 else found


def _memory(rows: Sequence[_Taken]) -> Cost:
    """The most that any summary took: what a machine must have."""
    known = [row.peak_memory_bytes for row in rows if row.peak_memory_bytes is not None]
    if not known:
        return Cost(None, "peak memory not measured" if rows else NO_SUMMARIES)
    return Cost(float(max(known)), "" if len(known) == len(rows) else _part(len(known), rows))


def _part(n: int, rows: Iterable[object]) -> str:
    return f"{n} of {len(list(rows))} summaries"
