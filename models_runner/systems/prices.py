"""Compute what summaries cost in US dollars, by the price on their system's record."""

from collections.abc import Mapping

PER_TOKENS = 1_000_000
SECONDS_AN_HOUR = 3600
BATCH_FACTOR = 0.5


def cost_in_dollars(
    price: Mapping[str, float],
    prompt_tokens: int | None,
    output_tokens: int | None,
    seconds: float | None,
    *,
    in_batch: bool = False,
) -> float | None:
    """Return the cost in US dollars; None if the price, or a figure that it needs, is not on record.

    Args:
        price: Dollars as {"input": per million prompt tokens, "output": per million output tokens, "hour": per hour of
            the machine, "batch": part of the price that is paid for tokens in batches, 0.5 if not given}; each is
            optional.
        prompt_tokens: Tokens read.
        output_tokens: Tokens written.
        seconds: Time of the machine.
        in_batch: Whether they were written in a provider's batch.
    """
    parts = {
        "input": prompt_tokens and prompt_tokens / PER_TOKENS,
        "output": output_tokens and output_tokens / PER_TOKENS,
        "hour": seconds and seconds / SECONDS_AN_HOUR,
    }
    asked = [field for field in price if field != "batch"]
    if not asked or any(parts[field] is None for field in asked):
        return None
    factor = float(price.get("batch", BATCH_FACTOR)) if in_batch else 1.0
    return factor * sum(float(price[field]) * float(parts[field] or 0) for field in asked)
