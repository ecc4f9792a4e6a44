"""Adaptive studies: which comparison comes next, and with which probability it was drawn."""

import itertools
import math
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from scipy.stats import chisquare

from annotations.counts.pair_tallies import moments_of_pairs, pair_of
from annotations.models import Assignment, Comparison, PairTally
from annotations.rating import assignment as assignments
from annotations.rating import sampling
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import return_expired
from annotations.rating.queries import available_to
from annotations.rating.sampling import candidates
from annotations.studies.settings import change_settings
from models_runner.models import Query
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import AnnotatorFactory, SummaryFactory, make_study

pytestmark = pytest.mark.django_db

OF_SYSTEMS = ("summary_a__run__system_id", "summary_b__run__system_id")
LATER = timedelta(days=2)
# By pair: votes and sum of scores, all of them 1 or 0, so that squares sum to the same.
VOTES = {0: (1, 1), 1: (9, 4), 2: (40, 38)}


@pytest.fixture
def study():
    return make_study(systems=3, documents=1, quota=50, sampling="adaptive", epsilon=0.3)


def count(study, votes=VOTES):
    pairs = itertools.combinations(study.systems.order_by("pk"), 2)
    for (one, two), (n, wins) in zip(pairs, votes.values(), strict=True):
        counted = {"votes": n, "score_sum": wins, "score_squares": wins}
        PairTally.objects.update_or_create(study=study, system_1=one, system_2=two, defaults=counted)


def expected(study, votes=VOTES):
    """The published rule once more, by hand: probability of each pair of systems."""
    gains = {}
    for pair, (n, wins) in votes.items():
        share = (wins + 1) / (n + 2)
        gains[pair] = math.sqrt(share * (1 - share)) * (1 / math.sqrt(n) - 1 / math.sqrt(n + 1))
    even = study.epsilon / len(votes)
    return [(1 - study.epsilon) * gain / sum(gains.values()) + even for gain in gains.values()]


def by_pair(study):
    """Comparisons by pair of systems, pairs in rising order."""
    pairs = {}
    for one in study.comparisons.order_by("pk"):
        systems = tuple(sorted((one.summary_a.run.system_id, one.summary_b.run.system_id)))
        pairs.setdefault(systems, []).append(one.pk)
    return [pairs[systems] for systems in sorted(pairs)]


class ReadOnce:
    """The comparisons of a study as they are asked for, read once for many draws: nobody votes between them."""

    def __init__(self, study):
        self.comparisons, self.rows = study.comparisons.all(), {}

    def order_by(self, *names):
        return self

    def values_list(self, *names):
        if names not in self.rows:
            self.rows[names] = list(self.comparisons.order_by("pk").values_list(*names))
        return self.rows[names]


def drawn(study, times, seed=1):
    """The first is drawn from the database itself; for the others it is read once."""
    generator, available = np.random.default_rng(seed), ReadOnce(study)
    draws = candidates(study, study.comparisons.all(), generator)
    moments = moments_of_pairs(study, sorted(pair_of(*pair) for pair in set(available.values_list(*OF_SYSTEMS))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "moments_of_pairs", lambda study, pairs: moments)
        for _ in range(times - 1):
            draws += candidates(study, available, generator)
    return draws


def add_query(study):
    """A second comparison of each pair of systems in the document."""
    document = study.comparisons.first().document
    query = Query.objects.create(document=document, text="What about the date?", position=0)
    summaries = [SummaryFactory(run=run, document=document, query=query) for run in study.dataset.runs.order_by("pk")]
    for i, a in enumerate(summaries):
        for b in summaries[i + 1 :]:
            Comparison.objects.create(
                study=study, document=document, query=query, summary_a=a, summary_b=b, quota=50, shuffle=0
            )


@pytest.mark.simulation
def test_draws_follow_the_published_rule(study):
    count(study)
    found = Counter(one.comparison_id for one in drawn(study, 3_000))
    observed = [found[comparison] for (comparison,) in by_pair(study)]
    assert chisquare(observed, [3_000 * p for p in expected(study)]).pvalue > 1e-6


@pytest.mark.simulation
def test_the_probability_is_that_of_the_comparison(study):
    count(study)
    told = {one.comparison_id: (one.probability, one.drawn_from) for one in drawn(study, 300)}
    for (comparison,), probability in zip(by_pair(study), expected(study), strict=True):
        assert told[comparison] == (pytest.approx(probability), 3)


@pytest.mark.simulation
def test_the_comparisons_of_a_pair_are_drawn_alike(study):
    count(study)
    add_query(study)
    draws = drawn(study, 3_000)
    found = Counter(one.comparison_id for one in draws)
    told = {one.comparison_id: one.probability for one in draws}
    for pair, probability in zip(by_pair(study), expected(study), strict=True):
        assert [told[comparison] for comparison in pair] == [pytest.approx(probability / 2)] * 2
        assert chisquare([found[comparison] for comparison in pair]).pvalue > 1e-6
    assert {one.drawn_from for one in draws} == {6}


@pytest.mark.simulation
def test_pairs_without_votes_come_first_and_the_others_keep_their_share(study):
    count(study, {0: (40, 20), 1: (0, 0), 2: (40, 38)})
    told = {one.comparison_id: one.probability for one in drawn(study, 500)}
    (first,), (unseen,), (third,) = by_pair(study)
    assert told == {first: pytest.approx(0.1), unseen: pytest.approx(0.8), third: pytest.approx(0.1)}


@pytest.mark.simulation
@pytest.mark.parametrize("votes", [VOTES, {0: (10**6, 1), 1: (3, 1), 2: (10**6, 10**6)}])
def test_every_pair_keeps_its_share_of_even_draws(study, votes):
    count(study, votes)
    told = {one.comparison_id: one.probability for one in drawn(study, 1_000)}
    assert len(told) == 3
    assert min(told.values()) >= study.epsilon / 3 - 1e-12
    assert sum(told.values()) == pytest.approx(1)


def test_only_what_is_available_is_drawn(study):
    count(study)
    annotator = AnnotatorFactory(study=study)
    (skipped,), *_ = by_pair(study)
    Assignment.objects.create(comparison_id=skipped, annotator=annotator, state="skipped", shown_left="a")
    for seed in range(50):
        (one,) = candidates(study, available_to(annotator), np.random.default_rng(seed))
        assert one.comparison_id != skipped
        assert one.drawn_from == 2


# ---- what people are given


def test_the_draw_is_stored_with_the_assignment(study):
    count(study)
    assignment = next_assignment(AnnotatorFactory(study=study))
    assignment.refresh_from_db()
    told = dict(zip((pk for (pk,) in by_pair(study)), expected(study), strict=True))
    assert assignment.probability == pytest.approx(told[assignment.comparison_id])
    assert assignment.drawn_from == 3


def test_the_last_of_a_document_is_certain(study):
    rated = rate_everything(AnnotatorFactory(study=study))
    assert [one.drawn_from for one in rated] == [3, 2, 1]
    assert rated[-1].probability == 1


def test_nothing_is_drawn_in_an_even_study():
    study = make_study(systems=3, documents=1)
    rated = rate_everything(AnnotatorFactory(study=study))
    assert {(one.probability, one.drawn_from) for one in rated} == {(None, None)}
    assert [one.comparison.shuffle for one in rated] == [0, 1, 2]


def test_everything_comes_once_and_document_by_document():
    study = make_study(systems=4, documents=3, sampling="adaptive")
    rated = rate_everything(AnnotatorFactory(study=study))
    assert len(rated) == len({one.comparison_id for one in rated}) == 18
    documents = [one.comparison.document_id for one in rated]
    assert sum(a != b for a, b in pairwise(documents)) == 2


def test_no_comparison_gets_more_annotators_than_its_quota():
    study = make_study(systems=3, documents=2, quota=2, sampling="adaptive")
    assert [len(rate_everything(AnnotatorFactory(study=study))) for _ in range(3)] == [6, 6, 0]


def test_votes_make_a_difference_at_once():
    """Of two pairs the one with fewer votes: with epsilon near 0, draws are as good as certain."""
    study = make_study(systems=3, documents=3, quota=9, sampling="adaptive", epsilon=1e-9)
    first = rate_everything(AnnotatorFactory(study=study))[:3]
    systems = [(one.comparison.summary_a.run.system_id, one.comparison.summary_b.run.system_id) for one in first]
    assert len(set(systems)) == 3


def test_a_place_that_somebody_else_took_is_drawn_again(study, monkeypatch):
    count(study)
    lost = []

    def overtaken(study, available):
        found = candidates(study, available)
        if not lost:
            lost.append(found[0].comparison_id)
            Comparison.objects.filter(pk=lost[0]).update(quota=1, taken=1)
        return found

    monkeypatch.setattr(assignments, "candidates", overtaken)
    assignment = next_assignment(AnnotatorFactory(study=study))
    assert assignment.comparison_id != lost[0]
    assert assignment.drawn_from == 2
    kept = {pair: votes for pair, votes in VOTES.items() if by_pair(study)[pair] != lost}
    told = dict(zip((by_pair(study)[pair][0] for pair in kept), expected(study, kept), strict=True))
    assert assignment.probability == pytest.approx(told[assignment.comparison_id])


def test_a_lapsed_pair_that_is_drawn_again_has_the_new_probability():
    study = make_study(systems=2, documents=1, quota=1, sampling="adaptive")
    annotator = AnnotatorFactory(study=study)
    lost = next_assignment(annotator)
    Assignment.objects.filter(pk=lost.pk).update(probability=0.125, drawn_from=8)
    later = timezone.now() + LATER
    return_expired(study, now=later)
    again = next_assignment(annotator, now=later)
    again.refresh_from_db()
    assert (again.pk, again.probability, again.drawn_from) == (lost.pk, 1, 1)


def test_an_answer_from_a_page_that_lapsed_keeps_the_probability_it_was_drawn_with():
    study = make_study(systems=2, documents=1, quota=1, sampling="adaptive")
    lost = next_assignment(AnnotatorFactory(study=study))
    Assignment.objects.filter(pk=lost.pk).update(probability=0.125, drawn_from=8)
    return_expired(study, now=timezone.now() + LATER)
    vote_on(lost, "left")
    lost.refresh_from_db()
    assert (lost.state, lost.probability, lost.drawn_from) == ("done", 0.125, 8)


def test_a_pair_given_again_after_the_study_became_even_has_no_probability():
    study = make_study(systems=2, documents=1, quota=1, sampling="adaptive")
    annotator = AnnotatorFactory(study=study)
    next_assignment(annotator)
    later = timezone.now() + LATER
    return_expired(study, now=later)
    change_settings(study, {"sampling": "even"}, None)
    again = next_assignment(annotator, now=later)
    again.refresh_from_db()
    assert (again.probability, again.drawn_from) == (None, None)


# ---- cost


def queries_of_next(systems, voters):
    study = make_study(systems=systems, documents=3, quota=20, sampling="adaptive")
    for _ in range(voters):
        rate_everything(AnnotatorFactory(study=study))
    annotator = AnnotatorFactory(study=study)
    vote_on(next_assignment(annotator), "left")
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert next_assignment(annotator)
    return [query["sql"] or "" for query in captured]


def test_next_reads_no_votes_and_as_many_queries_however_many_pairs_and_votes_there_are():
    # Two voters: sides are even again, so they cost the same.
    few, many = queries_of_next(systems=3, voters=0), queries_of_next(systems=6, voters=2)
    # One more than in an even study: the counts.
    assert len(few) == len(many) <= 15
    assert not any("annotations_judgement" in sql for sql in many)
