"""A study with votes and scores in which there is something to find."""

import numpy as np

from annotations.models import Comparison
from models_runner.models import Run
from tests.factories import AnnotatorFactory, DocumentFactory, SummaryFactory, make_study
from tests.leaderboards.helpers import score, summaries_of, system_slugs, vote_all

QUALITY = (1.2, 0.4, 0.0, -0.8)


def make_scored_study(
    *, systems=4, documents=10, annotators=3, unvoted=0, seed=0, metrics=("rouge1", "words"), **study
):
    """Systems in order of quality by slug; rouge1 follows it, words does not. unvoted: documents without votes."""
    rng = np.random.default_rng(seed)
    made = make_study(systems=systems, documents=documents, **study)
    slugs = system_slugs(made)
    for criterion in made.criteria.all():
        _vote_all(made, criterion, slugs, annotators, rng)
    add_documents(made, unvoted)
    for name in metrics:
        for slug, quality in zip(slugs, QUALITY, strict=False):
            summaries = summaries_of(made, slug)
            noise = rng.normal(0, 1, len(summaries))
            values = 0.3 + 0.05 * quality + 0.02 * noise if name == "rouge1" else (80 + 10 * noise).round()
            score(summaries, name, values.tolist(), metric=name, signature=f"{name}|1")
    return made


def _vote_all(made, criterion, slugs, annotators, rng):
    quality = dict(zip(slugs, QUALITY, strict=False))
    people = list(made.annotators.all()) or [AnnotatorFactory(study=made) for _ in range(annotators)]
    comparisons = Comparison.objects.filter(study=made).select_related(
        "summary_a__run__system", "summary_b__run__system"
    )
    votes = []
    for comparison in comparisons.order_by("pk"):
        gap = quality[comparison.summary_a.run.system.slug] - quality[comparison.summary_b.run.system.slug]
        for slot, person in enumerate(people):
            chance = 1 / (1 + np.exp(-gap))
            outcome = "tie" if rng.random() < 0.1 else "a" if rng.random() < chance else "b"
            side = "ab"[int(rng.integers(2))]
            votes.append((comparison, person, slot, side, outcome))
    vote_all(criterion, votes)


def add_documents(made, count):
    for document in [DocumentFactory(dataset=made.dataset) for _ in range(count)]:
        for run in Run.objects.filter(system__in=made.systems.all(), dataset=made.dataset):
            SummaryFactory(run=run, document=document)
