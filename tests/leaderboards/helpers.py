"""A study with votes, past the services: tests here are about what is read, not about how it was given."""

import numpy as np
from django.utils import timezone

from annotations.models import Assignment, Judgement
from leaderboards.boards.build import make_board
from leaderboards.data.inputs import gather_inputs
from leaderboards.data.votes import read_board_votes
from models_runner.models import MetricSignature, Score, Summary
from tests.factories import AnnotatorFactory, make_study


def make_rated_study(*, systems=3, annotators=2, prefer=0, **study):
    """Every annotator has rated every comparison; the system at index `prefer` by slug wins wherever it takes part."""
    made = make_study(systems=systems, **study)
    slugs = system_slugs(made)
    people = [AnnotatorFactory(study=made) for _ in range(annotators)]
    votes = []
    for comparison in made.comparisons.select_related("summary_a__run__system", "summary_b__run__system"):
        pair = [comparison.summary_a.run.system.slug, comparison.summary_b.run.system.slug]
        for slot, annotator in enumerate(people):
            outcome = "ab"[pair.index(slugs[prefer])] if slugs[prefer] in pair else ("tie", "a", "b")[slot % 3]
            votes.append((comparison, annotator, slot, "a", outcome))
    for criterion in made.criteria.all():
        vote_all(criterion, votes)
    return made


def one_vote(study):
    """One vote on one question, so that there is something to publish."""
    vote_all(study.criteria.first(), [(study.comparisons.last(), AnnotatorFactory(study=study), 0, "a", "a")])


def vote_all(criterion, votes, *, lead_time_ms=4200):
    """Many votes at once, past the services. votes: (comparison, annotator, slot, shown_left, outcome) of each."""
    study = criterion.study
    pair_of = {
        (given.comparison_id, given.annotator_id): given for given in Assignment.objects.filter(comparison__study=study)
    }
    new = [
        Assignment(
            comparison=comparison,
            annotator=annotator,
            slot=slot,
            shown_left=side,
            state="done",
            completed_at=timezone.now(),
        )
        for comparison, annotator, slot, side, _ in votes
        if (comparison.pk, annotator.pk) not in pair_of
    ]
    for given in Assignment.objects.bulk_create(new):
        pair_of[given.comparison_id, given.annotator_id] = given
    Judgement.objects.bulk_create(
        Judgement(
            assignment=pair_of[comparison.pk, annotator.pk],
            criterion=criterion,
            outcome=outcome,
            lead_time_ms=lead_time_ms,
        )
        for comparison, annotator, _, _, outcome in votes
    )


def vote(comparison, annotator, outcome, *, criterion=None, slot=0, shown_left="a", lead_time_ms=4200, **values):
    assignment, _ = Assignment.objects.get_or_create(
        comparison=comparison,
        annotator=annotator,
        defaults={"slot": slot, "shown_left": shown_left, "state": "done", "completed_at": timezone.now()},
    )
    return Judgement.objects.create(
        assignment=assignment,
        criterion=criterion or comparison.study.criteria.first(),
        outcome=outcome,
        lead_time_ms=lead_time_ms,
        **values,
    )


def system_slugs(study):
    return sorted(study.systems.values_list("slug", flat=True))


def score(summaries, name, values, *, metric="rouge", signature="rouge|1", reasons=None):
    signed, _ = MetricSignature.objects.get_or_create(text=signature, defaults={"metric": metric})
    reasons = reasons or [""] * len(values)
    Score.objects.bulk_create(
        Score(summary=summary, signature=signed, name=name, value=value, reason=reason)
        for summary, value, reason in zip(summaries, values, reasons, strict=True)
    )


def summaries_of(study, slug):
    return list(Summary.objects.filter(run__system__slug=slug, run__dataset=study.dataset).order_by("document_id"))


def vote_rows(criterion):
    """The counted votes on one criterion, one by one, in no order."""
    votes = read_board_votes(criterion)
    return votes.rows(np.arange(len(votes)))


def build_board(study, criterion, seed=0):
    """The board of the votes and scores as they are now, without a snapshot."""
    return make_board(gather_inputs(study, criterion), seed)
