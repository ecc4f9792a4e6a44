"""The quality page: figures from real rows, and what a researcher can do there."""

import random
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotations.models import Judgement, Study
from annotations.people.joining import join
from annotations.quality.exclusion import exclude
from annotations.quality.report import study_quality
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.rating.remarks import NewRemark, record_remark
from annotations.review.disagreements import Split, disagreements
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


def rate(annotator, outcome):
    """Give the same canonical outcome to everything."""
    while assignment := next_assignment(annotator):
        choice = {assignment.shown_left: "left", assignment.shown_right: "right"}.get(outcome, outcome)
        for criterion in annotator.study.criteria.all():
            vote_on(assignment, choice, criterion=criterion.key)


@pytest.fixture(scope="module")
def made(module_rows):
    """Two who say a, one who says b, of everything."""
    with module_rows():
        study = make_study(systems=3, documents=4, quota=3, criteria=("overall", "fluency"), slug="s")
        for outcome in ("a", "a", "b"):
            rate(AnnotatorFactory(study=study), outcome)
        return study


@pytest.fixture
def study(made):
    return Study.objects.get(pk=made.pk)


def test_agreement_by_question(study):
    quality = study_quality(study)
    assert [row.criterion.key for row in quality.criteria] == ["overall", "fluency"]
    for row in quality.criteria:
        assert row.agreement.observed == pytest.approx(1 / 3)
        assert row.agreement.n_items == 12


def test_annotators_beside_each_other(study):
    first, second, third = study_quality(study).annotators
    assert [row.rated for row in (first, second, third)] == [12, 12, 12]
    assert first.agreement.value == second.agreement.value == pytest.approx(0.5)
    assert third.agreement.value == 0
    assert first.speed.median_seconds == 3
    assert first.same.share.value == 1  # the same answer to both questions


def test_who_always_clicks_one_side_is_seen(study):
    clicker = AnnotatorFactory(study=make_study(systems=3, documents=4, quota=1))
    while assignment := next_assignment(clicker):
        vote_on(assignment, "left")
    (row,) = study_quality(clicker.study).annotators
    assert (row.left_wins.value, row.line.longest_run) == (1, 12)
    assert "one side preferred" in row.warnings


def test_who_is_excluded_takes_no_part(study):
    exclude(study.annotators.last(), "Contrarian.", None)
    quality = study_quality(study)
    assert quality.criteria[0].agreement.observed == 1
    assert (quality.annotators[2].agreement, quality.annotators[2].rated) == (None, 12)


def test_a_study_without_votes_has_dashes():
    study = make_study(slug="empty")
    AnnotatorFactory(study=study)
    page = researcher().get(reverse("study-quality", args=["empty"]))
    assert page.status_code == 200
    assert page.context["quality"].criteria[0].agreement.alpha is None
    assert "No pair has been rated yet." in page.content.decode()


def test_disagreements_show_both_texts_and_who_said_what(study):
    comparison = study.comparisons.first()
    assignment = comparison.assignments.get(annotator=study.annotators.last())
    record_remark(assignment.annotator, NewRemark(assignment.token, "comment", "", "B has <dates>.", uuid.uuid4()))
    html = researcher().get(reverse("disagreements", args=["s"]), {"criterion": "fluency"}).content.decode()
    assert comparison.summary_a.text in html
    assert comparison.summary_b.text in html
    assert "B has &lt;dates&gt;." in html
    assert html.count("<strong>A</strong>") == 20


def test_a_question_that_is_not_asked_is_not_found(study):
    assert researcher().get(reverse("disagreements", args=["s"]), {"criterion": "beauty"}).status_code == 404


def test_the_most_even_disagreement_comes_first():
    study = make_study(systems=2, documents=2, quota=4)
    even, uneven = study.comparisons.order_by("pk")
    for comparison, outcomes in ((even, "aabb"), (uneven, "aaab")):
        for outcome in outcomes:
            annotator = AnnotatorFactory(study=study)
            assignment = take_comparison(annotator, comparison.pk, timezone.now())
            vote_on(assignment, "left" if assignment.shown_left == outcome else "right")
    assert disagreements(study.criteria.get()) == [Split(even.pk, 2, 2), Split(uneven.pk, 3, 1)]


def test_an_annotator_is_excluded_and_included_in_the_browser(study):
    client, who = researcher(), study.annotators.last()
    url = reverse("exclusion", args=["s", who.number])
    client.post(url, {"change": "exclude", "reason": "Always b."})
    html = client.get(reverse("study-quality", args=["s"])).content.decode()
    assert "No: Always b." in html
    client.post(url, {"change": "include"})
    who.refresh_from_db()
    assert who.excluded_at is None
    refused = client.post(url, {"change": "exclude", "reason": " "}, follow=True)
    assert "Give a reason" in refused.content.decode()


def test_who_still_rates_sees_nothing_of_it(study):
    user = UserFactory(is_staff=True)
    study.comparisons.update(quota=4)
    annotator = join(study, user=user)
    client = Client()
    client.force_login(user)
    for name in ("study-quality", "disagreements", "study-history"):
        assert client.get(reverse(name, args=["s"])).status_code == 403
    rate(annotator, "tie")
    for name in ("study-quality", "disagreements", "study-history"):
        assert client.get(reverse(name, args=["s"])).status_code == 200


def test_the_page_takes_few_queries(study, django_assert_max_num_queries):
    with django_assert_max_num_queries(
        11
    ):  # criteria, votes (3), annotators, counts, times, words, gold, days, repeats
        study_quality(study)
    assert Judgement.objects.count() == 72


def test_who_still_rates_does_not_read_what_others_say(study):
    assignment = study.annotators.last().assignments.first()
    record_remark(assignment.annotator, NewRemark(assignment.token, "comment", "", "Left is a mess.", uuid.uuid4()))
    user = UserFactory(is_staff=True)
    study.comparisons.update(quota=4)
    annotator = join(study, user=user)
    client = Client()
    client.force_login(user)
    assert "Left is a mess." not in client.get(study.get_absolute_url()).content.decode()
    rate(annotator, "tie")
    assert "Left is a mess." in client.get(study.get_absolute_url()).content.decode()


def test_who_clicks_at_random_is_shown_with_an_interval_and_a_sentence():
    study = make_study(systems=4, documents=12, quota=6, slug="clicks")
    for number in range(6):
        annotator, rng = AnnotatorFactory(study=study), random.Random(number)
        while assignment := next_assignment(annotator):
            best = min("ab", key=lambda side: system_of(assignment, side))
            vote_on(assignment, side_of(assignment, rng.choice("ab") if number == 2 else best))
    rows = study_quality(study).annotators
    clicker = rows[2]
    assert clicker.reliability.finding == "at_random"
    assert clicker.reliability.upper < 0.7 < rows[0].reliability.lower
    assert [row.warnings.count("answers like clicks at random") for row in rows] == [0, 0, 1, 0, 0, 0]
    page = researcher().get(reverse("study-quality", args=["clicks"]), {"order": "reliability"})
    html = page.content.decode()
    assert html.count(">like random clicks<") == 1
    assert html.count(">like the group<") == 5
    # What the words mean is said once, below the table, and on the page of an annotator.
    assert html.count("sees the same differences as the others") == 1
    for row, said in (
        (clicker, "answers like somebody who clicks at random"),
        (rows[0], "sees the same differences as"),
    ):
        address = reverse("annotator", args=["clicks", row.annotator.number])
        assert said in researcher().get(address).content.decode()
    assert page.context["page"][0].annotator == clicker.annotator
    lower, value, upper = clicker.reliability_places
    assert 0 <= lower < value < upper <= 1
    assert f'd="M{100 * lower:.1f} 4H{100 * upper:.1f}"' in html


def system_of(assignment, side):
    return getattr(assignment.comparison, f"summary_{side}").run.system.slug


def side_of(assignment, side):
    return "left" if assignment.shown_left == side else "right"
