"""Simulate boards that weigh votes by reliability, with and without people who click."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.raters.people import Clicks, Drawn, PeopleDesign, draw
from stats.raters.weights import reliability_weights
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.votes.arrays import FloatArray, VoteArrays

DOCUMENT = 3  # comparisons of one document in benchmarks.raters.people
# Careful people and votes of each, from which the truth is taken.
MANY, EACH = 400, 600

WEIGHTED = [
    replace(base, careless=careless)
    for base in (
        PeopleDesign(10, systems=5, taste=0.4, documents=0.7, clicks=Clicks.TWO),
        PeopleDesign(10, systems=5, clicks=Clicks.TWO),
        PeopleDesign(10, systems=4, votes=150, taste=0.4, documents=0.7, clicks=Clicks.UNIFORM),
    )
    for careless in (0, 1, 3)
]


def arrays_of(study: Drawn, systems: int, weight: FloatArray | None = None) -> VoteArrays:
    columns = (study.system_a, study.system_b, study.outcome, study.comparison // DOCUMENT, study.annotator)
    return VoteArrays(*columns, systems, weight)


def truth(design: PeopleDesign) -> FloatArray:
    """Fit the votes of many careful people on many documents."""
    many = replace(design, annotators=MANY, careless=0, votes=EACH)
    return fit_bradley_terry(arrays_of(draw(many, np.random.default_rng(0)), design.systems).wins())


def weighted_row(design: PeopleDesign, studies: int, seed: int) -> str:
    """Compare the differences of neighbours and their intervals, alike and by reliability, with the careful truth."""
    rng = np.random.default_rng([seed, design.annotators, design.careless, design.votes])
    true = -np.diff(truth(design))
    held, width, lead = np.zeros(2), np.zeros(2), np.zeros(2)
    for number in range(studies):
        study = draw(design, rng)
        alike = arrays_of(study, design.systems)
        weights = reliability_weights(alike, study.comparison, seed=number)
        for k, votes in enumerate((alike, arrays_of(study, design.systems, weights))):
            strengths = fit_bradley_terry(votes.wins())
            reach = np.diag(precision(votes, strengths).reach(), 1)
            differences = -np.diff(strengths)
            held[k] += (np.abs(differences - true) <= reach).mean()
            width[k] += reach.mean()
            lead[k] += differences.mean() / true.mean()
    cells = (f"{100 * held[k] / studies:9.1f}{lead[k] / studies:7.2f}{width[k] / lead[k]:7.2f}" for k in range(2))
    return f"{design.name:96s}" + "".join(cells)


def weighted_table(designs: list[PeopleDesign], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line; width: over the lead, since what shrinks leads shrinks widths."""
    heads = "".join(f"{name:>9s}{'lead':>7s}{'width':>7s}" for name in ("alike", "weighed"))
    yield f"{'differences of neighbours hold what careful people prefer, in %':96s}{heads}"
    for design in designs:
        yield weighted_row(design, studies, seed)
