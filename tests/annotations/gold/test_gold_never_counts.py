"""Gold and training pairs count on no board, in no export and in no figure of a study; how they went is on Quality."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.gold.items import switch
from annotations.gold.results import control_items, gold_by_annotator
from annotations.models import ControlItem, Judgement, Study
from annotations.people.privacy import own_data
from annotations.quality.exclusion import exclude
from annotations.quality.report import study_quality
from annotations.rating.assignment import take_comparison
from annotations.rating.unblinding import next_guess, study_guesses
from annotations.review.disagreements import disagreements
from annotations.studies.progress import rated_counts, study_progress
from annotations.studies.work_forecast import study_work
from evalsite.web.views import study_rows
from leaderboards.exports.rows import export_rows
from leaderboards.snapshots.boards import get_board
from models_runner.models import System
from tests.annotations.helpers import answer, make_gold
from tests.factories import AnnotatorFactory, make_study
from tests.leaderboards.helpers import vote_rows
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(module_rows):
    """Two people rate nine pairs of which two are gold and one is for training; they disagree on everything."""
    with module_rows():
        study = make_study(systems=3, documents=3, quota=2, criteria=("overall", "fluency"), slug="s", gold_every=2)
        pairs = list(study.comparisons.order_by("pk"))
        make_gold(pairs[0])
        make_gold(pairs[3], outcomes=("a", "tie"))
        make_gold(pairs[6], purpose="training", explanation="So it is.")
        study.refresh_from_db()
        for outcome in ("a", "b"):
            annotator = AnnotatorFactory(study=study)
            for comparison in pairs:
                answer(take_comparison(annotator, comparison.pk, timezone.now()), outcome)
        return study


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


@pytest.fixture
def criterion(study):
    return study.criteria.first()


def test_the_fixture_has_answers_to_leave_out(study):
    assert Judgement.objects.count() == 36
    assert Judgement.objects.exclude(assignment__comparison__purpose="rating").count() == 12


def test_votes_and_exports(study, criterion):
    assert Judgement.objects.counted().filter(criterion__study=study).count() == 24
    assert len(vote_rows(criterion)) == 12
    known = set(study.comparisons.exclude(purpose="rating").values_list("pk", flat=True))
    rows = list(export_rows(study))
    assert len(rows) == 24
    assert not known & {row["comparison_id"] for row in rows}


def test_the_board(study, criterion):
    assert get_board(study, criterion)["votes"] == 12
    page = researcher().get(reverse("board", args=["s"]))
    assert page.status_code == 200


def test_progress_and_annotators_counts(study):
    progress = study_progress(study)
    assert (progress.comparisons, progress.places, progress.rated) == (6, 12, 12)
    assert rated_counts(study.annotators.all()) == dict.fromkeys(study.annotators.values_list("pk", flat=True), 6)


def test_the_first_page(study):
    (row,) = study_rows(Study.objects.all())
    assert (row.votes, row.needed) == (24, 24)


def test_workload_and_its_pace(study):
    Judgement.objects.filter(assignment__comparison__purpose="rating").update(active_ms=60_000)
    found = study_work(study)
    assert (found.comparisons, found.ratings, found.answers) == (6, 12, 24)
    Judgement.objects.exclude(assignment__comparison__purpose="rating").update(active_ms=1)
    # Twelve pairs are too few for a pace: the known ones do not make up for it.
    assert found.measured == study_work(study).measured == 0


def test_quality_agreement_pace_runs_and_days(study):
    quality = study_quality(study)
    assert [row.agreement.n_items for row in quality.criteria] == [6, 6]
    assert [row.rated for row in quality.annotators] == [6, 6]
    assert [row.speed.too_fast.n for row in quality.annotators] == [6, 6]
    assert sum(n for _, n in quality.days) == 12
    assert quality.left_wins.n == 12


def test_disagreements(study, criterion):
    rating = set(study.comparisons.for_rating().values_list("pk", flat=True))
    assert sorted(split.comparison for split in disagreements(criterion)) == sorted(rating)
    assert len(rating) == 6


def test_guesses(study):
    Study.objects.update(ask_guess=True)
    for system, parameters in zip(study.systems.order_by("pk"), (135e6, 3e9, 70e9), strict=True):
        System.objects.filter(pk=system.pk).update(parameters=int(parameters))
    annotator = AnnotatorFactory(study=study)
    for comparison in study.comparisons.exclude(purpose="rating"):
        answer(take_comparison(annotator, comparison.pk, timezone.now()), "a")
    annotator.study.refresh_from_db()
    assert next_guess(annotator) is None
    assert study_guesses(study).rate.n == 0


def test_the_preview_shows_rating_pairs(study):
    client = researcher()
    rating = set()
    for comparison in study.comparisons.for_rating():
        rating |= {comparison.summary_a.text, comparison.summary_b.text}
    seen = set()
    for _ in range(7):
        page = client.get(reverse("preview", args=["s"])).context["page"]
        seen |= {page.left, page.right}
        client.post(reverse("preview-answer", args=["s"]), {"kind": "skip"})
    assert seen <= rating


def test_own_data_tells_practice_and_not_gold(study):
    answers = own_data(study.annotators.first())["answers"]
    assert len({frozenset(one) for one in answers}) == 1
    assert sum(one["practice"] for one in answers) == 2  # one pair, two questions


# ---- how it went


def test_gold_accuracy_by_annotator(study):
    first, second = (row.gold for row in study_quality(study).annotators)
    assert (first.accuracy.hits, first.accuracy.n, first.failed) == (2, 2, False)
    assert (second.accuracy.hits, second.accuracy.n, second.failed) == (0, 2, True)
    assert 0 < first.accuracy.lower < 1
    assert "missed gold items" in study_quality(study).annotators[1].warnings


def test_a_pair_is_right_when_every_expected_question_is():
    study = make_study(systems=2, documents=2, criteria=("overall", "fluency"))
    one, other = study.comparisons.order_by("pk")
    make_gold(one, criterion="fluency")
    make_gold(other)
    annotator = AnnotatorFactory(study=study)
    for comparison in (one, other):
        assignment = take_comparison(annotator, comparison.pk, timezone.now())
        answer(assignment, "a")
        Judgement.objects.filter(assignment=assignment, criterion__key="fluency").update(outcome="b")
    check = gold_by_annotator(study)[annotator.pk]
    assert (check.accuracy.hits, check.accuracy.n) == (1, 2)


def test_who_answered_none_has_a_dash_with_a_reason(study):
    AnnotatorFactory(study=study)
    row = study_quality(study).annotators[2]
    assert (row.gold.accuracy.value, row.gold.failed) == (None, None)
    html = researcher().get(reverse("study-quality", args=["s"])).content.decode()
    assert "no gold items answered yet" in html
    assert "2 of 2" in html
    assert "missed gold items" in html


def test_what_is_switched_off_counts_for_nobody(study):
    for pair in ControlItem.objects.filter(comparison__purpose="gold"):
        switch(pair, on=False, by=None)
    assert gold_by_annotator(study) == {}


def test_each_pair_with_how_many_got_it_right(study):
    rows = control_items(study)
    assert [row.pair.comparison.purpose for row in rows] == ["training", "gold", "gold"]
    assert [(row.right.hits, row.right.n, row.bad, row.removable) for row in rows] == [(1, 2, False, False)] * 3
    assert rows[2].expected == "overall a or tie"
    exclude(study.annotators.first(), "Not theirs.", None)
    assert [(row.right.hits, row.right.n) for row in control_items(study)] == [(0, 1)] * 3


@pytest.mark.usefixtures("other_address")
def test_a_pair_that_most_people_miss_is_called_bad():
    study = make_study(systems=2, documents=2, slug="s")
    bad, good = study.comparisons.order_by("pk")
    make_gold(bad, outcomes=("b",))
    make_gold(good)
    for _ in range(4):
        annotator = AnnotatorFactory(study=study)
        for comparison in (bad, good):
            answer(take_comparison(annotator, comparison.pk, timezone.now()), "a")
    assert [row.bad for row in control_items(study)] == [True, False]
    client = researcher()
    for page in ("study-gold", "study-quality"):
        html = client.get(reverse(page, args=["s"])).content.decode()
        assert html.count("most people miss it") == 1
