"""Take out of a summary what tells who wrote it, before a judge reads it."""

from collections.abc import Iterable

from annotations.blindness.identity_leaks import find_giveaways

IN_PLACE = "[…]"


def blinded(summary: str, transcript: str, names: Iterable[str]) -> str:
    """Return a summary without words that name a model or its maker and that the meeting did not say."""
    text, end = "", 0
    for flag in find_giveaways(summary, transcript, names):
        text += summary[end : flag.start] + IN_PLACE
        end = flag.end
    return text + summary[end:]
