"""What runs will take: calls, tokens, price and time, from what was measured here, else from the systems' records."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from models_runner.adapters.prompts import DEFAULT_OUTPUT_TOKENS
from models_runner.models import Summary, System
from models_runner.models.runs import SummaryQuerySet
from models_runner.systems.prices import cost_in_dollars

MODELS = ("llamacpp", "transformers", "openai")
TOKENS_A_WORD = 1.4  # English, until summaries of the system were measured
INSTRUCTION_TOKENS = 60
CHAPTER_TOKENS = 128
LOOKED_AT = 200
LEAST_MEASURED = 3
NO_SIZES = "the documents are not here yet, and were not read"
NOT_MEASURED = "no summary of it was measured yet"
NO_PRICE = "no price on its record"


@dataclass(frozen=True)
class Estimate:
    """What the summaries that are left to do will take; None with its reason where nobody can say.

    Attributes:
        prompt_tokens, output_tokens: The output is what is allowed, so at most.
        reasons: Why something is None, by the attribute's name.
    """

    summaries: int | None
    calls: int | None
    prompt_tokens: int | None
    output_tokens: int | None
    dollars: float | None
    hours: float | None
    reasons: Mapping[str, str]


def shown_hours(hours: float | None) -> str:
    if hours is None:
        return "—"
    return "< 0.01" if 0 < hours < 0.01 else f"{hours:,.2f}"


def estimate(system: System, instruction: str, word_counts: Sequence[int] | None, left: int | None) -> Estimate:
    """Estimate a run.

    Args:
        system: Stored, or not saved yet.
        instruction: A kind of instruction.
        word_counts: Of the documents that are left; None if they are not known.
        left: How many summaries are left to do; None if nobody knows.
    """
    if left == 0:
        return Estimate(0, 0, 0, 0, 0.0, 0.0, {})
    calls, read, written = _tokens(system, instruction, word_counts)
    each = seconds_each(system)
    seconds = None if each is None or left is None else each * left
    dollars = _dollars(system, read, written, seconds)
    reasons = {
        **(dict.fromkeys(("calls", "prompt_tokens", "output_tokens"), NO_SIZES) if calls is None else {}),
        **({"hours": NOT_MEASURED if each is None else NO_SIZES} if seconds is None else {}),
        **({"dollars": _why_no_price(system, calls)} if dollars is None else {}),
    }
    return Estimate(left, calls, read, written, dollars, None if seconds is None else seconds / 3600, reasons)


def _dollars(system: System, read: int | None, written: int | None, seconds: float | None) -> float | None:
    if system.adapter not in MODELS:
        return 0.0
    return cost_in_dollars(system.price, read, written, seconds, in_batch=system.writes_in_batches)


def _why_no_price(system: System, calls: int | None) -> str:
    if not system.price:
        return NO_PRICE
    return NO_SIZES if calls is None else NOT_MEASURED


def _tokens(
    system: System, instruction: str, word_counts: Sequence[int] | None
) -> tuple[int | None, int | None, int | None]:
    """Return calls, prompt tokens, and the output tokens that are allowed."""
    if system.adapter not in MODELS:
        return 0, 0, 0
    if word_counts is None:
        return None, None, None
    limit = output_limit(system, instruction)
    room = max(1, (system.context_window or 10**9) - limit - INSTRUCTION_TOKENS)
    ratio = tokens_a_word(system)
    calls = read = written = 0
    for words in word_counts:
        tokens = math.ceil(words * ratio)
        chapters = math.ceil(tokens / room) if system.long_input.get("strategy") == "chapterize" else 1
        own = 1 if chapters == 1 else chapters + (system.long_input.get("combine") != "concatenate")
        notes = chapters * int(str(system.long_input.get("chapter_tokens", CHAPTER_TOKENS))) if chapters > 1 else 0
        calls += own
        read += (min(tokens, room) if chapters == 1 else tokens + notes) + own * INSTRUCTION_TOKENS
        written += limit + notes
    return calls, read, written


def output_limit(system: System, instruction: str) -> int:
    limits = system.decoding.get("max_tokens", DEFAULT_OUTPUT_TOKENS)
    return int(limits.get(instruction, DEFAULT_OUTPUT_TOKENS[instruction]) if isinstance(limits, dict) else limits)


def tokens_a_word(system: System) -> float:
    """Return how many tokens of this system's a word is: measured on its newest summaries, or assumed."""
    rows = _measured(system).exclude(prompt_tokens=None).filter(chapters=1, document__word_count__gt=0)
    columns = rows.values_list("prompt_tokens", "dropped_tokens", "document__word_count")
    ratios = [((prompt or 0) + (dropped or 0)) / words for prompt, dropped, words in columns[:LOOKED_AT]]
    return median(ratios) if len(ratios) >= LEAST_MEASURED else TOKENS_A_WORD


def seconds_each(system: System) -> float | None:
    """Return the median seconds of the system's newest summaries; None if too few were measured."""
    values = _measured(system).exclude(seconds=None).values_list("seconds", flat=True)[:LOOKED_AT]
    seconds = [value for value in values if value is not None]
    return median(seconds) if len(seconds) >= LEAST_MEASURED else None


def _measured(system: System) -> SummaryQuerySet:
    return Summary.objects.done().filter(run__system__slug=system.slug).order_by("-finished_at", "-pk")
