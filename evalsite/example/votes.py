"""Draw votes for the example study: what results look like, before anybody has rated.

Each simulated person sees the quality of a summary with a taste of their own and chooses as in Davidson's model of
comparisons with ties (Davidson, 1970): the chances of left, right and tie are as exp(u), exp(v) and TIES * sqrt of
their product. Where both are poor, some say that both are bad. The same seed draws the same votes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np

SEED = 20240203
PEOPLE = 12
VOTES_PER_COMPARISON = 8
TASTE = 0.15  # standard deviation of what one person likes about one system, in log-odds
LUCK = 0.2  # of how well a system did on one document
TIES = 0.35
POOR, BOTH_BAD = -0.8, 0.4  # where both are below POOR, so many say that both are bad
BEGAN = datetime(2026, 9, 7, 9, tzinfo=UTC)
SECONDS = 38.0  # median of the time for a pair


@dataclass(frozen=True)
class Compared:
    """A pair of the study, by names; `a` is the system whose summary is a there."""

    document: str
    a: str
    b: str


def pairs_of(documents: Sequence[str], systems: Sequence[str]) -> list[Compared]:
    return [Compared(document, a, b) for document in documents for a, b in combinations(sorted(systems), 2)]


def simulated_votes(
    pairs: Sequence[Compared], strengths: Mapping[str, float], *, seed: int = SEED
) -> Iterator[dict[str, Any]]:
    """Yield votes as lines that import_ratings reads.

    Args:
        pairs: What is compared; each pair gets VOTES_PER_COMPARISON votes of different people.
        strengths: Log-odds of each system; every system of the pairs has one.
        seed: Draws everything.
    """
    rng = np.random.default_rng(seed)
    systems = sorted(strengths)
    taste = {system: rng.normal(0, TASTE, PEOPLE) for system in systems}
    documents = sorted({pair.document for pair in pairs})
    luck = {(document, system): rng.normal(0, LUCK) for document in documents for system in systems}
    clock = [BEGAN + timedelta(hours=int(hours)) for hours in rng.integers(0, 72, PEOPLE)]
    for number in rng.permutation(len(pairs)):
        pair = pairs[number]
        for person in rng.choice(PEOPLE, VOTES_PER_COMPARISON, replace=False):
            a, b = (strengths[name] + luck[pair.document, name] + taste[name][person] for name in (pair.a, pair.b))
            seconds = round(float(rng.lognormal(np.log(SECONDS), 0.5)), 1)
            clock[person] += timedelta(seconds=seconds)
            yield {
                "document_id": pair.document,
                "criterion": "overall",
                "model_a": pair.a,
                "model_b": pair.b,
                "winner": _answer(a, b, rng),
                "judge": f"Simulated {person + 1:02}",
                "shown_left": str(rng.choice(["a", "b"])),
                "lead_time": seconds,
                "tstamp": clock[person].timestamp(),
            }


def _answer(a: float, b: float, rng: np.random.Generator) -> str:
    if max(a, b) < POOR and rng.random() < BOTH_BAD:
        return "both_bad"
    weights = np.array([np.exp(a), np.exp(b), TIES * np.exp((a + b) / 2)])
    return str(rng.choice(["model_a", "model_b", "tie"], p=weights / weights.sum()))
