"""Does adaptive sampling do its job through the whole of assignment and rating? Simulated people, known strengths.

Eight annotators each stop in the middle of a document, as people do in a study that is stopped early. Measured is what
the rule makes small: the standard error of a pair's win rate, by its true chance, mean over the pairs of systems. A
pair without any vote counts as one with one.
"""

from collections import Counter
from functools import partial
from itertools import combinations

import numpy as np
import pytest

from annotations.rating import assignment as assignments
from annotations.rating.assignment import next_assignment
from annotations.rating.sampling import candidates
from annotations.studies import setup
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, DatasetFactory, DocumentFactory, RunFactory, SummaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.simulation]

SYSTEMS, DOCUMENTS, PEOPLE, VOTES_EACH = 6, 4, 8, 8


def simulated(sampling, seed, monkeypatch):
    """Votes by pair of systems after everybody stopped, as {(one, two): votes}, and the systems, the worst first."""
    generator = np.random.default_rng(seed)
    monkeypatch.setattr(assignments, "candidates", partial(candidates, generator=generator))
    dataset = DatasetFactory()
    runs = [RunFactory(dataset=dataset) for _ in range(SYSTEMS)]
    for document in DocumentFactory.create_batch(DOCUMENTS, dataset=dataset):
        for run in runs:
            SummaryFactory(run=run, document=document)
    systems = [run.system for run in runs]
    study = setup.create_study(f"{sampling}-{seed}", dataset, systems, quota=PEOPLE, sampling=sampling)
    strength = {system.pk: float(n) for n, system in enumerate(systems)}
    votes = Counter()
    for annotator in AnnotatorFactory.create_batch(PEOPLE, study=study):
        for _ in range(VOTES_EACH):
            assignment = next_assignment(annotator)
            shown = {"a": assignment.comparison.summary_a, "b": assignment.comparison.summary_b}
            left, right = (shown[side].run.system_id for side in (assignment.shown_left, assignment.shown_right))
            vote_on(assignment, "left" if generator.random() < chance(strength, left, right) else "right")
            votes[min(left, right), max(left, right)] += 1
    return votes, strength


def chance(strength, one, two):
    return 1 / (1 + np.exp(strength[two] - strength[one]))


def standard_error(votes, strength):
    """Mean over the pairs."""
    chances = {pair: chance(strength, *pair) for pair in combinations(sorted(strength), 2)}
    return np.mean([np.sqrt(p * (1 - p) / max(1, votes[pair])) for pair, p in chances.items()])


def test_stopped_early_adaptive_draws_leave_less_uncertainty(monkeypatch):
    # Six of each: their means are then four standard errors apart (the order of an even study has no seed of ours).
    even, adaptive = (
        [simulated(sampling, seed, monkeypatch) for seed in range(6)] for sampling in ("even", "adaptive")
    )
    assert np.mean([standard_error(*one) for one in adaptive]) < np.mean([standard_error(*one) for one in even])
    # Every pair of systems was met, though nobody saw more than a half of a document's pairs.
    assert all(len(votes) == SYSTEMS * (SYSTEMS - 1) / 2 for votes, _ in adaptive)
