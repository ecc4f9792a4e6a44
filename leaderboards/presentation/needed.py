"""Say how large a study must be to decide: one sentence for the board, Planning, Trust and verdicts."""

import math
from collections.abc import Mapping
from typing import Any

from lib.numbers import format_count
from stats.uncertainty.differences import Told

Values = Mapping[str, Any]

TOLD = "They differ already."


def say_needed(line: Values) -> str:
    """Say what it takes to tell two neighbours apart. line: Of neighbours.neighbour_gaps."""
    if line["told"] == Told.DIFFER:
        return TOLD
    return str(line["reason"]) if line["reason"] else say_size(line)


def say_size(line: Values) -> str:
    """Say the study that decides, between which numbers of votes it lies, and when to ask again."""
    votes, people, documents, again = (
        format_count(rounded_up(line[name] or 0))
        for name in ("votes_needed", "annotators_needed", "documents_needed", "ask_again")
    )
    high = line["votes_upper"]
    least = format_count(rounded_up(line["votes_lower"] or 0))
    # Two texts: within a verdict sentences are translated one by one.
    if high is None:
        size = (
            f"About {votes} votes in all, spread evenly over {people} annotators and {documents} documents; at least "
            f"{least} votes, and perhaps any number more."
        )
    else:
        most = format_count(rounded_up(high))
        size = (
            f"About {votes} votes in all, spread evenly over {people} annotators and {documents} documents; between "
            f"{least} and {most} votes."
        )
    again_said = f"Ask again after {again} votes."
    return f"{size} {again_said}"


def say_number(votes: int | None) -> str:
    """Write a number that a forecast names, with as many digits as it has."""
    return format_count(None if votes is None else rounded_up(votes))


def rounded_up(number: int) -> int:
    """Round up to two digits: a forecast has no more."""
    step = 10 ** max(0, len(str(number)) - 2)
    return math.ceil(number / step) * step
