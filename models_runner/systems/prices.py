"""Compute what summaries cost in US dollars, by the price on their system's record."""

from collections.abc import Mapping

PER_TOKENS = 1_000_000
SECONDS_AN_HOUR = 3600
FIELDS = ("input", "output", "hour")


def cost_in_dollars(
    price: Mapping[str, float], prompt_tokens: int | None, output_tokens: int | None, seconds: float | None
) -> float | None:
    """Return the cost in US dollars; None if the price, or a figure that it needs, is not on record.

    Args:
        price: Dollars as {"input": per million prompt tokens, "output": per million output tokens, "hour": per hour of
            the machine}; each is optional.
        prompt_tokens: Tokens read.
        output_tokens: Tokens written.
        seconds: Time of the machine.
    """
    parts = {
        "input": prompt_tokens and prompt_tokens / PER_TOKENS,
        "output": output_tokens and output_tokens / PER_TOKENS,
        "hour": seconds and seconds / SECONDS_AN_HOUR,
    }
    if not price or any(parts[field] is None for field in price):
        return None
    return sum(float(price[field]) * float(parts[field] or 0) for field in price)
