"""Looks at dates are taken by the votes of then, in order, and what they found stays."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from annotations.models import Judgement, JudgementRevision, Study
from annotations.studies.checks import stored_moments
from annotations.studies.settings import change_status
from leaderboards.boards.stopping import dated
from leaderboards.boards.stopping.between import votes_until
from leaderboards.boards.stopping.planned import standing_of_looks, take_due_looks
from leaderboards.models import TakenLook
from leaderboards.presentation.looks import say_looks
from leaderboards.presentation.methods import judging_of
from stats.decisions.dated import NO_MORE, OVER
from stats.decisions.look import look_at
from stats.decisions.looks import ONE_SIDED, Spending, boundaries
from tests.factories import AnnotatorFactory, UserFactory, make_study
from tests.leaderboards.boards.test_planned_looks import add_votes
from tests.leaderboards.helpers import system_slugs

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
DATES = [BEGIN + timedelta(days=7 * week) for week in (1, 2, 3)]


@pytest.fixture
def now(monkeypatch):
    """A clock for looks that a test sets."""

    class Clock:
        time = BEGIN

        def now(self):
            return self.time

    clock = Clock()
    monkeypatch.setattr(dated.timezone, "now", clock.now)
    return clock


def dated_study(*, maximum=90, margin=0.05, people=6):
    study = make_study(slug="meetings", systems=2, documents=60, quota=2)
    first, second = study.systems.order_by("slug")
    Study.objects.filter(pk=study.pk).update(
        small_system=first,
        large_system=second,
        pair_named_at=timezone.now(),
        look_dates=stored_moments(DATES),
        look_maximum=maximum,
        noninferiority_margin=margin,
        created_at=BEGIN,
    )
    study.refresh_from_db()
    for _ in range(people):
        AnnotatorFactory(study=study)
    return study


def vote(study, pairs, at, *, skip=0, wins=0.8):
    """Two votes on each of so many pairs, given at a moment."""
    known = set(Judgement.objects.values_list("pk", flat=True))
    add_votes(study, pairs, skip=skip, wins=wins, people=list(study.annotators.order_by("pk")))
    Judgement.objects.exclude(pk__in=known).update(created_at=at, updated_at=at)


def page(path="/boards/meetings/planning/", **headers):
    client = Client(headers=headers)
    client.force_login(UserFactory(is_staff=True))
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_a_look_is_of_the_votes_of_its_date_whoever_looks_when(now):
    study = dated_study()
    vote(study, 15, DATES[0])
    vote(study, 10, DATES[0] + timedelta(seconds=1), skip=15)
    now.time = DATES[0] + timedelta(seconds=30)
    assert standing_of_looks(study).taken == []  # a vote of before the date may still be on its way
    now.time = DATES[0] + timedelta(minutes=1)
    (look,) = standing_of_looks(study).taken
    assert (look.number, look.votes, look.planned_at, look.last_vote_at) == (1, 30, DATES[0], DATES[0])
    assert look.information == pytest.approx(1 / 3)
    assert look.boundary == pytest.approx(boundaries([1 / 3], Spending.OBRIEN_FLEMING)[0])
    TakenLook.objects.all().delete()
    vote(study, 10, DATES[1] - timedelta(hours=1), skip=25, wins=0.0)
    now.time = DATES[1] + timedelta(days=1)
    late, second = standing_of_looks(study).taken
    assert (late.votes, late.distance, late.needed) == (look.votes, look.distance, look.needed)
    assert (second.votes, second.information) == (70, pytest.approx(7 / 9))
    assert [look.pk for look in standing_of_looks(study).taken] == [late.pk, second.pk]


def test_an_answer_that_is_corrected_later_counts_as_it_was(now):
    study = dated_study()
    vote(study, 15, DATES[0])
    criterion, pair = study.criteria.get(), system_slugs(study)
    before = votes_until(criterion, *pair, DATES[0])
    given = Judgement.objects.order_by("pk").first()
    at = {DATES[0] - timedelta(hours=1): given.outcome, DATES[0] + timedelta(hours=1): "tie"}
    for number, outcome in enumerate(at.values()):
        JudgementRevision.objects.bulk_create(
            [JudgementRevision(assignment=given.assignment, criterion=criterion, client_key=f"{number:032d}", outcome=outcome)]
        )  # fmt: skip
    revisions = JudgementRevision.objects.filter(assignment=given.assignment).order_by("pk")
    times = iter(at)
    with transaction.atomic():
        from annotations.models.triggers import drop_triggers, ensure_triggers

        drop_triggers()
        for revision in revisions:
            JudgementRevision.objects.filter(pk=revision.pk).update(created_at=next(times))
        ensure_triggers()
    Judgement.objects.filter(pk=given.pk).update(outcome="tie", updated_at=DATES[0] + timedelta(hours=1))
    assert np.array_equal(votes_until(criterion, *pair, DATES[0]).results, before.results)
    assert 0.5 in votes_until(criterion, *pair, DATES[1]).results


def test_dates_without_enough_votes_or_without_new_ones_spend_nothing(now):
    study = dated_study(maximum=100)
    vote(study, 5, DATES[0])
    now.time = DATES[1] + timedelta(hours=1)
    first, second = standing_of_looks(study).taken
    assert (first.votes, first.boundary, first.level) == (10, None, 0.0)
    assert "10 votes of at least 20" in first.reason
    assert "10 votes of at least 20" in second.reason
    vote(study, 25, DATES[2], skip=5)
    now.time = DATES[2] + timedelta(hours=1)
    last = standing_of_looks(study).taken[-1]
    # All is spent on the last date, whatever has come.
    assert (last.votes, last.information, last.level) == (60, 0.6, pytest.approx(ONE_SIDED))
    assert last.boundary == pytest.approx(1.96, abs=1e-3)


def test_no_look_is_taken_before_the_first_vote(now):
    """In a copy of a study its votes are imported after their dates; a sweep may come before them."""
    study = dated_study()
    now.time = DATES[2] + timedelta(days=9)
    take_due_looks()
    assert not study.taken_looks.exists()
    shown = page()
    assert "No look is due yet." in shown
    assert "Looks whose date is past are taken once there are some." in shown
    vote(study, 20, DATES[0])
    vote(study, 20, DATES[2], skip=20)
    assert [look.votes for look in standing_of_looks(study).taken] == [40, 40, 80]


def test_a_date_without_new_votes_is_passed_over(now):
    study = dated_study()
    vote(study, 20, DATES[0], wins=0.5)
    now.time = DATES[1] + timedelta(hours=1)
    first, second = standing_of_looks(study).taken
    assert (second.boundary, second.reason, second.level) == (None, NO_MORE, first.level)
    now.time = DATES[2] + timedelta(hours=1)
    last = standing_of_looks(study).taken[-1]
    # The last date spends the rest on the same votes: both together are one look.
    assert last.boundary == pytest.approx(1.96, abs=1e-3)
    assert (last.distance, last.boundary < first.boundary) == (first.distance, True)


def test_the_look_with_the_planned_votes_is_the_last(now):
    study = dated_study(maximum=60)
    vote(study, 40, DATES[0], wins=0.5)
    now.time = DATES[0] + timedelta(hours=1)
    standing = standing_of_looks(study)
    assert (standing.is_over, standing.next) == (True, None)
    assert say_looks(standing).heading == "The last look is over."
    vote(study, 20, DATES[1], skip=40)
    now.time = DATES[1] + timedelta(hours=1)
    assert standing_of_looks(study).taken[1].reason == OVER
    assert (
        say_looks(standing_of_looks(study)).sentences[0].startswith("Look 1 of 3, on 2026-03-09 09:00, with 80 votes")
    )


def test_what_is_left_is_spent_only_if_rating_was_open(now, monkeypatch):
    """Who closes a study at a look that nearly decides would be given the rest of the level for it."""
    study = dated_study()
    vote(study, 20, DATES[0], wins=0.5)
    now.time = DATES[1] + timedelta(hours=1)
    change_status(study, "close", None)
    said = say_looks(standing_of_looks(study))
    assert said.heading == "The study ended before it was decided."
    assert "Unless it is open again by the last date" in said.sentences[-1]
    now.time = DATES[2] + timedelta(hours=1)
    last = standing_of_looks(study).taken[-1]
    assert (last.boundary, last.reason) == (None, NO_MORE)
    assert (
        "what was left of the chance of a wrong claim was not used" in say_looks(standing_of_looks(study)).sentences[1]
    )


def test_a_date_at_which_rating_ends_is_no_closing(now):
    study = dated_study()
    vote(study, 20, DATES[0], wins=0.5)
    now.time = DATES[2] + timedelta(hours=1)
    for closes, boundary in ((DATES[2], True), (DATES[2] - timedelta(minutes=1), False)):
        TakenLook.objects.all().delete()
        Study.objects.filter(pk=study.pk).update(closes_at=closes)
        study.refresh_from_db()
        assert (standing_of_looks(study).taken[-1].boundary is not None) == boundary


def test_what_was_found_stays_and_later_looks_go_by_what_counts_then(now):
    study = dated_study()
    vote(study, 20, DATES[0], wins=0.5)
    now.time = DATES[0] + timedelta(hours=1)
    (first,) = standing_of_looks(study).taken
    vote(study, 10, DATES[1], skip=20)
    who = study.annotators.order_by("pk").first()
    type(who).objects.filter(pk=who.pk).update(excluded_at=timezone.now(), exclusion_reason="asleep")
    now.time = DATES[1] + timedelta(hours=1)
    kept, second = standing_of_looks(study).taken
    assert (kept.pk, kept.votes) == (first.pk, 40)
    assert second.votes == Judgement.objects.exclude(assignment__annotator=who).count() < 60
    with pytest.raises(IntegrityError, match="taken_look_never_changes"), transaction.atomic():
        TakenLook.objects.update(level=0)


def test_what_a_look_finds_is_what_its_votes_say(now):
    study = dated_study()
    vote(study, 30, DATES[0])
    now.time = DATES[0] + timedelta(hours=1)
    (look,) = standing_of_looks(study).taken
    votes = votes_until(study.criteria.get(), *system_slugs(study), DATES[0])
    found = look_at(*votes, boundary=look.boundary, margin=0.05)
    assert (look.distance, look.lower, look.claim) == (found.distance, found.lower, found.claim)


def test_a_sweep_takes_what_nobody_opened(now, django_assert_max_num_queries):
    study = dated_study()
    vote(study, 30, DATES[0])
    now.time = DATES[1] + timedelta(hours=1)
    take_due_looks()
    assert list(study.taken_looks.values_list("number", flat=True)) == [1, 2]
    with django_assert_max_num_queries(3):
        take_due_looks()


WRONG = [
    {"boundary": None, "reason": ""},
    {"boundary": None, "planned_at": None, "claim": "open", "distance": None, "reason": "few"},
    {"votes": 0, "planned_at": None},
    {"level": 1.5},
    {"information": -0.1},
]


@pytest.mark.parametrize("values", WRONG)
def test_the_database_knows_what_a_look_at_a_date_may_say(values):
    study = dated_study()
    right = {"number": 1, "votes": 30, "documents": 9, "annotators": 5, "boundary": 3.0, "distance": 3.2, "needed": 3.1}
    right |= {"planned_at": DATES[0], "information": 0.3, "level": 0.01, "claim": "good_enough"}
    with pytest.raises(IntegrityError, match="look_"), transaction.atomic():
        TakenLook.objects.create(study=study, **right | values)
    TakenLook.objects.create(study=study, **right)


def test_pages_say_the_dates_and_their_zone(now, settings):
    study = dated_study()
    vote(study, 20, DATES[0], wins=0.5)
    settings.TIME_ZONE = "Europe/Berlin"
    shown = page()
    assert "No look is due yet." in shown
    assert "There are 40 votes between the two, of 90 that were planned; the next look is on 2026-03-09 10:00." in shown
    assert "Dates are in the time zone of the site, Europe/Berlin." in shown
    now.time = DATES[0] + timedelta(hours=1)
    shown = page()
    assert "Look 1 of 3, on 2026-03-09 10:00, with 40 votes: the difference is " in shown
    assert "Planned looks: Go on." in page("/boards/meetings/")
    planned, found = judging_of(study).looks
    assert "at dates (in UTC: 2026-03-09 09:00, 2026-03-16 09:00, 2026-03-23 09:00)" in planned
    assert found == "1 of 3 looks were taken, and none crossed its boundary."


def test_in_chinese_no_sentence_stays_english(now):
    study = dated_study()
    vote(study, 30, DATES[0], wins=0.9)
    for time in (BEGIN, DATES[0], DATES[1], DATES[2]):
        now.time = time + timedelta(hours=1)
        shown = page(**{"accept-language": "zh-hans"})
        for said in ("Planned looks", "You may stop", "standard errors", "good enough to", "The limit is", "Dates are",
                     "time zone of the site", "Each look", "Nobody should", "no more votes", "Thick lines"):  # fmt: skip
            assert said not in shown
