"""Who has seen results, or who wrote which text, rates no more: what they would say is not blind."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.roles import give_role
from annotations.models import Annotator, Judgement, Membership
from annotations.people.links import invitation_path
from annotations.rating.assignment import has_work, next_assignment
from annotations.rating.leases import come_back, leave
from annotations.rating.undo import undo
from annotations.rating.votes import AnswerRefusedError, Vote, record_vote
from leaderboards.presentation.study_verdict import study_verdict
from tests.factories import AnnotatorFactory, StudyFactory, UserFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study(systems=2, documents=3, quota=3)


@pytest.fixture
def person(study):
    """A researcher of the study who rates in it: logged in, in a browser that joined."""
    user = UserFactory(username="maya")
    Membership.objects.create(study=study, user=user, role=Membership.Role.OWNER)
    client = Client()
    client.force_login(user)
    client.post(invitation_path(study))
    return client


def rater(study):
    return study.annotators.get(user__username="maya")


def rate_one(study, *, key=None):
    assignment = next_assignment(rater(study))
    vote = Vote(assignment.token, "overall", "left", key or uuid.uuid4())
    record_vote(rater(study), vote)
    return vote


def board(study):
    return reverse("board", args=[study.slug])


def rating_page(client, study):
    return client.get(reverse("rate", args=[study.public_id])).content.decode()


def test_who_left_by_mistake_goes_on(study, person):
    person.post(reverse("leave-study", args=[study.public_id]))
    person.post(invitation_path(study))
    assert rater(study).left_at is None
    assert "data-token" in rating_page(person, study)


def test_who_left_and_saw_the_board_rates_no_more(study, person):
    rate_one(study)
    assert person.post(reverse("stop-rating", args=[study.public_id]), follow=True).status_code == 200
    assert rater(study).saw_results_at is not None
    for _ in range(2):  # by the invitation, looked at and pressed
        assert person.get(invitation_path(study))["Location"] == reverse("rate", args=[study.public_id])
        assert person.post(invitation_path(study))["Location"] == reverse("rate", args=[study.public_id])
    page = rating_page(person, study)
    assert "votes must not be swayed by them, so you rate no more here" in page
    assert "open the invitation again" not in page
    assert person.get(reverse("my-data", args=[study.public_id])).json()["saw_results_at"]
    assert Judgement.objects.count() == 1


def test_another_browser_of_the_same_account_is_no_way_around(study, person):
    person.post(reverse("stop-rating", args=[study.public_id]), follow=True)
    other = Client()
    other.force_login(rater(study).user)
    other.post(invitation_path(study))
    assert study.annotators.count() == 1
    assert "you rate no more here" in rating_page(other, study)


@pytest.mark.parametrize("shown", ["board", "quality", "summary", "document", "run", "system"])
def test_each_page_of_results_or_of_named_texts_counts(study, person, shown):
    leave(rater(study))
    summary = study.comparisons.first().summary_a
    give_role(rater(study).user, "lead")  # who sees runs and systems as well
    addresses = {
        "board": board(study),
        "quality": reverse("study-quality", args=[study.slug]),
        "summary": summary.get_absolute_url(),
        "document": summary.document.get_absolute_url(),
        "run": summary.run.get_absolute_url(),
        "system": summary.run.system.get_absolute_url(),
    }
    assert person.get(addresses[shown]).status_code == 200
    assert rater(study).saw_results_at is not None


def test_a_verdict_on_the_overview_counts(study, person):
    give_role(rater(study).user, "researcher")
    leave(rater(study))
    person.get("/")
    assert rater(study).saw_results_at is None  # no verdict is stored yet
    study_verdict(study)
    assert person.get("/").context["study_rows"][0].verdict is not None
    assert rater(study).saw_results_at is not None


def test_the_overview_has_no_verdict_of_other_studies_of_the_meetings_that_are_rated(study, person):
    give_role(rater(study).user, "researcher")
    twin = StudyFactory(dataset=study.dataset, slug="twin")
    twin.systems.set(study.systems.all())
    Membership.objects.create(study=twin, user=rater(study).user, role=Membership.Role.OWNER)
    study_verdict(twin)
    assert {row.verdict for row in person.get("/").context["study_rows"]} == {None}


def test_what_shows_no_results_does_not_count(study, person):
    leave(rater(study))
    for address in ("/docs/", reverse("studies"), reverse("rate", args=[study.public_id]), reverse("datasets")):
        person.get(address)
    assert rater(study).saw_results_at is None


def test_who_had_rated_all_and_looked_gets_no_later_pairs(study, person):
    while next_assignment(rater(study)):
        rate_one(study)
    assert person.get(board(study)).status_code == 200
    study.comparisons.filter(taken__gt=0).first().assignments.all().delete()  # more work for them
    assert not has_work(rater(study))
    assert next_assignment(rater(study)) is None
    page = rating_page(person, study)
    assert "Thank you, that was all" in page
    assert 'name="client_key"' not in page  # no undo


def test_an_open_page_sends_no_vote_after_results(study, person):
    assignment = next_assignment(rater(study))
    person.post(reverse("stop-rating", args=[study.public_id]), follow=True)
    with pytest.raises(AnswerRefusedError) as refused:
        record_vote(rater(study), Vote(assignment.token, "overall", "left", uuid.uuid4()))
    assert refused.value.code == "results_seen"


def test_an_answer_sent_again_is_still_told(study, person):
    vote = rate_one(study)
    person.post(reverse("stop-rating", args=[study.public_id]), follow=True)
    assert record_vote(rater(study), vote).repeated
    with pytest.raises(AnswerRefusedError) as refused:
        undo(rater(study), uuid.uuid4())
    assert refused.value.code == "results_seen"


def test_others_are_not_touched(study, person):
    elsewhere = AnnotatorFactory(study=make_study(), user=rater(study).user)
    other = AnnotatorFactory(study=study, number=7)
    board_page = person.post(reverse("stop-rating", args=[study.public_id]), follow=True)
    assert board_page.status_code == 200
    seen = Annotator.objects.exclude(saw_results_at=None)
    assert {annotator.study for annotator in seen} == {study}
    assert not seen.filter(pk__in=[other.pk, elsewhere.pk]).exists()


# ---- past the services


def refused(by, action):
    with pytest.raises(IntegrityError, match=by), transaction.atomic():
        action()


def test_the_database_takes_no_pair_and_no_vote_of_who_saw_results(study, person):
    vote = rate_one(study)
    held = next_assignment(rater(study))
    done = rater(study).assignments.get(token=vote.token)
    Annotator.objects.update(saw_results_at=timezone.now())
    criterion = study.criteria.get()
    refused("vote_is_blind", lambda: Judgement.objects.create(assignment=held, criterion=criterion, outcome="a"))
    refused("vote_is_blind", lambda: Judgement.objects.update(outcome="tie"))
    refused(
        "assignment_is_blind",
        lambda: type(done).objects.filter(pk=done.pk).update(state="leased", lease_until=timezone.now()),
    )
    free = study.comparisons.exclude(assignments__annotator=rater(study)).first()
    values = {"comparison": free, "annotator": rater(study), "slot": 0, "shown_left": "a"}
    refused("assignment_is_blind", lambda: type(done).objects.create(lease_until=timezone.now(), **values))
    refused("saw_results_stays", lambda: Annotator.objects.update(saw_results_at=None))


def test_coming_back_loses_against_results_shown_meanwhile(study, person):
    leave(rater(study))
    before = rater(study)
    person.get(board(study))
    come_back(before)  # was read before
    assert rater(study).left_at is not None
