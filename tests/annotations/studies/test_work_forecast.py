"""What a study asks of one person, as the invitation says it."""

import re

import pytest
from django.test import Client
from django.utils import translation

from annotations.models import Judgement
from annotations.people.links import invitation_path
from annotations.rating.assignment import next_assignment
from annotations.rating.page import rating_progress
from annotations.studies import work_forecast
from annotations.studies.work_forecast import PersonWork, in_words, person_work
from tests.annotations.helpers import make_gold, rate_everything, vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


def test_a_person_is_asked_for_every_pair_with_a_free_place():
    study = make_study(systems=3, documents=4, quota=1)
    assert person_work(study) == PersonWork(12, more=False, practice=0, seconds=150, measured=False)
    vote_on(next_assignment(AnnotatorFactory(study=study)), "left")
    assert person_work(study).pairs == 11


def test_the_pace_is_the_studys_own_once_enough_pairs_are_measured():
    study, other = make_study(systems=3, documents=7), make_study(systems=3, documents=7)
    rate_everything(AnnotatorFactory(study=other))
    rate_everything(AnnotatorFactory(study=study))
    Judgement.objects.filter(criterion__study=study).update(active_ms=40_000)
    assert (person_work(study).seconds, person_work(study).measured) == (40, True)
    Judgement.objects.filter(criterion__study=study, pk__gt=Judgement.objects.order_by("-pk")[2].pk).delete()
    assert (person_work(study).seconds, person_work(study).measured) == (150, False)


def test_gold_counts_among_the_pairs_and_practice_on_top():
    study = make_study(systems=3, documents=4, gold_every=4)
    for comparison in study.comparisons.all()[:2]:
        make_gold(comparison)
    make_gold(study.comparisons.all()[2], purpose="training")
    study.refresh_from_db()
    found = person_work(study)
    assert (found.pairs, found.practice) == (11, 1)
    totals = {rating_progress(AnnotatorFactory(study=study)).total for _ in range(8)}
    assert totals <= {10, 11}
    assert 11 in totals


def test_very_many_pairs_are_not_counted_to_the_end(monkeypatch):
    monkeypatch.setattr(work_forecast, "MOST_PAIRS", 5)
    assert person_work(make_study(systems=3, documents=2)) == PersonWork(
        5, more=True, practice=0, seconds=150, measured=False
    )


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (4, "half a minute", "半分钟"),
        (60, "1 minute", "1 分钟"),
        (80, "1.5 minutes", "1.5 分钟"),
        (2000, "33 minutes", "33 分钟"),
        (3599, "1 hour", "1 小时"),
        (9000, "2.5 hours", "2.5 小时"),
    ],
)
def test_an_estimate_in_words(seconds, english, chinese):
    assert in_words(seconds) == english
    with translation.override("zh-hans"):
        assert in_words(seconds) == chinese


def said(client, study):
    html = client.get(invitation_path(study)).content.decode()
    return " ".join(re.sub(r"<[^>]+>", "", re.search(r"<li data-work>(.*?)</li>", html, re.DOTALL)[1]).split())


def test_the_invitation_says_it():
    study = make_study(systems=3, documents=8)
    assert said(Client(), study).startswith(
        "How much: about 24 pairs, 1 hour in all. That assumes 2.5 minutes a pair, as too few have been rated yet to know;"
    )
    annotator = AnnotatorFactory(study=study)
    rate_everything(annotator)
    Judgement.objects.update(active_ms=70_000)
    assert "about 24 pairs, 28 minutes in all. Half of the pairs rated so far took less than 1 minute each" in said(
        Client(), study
    )


def test_who_has_joined_is_told_what_is_left():
    study = make_study(systems=2, documents=3)
    client = Client()
    client.post(invitation_path(study))
    vote_on(next_assignment(study.annotators.get()), "left")
    assert "about 2 pairs, 5 minutes in all." in said(client, study)


def test_a_study_without_pairs_yet_says_so():
    study = make_study(systems=1)
    assert "How many pairs there are is not known yet." in said(Client(), study)
