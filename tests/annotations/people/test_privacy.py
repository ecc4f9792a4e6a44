import uuid

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator, AuditEntry, Invitation, Judgement, Remark
from annotations.people.invitations import accept, invite
from annotations.people.links import invitation_path, personal_path, single_path
from annotations.people.privacy import erase, own_data
from annotations.rating.assignment import next_assignment
from annotations.rating.remarks import NewRemark, record_remark
from annotations.rating.undo import undo
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, UserFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def annotator():
    """Has an account, came by a personal invitation, rated two pairs, took one answer back, and said something."""
    study = make_study(systems=2, documents=3)
    (invitation,) = invite(study, "email", None, addresses=["ada@example.org"])
    annotator = accept(invitation, study, UserFactory(username="ada"))
    for choice in ("left", "tie"):
        assignment = next_assignment(annotator)
        vote_on(assignment, choice)
    undo(annotator, uuid.uuid4())
    record_remark(annotator, NewRemark(assignment.token, "comment", "", "I was there.", uuid.uuid4()))
    record_remark(annotator, NewRemark(assignment.token, "problem", "broken", "", uuid.uuid4()))
    return Annotator.objects.get(pk=annotator.pk)


def test_own_data_is_all_there_is_in_the_annotators_terms(annotator):
    data = own_data(annotator)
    assert (data["account"], data["pseudonym"]) == ("ada", annotator.pseudonym)
    assert [answer["answer"] for answer in data["answers"]] == ["left", "tie", "withdrawn"]
    assert [answer["seconds_active"] for answer in data["answers"]] == [3.0, 3.0, None]
    assert [(r["kind"], r["reason"], r["text"]) for r in data["remarks"]] == [
        ("comment", None, "I was there."),
        ("problem", "broken", ""),
    ]


def test_erasing_leaves_votes_and_nothing_that_leads_to_a_person(annotator):
    link = personal_path(annotator)
    erase(annotator)
    annotator.refresh_from_db()
    assert (annotator.user, annotator.external_id, annotator.invitation) == (None, "", None)
    assert annotator.left_at is not None
    assert annotator.erased_at is not None
    assert Invitation.objects.get().label == ""
    assert Judgement.objects.filter(assignment__annotator=annotator).count() == 1
    assert list(Remark.objects.values_list("kind", flat=True)) == ["problem"]
    assert Client().get(link).status_code == 404
    entry = AuditEntry.objects.first()
    assert (entry.actor, entry.subject) == ("the annotator", annotator.pseudonym)


def test_places_of_who_erased_themselves_go_back(annotator):
    erase(annotator)
    assert not annotator.assignments.filter(state="leased").exists()


def test_in_the_browser(client):
    study = make_study(systems=2, documents=2)
    (invitation,) = invite(study, "external", None, id_parameter="PROLIFIC_PID")
    client.post(f"{single_path(invitation)}?PROLIFIC_PID=5f1e")
    answer = client.get(reverse("my-data", args=[study.public_id]))
    assert answer["Content-Disposition"] == 'attachment; filename="my-ratings.json"'
    assert answer.json()["platform_id"] == "5f1e"
    assert b"Your answers are anonymous now" in client.post(reverse("erase-me", args=[study.public_id])).content
    assert client.get(reverse("rate", args=[study.public_id])).status_code == 403
    assert study.annotators.get().external_id == ""


def test_another_browser_no_longer_leads_to_who_erased_themselves(client):
    study = make_study(systems=2, documents=2)
    client.post(invitation_path(study))
    annotator = study.annotators.get()
    other = Client()
    other.post(personal_path(annotator))
    client.post(reverse("erase-me", args=[study.public_id]))
    assert other.get(reverse("my-data", args=[study.public_id])).status_code == 403
    assert other.get(reverse("rate", args=[study.public_id])).status_code == 403
    other.post(invitation_path(study))
    annotator.refresh_from_db()
    assert annotator.left_at is not None
    assert study.annotators.count() == 2


def test_others_stay_as_they_are(annotator):
    other = AnnotatorFactory(study=annotator.study, number=2, external_id="77aa")
    vote_on(next_assignment(other), "left")
    erase(annotator)
    other.refresh_from_db()
    assert other.external_id == "77aa"
    assert (other.left_at, other.erased_at) == (None, None)
